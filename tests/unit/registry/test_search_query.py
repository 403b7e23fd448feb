"""What the rules promise is found: any fragment of a name, a number, an address, a device's uid, in any spelling."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.search_document import File, FileContact, FileDevice, tokens_of
from registry.search_index import fts, tsquery
from registry.search_names import readings
from registry.search_query import Filters, ask, holds, is_of_age, why
from registry.search_text import fold

TODAY = date(2026, 11, 21)
ZHAO = File(
    "elder-zhao", "赵桂明", None, "female", date(1941, 3, 5), "+8613900000007", "渭阳西路3号院 2-501", "吴家堡社区",
    "/610000/610400/610402", "XY-778899", ("party_member", "living_alone"), ("vip",), True,
    (
        FileContact("赵丽", "family", ("+8613812345678", "+862933123456"), True),
        FileContact("John Smith", "doctor", ("+14155550100",)),
    ),
    (FileDevice("cb-000123", "in_service"),), ("三亚市海棠路9号",),
)  # fmt: skip


def is_found(text: str, file: File = ZHAO, filters: Filters | None = None) -> bool:
    """Whether the index answers with the file, and the file agrees."""
    asked = ask(text, filters or Filters(), today=TODAY)
    tokens = set(tokens_of(file))
    return any(holds(tier, tokens) for tier in asked.tiers) and why(asked.words, file) is not None


@pytest.mark.parametrize(
    "text",
    [
        "赵桂明", "桂明", "赵", "明", "zgm", "ZGM", "zg", "gm", "zhaoguiming", "zhao gui ming", "zhaog", "guim", "ming",
        "13900000007", "139 0000 0007", "+86 139-0000-0007", "0086 13900000007", "0000", "5678", "029-33123456",
        "33123456", "+86 29 33123456", "+1 415 555 0100", "cb-000123", "CB000", "0123", "000123", "xy-778899", "7788",
        "渭阳", "3号院", "2-501", "西路3号", "海棠路", "吴家堡", "赵丽", "smith", "赵 0007", "zgm 渭阳西路",
        "１３９０００００００７",
        "赵桂明 cb-000123", "1941-03-05", "1941-3-5", "1941/3/5", "1941年3月5日", "1941.03.05", "19410305",
        "桂明 1941年3月5日", "1941-03-05 zgm",
    ],
)  # fmt: skip
def test_found_by(text: str) -> None:
    assert is_found(text)


@pytest.mark.parametrize(
    "text",
    [
        "王",
        "zgl",
        "桂赵",
        "0008",
        "三号院",
        "赵 王",
        "cb-000124",
        "139000000079",
        "lz",
        "1941-03-06",
        "1941-13-05",
        "19410306",
        "桂明 1941-03-06",
    ],
)
def test_not_found_by(text: str) -> None:
    assert not is_found(text)


@pytest.mark.parametrize("text", ["1", "-", "a 7"])
def test_what_fits_everything_is_too_short(text: str) -> None:
    asked = ask(text, Filters(), today=TODAY)

    assert asked.is_too_short or not asked.words


def test_the_better_answers_come_first() -> None:
    wang = [File("1", "王芳"), File("2", "王芳芳"), File("3", "李王芳"), File("4", "李明", address="王芳路1号")]

    asked = ask("王芳", Filters(), today=TODAY)

    tiers = [[file.id for file in wang if holds(tier, set(tokens_of(file)))] for tier in asked.tiers]
    assert tiers == [["1"], ["2"], ["3", "4"]]


def test_a_surname_goes_before_a_given_name() -> None:
    asked = ask("zhang", Filters(), today=TODAY)

    first, second = (set(tokens_of(File("", name))) for name in ("张伟", "李章"))

    assert [holds(tier, first) for tier in asked.tiers] == [False, True, False]
    assert [holds(tier, second) for tier in asked.tiers] == [False, False, True]


def test_an_id_number_is_no_token_and_no_fragment() -> None:
    asked = ask("61040219410305002x", Filters(), today=TODAY)

    assert asked.id_number == "61040219410305002X"


@pytest.mark.parametrize(
    ("text", "member", "hit"),
    [
        ("zg", "name", "赵桂"),
        ("guiming", "name", "桂明"),
        ("zhaogu", "name", "赵桂"),
        ("0007", "phone", "0007"),
        ("1234", "contact_phone", "1234"),
        ("cb0001", "device", "cb-0001"),
        ("3号院2", "address", "3号院 2"),
        ("赵丽", "contact", "赵丽"),
    ],
)
def test_why_tells_what_is_to_be_marked(text: str, member: str, hit: str) -> None:
    words = ask(text, Filters(), today=TODAY).words

    reasons = why(words, ZHAO)

    assert reasons is not None
    assert [(r.member, r.text[r.start : r.end]) for r in reasons] == [(member, hit)]


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(areas=("610400",)), True),
        (Filters(areas=("610403", "610402")), True),
        (Filters(areas=("610403",)), False),
        (Filters(areas=("",)), False),
        (Filters(kinds=("party_member",), marks=("vip",)), True),
        (Filters(kinds=("veteran",)), False),
        (Filters(device_states=("faulty", "in_service")), True),
        (Filters(device_states=("faulty",)), False),
        (Filters(risks=("living_alone",)), True),
        (Filters(risks=("no_device",)), False),
        (Filters(age_from=85, age_to=85), True),
        (Filters(age_from=86), False),
        (Filters(age_to=84), False),
        (Filters(age_from=60, age_to=110), True),
        (Filters(sex="female"), True),
        (Filters(area_name="吴家堡社区"), True),
    ],
)
def test_filters(filters: Filters, *, fits: bool) -> None:
    for text in ("", "赵"):
        found = is_found(text, filters=filters) and is_of_age(ZHAO, filters, TODAY)
        assert found is fits


def test_a_scope_goes_with_every_filter() -> None:
    asked = ask("赵", Filters(areas=("610400",)), today=TODAY, scopes=[("610500",)])

    assert not any(holds(tier, set(tokens_of(ZHAO))) for tier in asked.tiers)


TEXTS = st.text(max_size=40)
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=8)


@given(name=st.one_of(CHINESE, st.text(min_size=1, max_size=12)), data=st.data())
def test_any_piece_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    text = fold(name)
    start = data.draw(st.integers(0, len(text)))
    piece = text[start : data.draw(st.integers(start, len(text)))]

    if len(piece) > 1 or (piece and not piece.isascii()):
        assert is_found(piece, File("", name))


@given(name=CHINESE, data=st.data())
def test_any_piece_of_a_reading_from_a_syllable_on_finds_the_name(name: str, data: st.DataObject) -> None:
    for reading in readings(name):
        start = data.draw(st.integers(0, len(reading) - 1))
        joined, initials = "".join(reading[start:]), "".join(syllable[0] for syllable in reading[start:])
        for text in (joined[: data.draw(st.integers(1, len(joined)))], initials):
            assert is_found(text, File("", name))


@example(first="a", second="v")
@example(first="eva", second="levi")
@given(first=st.from_regex(r"[a-z]{1,20}", fullmatch=True), second=st.from_regex(r"[a-z]{1,20}", fullmatch=True))
def test_a_name_in_letters_is_found_by_the_beginning_of_its_words(first: str, second: str) -> None:
    name = File("", f"{first} {second}".title())

    for text in (first, second, first + second, (first + second)[:-1], f"{first[:3]} {second[:9]}", first[:9]):
        assert not text or is_found(text, name)


@given(number=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), data=st.data())
def test_any_four_digits_of_a_number_find_it(number: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, 7))
    piece = number[start : data.draw(st.integers(start + 4, 11))]

    assert is_found(piece, File("", "王", phone=f"+86{number}"))
    assert is_found(piece, File("", "王", contacts=(FileContact("李", "family", (f"+86{number}",)),)))


@given(address=st.text(min_size=2, max_size=60), data=st.data())
def test_any_two_characters_of_an_address_find_it(address: str, data: st.DataObject) -> None:
    text = fold(address)
    if len(text) < 2:
        return
    start = data.draw(st.integers(0, len(text) - 2))
    piece = text[start : data.draw(st.integers(start + 2, len(text)))]

    assert is_found(piece, File("", "王", address=address))


def test_pieces_that_are_scattered_over_an_address_are_not_asked_for() -> None:
    scattered = set(tokens_of(File("", "王", address="50号 02幢 21单元 13室")))
    together = set(tokens_of(File("", "王", address="人民路 50213 号")))

    tiers = ask("50213", Filters(), today=TODAY).tiers

    assert not any(holds(tier, scattered) for tier in tiers)
    assert any(holds(tier, together) for tier in tiers)


@given(text=TEXTS)
def test_every_text_is_a_question_that_both_databases_can_be_asked(text: str) -> None:
    asked = ask(text, Filters(), today=TODAY)

    for tier in asked.tiers:
        assert fts(tier).count('"') % 2 == 0
        assert "\x00" not in tsquery(tier)
    why(asked.words, ZHAO)

"""A line of the search: escaped first, then marked."""

from datetime import UTC, date, datetime

from console.found import hits, marked
from registry.search import Found
from registry.search_document import File, FileContact
from registry.search_query import Why

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_what_was_found_is_marked_and_everything_is_escaped() -> None:
    text = "<b>王</b> & 李"

    shown = marked(text, [Why("name", text, 3, 4), Why("name", text, 7, 9)])

    assert shown == "&lt;b&gt;<mark>王</mark>&lt;/b<mark>&gt; </mark>&amp; 李"


def test_places_that_overlap_are_marked_once() -> None:
    assert marked("赵桂明", [Why("name", "赵桂明", 0, 2), Why("name", "赵桂明", 1, 3)]) == (
        "<mark>赵桂</mark><mark>明</mark>"
    )
    assert marked("赵桂明", [Why("name", "赵桂明", 0, 3), Why("name", "赵桂明", 1, 2)]) == "<mark>赵桂明</mark>"
    assert marked("赵", [Why("reading", "赵", 0, 0)]) == "赵"


def test_a_line_shows_who_it_is_and_the_reason_that_is_not_seen_otherwise() -> None:
    file = File(
        "1", "赵桂明", birth_date=date(1941, 3, 5), phone="+8613900000007", address="渭阳西路3号院",
        contacts=(FileContact("李强", "family", ("+8613812345678",)),),
    )  # fmt: skip
    found = Found(file, (Why("name", "赵桂明", 0, 1), Why("contact_phone", "13812345678", 0, 4)))

    (hit,) = hits([found], NOW)

    assert (hit.name, hit.age, hit.phone, hit.place) == (
        "<mark>赵</mark>桂明", 85, "139 0000 0007", "渭阳西路3号院",
    )  # fmt: skip
    assert hit.others == (("contact's number", "<mark>1381</mark>2345678"),)


def test_the_place_that_answers_is_shown_instead_of_todays() -> None:
    file = File("1", "赵桂明", address="渭阳西路3号院", addresses=("三亚市海棠路9号",))

    (hit,) = hits([Found(file, (Why("address", "三亚市海棠路9号", 0, 2),))], NOW)

    assert hit.place == "<mark>三亚</mark>市海棠路9号"

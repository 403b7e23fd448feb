"""What is said, to whom, in both languages."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.script import (
    KEYS,
    LANGUAGES,
    PURPOSES,
    SMS_UNITS,
    Prompt,
    after_key,
    after_words,
    spoken,
    text_message,
    utf16_units,
)

ZHAO = Prompt(
    attempt_id="a1",
    alarm_number=1204,
    to_role="doctor",
    to_name="李明医生",
    elder_name="赵桂明",
    elder_age=82,
    elder_sex="female",
    address="咸阳市人民中路12号3栋1102室",
    access_notes="门锁密码4711",
    health=("青霉素过敏", "高血压"),
    received_at_local="08:15",
    link="https://centre.example/r/abcdefgh",
)
MEANINGS = (*{m for keys in KEYS.values() for m in keys.values()}, "unclear", "no_key", "over")


def everything_said(prompt: Prompt) -> str:
    replies = [after_words(prompt, meaning) for meaning in MEANINGS]
    said = [spoken(prompt), *replies]
    return "\n".join([*(s.text for s in said), *("\n".join(s.aloud) for s in said), text_message(prompt)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contact_hears_who_what_where_and_what_to_press(language: str) -> None:
    said = spoken(replace(ZHAO, language=language)).text

    for needed in ("李明医生", "赵桂明", "82", "08:15", ZHAO.address or "", "1204"):
        assert needed in said
    asked = {"zh-CN": ("紧急求助", "请按 1", "请按 2"), "en": ("Emergency", "press 1", "press 2")}[language]
    assert all(words in said for words in asked)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("role", ["family", "community", "security", "volunteer", "other", "officer", "elder", ""])
def test_nobody_but_a_doctor_hears_an_illness(language: str, purpose: str, role: str) -> None:
    said = everything_said(replace(ZHAO, language=language, purpose=purpose, to_role=role))

    assert "青霉素" not in said
    assert "高血压" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_doctor_hears_the_illness_on_the_call_and_never_in_a_message(language: str) -> None:
    prompt = replace(ZHAO, language=language)

    assert "青霉素过敏" in spoken(prompt).text
    assert "青霉素过敏" not in text_message(prompt)


@pytest.mark.parametrize(
    ("role", "hears"),
    [
        ("family", True),
        ("community", True),
        ("doctor", True),
        ("security", True),
        ("volunteer", False),
        ("other", False),
    ],
)
def test_how_to_get_in_is_told_to_those_who_go(role: str, hears: bool) -> None:
    prompt = replace(ZHAO, to_role=role)

    assert ("4711" in spoken(prompt).text) is hears
    assert ("4711" in after_words(prompt, "accept").text) is hears
    assert "4711" not in text_message(prompt)


@pytest.mark.parametrize("purpose", ["officer", "follow_up_helper", "follow_up_elder"])
def test_how_to_get_in_is_not_told_on_other_calls(purpose: str) -> None:
    assert "4711" not in everything_said(replace(ZHAO, purpose=purpose, to_role="officer"))


@pytest.mark.parametrize(
    ("purpose", "digits", "meaning"),
    [
        ("help", "1", "accept"),
        ("help", "2", "decline"),
        ("help", "3", "repeat"),
        ("help", "9", None),
        ("help", "", None),
        ("help", "#", None),
        ("officer", "1", "take"),
        ("officer", "2", "decline"),
        ("follow_up_helper", "1", "arrived"),
        ("follow_up_helper", "2", "not_arrived"),
        ("follow_up_elder", "1", "helped"),
        ("follow_up_elder", "2", "not_helped"),
        ("follow_up_elder", "3", "dissatisfied"),
        ("follow_up_elder", "4", None),
    ],
)
def test_keys(purpose: str, digits: str, meaning: str | None) -> None:
    assert after_key(replace(ZHAO, purpose=purpose), digits) == meaning


def test_long_numbers_are_read_digit_by_digit_and_written_as_they_are() -> None:
    speech = spoken(ZHAO)

    assert "人民中路12号3栋幺幺零二室" in "".join(speech.aloud)
    assert "门锁密码四七幺幺" in "".join(speech.aloud)
    assert "警号幺二零四" in "".join(speech.aloud)
    assert "1102" in speech.text
    assert "82岁" in "".join(speech.aloud)
    assert "1 1 0 2" in "".join(spoken(replace(ZHAO, language="en")).aloud)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_cancelled": True}, ("误按", "mistake")),
        ({"is_silent": True, "kind": "duress"}, ("不要给老人打电话", "Do not ring this person back")),
        ({"press_count": 4}, ("求助4次", "4 times")),
        ({"is_test": True}, ("演练", "exercise")),
        ({"kind": "smoke"}, ("烟雾", "smoke")),
        ({"kind": "from the future"}, ("发出了紧急求助", "called for help")),
        ({"address": None}, ("地址没有登记", "no address on file")),
        ({"elder_name": None, "device_uid": "dev-77"}, ("还没有登记老人的呼叫器dev-77", "Device dev-77")),
        ({"elder_name": None, "device_uid": None}, ("一位老人", "An elderly person")),
        ({"alarm_number": None, "received_at_local": None, "elder_age": None, "to_name": ""}, ("赵桂明", "赵桂明")),
    ],
)
@pytest.mark.parametrize("position", [0, 1], ids=LANGUAGES)
def test_what_is_special_is_said(change: dict[str, object], words: tuple[str, str], position: int) -> None:
    prompt = replace(ZHAO, language=LANGUAGES[position], **change)  # type: ignore[arg-type]

    assert words[position] in spoken(prompt).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_accepts_hears_the_address_and_the_door_again(language: str) -> None:
    said = after_words(replace(ZHAO, language=language), "accept").text

    assert ZHAO.address is not None
    assert ZHAO.address in said
    assert "4711" in said


def test_an_unknown_language_is_spoken_as_chinese() -> None:
    assert spoken(replace(ZHAO, language="fr")) == spoken(ZHAO)


def test_a_message_fits_two_parts_and_keeps_its_link_whole() -> None:
    prompt = replace(ZHAO, address="陕西省咸阳市秦都区" + "人民中路" * 12 + "12号", is_cancelled=True, is_silent=True)

    text = text_message(prompt)

    assert utf16_units(text) <= SMS_UNITS
    assert text.endswith("https://centre.example/r/abcdefgh")
    assert "赵桂明" in text


texts = st.text(max_size=60)


@given(
    prompt=st.builds(
        Prompt,
        attempt_id=texts,
        purpose=st.sampled_from(PURPOSES) | texts,
        language=st.sampled_from(LANGUAGES) | texts,
        kind=texts,
        to_role=st.sampled_from(["doctor", "family"]) | texts,
        to_name=texts,
        elder_name=st.none() | texts,
        elder_age=st.none() | st.integers(),
        elder_sex=st.none() | texts,
        address=st.none() | texts,
        access_notes=st.none() | texts,
        health=st.lists(texts, max_size=3).map(tuple),
        alarm_number=st.none() | st.integers(),
        device_uid=st.none() | texts,
        link=st.none() | texts,
    )
)
def test_whatever_the_registry_holds_something_can_be_said(prompt: Prompt) -> None:
    said = everything_said(prompt)

    assert said.strip()
    assert not any(
        (ord(c) < 32 and c != "\n") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) in (0xFFFE, 0xFFFF) for c in said
    )


def test_a_prompt_is_frozen_data() -> None:
    assert all(f.name in Prompt.__slots__ for f in fields(Prompt))


def test_a_voice_reads_the_name_as_it_is_spoken_and_the_text_as_it_is_written() -> None:
    prompt = replace(ZHAO, elder_name="曾桂明", elder_reading="增桂明", language="zh-CN")

    speech = spoken(prompt)

    assert "曾桂明" in speech.text
    assert any("增桂明" in line for line in speech.aloud)
    assert not any("曾桂明" in line for line in speech.aloud)


@pytest.mark.parametrize(("language", "greeting"), [("zh-CN", "曾奶奶您好"), ("en", "Hello 曾奶奶.")])
def test_elder_is_greeted_as_they_are_called(language: str, greeting: str) -> None:
    prompt = replace(ZHAO, purpose="follow_up_elder", elder_addressed_as="曾奶奶", language=language)

    assert greeting in spoken(prompt).text

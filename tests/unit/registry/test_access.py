"""The way in as one sentence, and for how long it is believed."""

from datetime import date, timedelta
from typing import Any

import pytest

from registry.access import access_sentence, is_doubtful

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("access", "notes", "language", "said"),
    [
        (None, None, "zh-CN", None),
        ({}, "  ", "en", None),
        (None, "门卫有钥匙", "zh-CN", "门卫有钥匙"),
        ({"key_holder": "门卫老刘", "door_code": "4711#", "floor": "5"}, "敲门要重", "zh-CN",
         "钥匙在门卫老刘；门禁密码4711#；5楼；敲门要重"),
        ({"dog": True, "note": "knock hard"}, None, "en", "there is a dog; knock hard"),
        ({"dog": False}, None, "en", "no dog"),
        ({"floor": "底层", "door_code": " "}, None, "zh-CN", "底层"),
        ({"dog": "two, friendly"}, None, "en", "dog: two, friendly"),
    ],
)  # fmt: skip
def test_everything_known_is_one_sentence(
    access: dict[str, Any] | None, notes: str | None, language: str, said: str | None
) -> None:
    assert access_sentence(access, notes, language) == said


def test_doubt_is_spoken() -> None:
    assert access_sentence({"floor": "5"}, None, "en", is_doubtful=True) == "floor 5; this may be out of date"


def test_old_and_unconfirmed_notes_are_doubtful() -> None:
    assert not is_doubtful(TODAY - timedelta(days=180), TODAY)
    assert is_doubtful(TODAY - timedelta(days=181), TODAY)
    assert is_doubtful(None, TODAY)

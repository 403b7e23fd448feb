from dataclasses import fields
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from registry import intake
from registry.contact_intake import ContactNew
from registry.device_intake import DeviceNew
from registry.elder_intake import AddressNew, ElderNew, ElderPatch
from registry.faults import fault_text
from registry.policy_intake import SCOPE, PolicyPatch
from registry.profile import CONTACT_ROLES, DEVICE_STATES, RESOURCE_KINDS, USER_ROLES, PolicySettings
from registry.resource_intake import ResourceNew, ResourcePatch
from registry.user_intake import UserNew, UserPatch

CONTACT = {"elder_id": "e", "name": "李娜", "role": "family", "phone": "13801000123", "rank": 1}
RESOURCE = {"kind": "hospital", "name": "医院", "lat": 34.3, "lon": 108.7}


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (ElderNew, {}),
        (ElderNew, {"name": ""}),
        (ElderNew, {"name": "   "}),
        (ElderNew, {"name": 5}),
        (ElderNew, {"name": "赵" * 121}),
        (ElderNew, {"name": "赵\n桂明"}),
        (ElderNew, {"name": "赵\u202e桂明"}),
        (ElderNew, {"name": "赵", "lat": 400.0, "lon": 1.0}),
        (ElderNew, {"name": "赵", "lat": float("nan"), "lon": 1.0}),
        (ElderNew, {"name": "赵", "lat": True, "lon": 1.0}),
        (ElderNew, {"name": "赵", "lat": "34", "lon": 1.0}),
        (ElderNew, {"name": "赵", "crs": "wgs72"}),
        (ElderNew, {"name": "赵", "birth_date": "yesterday"}),
        (ElderNew, {"name": "赵", "birth_date": 0}),
        (ElderNew, {"name": "赵", "birth_date": "1899-12-31"}),
        (ElderNew, {"name": "赵", "birth_date": "1941-02-30"}),
        (ElderNew, {"name": "赵", "health": {"x": "y" * 20_000}}),
        (ElderNew, {"name": "赵", "health": ["diabetes"]}),
        (ElderNew, {"name": "赵", "phnoe": "13801000123"}),
        (ElderPatch, {"name": None}),
        (ElderPatch, {"version": 0}),
        (ContactNew, CONTACT | {"role": "king"}),
        (ContactNew, CONTACT | {"rank": -1}),
        (ContactNew, CONTACT | {"rank": True}),
        (ContactNew, CONTACT | {"rank": "1"}),
        (ContactNew, CONTACT | {"is_key_holder": "yes"}),
        (DeviceNew, {"uid": "a/b#+"}),
        (DeviceNew, {"uid": ""}),
        (DeviceNew, {"uid": "centre"}),
        (DeviceNew, {"uid": "x" * 65}),
        (DeviceNew, {"uid": "x\n"}),
        (DeviceNew, {"uid": "$SYS"}),
        (ResourceNew, RESOURCE | {"kind": "bakery"}),
        (ResourceNew, {"kind": "hospital", "name": "医院", "lat": 34.3}),
        (PolicyPatch, {"ring_s": -5}),
        (PolicyPatch, {"ring_s": 0}),
        (PolicyPatch, {"ring_s": "soon"}),
        (PolicyPatch, {"ring_s": 5.5}),
        (PolicyPatch, {"ring_s": None}),
        (PolicyPatch, {"ring_s": 10**30}),
        (PolicyPatch, {"rings": 5}),
        (UserNew, {"username": "a b", "password": "long enough", "role": "officer"}),
        (UserNew, {"username": "\u200b", "password": "long enough", "role": "officer"}),
        (UserNew, {"username": "li", "password": "short", "role": "officer"}),
        (UserNew, {"username": "li", "password": "long enough", "role": "emperor"}),
        (UserPatch, {"role": None}),
    ],
)
def test_what_the_registry_cannot_hold_is_refused(model: type[BaseModel], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(given)


@pytest.mark.parametrize(
    "name", ["\u200b", "\ufeff", "\u2060", "\u00ad", "\u3164", "\u200b \u200d", "\u2800", "\u3164\ufe0f"]
)  # fmt: skip
@pytest.mark.parametrize("member", ["name", "address", "access_notes", "addressed_as"])
def test_a_text_that_nobody_can_see_is_empty(member: str, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ElderNew.model_validate({"name": "赵", member: name})

    [fault] = refused.value.errors()
    assert fault_text(fault["type"], fault["msg"], fault["ctx"]) == "is needed"


def test_what_cannot_be_seen_by_itself_may_stand_in_a_name() -> None:
    for name in ("\U0001f468\u200d\U0001f469", "葛\U000e0100", "阿卜杜\u200c拉"):
        assert ElderNew.model_validate({"name": name}).name == name


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (ElderNew, {"name": "赵"}), (ElderPatch, {}), (ContactNew, CONTACT), (ResourceNew, RESOURCE),
        (ResourcePatch, {}), (AddressNew, {"label": "冬天", "address": "人民路1号"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("lat", "lon"), [(108.7, 34.3), (75.99, 39.47), (121, 31)])
def test_lat_and_lon_the_wrong_way_round_are_told(
    model: type[BaseModel], given: dict[str, Any], lat: float, lon: float
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given | {"lat": lat, "lon": lon, "phone": 5})

    faults = {fault["loc"]: fault_text(fault["type"], fault["msg"], fault.get("ctx", {}))
              for fault in refused.value.errors()}  # fmt: skip
    assert faults.pop(("lat",)) == "lat and lon are the wrong way round"
    assert ("phone",) in faults, "what else is wrong is told as well"
    assert model.model_validate(given | {"lat": lon, "lon": lat})


def test_text_is_trimmed_and_kept_exactly() -> None:
    name = "<script>'\"𠮷😀 O’Neil"

    assert ElderNew.model_validate({"name": f"  {name} "}).name == name


def test_patch_tells_what_was_said_and_what_was_not() -> None:
    patch = ElderPatch.model_validate({"phone": None, "name": "赵", "version": 3})

    assert patch.said() == {"phone": None, "name": "赵"}


@pytest.mark.parametrize("value", [1, 5, 25, 300])
def test_short_and_long_ring_times_are_taken(value: int) -> None:
    assert PolicyPatch.model_validate({"ring_s": value, "follow_up_after_s": 600}).ring_s == value


def test_names_of_accounts_have_one_spelling() -> None:
    given = UserNew.model_validate({"username": " ＬiMin ", "password": "long enough", "role": "officer"})

    assert given.username == "limin"


def test_policy_members_are_those_of_the_rules() -> None:
    assert set(PolicyPatch.model_fields) - {"version", *SCOPE} == {f.name for f in fields(PolicySettings)}


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (intake.ContactRole, CONTACT_ROLES),
        (intake.ResourceKind, RESOURCE_KINDS),
        (intake.DeviceState, DEVICE_STATES),
        (intake.UserRole, USER_ROLES),
    ],
)
def test_words_are_those_of_the_profile(words: Any, known: tuple[str, ...]) -> None:
    assert get_args(words) == known

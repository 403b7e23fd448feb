"""What closing asks for, as tables."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from alarms.closing import WAIVERS, Unanswered, answered, missing
from alarms.events import Answers, Waiver
from core.errors import Conflict
from tests.unit.alarms.rehearsal import DAUGHTER, ELDER, OFFICER, Rehearsal, ladder


def pressed(scene: Rehearsal) -> None:
    """Nothing but the press."""


def daughter_going(scene: Rehearsal) -> None:
    scene.key("1")


def daughter_there(scene: Rehearsal) -> None:
    scene.key("1")
    scene.click("arrived")


def elder_said_so(scene: Rehearsal) -> None:
    daughter_there(scene)
    scene.later(600)
    scene.key("1")  # The helper is with the elder.


@pytest.mark.parametrize(
    ("kind", "is_test", "before", "wanted"),
    [
        ("sos", False, pressed, ("contact", "safe", "steps")),
        ("fall", False, pressed, ("contact", "safe", "steps")),
        ("duress", False, pressed, ("contact", "safe", "steps")),
        ("sos", False, daughter_going, ("safe", "steps")),
        ("sos", False, daughter_there, ("safe",)),
        ("sos", False, elder_said_so, ("safe",)),
        ("sos", True, pressed, ()),
        ("low_battery", False, pressed, ()),
        ("tamper", False, pressed, ()),
    ],
)
def test_what_nobody_has_confirmed(
    kind: str, is_test: bool, before: Callable[[Rehearsal], None], wanted: tuple[str, ...]
) -> None:
    scene = Rehearsal(ladder(), kind=kind, is_test=is_test)
    before(scene)
    assert missing(scene.case, scene.case.attempts) == wanted


ALL = {"contact": Waiver("spoke_with_elder"), "safe": Waiver("in_care"), "steps": Waiver("not_needed")}


@pytest.mark.parametrize(
    ("confirmed", "waived", "refused"),
    [
        ((), {}, {"contact", "safe", "steps"}),
        (("contact", "safe", "steps"), {}, set()),
        ((), ALL, set()),
        (("contact",), {"safe": Waiver("in_care")}, {"steps"}),
        ((), ALL | {"safe": Waiver("")}, {"safe"}),
        ((), ALL | {"safe": Waiver("not_needed")}, {"safe"}),  # A reason of another question.
        ((), ALL | {"safe": Waiver("other")}, {"safe"}),
        ((), ALL | {"safe": Waiver("other", "  ")}, {"safe"}),
        ((), ALL | {"safe": Waiver("other", "her son phoned")}, set()),
        (("safe",), ALL | {"safe": Waiver("nonsense")}, set()),  # Said to be so: the reason is not looked at.
    ],
)
def test_every_open_item_is_answered_or_waived(
    confirmed: tuple[str, ...], waived: Mapping[str, Waiver], refused: set[str]
) -> None:
    answers = Answers(frozenset(confirmed), waived)
    if refused:
        with pytest.raises(Unanswered) as problem:
            answered(("contact", "safe", "steps"), answers)
        assert set(problem.value.problems) == refused
    else:
        assert answered(("contact", "safe", "steps"), answers)


def test_every_reason_is_one_that_is_accepted() -> None:
    for item, reasons in WAIVERS.items():
        for reason in reasons:
            assert answered([item], Answers(waived={item: Waiver(reason, "in words")}))


def test_answers_stand_in_the_timeline_with_their_author() -> None:
    scene = Rehearsal(ladder())
    scene.click("claim")
    answers = Answers(
        frozenset({"safe"}), {"contact": Waiver("spoke_with_elder"), "steps": Waiver("other", "son came")}
    )
    scene.click("close", disposition="false_alarm", satisfaction="satisfied", answers=answers)
    told = {(line.what, line.author) for line in scene.lines}
    assert {("closing_confirmed", OFFICER.name), ("closing_waived", OFFICER.name), ("closed", OFFICER.name)} <= told
    waived = [line.data for line in scene.lines if line.what == "closing_waived"]
    assert waived == [
        {"item": "contact", "reason": "spoke_with_elder", "text": None},
        {"item": "steps", "reason": "other", "text": "son came"},
    ]


def test_a_refused_closing_changes_nothing() -> None:
    scene = Rehearsal(ladder())
    scene.click("claim")
    before = scene.case
    with pytest.raises(Unanswered) as refused:
        scene.click("close", answers=Answers())
    assert set(refused.value.problems) == {"disposition", "contact", "safe", "steps"}
    assert scene.case == before


def test_a_script_that_answers_nothing_closes_and_what_is_open_is_written_down() -> None:
    scene = Rehearsal(ladder())
    scene.click("claim")
    scene.click("close", disposition="helped", satisfaction="satisfied")
    assert [line.data for line in scene.lines if line.what == "closed_without"] == [
        {"missing": ["contact", "safe", "steps"]}
    ]
    assert scene.waiting == []


def test_answers_do_not_let_anybody_close_what_another_holds() -> None:
    scene = Rehearsal(ladder())
    with pytest.raises(Conflict):
        scene.click("close", disposition="helped", answers=Answers(frozenset({"contact", "safe", "steps"})))


@pytest.mark.parametrize(
    ("confirmed", "rung"), [(None, True), (("contact", "steps"), True), (("contact", "safe", "steps"), False)]
)
def test_somebody_who_could_not_be_reached_is_rung_unless_known_to_be_safe(
    confirmed: tuple[str, ...] | None, rung: bool
) -> None:
    scene = Rehearsal(ladder(DAUGHTER))
    scene.click("claim")
    answers = None if confirmed is None else Answers(frozenset(confirmed), {"safe": Waiver("with_somebody")})
    scene.click("close", disposition="helped", satisfaction="unreachable", answers=answers)
    assert scene.waiting == ([("follow_up_elder", ELDER.name)] if rung else [])
    if rung:
        assert scene.case.attempts[-1].due_at == scene.now + timedelta(seconds=600)
        scene.later(600)
        scene.key("2")
        assert scene.case.state == "open"

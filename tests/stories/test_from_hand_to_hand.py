import pytest
from sqlalchemy import select

from alarms.call_backs import TO_DOS
from core.db import Database
from tests.world import COLLEAGUE, OFFICER, World, settle_in


@pytest.fixture
def world(db: Database) -> World:
    settle_in(db, officers=(OFFICER, COLLEAGUE))
    made = World(db)
    made.press("dev-7")
    made.click("claim", by="officer")
    return made


def hand_over(world: World) -> None:
    world.click("offer", by="officer", to_user_id=COLLEAGUE.id, to_user_name=COLLEAGUE.name)


def test_the_chain_runs_on_while_an_alarm_changes_hands(world: World) -> None:
    assert world.phone("daughter").is_ringing
    hand_over(world)
    world.advance(5)
    world.click("take_over", by="colleague")

    assert world.alarm.claimed_by["name"] == "周洋"
    assert world.phone("daughter").is_ringing
    world.phone("daughter").says("1")
    assert world.alarm.state == "accepted"


def test_an_offer_without_an_answer_is_noticed_by_itself_and_only_once(world: World) -> None:
    hand_over(world)
    world.advance(29)
    assert "offer_unanswered" not in world.story
    world.advance(120)

    assert world.story.count("offer_unanswered") == 1
    assert world.alarm.claimed_by["name"] == "李敏"
    assert world.alarm.is_looked_after


def test_the_offer_is_gone_with_the_alarm(world: World) -> None:
    hand_over(world)
    world.click("close", by="officer", disposition="helped", satisfaction="satisfied")
    world.advance(60)

    assert world.alarm.offer is None
    assert "offer_unanswered" not in world.story


def test_a_question_does_not_hold_up_the_chain(world: World) -> None:
    world.click("ask", by="officer", text="要不要破门？")
    world.phone("daughter").says("1")

    assert world.alarm.state == "accepted"
    world.click("answer", by="colleague", text="等物业", may_override=True)
    assert world.alarm.question["answer"] == "等物业"
    assert world.story[-1] == "leader_answered"


def test_nobody_picks_up_for_an_officer_and_the_call_comes_back_until_the_person_is_reached(world: World) -> None:
    def waiting() -> list[str | None]:
        with world.db.read() as session:
            return list(session.scalars(select(TO_DOS.c.contact_id).where(TO_DOS.c.done_at.is_(None))))

    world.phone("doctor").behaves("busy")
    world.click("call", by="officer", to="doctor")
    assert waiting() == ["contact-doctor"]

    world.phone("doctor").behaves("key:1")
    world.click("call", by="officer", to="doctor")
    world.advance(5)

    assert waiting() == []
    assert world.alarm.state == "accepted"

from tests.world import World


def test_helper_and_elder_are_asked_and_the_alarm_closes(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")

    world.advance(seconds=1800)
    world.phone("daughter").says("1")
    assert world.phone("elder").is_ringing
    world.phone("elder").says("1")

    assert (world.alarm.state, world.alarm.disposition, world.alarm.satisfaction) == ("closed", "helped", "satisfied")
    assert world.told() == ["calling", "on_the_way", "arrived", "closed"]
    world.advance(seconds=7200)
    assert len(world.calls()) == 3


def test_nobody_answers_the_follow_up_and_help_is_called_again(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")

    world.advance(seconds=1800 + 25 + 25 + 2)

    assert world.alarm.state == "open"
    assert world.alarm.priority > 80
    assert world.phone("daughter").is_ringing
    assert world.phone("officer").is_ringing


def test_the_elder_says_that_nobody_came(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")
    world.advance(seconds=1800)
    world.phone("daughter").says("1")

    world.phone("elder").says("2")

    assert world.alarm.state == "open"
    assert world.phone("daughter").is_ringing


def test_the_helper_is_not_there_after_all(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")
    world.advance(seconds=1800)

    world.phone("daughter").says("2")

    assert world.alarm.state == "open"
    assert "reopened" in world.story


def test_an_elder_who_is_not_satisfied_says_so_with_key_3(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")
    world.advance(seconds=1800)
    world.phone("daughter").says("1")

    world.phone("elder").says("3")

    assert (world.alarm.state, world.alarm.satisfaction) == ("closed", "dissatisfied")


def test_an_alarm_that_an_officer_closes_still_has_the_elder_asked(world: World) -> None:
    world.press("dev-7")
    world.click("claim")
    world.click("close", disposition="false_alarm")
    assert world.phone("daughter").is_quiet

    world.advance(seconds=1800)
    world.phone("elder").says("1")

    assert (world.alarm.state, world.alarm.disposition, world.alarm.satisfaction) == (
        "closed", "false_alarm", "satisfied",
    )  # fmt: skip


def test_a_closed_alarm_opens_again_when_the_elder_needs_help(world: World) -> None:
    world.press("dev-7")
    world.click("claim")
    world.click("close", disposition="false_alarm")
    world.advance(seconds=1800)

    world.phone("elder").says("2")

    assert world.alarm.state == "open"
    assert world.phone("daughter").is_ringing


def test_the_alarm_is_in_follow_up_while_the_elder_is_asked(world: World) -> None:
    world.press("dev-7")
    world.click("claim")
    world.click("accept", text="an ambulance is on its way")
    world.click("arrived")
    assert world.alarm.state == "arrived"

    world.advance(seconds=1800)

    assert world.phone("elder").is_ringing
    assert world.alarm.state == "follow_up"

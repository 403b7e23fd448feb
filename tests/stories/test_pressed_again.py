from tests.world import World


def test_every_repeat_is_news_and_one_alarm(world: World) -> None:
    world.press("dev-7")
    first = world.alarm.priority
    world.press("dev-7")
    world.press("dev-7")

    assert len(world.all_alarms()) == 1
    assert world.alarm.press_count == 3
    assert world.alarm.priority > first
    assert len(world.calls("daughter")) == 1


def test_the_same_message_sent_again_is_the_same_press(world: World) -> None:
    first = world.press("dev-7", "m-1")
    again = world.press("dev-7", "m-1")

    assert (first.is_new, again.is_new) == (True, False)
    assert first.alarm_id == again.alarm_id
    assert world.alarm.press_count == 1


def test_pressed_again_while_help_is_on_the_way_rings_the_duty_room(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")

    world.press("dev-7")

    assert world.alarm.state == "accepted"
    assert world.phone("officer").is_ringing


def test_pressed_again_after_help_has_come_begins_anew(world: World) -> None:
    world.press("dev-7")
    world.phone("daughter").says("1")
    world.click("arrived")

    world.press("dev-7")

    assert world.alarm.state == "open"
    assert world.phone("daughter").is_ringing


def test_a_press_while_a_closed_alarm_waits_for_its_follow_up_is_a_new_alarm(world: World) -> None:
    world.press("dev-7")
    world.click("claim")
    world.click("close", disposition="false_alarm")

    world.press("dev-7")

    assert len(world.all_alarms()) == 2
    assert world.phone("daughter").is_ringing

from tests.world import World


def test_key_1_accepts_and_the_elder_is_told(world: World) -> None:
    world.press("dev-7")

    said = world.phone("daughter").answer()
    assert "赵桂明" in said
    world.phone("daughter").press("1")

    assert world.alarm.state == "accepted"
    assert world.alarm.accepted_by["name"] == "赵丽"
    assert world.told() == ["calling", "on_the_way"]
    world.advance(seconds=120)
    assert world.calls("neighbour") == []


def test_the_neighbour_hears_no_illness_and_the_doctor_does(world: World) -> None:
    for somebody in ("daughter", "neighbour"):
        world.phone(somebody).behaves("voicemail", answer_after_s=1)
    world.press("dev-7")
    world.advance(seconds=10)

    assert "心脏病" not in world.calls("neighbour")[0].said
    assert "心脏病" in world.phone("doctor").answer()

from sqlalchemy import insert

from registry.models import Resource, table_of
from tests.world import START, PhoneOf, Somebody, World

STATION = Somebody("resource-station", "吴家堡社区站", "community", "+862933210001")


def a_station(world: World) -> None:
    row = {"id": STATION.id, "kind": STATION.role, "name": STATION.name, "phone": STATION.phone, "version": 1}
    row |= {"lat": 34.33, "lon": 108.71, "given": {}, "created_at": START, "updated_at": START}
    with world.db.write() as session:
        session.execute(insert(table_of(Resource)).values(row))


def test_an_officer_sends_the_station_round_the_corner(world: World) -> None:
    a_station(world)
    world.press("dev-7")
    world.click("claim")

    world.click("send", resource_id=STATION.id)
    assert PhoneOf(world, STATION).is_ringing
    assert world.phone("daughter").is_ringing
    PhoneOf(world, STATION).says("1")

    assert (world.alarm.state, world.alarm.accepted_by["name"]) == ("accepted", STATION.name)
    assert world.phone("daughter").is_quiet


def test_the_station_hears_the_address_and_neither_illness_nor_door(world: World) -> None:
    a_station(world)
    world.press("dev-7")
    world.click("claim")
    world.click("send", resource_id=STATION.id)

    attempt = next(one for one in world.attempts if one["purpose"] == "sent")
    prompt = world.alarms.prompt(attempt["id"])

    assert prompt is not None
    assert (prompt.address, prompt.health, prompt.to_role) == ("渭阳西路3号院2单元501", (), "nearby")


def test_nobody_at_the_station_and_the_chain_goes_on(world: World) -> None:
    a_station(world)
    world.press("dev-7")
    world.click("claim")
    world.click("send", resource_id=STATION.id)
    PhoneOf(world, STATION).hang_up()

    assert [one["outcome"] for one in world.attempts if one["purpose"] == "sent"] == ["rejected"]
    world.phone("daughter").says("2")
    assert world.phone("neighbour").is_ringing

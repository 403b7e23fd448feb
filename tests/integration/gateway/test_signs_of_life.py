"""Heartbeats, positions, connections; and what the centre has to say."""

from datetime import timedelta

from alarms.models import DownMessage
from gateway import wire
from geo.crs import from_wgs84
from tests.gateway_site import Site, soon
from tests.integration.gateway.conftest import Entrance


def test_a_heartbeat_is_written_and_what_it_does_not_say_is_kept(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    device.say("heartbeat", wire.write_heartbeat(wire.Vitals(83, -87, True, "1.4.2")))
    seen = soon(lambda: (row := site.presence("dev-7")) and row.battery_pct == 83 and row, "the heartbeat")
    assert (seen.rssi_dbm, seen.mains, seen.firmware, seen.is_online) == (-87, True, "1.4.2", True)
    device.say("heartbeat", b'{"battery_pct": 40, "rssi_dbm": "loud"}', qos=0)
    seen = soon(lambda: (row := site.presence("dev-7")) and row.battery_pct == 40 and row, "the second one")
    assert (seen.rssi_dbm, seen.mains, seen.firmware) == (-87, True, "1.4.2")
    before = seen.last_seen_at
    device.say("heartbeat", b"\xff\x00garbage")
    soon(lambda: site.presence("dev-7").last_seen_at > before, "the garbage heartbeat")
    assert site.presence("dev-7").battery_pct == 40


def test_the_newest_position_stays_in_wgs84_with_what_was_said(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    now = site.clock.now()
    lat, lon = from_wgs84(34.3296, 108.7093, "gcj02")
    device.said("location", wire.write_location(wire.FixMsg(lat, lon, 12, now, "gnss", "gcj02")))
    fix = soon(lambda: site.fix("dev-7"), "the fix")
    assert (round(fix.lat, 5), round(fix.lon, 5), fix.given["crs"]) == (34.3296, 108.7093, "gcj02")
    device.said("location", wire.write_location(wire.FixMsg(30, 100, 12, now - timedelta(hours=1), "gnss")))
    newer = wire.FixMsg(34.5, 108.5, 9, site.clock.now(), "wifi")
    device.said("location", wire.write_location(newer))
    soon(lambda: site.fix("dev-7").lat == 34.5, "the newer fix")
    device.said("location", b'{"lat": 31, "lon": 101, "fix_at": "2100-01-01T00:00:00Z"}')
    fix = soon(lambda: (row := site.fix("dev-7")).lat == 31 and row, "a fix from a wrong clock")
    assert fix.fix_at < site.clock.now() + timedelta(minutes=1)


def test_the_fix_and_battery_of_a_press_are_kept_too(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    fix = wire.FixMsg(34.3296, 108.7093, 12, site.clock.now(), "gnss")
    device.say("alarm", wire.write_alarm("p-1", location=fix, vitals=wire.Vitals(7, None, False)))
    soon(lambda: site.fix("dev-7"), "the fix")
    soon(lambda: (row := site.presence("dev-7")) and row.battery_pct == 7, "the battery")


def test_a_fix_that_comes_later_moves_the_open_alarm(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    device.say("alarm", wire.write_alarm("p-1"))
    soon(lambda: site.alarm_rows("dev-7"), "the alarm")
    device.say("location", wire.write_location(wire.FixMsg(34.5, 108.5, 9, site.clock.now(), "gnss")))

    where = soon(lambda: (row := site.alarm_rows("dev-7")[0].location) and row["lat"] == 34.5 and row, "the place")
    assert (where["how"], where["accuracy_m"]) == ("fresh_fix", 9)


def test_a_device_that_says_it_goes_is_offline_until_it_is_heard_again(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    device.said("state", wire.write_state(online=True), retain=True)
    soon(lambda: (row := site.presence("dev-7")) and row.is_online, "online")
    device.said("state", wire.write_state(online=False), retain=True)
    soon(lambda: not site.presence("dev-7").is_online, "offline")
    device.say("heartbeat", wire.write_heartbeat(wire.Vitals(50)))
    soon(lambda: site.presence("dev-7").is_online, "online again")


def _leave(site: Site, uid: str, *stages: str, hours: float = 1) -> None:
    now = site.clock.now()
    with site.db.write() as session:
        for stage in stages:
            said = {"alarm_id": "al-1", "stage": stage, "text": "有人来了", "lang": "zh-CN"}
            session.add(
                DownMessage(
                    uid=uid, topic="progress", payload=said, created_at=now, expires_at=now + timedelta(hours=hours)
                )
            )
            session.flush()
        site.wake.with_commit(session, "down")
    site.wake.here("down")


def _stages(device: object) -> list[str]:
    said = [wire.read_progress(p) for p in device.payloads("progress")]  # type: ignore[attr-defined]
    return [s.stage for s in said if s]


def test_what_is_said_to_a_device_arrives_and_is_then_forgotten(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    _leave(site, "dev-7", "on_the_way", "arrived")
    soon(lambda: _stages(device) == ["on_the_way", "arrived"], "both messages")
    soon(lambda: not site.down("dev-7"), "the rows to go")


def test_what_is_said_to_a_device_that_is_away_waits_for_it(site: Site, entrance: Entrance) -> None:
    site.register("dev-7")
    site.register("dev-8")
    _leave(site, "dev-7", "calling", "on_the_way", "arrived")
    _leave(site, "dev-7", "closed", hours=-1)
    other = site.connect(entrance.port, "dev-8")
    _leave(site, "dev-8", "calling")
    soon(lambda: _stages(other) == ["calling"], "the other device's message")
    device = site.connect(entrance.port, "dev-7")
    soon(lambda: _stages(device) == ["calling", "on_the_way", "arrived"], "what waited", within_s=30)
    soon(lambda: not site.down("dev-7"), "the rows to go, the expired one too")


def test_devices_are_told_whether_anybody_is_listening(site: Site, entrance: Entrance) -> None:
    device = site.connect(entrance.port, site.register("dev-7"))
    device.client.subscribe(wire.CENTRE_STATE, 1)

    def states() -> list[bool | None]:
        return [wire.read_centre_state(h.payload) for h in device.heard if h.topic == wire.CENTRE_STATE]

    soon(lambda: states()[-1:] == [True], "that somebody listens")
    entrance.gateway.stop()
    soon(lambda: states()[-1:] == [False], "that nobody does")

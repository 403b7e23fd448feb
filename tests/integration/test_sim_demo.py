"""The demo: a believable city in the database, phones that behave, and devices that press by themselves."""

import random
import stat
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from carebell import demo_people
from carebell.demo import DemoCity, greeting, plant, prepare
from carebell.demo_city import YOUNGEST, City, build
from carebell.demo_presses import DemoDevice, DemoPresses, Room
from core.clock import ManualClock, SystemClock
from core.db import Database
from core.settings import Settings, load_settings
from firmware_sim.logins import read_logins
from gateway.endpoint import Endpoint
from geo.crs import to_wgs84
from geo.outlines import GeocnOutlines
from notifier.models import SandboxPhone
from notifier.models import table_of as phone_table
from registry import directory
from registry.findings import FINDINGS
from registry.id_numbers import read_id_number
from registry.models import Contact, Elder, Resource, User, table_of
from registry.passwords import quick
from registry.phones import Phones
from registry.search import Wanted
from registry.service import RegistryService
from tests.gateway_site import Site, soon

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> City:
    return build(random.Random(1874), NOW, lambda: "a made-up secret")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"CAREBELL_DATA_DIR": str(tmp_path)})


@pytest.fixture
def prepared(db: Database, settings: Settings) -> DemoCity:
    return prepare(db, settings, ManualClock(NOW), random.Random(1874), elders=40)


def test_the_same_dice_throw_the_same_city(city: City) -> None:
    assert build(random.Random(1874), NOW, lambda: "a made-up secret") == city


def test_it_is_as_large_as_promised(city: City) -> None:
    assert len(city.elders) == len(city.devices) == 300
    assert len(city.resources) == 60
    assert Counter(user["role"] for user in city.users)["officer"] == 3
    assert city.users[0]["display_name"] == "李敏"
    assert {len(city.contacts_of(uid)) for uid, _ in city.secrets} <= {2, 3, 4, 5}


def test_everybody_is_old_enough_and_has_somebody_to_be_called(city: City) -> None:
    for elder in city.elders:
        assert YOUNGEST <= (NOW.date() - elder["birth_date"]).days / 365.25 < 100
    roles = [{c["role"] for c in city.contacts_of(uid)} for uid, _ in city.secrets]
    assert all("community" in found for found in roles)
    assert sum("family" in found for found in roles) > 270


def test_homes_lie_in_the_district_of_their_address(city: City) -> None:
    areas = GeocnOutlines().near(34.33, 108.71, 20_000)
    astray = [
        elder["address"] for elder in city.elders
        if elder["address"][:3] not in [a.name for a in areas if a.holds(elder["lat"], elder["lon"])]
    ]  # fmt: skip
    assert len(astray) <= 3, astray  # The outlines are coarse to about a hundred metres.


def test_numbers_can_be_dialled_but_belong_to_nobody(city: City) -> None:
    phones = Phones("CN")
    for row in [*city.elders, *city.contacts, *city.resources, *city.users]:
        if row["phone"] is not None:
            assert row["phone"].startswith("+86154")
            assert phones.to_e164(row["phone"]) == row["phone"]


def test_everything_is_planted(db: Database, prepared: DemoCity) -> None:
    with db.read() as session:
        for model, least in ((Elder, 40), (Contact, 100), (Resource, 60), (User, 5)):
            assert (session.scalar(select(func.count()).select_from(table_of(model))) or 0) >= least
        profile = directory.profiles(session, ["xy-0001"])["xy-0001"]
        assert profile.elder is not None
        assert profile.elder.name == "赵桂明"
        assert profile.contacts[0].role == "family"
        assert profile.policy.settings.follow_up_after_s == 20
        assert directory.officers_on_duty(session, SystemClock().now())[0].name == "李敏"
        stored = session.scalar(select(table_of(User).c.password_hash).where(table_of(User).c.username == "limin"))
    assert quick().check(prepared.officer_password, stored)


def test_the_devices_file_is_for_its_owner_alone(prepared: DemoCity) -> None:
    assert stat.S_IMODE(prepared.devices_file.stat().st_mode) == 0o600
    assert [(login.uid, login.secret) for login in read_logins(prepared.devices_file)] == list(prepared.devices)


def test_the_greeting_says_how_to_sign_in_and_how_to_press(settings: Settings, prepared: DemoCity) -> None:
    text = greeting(settings, prepared)
    for needed in ("limin", prepared.officer_password, "mosquitto_pub", "carebell sim press xy-0002", "/sandbox"):
        assert needed in text
    assert prepared.officer_password not in repr(prepared)


def test_every_phone_has_a_manner_and_the_duty_officer_answers_by_hand(db: Database, prepared: DemoCity) -> None:
    phones = phone_table(SandboxPhone)
    with db.read() as session:
        thens = {row.number: row.then for row in session.execute(select(phones))}
    assert thens[prepared.city.users[0]["phone"]] == "manual"
    assert {contact["phone"] for contact in prepared.city.contacts} <= thens.keys()
    assert {thens[c["phone"]] for c in prepared.city.contacts_of(prepared.yours[0])} == {"key:1"}


def test_moods_change_as_the_story_wants(db: Database, city: City) -> None:
    rng, clock = random.Random(3), ManualClock(NOW)
    plant(db, city, clock, rng, "a made-up password")
    moods = demo_people.deal(city, "xy-0001", demo_people.STORIES[1], rng)
    with db.write() as session:
        demo_people.set_moods(session, moods, rng, NOW)
    phones = phone_table(SandboxPhone)
    numbers = [contact["phone"] for contact in city.contacts_of("xy-0001")[:3]]
    with db.read() as session:
        found = [session.execute(select(phones).where(phones.c.number == number)).one() for number in numbers]
    assert [phone.then for phone in found] == ["busy", "silence", "key:1"]
    assert found[1].answer_after_s is None


@pytest.fixture
def site(db: Database, tmp_path: Path) -> Iterator[Site]:
    site = Site(db, tmp_path)
    yield site
    site.close()


def pressing(site: Site, city: DemoCity, **options: object) -> DemoPresses:
    line = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door), flush_s=0.05).lines[0]
    assert isinstance(line, Endpoint)
    devices = [DemoDevice(uid, secret, 34.33, 108.71) for uid, secret in city.devices[:5]]
    return DemoPresses(
        "127.0.0.1", line.port, devices, SystemClock(), random.Random(5), first=["xy-0003"], first_after_s=0.0,
        **options,  # type: ignore[arg-type]
    )  # fmt: skip


def test_devices_connect_and_the_first_on_the_list_presses(site: Site, prepared: DemoCity) -> None:
    told: list[tuple[str, int]] = []
    presses = pressing(site, prepared, prepare=lambda uid, number: told.append((uid, number)))
    presses.start()
    try:
        alarm = soon(lambda: site.alarm_rows("xy-0003"), "the first press")[0]
        soon(lambda: all((row := site.presence(f"xy-{n:04}")) and row.is_online for n in range(1, 6)), "everybody")
    finally:
        presses.stop()
    assert told == [("xy-0003", 0)]
    assert alarm.elder_id is not None


def test_nobody_presses_while_too_many_alarms_are_open(site: Site, prepared: DemoCity) -> None:
    asked: list[float] = []

    def full() -> Room:
        asked.append(time.monotonic())
        return Room(open_count=99)

    presses = pressing(site, prepared, room=full)
    presses.start()
    try:
        soon(lambda: asked, "the question whether there is room")
    finally:
        presses.stop()
    assert presses.presses == 0


def test_files_are_believable(city: City) -> None:
    numbers = [read_id_number(elder["id_number"]) for elder in city.elders]
    assert [(one.birth_date, one.sex) for one in numbers] == [(e["birth_date"], e["sex"]) for e in city.elders]
    assert len({one.text for one in numbers}) == len(city.elders)
    homes = Counter(elder["household_id"] for elder in city.elders if elder["household_id"])
    assert set(homes.values()) == {2}
    assert len(homes) >= 10
    for elder in city.elders:
        rows = [row for row in city.addresses if row["elder_id"] == elder["id"]]
        assert not rows or [row["address"] for row in rows if row["is_current"]] == [elder["address"]]
    paths = {area["code"]: area["path"] for area in city.areas}
    assert all(elder["area_path"] == paths[elder["area_code"]] for elder in city.elders)


def test_elders_of_the_demo_are_found_by_their_number(db: Database, prepared: DemoCity) -> None:
    elder = prepared.city.elders[4]
    registry = RegistryService(db, ManualClock(NOW), to_wgs84=to_wgs84)

    found = registry.search(Wanted(elder["id_number"])).found

    assert [one.file.id for one in found] == [elder["id"]]


def test_contacts_of_the_demo_are_people_with_hours_and_work(db: Database, prepared: DemoCity) -> None:
    contacts = prepared.city.contacts
    people = {row["person_id"] for row in contacts if row["person_id"]}

    assert people
    assert all(len({r["phone"] for r in contacts if r["person_id"] == person}) == 1 for person in people)
    assert any(row["more_phones"] for row in contacts)
    assert any(row["hours"] for row in contacts)
    assert sum(row["verified_at"] is not None for row in contacts) > len(contacts) / 2
    with db.read() as session:
        kinds = set(session.execute(select(FINDINGS.c.kind)).scalars())
    assert kinds == {"wrong_number", "opted_out"}

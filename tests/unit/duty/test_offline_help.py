"""The nearest help of each kind, as the exact search finds it too."""

from random import Random

from duty.offline_help import GROUPS, HelpNear
from geo.nearby import Resource, distance_m, nearest

HOME = (34.33, 108.71)


def resource(n: int, kind: str, lat: float, lon: float) -> Resource:
    return Resource(str(n), kind, f"{kind} {n}", "120", None, lat, lon)


def test_it_agrees_with_the_exact_search() -> None:
    dice = Random(7)
    kinds = [kind for group in GROUPS for kind in group]
    all_of = [
        resource(n, dice.choice(kinds), HOME[0] + dice.uniform(-0.3, 0.3), HOME[1] + dice.uniform(-0.3, 0.3))
        for n in range(300)
    ]
    near = HelpNear.of(all_of)

    for _ in range(50):
        lat, lon = HOME[0] + dice.uniform(-0.2, 0.2), HOME[1] + dice.uniform(-0.2, 0.2)
        for group, (found, metres) in zip(GROUPS, near.nearest(lat, lon), strict=True):
            best = nearest([one for one in all_of if one.kind in group], lat, lon, limit=1)[0]
            exact = distance_m(lat, lon, found.lat, found.lon)
            assert exact <= best.distance_m * 1.01 + 1
            assert abs(metres - exact) <= exact * 0.01 + 1


def test_what_is_not_there_is_left_out() -> None:
    near = HelpNear.of([resource(1, "police", *HOME), resource(2, "hospital", 30.0, 100.0)])

    assert [found.name for found, _ in near.nearest(*HOME)] == ["police 1"]

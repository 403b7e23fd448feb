"""A chain drawn in time: everybody once, bars where they are rung, an axis with even steps."""

from console.policy_picture import of_policy
from registry.profile import PolicySettings, Rung


def test_the_usual_chain_is_drawn_one_after_the_other() -> None:
    picture = of_policy(PolicySettings(ring_s=20, officer_ring_s=15))

    assert [line.role for line in picture.lines] == ["family", "community", "doctor", "officer"]
    assert [(bar.at_s, bar.until_s) for line in picture.lines[:3] for bar in line.bars] == [(0, 20), (20, 40), (40, 60)]
    assert picture.lines[3].is_officer
    assert picture.ticks_s[0] == 0
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 for line in picture.lines for bar in line.bars)


def test_tries_are_bars_of_one_line_and_officers_join_where_they_stand() -> None:
    rungs = (Rung("family", 30, 2), Rung("officer"), Rung("doctor"))
    picture = of_policy(PolicySettings(rungs=rungs))

    family, doctor, officer = picture.lines
    assert [(bar.at_s, bar.until_s) for bar in family.bars] == [(0, 30), (55, 85)]
    assert [(bar.at_s, bar.until_s) for bar in doctor.bars] == [(30, 55)]
    assert officer.is_officer
    assert officer.bars[0].at_s == 30

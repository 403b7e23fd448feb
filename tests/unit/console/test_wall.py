"""Where the day's alarms were, as squares of heat."""

from hypothesis import given
from hypothesis import strategies as st

from console.routes.wall import HEAT_CELLS, heat_of

PLACES = st.lists(st.tuples(st.floats(33.9, 34.8), st.floats(108.0, 109.2)), max_size=200)


@given(PLACES)
def test_every_alarm_is_in_a_square_of_the_map(places: list[tuple[float, float]]) -> None:
    cells = heat_of(places)

    assert sum(cell.count for cell in cells) == len(places)
    assert all(0 <= cell.x < HEAT_CELLS and 0 <= cell.y < HEAT_CELLS and 0 < cell.heat <= 1 for cell in cells)


def test_the_square_with_most_alarms_is_the_hottest() -> None:
    cells = heat_of([(34.30, 108.70)] * 9 + [(34.40, 108.80)])

    assert [(cell.count, cell.heat) for cell in sorted(cells, key=lambda c: -c.heat)] == [(9, 1.0), (1, 1 / 9)]


def test_one_place_far_away_does_not_shrink_the_city() -> None:
    city = [(34.30 + n / 1000, 108.70) for n in range(60)]

    assert len({cell.y for cell in heat_of([*city, (20.0, 108.70)])}) > HEAT_CELLS // 2

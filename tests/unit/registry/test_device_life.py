"""The life of a device as a table: which move is allowed, and what is missing when one is not."""

from datetime import UTC, datetime

import pytest

from core.errors import Conflict
from registry.device_life import (
    MOVES,
    STATES,
    Standing,
    after_pairing,
    after_unpairing,
    check_move,
    first_state,
    possible_moves,
)

TESTED = {"key": datetime(2026, 11, 20, tzinfo=UTC)}


def at(state: str, *, elder: bool = True, tested: bool = True) -> Standing:
    return Standing(state, elder, ("key",), TESTED if tested else {})


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("to", STATES)
def test_a_move_is_in_the_table_or_refused(state: str, to: str) -> None:
    if to == state or to in MOVES[state]:
        check_move(at(state), to)
    else:
        with pytest.raises(Conflict, match=f"a device that is {state} can become"):
            check_move(at(state), to)


@pytest.mark.parametrize("to", ["installed", "in_service"])
def test_nothing_is_installed_at_nobodys(to: str) -> None:
    state = {"installed": "issued", "in_service": "installed"}[to]

    with pytest.raises(Conflict, match="pair it with one first"):
        check_move(at(state, elder=False), to)


def test_untested_triggers_are_named() -> None:
    standing = Standing("installed", True, ("key", "pendant", "cord"), TESTED)

    assert standing.untested == ("pendant", "cord")
    with pytest.raises(Conflict, match="no test press was received from: pendant, cord"):
        check_move(standing, "in_service")


def test_the_page_offers_what_would_pass() -> None:
    assert possible_moves(at("installed")) == ("in_service", "stock", "faulty", "retired")
    assert possible_moves(at("installed", tested=False)) == ("stock", "faulty", "retired")
    assert possible_moves(at("retired")) == ("stock",)


def test_giving_and_taking() -> None:
    assert (first_state(has_elder=True), first_state(has_elder=False)) == ("issued", "stock")
    assert {after_pairing(state) for state in ("stock", "issued", "installed", "in_service")} == {"issued"}
    assert (after_unpairing("in_service"), after_unpairing("faulty")) == ("stock", "faulty")
    for state in ("faulty", "retired"):
        with pytest.raises(Conflict, match="take it to stock first"):
            after_pairing(state)

"""Who lives together, and perhaps shares a device: a couple are two elders of one household."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core.errors import Conflict
from core.ids import new_id
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.intake import BadMember
from registry.store import ELDERS, Row

MOST = 12
_SHOWN = ("id", "name", "sex", "birth_date", "address", "phone")


@dataclass(frozen=True, slots=True)
class Households:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def join(self, elder_id: str, with_elder_id: str, by: Actor = Actor()) -> list[Row]:
        """The elder moves to another's household, and leaves their own; everybody who then lives there with them."""
        if elder_id == with_elder_id:
            raise BadMember("with_elder_id", "is the same elder")
        with self.desk.db.write() as session:
            # Always in one order, so that two who do it at once do not wait for each other.
            held = {one["id"]: one for one in _held(session, sorted((elder_id, with_elder_id)))}
            if elder_id not in held:
                store.get(session, ELDERS, elder_id)
            if with_elder_id not in held:
                raise BadMember("with_elder_id", "there is no such elder")
            home = held[with_elder_id]["household_id"] or new_id()
            if held[elder_id]["household_id"] != home or held[with_elder_id]["household_id"] is None:
                if store.count(session, ELDERS, ELDERS.c.household_id == home) >= MOST:
                    raise Conflict(f"{MOST} people are the most of one household")
                left = self._leave(session, held[elder_id])
                moved = [one for one in (elder_id, with_elder_id) if held[one]["household_id"] != home]
                for one in moved:
                    self._move(session, one, home)
                self._log(session, by, *moved, *left)
            return members(session, elder_id)

    def leave(self, elder_id: str, by: Actor = Actor()) -> None:
        """The elder lives with nobody who is on file; a household of one is none."""
        with self.desk.db.write() as session:
            held = _held(session, [elder_id])
            elder = held[0] if held else store.get(session, ELDERS, elder_id)
            if elder["household_id"] is not None:
                left = self._leave(session, elder)
                self._move(session, elder_id, None)
                self._log(session, by, elder_id, *left)

    def _leave(self, session: Session, elder: Row) -> list[str]:
        """Who is left alone by it, and has no household any more."""
        if elder["household_id"] is None:
            return []
        others = [one["id"] for one in members(session, elder["id"])]
        if len(others) == 1:
            self._move(session, others[0], None)
            return others
        return []

    def _move(self, session: Session, elder_id: str, household_id: str | None) -> None:
        self.desk.change(session, ELDERS, elder_id, {"household_id": household_id}, None)

    def _log(self, session: Session, by: Actor, *elder_ids: str) -> None:
        data: dict[str, Any] = {"members": ["household"]}
        deeds = [Deed("elder.change", "elder", one, data=data) for one in dict.fromkeys(elder_ids)]
        audit.record(session, by, self.desk.clock.now(), *deeds)


def members(session: Session, elder_id: str) -> list[Row]:
    """Everybody else of an elder's household, briefly."""
    home = select(ELDERS.c.household_id).where(ELDERS.c.id == elder_id).scalar_subquery()
    wanted = select(*(ELDERS.c[name] for name in _SHOWN)).where(
        ELDERS.c.household_id == home, ELDERS.c.id != elder_id, ELDERS.c.deleted_at.is_(None)
    )
    return [dict(row._mapping) for row in session.connection().execute(wanted.order_by(ELDERS.c.id).limit(MOST))]


def _held(session: Session, elder_ids: list[str]) -> list[Row]:
    wanted = select(ELDERS.c.id, ELDERS.c.household_id).where(ELDERS.c.id.in_(elder_ids), ELDERS.c.deleted_at.is_(None))
    return [dict(row._mapping) for row in session.connection().execute(wanted.order_by(ELDERS.c.id).with_for_update())]

"""Writing the places of the administration."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session

from core.errors import Conflict, Forbidden, NotFound
from core.ids import new_id
from registry import area_store, audit, store
from registry.area_intake import LEVELS, AreaNew, AreaPatch
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.intake import BadMember
from registry.store import AREAS, ELDERS, POLICIES, Row

KEPT = ("code", "name", "level", "parent_code")
"""What the log keeps of an area that is removed; none of it is about people."""


@dataclass(frozen=True, slots=True)
class Areas:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def add(self, given: AreaNew, *, by: Actor = Actor()) -> Row:
        with self.desk.db.write() as session:
            area_store.take_turn(session)
            if area_store.by_code(session, given.code):
                raise Conflict("there is an area with this code")
            above = _above(session, given.parent_code)
            path = path_below(above, given.code)
            _refuse_out_of_sight(by, path)
            refuse_level(given.level, above)
            row = given.model_dump() | {"id": new_id(), "path": path}
            store.add(session, AREAS, row)
            self._note(session, by, "area.add", given.code)
            return row

    def change(self, area_id: str, patch: AreaPatch, *, by: Actor = Actor()) -> Row:
        """What is new about an area; whatever lies in it moves with it, and the elders there."""
        with self.desk.db.write() as session:
            area_store.take_turn(session)
            area = store.get(session, AREAS, area_id)
            after = area | {name: value for name, value in patch.said().items() if value != area[name]}
            if after == area:
                return area
            above = _above(session, after["parent_code"])
            after["path"] = path_below(above, area["code"])
            if area["code"] in area_store.codes_of(after["path"])[:-1]:
                raise BadMember("parent_code", "an area cannot lie in itself")
            if {"level", "parent_code"} & patch.model_fields_set:
                refuse_level(after["level"], above)
                _refuse_what_lies_in(session, area["code"], after["level"])
            _refuse_out_of_sight(by, area["path"], after["path"])
            if after["path"] != area["path"]:
                area_store.move(session, area["path"], after["path"])
            changed = {name: after[name] for name in ("name", "level", "parent_code") if after[name] != area[name]}
            row = store.change(session, AREAS, area_id, changed)
            self._note(session, by, "area.change", area["code"], *sorted(changed))
            return row

    def remove(self, area_id: str, *, by: Actor = Actor()) -> None:
        """Take out an area that nothing hangs on. Raises Conflict, saying what does."""
        with self.desk.db.write() as session:
            area_store.take_turn(session)
            area = store.get(session, AREAS, area_id)
            _refuse_out_of_sight(by, area["path"])
            if store.count(session, AREAS, AREAS.c.parent_code == area["code"]):
                raise Conflict("other areas lie in this one")
            if number := store.count(
                session, ELDERS, ELDERS.c.area_code == area["code"], ELDERS.c.deleted_at.is_(None)
            ):
                raise Conflict(f"{number} elders live in this area: give them another one first")
            if store.count(session, POLICIES, POLICIES.c.area_code == area["code"]):
                raise Conflict("a policy is made for this area: change or remove it first")
            area_store.forget_buried(session, area["code"])
            store.erase(session, AREAS, area_id)
            kept = {name: area[name] for name in KEPT}
            audit.record(session, by, self.desk.clock.now(), Deed("area.remove", "area", area["code"], data=kept))

    def restore(self, code: str, *, by: Actor = Actor()) -> Row:
        """Bring back an area that was removed, as it was then. Raises NotFound, and Conflict as `add` does."""
        with self.desk.db.read() as session:
            kept = removed_area(session, code)
        if kept is None:
            raise NotFound("no area with this code was removed")
        return self.add(AreaNew.model_validate(kept), by=by)

    def _note(self, session: Session, by: Actor, action: str, code: str, *members: str) -> None:
        data = {"members": list(members)} if members else {}
        audit.record(session, by, self.desk.clock.now(), Deed(action, "area", code, data=data))


def path_below(above: Row | None, code: str) -> str:
    """The path of an area in another one, or at the top; five levels of codes are never too long for the column."""
    return f"{above['path'] if above else ''}/{code}"


def _refuse_out_of_sight(by: Actor, *paths: str) -> None:
    """Nobody widens what they see by moving areas. Raises Forbidden."""
    if not all(by.scope.holds(path) for path in paths):
        raise Forbidden("this area does not lie in one of yours")


def refuse_level(level: str, above: Row | None) -> None:
    """Raises BadMember where an area would lie in a smaller one, or in one of its own kind."""
    if above is not None and LEVELS.index(level) <= LEVELS.index(above["level"]):
        raise BadMember("level", f"a {level} cannot lie in a {above['level']}")


def _refuse_what_lies_in(session: Session, code: str, level: str) -> None:
    larger = LEVELS[: LEVELS.index(level) + 1]
    if store.count(session, AREAS, AREAS.c.parent_code == code, AREAS.c.level.in_(larger)):
        raise BadMember("level", "an area that is as large or larger lies in this one")


def _above(session: Session, parent_code: str | None) -> Row | None:
    if parent_code is None:
        return None
    above = area_store.by_code(session, parent_code)
    if above is None:
        raise BadMember("parent_code", "there is no such area")
    return above


def removed_area(session: Session, code: str) -> Row | None:
    """What the log holds of an area when it was last removed."""
    log = audit.AUDIT.c
    wanted = (
        select(log.data)
        .where(log.action == "area.remove", log.subject_kind == "area", log.subject_id == code)
        .order_by(log.seq.desc())
        .limit(1)
    )
    kept = session.connection().execute(wanted).scalar()
    return {name: kept[name] for name in KEPT} if kept and set(KEPT) <= set(kept) else None

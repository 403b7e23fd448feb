"""Writing the knowledge base: each change keeps the card as it then was, and who made it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session

from core.errors import Conflict, NotFound
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.intake import BadMember
from registry.knowledge_intake import CardNew, CardPatch, kept
from registry.knowledge_models import KnowledgeCard, KnowledgeVersion
from registry.models import table_of
from registry.store import Row

CARDS, VERSIONS = table_of(KnowledgeCard), table_of(KnowledgeVersion)
CONTENT = ("kinds", "conditions", "zh", "en", "source", "reviewed_by", "reviewed_on")
_WORDS = frozenset({"kinds", "conditions", "zh", "en"})
_REVIEW = ("reviewed_by", "reviewed_on")


def all_cards(session: Session) -> list[Row]:
    """Every card that is not removed, in the order they were made; a centre has some dozens of them."""
    wanted = select(CARDS).where(CARDS.c.deleted_at.is_(None)).order_by(CARDS.c.created_at, CARDS.c.id)
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def versions_of(session: Session, card_id: str) -> list[Row]:
    """What the card has been, the newest first. Raises NotFound."""
    store.get(session, CARDS, card_id)
    wanted = select(VERSIONS).where(VERSIONS.c.card_id == card_id).order_by(VERSIONS.c.version.desc())
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def remember(session: Session, row: Row) -> None:
    """Keep the card as it now is."""
    content = {name: row[name].isoformat() if name == "reviewed_on" and row[name] else row[name] for name in CONTENT}
    values = {"card_id": row["id"], "version": row["version"], "at": row["updated_at"], "by": row["updated_by"]}
    session.connection().execute(insert(VERSIONS).values(values | {"content": content}))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """One transaction for each call, with its line in the audit log; raises as `registry.elders.Elders` does."""

    desk: Desk

    def add(self, given: CardNew, *, by: Actor = Actor()) -> Row:
        values = kept({name: getattr(given, name) for name in CONTENT})
        self._check_review(values)
        row = self.desk.new(values | {"updated_by": by.name})
        with self.desk.db.write() as session:
            store.add(session, CARDS, row)
            made = store.get(session, CARDS, row["id"])
            remember(session, made)
            self._tell(session, by, "add", row["id"])
            return made

    def change(self, card_id: str, patch: CardPatch, version: int | None = None, *, by: Actor = Actor()) -> Row:
        values = kept(patch.said())
        version = version or patch.version
        with self.desk.db.write() as session:
            before = store.held(session, CARDS, card_id)
            if version is not None and version != before["version"]:
                raise Conflict(f"somebody changed this card meanwhile: it is at version {before['version']}")
            changed = {name: value for name, value in values.items() if before[name] != value}
            if changed.keys() & _WORDS and not changed.keys() & set(_REVIEW):
                changed |= dict.fromkeys(_REVIEW)
            if not changed:
                return before
            self._check_review(before | changed)
            row = self.desk.change(session, CARDS, card_id, changed | {"updated_by": by.name}, None)
            remember(session, row)
            self._tell(session, by, "change", card_id, sorted(values))
            return row

    def remove(self, card_id: str, version: int | None = None, *, by: Actor = Actor()) -> None:
        with self.desk.db.write() as session:
            store.bury(session, CARDS, card_id, self.desk.clock.now(), version=version)
            self._tell(session, by, "remove", card_id)

    def restore(self, card_id: str, *, by: Actor = Actor()) -> Row:
        """Undo a removal."""
        with self.desk.db.write() as session:
            gone = update(CARDS).where(CARDS.c.id == card_id, CARDS.c.deleted_at.is_not(None))
            if session.connection().execute(gone.values(deleted_at=None)).rowcount != 1:
                if store.find(session, CARDS, CARDS.c.id == card_id) is None:
                    raise NotFound("there is no such card")
                raise Conflict("this card is not removed")
            self._tell(session, by, "restore", card_id)
            return store.get(session, CARDS, card_id)

    def _check_review(self, values: Row) -> None:
        reviewed_on = values["reviewed_on"]
        if bool(values["reviewed_by"]) != bool(reviewed_on):
            raise BadMember("reviewed_by", "who reviewed it and the day belong together")
        if reviewed_on is not None and reviewed_on > self.desk.today:
            raise BadMember("reviewed_on", "lies in the future")

    def _tell(self, session: Session, by: Actor, verb: str, card_id: str, members: list[str] | None = None) -> None:
        data: dict[str, Any] = {"members": members} if members else {}
        audit.record(session, by, self.desk.clock.now(), Deed(f"card.{verb}", "card", card_id, data=data))

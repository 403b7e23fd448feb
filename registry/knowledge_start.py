"""The cards that come with the package: loaded once each, so that what a site changed or removed stays so."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select, text
from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.ids import new_id
from registry import audit, store
from registry.audit import Actor, Deed
from registry.knowledge import CARDS, CONTENT, remember
from registry.knowledge_intake import CardNew, kept

FOLDER = Path(__file__).with_name("starting_cards")
SOURCE = "公开的一般急救常识 / Published general first-aid practice"
_KEY = re.compile(r"^- key: (\w+)$", re.MULTILINE)
_LOCK_KEY = 0x63617264  # "card": any number that nothing else in the database locks.


def starting_cards() -> list[tuple[str, CardNew]]:
    """Every card of the package with its key, checked like one that somebody types."""
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for card in yaml.safe_load(file.read_text(encoding="utf-8")):
            key = card.pop("key")
            found.append((key, CardNew.model_validate({"source": SOURCE} | card)))
    return found


def load(db: Database, clock: Clock) -> int:
    """Add the cards that this database never had; how many. Quick where it has had them all."""
    keys = {key for file in FOLDER.glob("*.yaml") for key in _KEY.findall(file.read_text(encoding="utf-8"))}
    with db.read() as session:
        if keys <= _known(session):
            return 0
    with db.write() as session:
        if not db.is_sqlite:
            session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        known, now = _known(session), clock.now()
        missing = [(key, given) for key, given in starting_cards() if key not in known]
        for place, (key, given) in enumerate(missing):
            values: dict[str, Any] = kept({name: getattr(given, name) for name in CONTENT})
            row = values | {
                "id": new_id(), "key": key, "version": 1, "updated_by": audit.SYSTEM, "updated_at": now,
                "created_at": now + timedelta(microseconds=place),  # They are listed in this order.
            }  # fmt: skip
            store.add(session, CARDS, row)
            remember(session, row)
        if missing:
            audit.record(session, Actor(), now, Deed("card.import", "card", "start", data={"rows": len(missing)}))
        return len(missing)


def _known(session: Session) -> set[str]:
    """The removed ones too: they do not come back by themselves."""
    return set(session.connection().execute(select(CARDS.c.key).where(CARDS.c.key.is_not(None))).scalars())

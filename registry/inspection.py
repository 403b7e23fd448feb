"""The nightly look through all elders' files for what nobody noticed, a few files at a time."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row as SqlRow
from sqlalchemy import or_, select
from sqlmodel import Session

from registry import findings
from registry.access import DOUBTFUL_AFTER_DAYS, is_doubtful
from registry.desk import Desk
from registry.findings import FINDINGS, Found
from registry.hours import is_away
from registry.profile import CALL_ORDER
from registry.store import CONTACTS, ELDERS

CHUNK = 200  # Files in one transaction: a press never waits for more than these.
LOOKED_FOR = ("no_contacts", "no_home_position", "access_unconfirmed", "unverified_number", "away_everybody")
log = logging.getLogger(__name__)

Contacts = Sequence[SqlRow[Any]]


def never() -> bool:
    """For a look that nothing interrupts."""
    return False


def troubles(elder: SqlRow[Any], contacts: Contacts, today: date, confirm_days: int = DOUBTFUL_AFTER_DAYS) -> list[str]:
    """What is wrong with one file; `contacts` are those that the chain calls."""
    found = []
    if not contacts:
        found.append("no_contacts")
    elif all(is_away(one.away, today) for one in contacts):
        found.append("away_everybody")
    if contacts and not any(_is_verified(one) for one in contacts):
        found.append("unverified_number")
    if elder.lat is None:
        found.append("no_home_position")
    if elder.has_access and is_doubtful(elder.access_confirmed_on, today, confirm_days):
        found.append("access_unconfirmed")
    return found


def _is_verified(contact: SqlRow[Any]) -> bool:
    return contact.verified_at is not None or any(one.get("verified_at") for one in contact.more_phones or ())


@dataclass(frozen=True, slots=True)
class Inspection:
    """May run in several processes at once, and be interrupted: what one has found no other finds again."""

    desk: Desk
    confirm_days: int = DOUBTFUL_AFTER_DAYS

    def look(self, is_stopping: Callable[[], bool] = never, chunk: int = CHUNK) -> int:
        """Open what is wrong, settle what is no more; how many files were looked at."""
        after, seen = "", 0
        while not is_stopping():
            with self.desk.db.read() as session:
                ids = self._chunk(session, after, chunk)
                news = bool(ids) and self._news(session, ids) != ([], [])
            if not ids:
                log.info("%d files were looked through", seen)
                break
            if news:
                with self.desk.db.write() as session:
                    opened, settled = self._news(session, ids)
                    findings.open_all(session, self.desk.clock.now(), opened)
                    findings.settle(session, self.desk.clock.now(), settled)
            after, seen = ids[-1], seen + len(ids)
        return seen

    @staticmethod
    def _chunk(session: Session, after: str, most: int) -> list[str]:
        c = ELDERS.c
        wanted = select(c.id).where(c.id > after).order_by(c.id).limit(most)
        return list(session.connection().execute(wanted).scalars())

    def _news(self, session: Session, ids: Sequence[str]) -> tuple[list[Found], list[str]]:
        """What is to be opened, and the keys of what is to be settled."""
        contacts = _contacts_of(session, ids)
        wrong = [
            Found(kind, "elder", elder.id, elder.id)
            for elder in _elders(session, ids)
            for kind in troubles(elder, contacts.get(elder.id, ()), self.desk.today, self.confirm_days)
        ]
        c = FINDINGS.c
        is_open = select(c.subject_key).where(
            c.elder_id.in_(ids), c.subject_kind == "elder", c.kind.in_(LOOKED_FOR), c.resolved_at.is_(None)
        )
        known = set(session.connection().execute(is_open).scalars())
        known |= _of_the_removed(session, ids)
        keys = {one.key for one in wrong}
        return [one for one in wrong if one.key not in known], sorted(known - keys)


def _elders(session: Session, ids: Sequence[str]) -> Sequence[SqlRow[Any]]:
    """Those that are not deleted; what is sealed stays sealed."""
    c = ELDERS.c
    has_access = or_(c.access.is_not(None), c.access_notes.is_not(None)).label("has_access")
    wanted = select(c.id, c.lat, c.access_confirmed_on, has_access).where(c.id.in_(ids), c.deleted_at.is_(None))
    return session.connection().execute(wanted).all()


def _of_the_removed(session: Session, ids: Sequence[str]) -> set[str]:
    """The keys of what is open about contacts who are none any more; another row of the person keeps it open."""
    c, other = CONTACTS.c, CONTACTS.alias()
    is_kept = select(other.c.id).where(other.c.person_id == c.person_id, other.c.deleted_at.is_(None)).exists()
    wanted = (
        select(FINDINGS.c.subject_key)
        .join(CONTACTS, c.id == FINDINGS.c.subject_id)
        .where(FINDINGS.c.elder_id.in_(ids), FINDINGS.c.subject_kind == "contact", FINDINGS.c.resolved_at.is_(None))
        .where(c.deleted_at.is_not(None), ~is_kept)
    )
    return set(session.connection().execute(wanted).scalars())


def _contacts_of(session: Session, ids: Sequence[str]) -> dict[str, Contacts]:
    c = CONTACTS.c
    wanted = select(c.elder_id, c.away, c.verified_at, c.more_phones).where(
        c.elder_id.in_(ids), c.deleted_at.is_(None), c.role.in_(CALL_ORDER)
    )
    found: dict[str, Any] = defaultdict(list)
    for row in session.connection().execute(wanted):
        found[row.elder_id].append(row)
    return found

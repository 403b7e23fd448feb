"""The one search of the registry: words and filters in, files out, with why each was found."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from core.db import Database
from core.errors import Rejected, TryAgain
from core.vault import Vault
from registry import search_index
from registry.search_document import File, tokens_of
from registry.search_query import Asked, Condition, Filters, Why, ask, holds, is_of_age, why
from registry.store import ELDERS

MOST = 200
MOST_LOOKS = 8  # Times that more is fetched for one answer because what came did not fit after all.
MERGE_PAGES, MOST_MERGES = 200, 100_000  # Pages of some 4 KB to a transaction; transactions to a walk.
CHUNK = 100  # Files to a transaction: on SQLite a press waits for as long as that takes.
_SPARE = 8  # Fetched beyond what is wanted, for what does not fit.


@dataclass(frozen=True, slots=True)
class Found:
    """One file and what of it answers each word; `is_by_id_number` where the number alone did."""

    file: File
    why: tuple[Why, ...] = ()
    is_by_id_number: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`following` is what to go on after, None at the end; `is_too_short` when a word fits too much to be looked up."""

    found: tuple[Found, ...] = ()
    following: str | None = None
    is_too_short: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked. `scopes` are lists of area codes: the file must lie in one area of each (what the user sees)."""

    text: str = field(default="", repr=False)
    filters: Filters = field(default_factory=Filters)
    limit: int = 20
    after: str | None = None
    scopes: tuple[tuple[str, ...], ...] = ()


def find(session: Session, wanted: Wanted, *, vault: Vault, now: datetime, timezone: str) -> Answer:
    """Raises Rejected for an `after` that was never given out, TryAgain for a question that takes too long."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    asked = ask(wanted.text, wanted.filters, today=today, scopes=wanted.scopes)
    if asked.is_too_short:
        return Answer(is_too_short=True)
    if wanted.text.strip() and not asked.words:
        return Answer(is_too_short=True)
    tier, below = _place(wanted.after, len(asked.tiers))
    search_index.be_patient(session)
    try:
        first = _by_id_number(session, asked, wanted, vault, today) if wanted.after is None else []
        search = _Search(session, asked, wanted, today)
        rest = search.run(tier, below, wanted.limit - len(first), {found.file.id for found in first})
    except OperationalError as slow:
        raise TryAgain("the search took too long: say more about whom you look for") from slow
    return Answer((*first, *rest), search.following)


@dataclass(slots=True)
class _Search:
    """One walk through the tiers, from a place on."""

    session: Session
    asked: Asked
    wanted: Wanted
    today: date
    following: str | None = None

    def run(self, tier: int, below: int, limit: int, seen: set[str]) -> list[Found]:
        found: list[Found] = []
        tiers: Sequence[Condition | None] = self.asked.tiers or (None,)
        spare = _SPARE
        for _ in range(MOST_LOOKS * len(tiers)):
            if tier >= len(tiers):
                return found
            want = limit - len(found) + spare
            places = search_index.look(self.session, tiers[tier], below=below, limit=want)
            fitting = self._fitting([elder_id for _, elder_id in places])
            for seq, elder_id in places:
                if len(found) == limit:
                    self.following = f"{tier}.{below}"
                    return found
                below = seq
                if elder_id in fitting and elder_id not in seen:
                    found.append(fitting[elder_id])
            # Where much did not fit, much more is fetched at once: to look again costs more than to compare.
            spare = min(spare * 6, MOST)
            if len(places) < want:
                tier, below, spare = tier + 1, search_index.TOP, _SPARE
        self.following = f"{tier}.{below}"
        return found

    def _fitting(self, ids: Sequence[str]) -> dict[str, Found]:
        held = search_index.files(self.session, ids) if ids else {}
        fitting = {}
        for elder_id, file in held.items():
            reasons = why(self.asked.words, file)
            if reasons is not None and is_of_age(file, self.wanted.filters, self.today):
                fitting[elder_id] = Found(file, tuple(reasons))
        return fitting


def _by_id_number(session: Session, asked: Asked, wanted: Wanted, vault: Vault, today: date) -> list[Found]:
    """Whose ID number it is, whole: the numbers are sealed, and found by their keyed hash."""
    if asked.id_number is None:
        return []
    keys = vault.blinds("id_number", asked.id_number)
    ids = session.connection().execute(
        select(ELDERS.c.id).where(ELDERS.c.id_number_key.in_(keys), ELDERS.c.deleted_at.is_(None))
    )
    tiers = ask("", wanted.filters, today=today, scopes=wanted.scopes).tiers
    found = [Found(file, is_by_id_number=True) for file in search_index.files(session, ids.scalars().all()).values()]
    return [
        one
        for one in found
        if all(holds(tier, set(tokens_of(one.file))) for tier in tiers) and is_of_age(one.file, wanted.filters, today)
    ]


def _place(after: str | None, tiers: int) -> tuple[int, int]:
    if after is None:
        return 0, search_index.TOP
    tier, _, below = after.partition(".")
    if not (tier.isascii() and tier.isdigit() and below.isascii() and below.isdigit()) or int(tier) >= max(tiers, 1):
        raise Rejected("this cursor was not given by this list")
    return int(tier), int(below)


def condense(db: Database) -> None:
    """Rewrite the index piece by piece without what was taken out of it: erased names are no longer in the file."""
    with db.write() as session:
        is_done = search_index.condense(session, -MERGE_PAGES)
    for _ in range(MOST_MERGES):
        if is_done:
            return
        with db.write() as session:
            is_done = search_index.condense(session, MERGE_PAGES)


def catch_up(db: Database, *, most: int | None = None) -> int:
    """Index what waits to be, a chunk to a transaction, so that nobody waits for long; how many files it were."""
    done = 0
    while most is None or done < most:
        with db.write() as session:
            count = search_index.catch_up(session, CHUNK)
        done += count
        if count < CHUNK:
            break
    return done


def reindex(db: Database, say: Callable[[str, int, int], None]) -> int:
    """Index every file anew; `say` is told (what is done, how many so far, of how many). How many there were."""
    with db.write() as session:
        total = search_index.mark_all(session)
    done = 0
    while True:
        with db.write() as session:
            count = search_index.catch_up(session, CHUNK)
        if count == 0:
            return done
        done += count
        say("indexed", min(done, total), total)


def scopes_of(codes: Iterable[str] | None) -> tuple[tuple[str, ...], ...]:
    """What a user's areas mean for a search; None: everything."""
    return () if codes is None else (tuple(codes),)

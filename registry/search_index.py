"""The index of the search: tokens by file, in an FTS5 table on SQLite and as a `tsvector` on PostgreSQL.

Triggers note in `search_due` whose file changed, whoever changed it; `refresh` and `catch_up` work that off. The
tables of the search are made by the migrations and are not among the models. Nothing here commits.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlmodel import Session

from registry.models import ElderAddress, table_of
from registry.search_document import WHOLE, File, file_of, tokens_of
from registry.search_query import All, But, Condition, Either
from registry.store import CONTACTS, DEVICES, ELDERS, Row

ADDRESSES = table_of(ElderAddress)
AT_ONCE = 50  # Files a transaction brings up to date itself; what is more is left to `catch_up`.
TOP = 2**62  # Above every place.
WINDOW = 8000  # Of the newest files, which are looked through for what is common.
LEAST_CHANGES = 2  # Of a merge that merged something.
PATIENCE_MS = 5000  # PostgreSQL gives up on a question that would take longer.
_ELDER = [
    ELDERS.c[name]
    for name in (
        "id", "name", "name_reading", "sex", "birth_date", "phone", "address", "area", "area_path", "service_card",
        "kinds", "marks", "lat",
    )
]  # fmt: skip
_CONTACT = [CONTACTS.c[name] for name in ("elder_id", "name", "role", "phone", "more_phones", "is_key_holder")]
_DEVICE = [DEVICES.c[name] for name in ("elder_id", "uid", "state")]


def files(session: Session, ids: Collection[str]) -> dict[str, File]:
    """The files of these elders that are there, by id, in four statements."""
    wanted = list(ids)
    alive = ELDERS.c.deleted_at.is_(None)
    elders = _rows(session, select(*_ELDER).where(ELDERS.c.id.in_(wanted), alive))
    contacts = _by_elder(
        session,
        select(*_CONTACT)
        .where(CONTACTS.c.elder_id.in_(wanted), CONTACTS.c.deleted_at.is_(None))
        .order_by(CONTACTS.c.elder_id, CONTACTS.c.rank, CONTACTS.c.id),
    )
    devices = _by_elder(
        session, select(*_DEVICE).where(DEVICES.c.elder_id.in_(wanted)).order_by(DEVICES.c.elder_id, DEVICES.c.uid)
    )
    places = _by_elder(
        session, select(ADDRESSES.c.elder_id, ADDRESSES.c.address).where(ADDRESSES.c.elder_id.in_(wanted))
    )
    return {
        elder["id"]: file_of(
            elder, contacts[elder["id"]], devices[elder["id"]], [row["address"] for row in places[elder["id"]]]
        )
        for elder in elders
    }


def _rows(session: Session, wanted: Any) -> list[Row]:
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def _by_elder(session: Session, wanted: Any) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(session, wanted):
        found[row["elder_id"]].append(row)
    return found


# -- keeping it up to date


def refresh(session: Session) -> None:
    """Bring up to date what this transaction changed; a great many files are left to `catch_up`."""
    newest = text("SELECT elder_id FROM search_due ORDER BY n DESC LIMIT :limit")
    index(session, session.connection().execute(newest, {"limit": AT_ONCE}).scalars().all())


def catch_up(session: Session, limit: int) -> int:
    """Bring the files up to date that have waited longest, `limit` at the most; how many there were.

    Several processes may do so at once.
    """
    lock = "" if _is_sqlite(session) else " FOR UPDATE SKIP LOCKED"
    oldest = text(f"SELECT elder_id FROM search_due ORDER BY n LIMIT :limit{lock}")  # noqa: S608  # ours
    ids = session.connection().execute(oldest, {"limit": limit}).scalars().all()
    index(session, ids)
    return len(ids)


def index(session: Session, ids: Sequence[str]) -> None:
    """Write what these files are found by; who is not there any more is not found any more."""
    if not ids:
        return
    found = files(session, ids)
    tokens = {elder_id: tokens_of(file) for elder_id, file in found.items()}
    (_index_sqlite if _is_sqlite(session) else _index_server)(session, ids, tokens)
    session.connection().execute(_of_these("DELETE FROM search_due WHERE elder_id IN :ids"), {"ids": list(ids)})


def condense(session: Session, pages: int) -> bool:
    """On SQLite, merge that many pages of the index, so that the words of files that have gone leave the database; True
    when nothing is left to merge. The first call of a walk begins it with a negative number, as FTS5 wants it.
    """
    if not _is_sqlite(session):
        return True
    connection = session.connection()
    changes = text("SELECT total_changes()")
    before = connection.execute(changes).scalar_one()
    connection.execute(text("INSERT INTO search_words (search_words, rank) VALUES ('merge', :pages)"), {"pages": pages})
    return bool(connection.execute(changes).scalar_one() - before < LEAST_CHANGES)


def mark_all(session: Session) -> int:
    """Let every file be indexed anew; how many there are to do."""
    connection = session.connection()
    connection.execute(text("DELETE FROM search_due"))
    connection.execute(text("INSERT INTO search_due (elder_id) SELECT id FROM elders ORDER BY id"))
    # NOT IN would compare each with each as soon as there are more than fit into the server's working memory.
    gone = "SELECT elder_id FROM search_files f WHERE NOT EXISTS (SELECT 1 FROM elders e WHERE e.id = f.elder_id)"
    connection.execute(text(f"INSERT INTO search_due (elder_id) {gone}"))  # ours
    return due(session)


def due(session: Session) -> int:
    """How many files wait to be indexed."""
    return int(session.connection().execute(text("SELECT count(*) FROM search_due")).scalar_one())


def _of_these(statement: str) -> Any:
    return text(statement).bindparams(bindparam("ids", expanding=True))


def _is_sqlite(session: Session) -> bool:
    return session.connection().dialect.name == "sqlite"


def _index_server(session: Session, ids: Sequence[str], tokens: dict[str, list[str]]) -> None:
    connection = session.connection()
    if tokens:
        # In one order, so that two who index the same files wait for each other and do not block each other for good.
        rows = [{"elder_id": key, "tokens": tokens[key]} for key in sorted(tokens)]
        connection.execute(
            text(
                "INSERT INTO search_files (elder_id, tokens) "
                "VALUES (:elder_id, array_to_tsvector(CAST(:tokens AS text[]))) "
                "ON CONFLICT (elder_id) DO UPDATE SET tokens = excluded.tokens "
                "WHERE search_files.tokens <> excluded.tokens"
            ),
            rows,
        )
    gone = [elder_id for elder_id in ids if elder_id not in tokens]
    if gone:
        connection.execute(_of_these("DELETE FROM search_files WHERE elder_id IN :ids"), {"ids": gone})


def _index_sqlite(session: Session, ids: Sequence[str], tokens: dict[str, list[str]]) -> None:
    """The FTS5 table holds no content: what is to be taken out of it must be said once more."""
    connection = session.connection()
    held = {
        row.elder_id: (row.seq, row.tokens)
        for row in connection.execute(
            _of_these("SELECT seq, elder_id, tokens FROM search_files WHERE elder_id IN :ids"), {"ids": list(ids)}
        )
    }
    packed = {elder_id: zlib.compress(" ".join(own).encode(), 1) for elder_id, own in tokens.items()}
    stale = [
        {"seq": seq, "tokens": zlib.decompress(old).decode()}
        for elder_id, (seq, old) in held.items()
        if packed.get(elder_id) != old
    ]
    if stale:
        connection.execute(
            text("INSERT INTO search_words (search_words, rowid, tokens) VALUES ('delete', :seq, :tokens)"), stale
        )
    changed = [elder_id for elder_id in tokens if elder_id not in held or held[elder_id][1] != packed[elder_id]]
    if changed:
        connection.execute(
            text(
                "INSERT INTO search_files (elder_id, tokens) VALUES (:elder_id, :tokens) "
                "ON CONFLICT (elder_id) DO UPDATE SET tokens = excluded.tokens"
            ),
            [{"elder_id": elder_id, "tokens": packed[elder_id]} for elder_id in sorted(changed)],
        )
        placed = connection.execute(
            _of_these("SELECT seq, elder_id FROM search_files WHERE elder_id IN :ids"), {"ids": changed}
        )
        connection.execute(
            text("INSERT INTO search_words (rowid, tokens) VALUES (:seq, :tokens)"),
            [{"seq": row.seq, "tokens": " ".join(tokens[row.elder_id])} for row in placed],
        )
    gone = [elder_id for elder_id in held if elder_id not in tokens]
    if gone:
        connection.execute(_of_these("DELETE FROM search_files WHERE elder_id IN :ids"), {"ids": gone})


# -- asking


def be_patient(session: Session) -> None:
    """What a search needs of its transaction: each question is planned for itself, and none takes for ever."""
    if not _is_sqlite(session):
        session.connection().execute(
            text(
                "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true), "
                "set_config('enable_seqscan', 'off', true), set_config('statement_timeout', :patience, true)"
            ),
            {"patience": str(PATIENCE_MS)},
        )


def look(session: Session, condition: Condition | None, *, below: int, limit: int) -> list[tuple[int, str]]:
    """(place, elder's id) of the files that answer, the newest first, from below a place on. None: every file."""
    asked: dict[str, Any] = {"limit": limit, "below": below}
    if condition is None:
        statement = "SELECT seq, elder_id FROM search_files WHERE seq < :below ORDER BY seq DESC LIMIT :limit"
    elif _is_sqlite(session):
        asked["asked"] = fts(condition)
        statement = (
            "SELECT f.seq, f.elder_id FROM search_words w CROSS JOIN search_files f ON f.seq = w.rowid "
            "WHERE w.search_words MATCH :asked AND w.rowid < :below ORDER BY w.rowid DESC LIMIT :limit"
        )
    else:
        return _look_server(session, condition, below, limit)
    return _places(session, statement, asked)


def _look_server(session: Session, condition: Condition, below: int, limit: int) -> list[tuple[int, str]]:
    """What is common is found among the newest files; what is not there is rare enough to be fetched whole and sorted.

    Left to itself the planner walks through every file whenever it takes a question for a common one that is not: of
    tokens that go together, or exclude each other, it knows nothing. `seq + 0` keeps it from walking.
    """
    newest = session.connection().execute(text("SELECT max(seq) FROM search_files")).scalar() or 0
    below = min(below, newest + 1)
    answers = "SELECT seq, elder_id FROM search_files WHERE tokens @@ CAST(:asked AS tsquery) AND seq < :below"
    given = {"asked": tsquery(condition), "below": below, "limit": limit, "window": max(0, below - WINDOW)}
    if not is_rare(condition):
        found = _places(session, f"{answers} AND seq >= :window ORDER BY seq DESC LIMIT :limit", given)
        if len(found) == limit or below <= WINDOW:
            return found
    return _places(session, f"{answers} ORDER BY seq + 0 DESC LIMIT :limit", given)


def is_rare(condition: Condition) -> bool:
    """Whether a condition asks for something that is one thing from end to end, of which there are never many."""
    match condition:
        case str():
            return condition.startswith(WHOLE)
        case All(parts):
            return any(map(is_rare, parts))
        case _:
            return False


def _places(session: Session, statement: str, asked: dict[str, Any]) -> list[tuple[int, str]]:
    return [(row.seq, row.elder_id) for row in session.connection().execute(text(statement), asked)]


def fts(condition: Condition) -> str:
    """A condition as FTS5 reads it; each token is a string of its own, whatever is in it."""
    match condition:
        case str():
            return '"' + condition.replace('"', '""') + '"'
        case All(parts):
            return _joined(" AND ", map(fts, parts))
        case Either(parts):
            return _joined(" OR ", map(fts, parts))
        case But(wanted, without):
            return f"({fts(wanted)} NOT {fts(without)})"


def tsquery(condition: Condition) -> str:
    """A condition as PostgreSQL reads it."""
    match condition:
        case str():
            return "'" + condition.replace("\\", "\\\\").replace("'", "''") + "'"
        case All(parts):
            return _joined(" & ", map(tsquery, parts))
        case Either(parts):
            return _joined(" | ", map(tsquery, parts))
        case But(wanted, without):
            return f"({tsquery(wanted)} & !{_bracketed(tsquery(without))})"


def _joined(how: str, parts: Iterable[str]) -> str:
    return f"({how.join(parts)})"


def _bracketed(part: str) -> str:
    return part if part.startswith("(") else f"({part})"

"""The centre's own press, once a minute through the whole path: what became of the last one, for every process to see.

A centre that hears nobody looks like a quiet night; only a press that comes back with a receipt tells the two apart.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Field, Session, SQLModel

from core.db import UtcDateTime

OVERDUE_S = 300.0  # Several minutes without one: nobody makes it any more.
_THE_ROW = 1
_PURPOSE = b"the secret of the synthetic press"


class SyntheticPress(SQLModel, table=True):
    """One row: the last press, and how many there were. `problem` says why it got no receipt."""

    __tablename__ = "synthetic_press"

    id: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    took_s: float | None = None
    problem: str | None = Field(default=None, max_length=200)
    presses: int = 0
    failed: int = 0


_TABLE = SQLModel.metadata.tables["synthetic_press"]


@dataclass(frozen=True, slots=True)
class LastPress:
    """`took_s` from the key to the receipt, None without one."""

    at: datetime
    took_s: float | None
    problem: str | None
    presses: int
    failed: int

    def age_s(self, now: datetime) -> float:
        return (now - self.at).total_seconds()


def probe_secret(secret_key: str) -> str:
    """The login of the probe: every process of one site can make it, and nobody else."""
    return hmac.new(secret_key.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def last_press(session: Session) -> LastPress | None:
    row = session.execute(select(_TABLE).where(_TABLE.c.id == _THE_ROW)).first()
    return None if row is None else LastPress(row.at, row.took_s, row.problem, row.presses, row.failed)


def record_press(session: Session, at: datetime, took_s: float | None, problem: str | None) -> None:
    """Keep what became of a press; two that finish at once may overwrite each other's time, never lose the row."""
    failed = int(problem is not None)
    told = {"at": at, "took_s": took_s, "problem": None if problem is None else problem[:200]}
    counted = {"presses": _TABLE.c.presses + 1, "failed": _TABLE.c.failed + failed}
    if not session.connection().execute(update(_TABLE).where(_TABLE.c.id == _THE_ROW).values(told | counted)).rowcount:
        session.execute(insert(_TABLE).values(told | {"id": _THE_ROW, "presses": 1, "failed": failed}))

"""A centre in a process of its own that kills itself at an exact point: right before its n-th commit.

Between two commits lies everything that another process or person could have seen of it: a call that was placed, a key
that was pressed, a message that was sent. So dying before each commit in turn is dying at every boundary there is.
"""

import multiprocessing
import os
import signal
from datetime import datetime
from typing import Any

from sqlalchemy import event

from tests.world import World, open_quickly

LIVES_AT_MOST_S = 60
_SERVER = multiprocessing.get_context("forkserver")  # Imports once, then every life is a quick fork of it.
_SERVER.set_forkserver_preload(["tests.crash_lives"])


def live(url: str, now: datetime, seconds: float, *, die_before_commit: int | None) -> int | None:
    """Run one life from `now` for so many seconds of its clock; the exit code, -9 when it was killed."""
    process = _SERVER.Process(target=_life, args=(url, now, seconds, die_before_commit))
    process.start()
    process.join(LIVES_AT_MOST_S)
    if process.is_alive():
        process.kill()
        raise AssertionError("this life did not end")
    return process.exitcode


def _life(url: str, now: datetime, seconds: float, die_before_commit: int | None) -> None:
    db = open_quickly(url)
    commits = 0

    def before_commit(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == die_before_commit:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(db.engine, "commit", before_commit)
    world = World(db, now=now)
    world.press("dev-7", "m-1")  # A device sends its press again until it has the receipt.
    world.advance(seconds)
    db.close()

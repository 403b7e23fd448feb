"""Shows how far long work is, on standard error: a bar on a terminal, now and then a plain line elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_EVERY = 5000  # Rows between two plain lines.

Say = Callable[[str, int, int], None]
"""Told (what is done with the rows, how many so far, of how many)."""


@contextmanager
def shown() -> Iterator[Say]:
    """While it is open, what is said is shown."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def say(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done)

        yield say


def _plain(console: Console) -> Say:
    def say(what: str, done: int, total: int) -> None:
        if done % LINE_EVERY == 0 or (done == total and total > LINE_EVERY):
            console.print(f"{done} of {total} rows {what}")

    return say

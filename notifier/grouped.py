"""Many callers, few commits: what queued up during the last commit shares the next one; one alone waits for nobody."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Grouped(Generic[Item, Result]):
    """`commit` takes the items of a group in their order and gives one result for each, or raises for all of them."""

    def __init__(self, commit: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._commit = commit
        self._turn = threading.Lock()
        self._mutex = threading.Lock()
        self._waiting: list[tuple[Item, Future[Result]]] = []

    def put(self, item: Item) -> Result:
        """The item's result, once it is committed; whoever comes first does the work for all who wait."""
        future: Future[Result] = Future()
        with self._mutex:
            self._waiting.append((item, future))
        with self._turn:
            if not future.done():
                with self._mutex:
                    group, self._waiting = self._waiting, []
                self._run(group)
        return future.result()

    def _run(self, group: Sequence[tuple[Item, Future[Result]]]) -> None:
        try:
            results = self._commit([item for item, _ in group])
        except BaseException as failed:
            for _, future in group:
                future.set_exception(failed)
            if not isinstance(failed, Exception):
                raise
            return
        for (_, future), result in zip(group, results, strict=True):
            future.set_result(result)

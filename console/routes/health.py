"""Whether the console is alive, whether the centre can take an alarm now, and its figures."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import migrations
from console.centre import Centre
from console.deps import CentreDep, SignInNeeded, optional_user
from core.db import Database
from core.errors import Forbidden
from core.processes import Process
from core.synthetic import LastPress, last_press
from registry.sessions import SignedIn

router = APIRouter(tags=["operations"])
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Alive(BaseModel):
    """The console answers."""

    status: str = "ok"


class SyntheticShown(BaseModel):
    """The centre's own last press through the whole path; `problem` says why it got no receipt."""

    at: datetime
    took_s: float | None
    problem: str | None


class Readiness(BaseModel):
    """Whether an alarm can be taken now; `checks` says for each part what stands in the way, or null."""

    ready: bool
    synthetic_press: SyntheticShown | None = Field(None, description="The last; null where none was made yet")
    checks: dict[str, str | None] = Field(examples=[{"database": None, "schema": None, "gateway": None}])


@router.get("/healthz")
async def healthz() -> Alive:
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "An alarm cannot be taken now"}})
def readyz(centre: CentreDep, response: Response) -> Readiness:
    found = _checked(centre)
    ready = not any(found.values())
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    last = _last_press(centre)
    shown = None if last is None else SyntheticShown(at=last.at, took_s=last.took_s, problem=last.problem)
    return Readiness(ready=ready, checks=found, synthetic_press=shown)


def _checked(centre: Centre) -> dict[str, str | None]:
    found: dict[str, str | None] = {"database": _database_problem(centre.db)}
    if found["database"] is None:
        try:
            found["schema"] = migrations.problem(centre.db)
        except SQLAlchemyError as problem:
            found["schema"] = f"cannot be read ({type(problem).__name__})"
    return found | {name: check() for name, check in centre.checks.items()}


def _last_press(centre: Centre) -> LastPress | None:
    try:
        with centre.db.read() as session:
            return last_press(session)
    except SQLAlchemyError:
        return None  # `checks` says so.


def _database_problem(db: Database) -> str | None:
    """None when a transaction that writes can begin."""
    try:
        with db.write() as session:
            if db.is_sqlite:
                return None  # BEGIN IMMEDIATE has taken the write lock.
            read_only = session.connection().execute(text("SHOW transaction_read_only")).scalar_one()
            return "the server takes no writes" if read_only == "on" else None
    except SQLAlchemyError as problem:
        return f"cannot be written ({type(problem).__name__})"


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, centre: CentreDep, user: Annotated[SignedIn | None, Depends(optional_user)]) -> Response:
    """Prometheus; for who may read metrics, and for a collector on this machine."""
    if user is None and not _is_local(request):
        raise SignInNeeded
    if user is not None and not user.may("metrics.read"):
        raise Forbidden(f"your role ({user.role}) does not have the right metrics.read")
    registry = CollectorRegistry()
    registry.register(_Figures(centre))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    # Behind a proxy everybody seems to be local; a proxy says that it is one.
    is_proxied = any(name in request.headers for name in ("forwarded", "x-forwarded-for"))
    return request.client is not None and request.client.host in LOOPBACK and not is_proxied


class _Figures(Collector):
    """The centre's counters as Prometheus wants them."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def collect(self) -> Iterable[Metric]:
        ready = not any(_checked(self._centre).values())
        yield GaugeMetricFamily("carebell_ready", "1 when an alarm can be taken now", value=float(ready))
        yield from _of_the_probe(_last_press(self._centre), self._centre.clock.now())
        if self._centre.processes is None:
            for figures in self._centre.figures:
                for name, value in sorted(figures().items()):
                    yield _family(name, value=float(value))
            return
        try:
            yield from _of_all(self._centre.processes())
        except SQLAlchemyError:
            return  # `carebell_ready` says that the database is away.


def _of_the_probe(last: LastPress | None, now: datetime) -> Iterable[Metric]:
    """What became of the synthetic presses; nothing before the first."""
    if last is None:
        return
    name = "carebell_synthetic_press"
    yield GaugeMetricFamily(f"{name}_ok", "1 when the last one got its receipt", value=float(last.problem is None))
    yield GaugeMetricFamily(f"{name}_age_seconds", "Since the last one", value=last.age_s(now))
    if last.took_s is not None:
        yield GaugeMetricFamily(f"{name}_seconds", "From its key to its receipt", value=last.took_s)
    yield CounterMetricFamily(f"{name}es_total", "Synthetic presses", value=last.presses)
    yield CounterMetricFamily(f"{name}es_failed_total", "Synthetic presses without a receipt", value=last.failed)


def _of_all(processes: Sequence[Process]) -> Iterable[Metric]:
    """The figures of every process at work, told apart by its role and instance."""
    labels = ["role", "instance"]
    up = GaugeMetricFamily("carebell_process_ready", "1 when this process does its part", labels=labels)
    families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for process in processes:
        up.add_metric([process.role, process.instance], float(process.problem is None))
        for name, value in process.figures.items():
            family = families.setdefault(name, _family(name, labels=labels))
            family.add_metric([process.role, process.instance], float(value))
    yield up
    yield from (families[name] for name in sorted(families))


def _family(name: str, **how: Any) -> CounterMetricFamily | GaugeMetricFamily:
    full = name if name.startswith("carebell_") else f"carebell_{name}"
    words = name.removesuffix("_total").replace("_", " ")
    return (CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily)(full, words, **how)

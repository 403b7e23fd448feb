"""`carebell areas` and `carebell import areas`: the places of the administration, from the official list or a CSV."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from carebell import site
from carebell.progress import Say, shown
from carebell.settings_given import FAILED, settings_or_exit
from registry.area_assign import assign
from registry.area_intake import LEVELS
from registry.area_load import AreaEntry, AreaPlan
from registry.official_areas import OfficialAreas
from registry.service import RegistryService

SHOWN_REFUSALS = 50

app = typer.Typer(no_args_is_help=True, help="The places of the administration.")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row and write nothing")]
Codes = Annotated[list[str] | None, typer.Option(help="Official code, such as 610000, 610400 or 610402; repeatable")]


@app.command()
def load(
    province: Codes = None,
    city: Codes = None,
    district: Codes = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole country: some 660,000 areas")] = False,
    down_to: Annotated[str, typer.Option(help=f"The smallest level: {' | '.join(LEVELS)}")] = LEVELS[-1],
    dry_run: DryRun = False,
) -> None:
    """Take areas from the official list; those that are there by their code are brought up to date."""
    official, codes = OfficialAreas(), [*(province or ()), *(city or ()), *(district or ())]
    if down_to not in LEVELS:
        raise typer.BadParameter(f"levels are {', '.join(LEVELS)}", param_hint="--down-to")
    if not codes and not everything:
        raise typer.BadParameter("say which: --province CODE, --city CODE, --district CODE, or --all")
    if everything:
        codes = [one.code for one in official.provinces()]
    registry = _registry()
    with shown() as say:
        for code in codes:  # Each province by itself, so that a country fits into a small memory.
            wanted = LEVELS[: LEVELS.index(down_to) + 1]
            entries = (
                AreaEntry(row, area._asdict())
                for row, area in enumerate(official.read(code), 1)
                if area.level in wanted
            )
            _load(registry, entries, f"official {code}", "line", say, dry_run=dry_run)
        if not dry_run:
            _assign(registry, say)


@app.command("assign")
def assign_() -> None:
    """File the elders whose area is a text only in the area that it means."""
    with shown() as say:
        _assign(_registry(), say)


def import_(file: Path, *, dry_run: bool, skip_refused: bool) -> None:
    """`carebell import areas FILE`: columns code and name, and level and parent_code where the code does not tell."""
    from carebell.importing import content_of  # A workbook's reader is slow to load and needed here alone.
    from registry import importing
    from registry.import_grid import UnreadableFile

    try:
        table, found = importing.read("areas", content_of(file))
        entries = [AreaEntry(e.row, e.values, e.faults) for e in found]
    except UnreadableFile as problem:
        raise UnreadableFile(f"{file}: {problem}") from problem.__cause__
    registry = _registry()
    with shown() as say:
        plan = _load(registry, entries, "file", table.unit, say, dry_run=dry_run, skip_refused=skip_refused)
        if not dry_run:
            _assign(registry, say)
    if plan.refusals:
        raise typer.Exit(FAILED)


def _load(
    registry: RegistryService, entries: Iterable[AreaEntry], source: str, unit: str, say: Say, *,
    dry_run: bool, skip_refused: bool = False,
) -> AreaPlan:  # fmt: skip
    plan = registry.area_loads.plan(entries, say)
    for row, member, reason in plan.refusals[:SHOWN_REFUSALS]:
        typer.echo(f"{unit} {row}, {member}: {reason}")
    if len(plan.refusals) > SHOWN_REFUSALS:
        typer.echo(f"… and {len(plan.refusals) - SHOWN_REFUSALS} more")
    is_written = not dry_run and (skip_refused or not plan.refusals)
    if is_written:
        registry.area_loads.write(plan, say, source=source)
    typer.echo(_sum(plan, source, is_written=is_written, dry_run=dry_run))
    return plan


def _sum(plan: AreaPlan, source: str, *, is_written: bool, dry_run: bool) -> str:
    refused = len({refusal.row for refusal in plan.refusals})
    counted = (
        f"{len(plan.added)} new, {len(plan.changed)} changed ({plan.moved} of them moved), "
        f"{plan.unchanged} as they were, {refused} refused"
    )
    end = "written." if is_written else "dry run, nothing was written." if dry_run else "nothing was written."
    return f"{source}: {plan.read} read: {counted}: {end}"


def _assign(registry: RegistryService, say: Callable[[str, int, int], None]) -> None:
    found = assign(registry.desk, say)
    if found.looked_at or found.mended:
        typer.echo(f"{found.filed} of {found.looked_at} elders with an area in words only were filed; "
                   f"{found.mended} paths were mended.")  # fmt: skip


def _registry() -> RegistryService:
    settings = settings_or_exit()
    return site.registry_of(settings, upgrade=settings.is_sqlite)

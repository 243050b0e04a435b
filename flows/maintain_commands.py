"""`tintinh maintain` and `tintinh release`."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.command_line import Json, examples, read_settings, run_scheduled

if TYPE_CHECKING:
    from schemas.maintenance import Upkeep

maintain_app = typer.Typer()
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@maintain_app.command(
    "maintain",
    epilog=examples(
        "tintinh maintain --dry-run",
        "tintinh maintain --keep-days 60",
        "tintinh maintain --table captures --table runs --json",
        then="Exit codes: 0 done · 2 unknown table, or too short a retention · 3 storage · 4 Prefect server.",
    ),
)
def maintain(
    keep_days: Annotated[
        int, typer.Option(metavar="N", help="Days for which a replaced version of a table can still be read.")
    ] = 30,
    table: Annotated[list[str] | None, typer.Option(metavar="T", help="Only this table; repeatable.")] = None,
    release: Annotated[bool, typer.Option(help="Write this month's release if it is not there.")] = True,
    force: Annotated[
        bool,
        typer.Option("--force", help="Allow fewer than 7 days: readers of an older version then fail in the middle."),
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> int:
    """Merge small files (articles sorted by site), write checkpoints, clean the logs, and free what was replaced long
    ago, never what the change feed has not told; once a month, make a release. Safe beside readers and writers."""
    from flows.upkeep import planned, retention

    retention(keep_days, force)
    if dry_run:
        return _show(planned(read_settings(), keep_days, table or [], release, force), as_json)

    def run() -> dict[str, Any]:
        from flows.maintain import maintain as flow

        return flow(keep_days=keep_days, table=table or [], release=release, force=force)

    from schemas.maintenance import Upkeep

    return _show(Upkeep.model_validate(run_scheduled(run)), as_json)


@maintain_app.command(
    "release",
    epilog=examples(
        "tintinh release --dry-run",
        "tintinh release",
        "tintinh release --month 2026-10 --json",
        then="Exit codes: 0 written, or one that was cut short completed · 2 it exists already, its month is over and "
        "the state at its end is no longer kept, or there are no articles · 3 storage.",
    ),
)
def release(
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="A month that is over: the articles as they were at its end.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> int:
    """Freeze the articles as plain Parquet by month, with checksums and their place in the change feed, for those who
    read without Delta. A release is never changed."""
    from flows.storage import attached
    from flows.upkeep import write_release
    from pipelines.store import releases, releasing
    from pipelines.store.tables import Tables

    settings = read_settings()
    name = month or releases.month_of(datetime.now(UTC))
    with attached(settings) as storage:
        tables = Tables(storage.clean)
        if dry_run:
            claim, months = releasing.plan(tables, name)
            said = claim.model_dump(mode="json") | {"rows": sum(months.values()), "months": months, "dry_run": True}
        else:
            done = write_release(tables, name, settings.home, lambda line: print(line, file=sys.stderr))
            said = done.model_dump(mode="json")
    if as_json:
        print(json.dumps(said))
    else:
        verb = "would hold" if dry_run else "holds"
        print(f"release {name} {verb} {said['rows']} articles: version {said['version']}, change {said['seq']}")
    return 0


def _show(upkeep: "Upkeep", as_json: bool) -> int:
    if as_json:
        print(upkeep.model_dump_json())
        return 0
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=SIMPLE_HEAD, padding=0)
    shown.add_column("table", no_wrap=True)
    for name in ("version", "files", "merged", "freed", "MB", "log"):
        shown.add_column(name, justify="right", no_wrap=True)
    for one in upkeep.tables:
        numbers = (one.version, one.files, one.merged, one.freed_files, round(one.freed_bytes / 1e6, 1), one.log_files)
        shown.add_row(one.table, *map(str, numbers))
    console = Console()
    console.print(shown)
    for one in upkeep.tables:
        if one.kept_back:
            console.print(f"  {one.table}: kept back, {one.kept_back}", highlight=False)
    would = "would be " if upkeep.dry_run else ""
    if upkeep.feed_files:
        console.print(f"  changes: {upkeep.feed_files} files of dead calls {would}deleted", highlight=False)
    if upkeep.release:
        console.print(f"  release {upkeep.release} {would}written", highlight=False)
    return 0

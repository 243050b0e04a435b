"""`tintinh query|export|verify`: what a reader of the bucket asks for."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Annotated

import typer

from flows.command_line import Json, examples, read_settings

Version = Annotated[int | None, typer.Option(metavar="N", help="The state that this version of `articles` holds.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="T", help="The state before this instant, ISO 8601, in Hanoi's time."),
]
Months = Annotated[list[str] | None, typer.Option("--month", metavar="YYYY-MM", help="Only these; repeatable.")]
Sites = Annotated[list[str] | None, typer.Option("--site", metavar="KEY", help="Only these; repeatable.")]


class Format(Enum):
    """What `export` writes."""

    parquet = "parquet"
    jsonl = "jsonl"
    csv = "csv"
    markdown = "markdown"


def add_to(app: typer.Typer) -> None:
    """Register the readers' commands."""
    app.command(
        epilog=examples(
            'tintinh query "select site, count(*) n from articles group by site"',
            "tintinh query \"select title from articles where month = '2026-11' and province = 'cao-bang'\"",
            'tintinh query "from runs" --as-of 2026-11-20T06:00',
            then="Conditions on `month`, `site`, `published_on` and `article_id` spare the files of all others. Exit "
            "code 2: the SQL is wrong, or that state was never there or is no longer kept.",
        )
    )(query)
    app.command(
        epilog=examples(
            "tintinh export --format csv --where \"month = '2026-11' and organ = 'council'\" --out council",
            "tintinh export --format parquet --site cao-bang-council --out s3://elsewhere/cao-bang",
            "tintinh export --format jsonl --columns article_id,title,text --out texts --dry-run",
            then="Parquet and JSON Lines are a file a month, CSV a sheet for Excel (UTF-8, Hanoi's time, no formulas; "
            "cells over 32,767 characters are cut and named), Markdown a file an article. `manifest.json` names the "
            "version, the place in the change feed and a checksum of each file. Exit code 2: a wrong condition or "
            "column, or something stands there already; 3: a bucket; 5: the disk.",
        )
    )(export)
    app.command(
        epilog=examples(
            "tintinh verify",
            "tintinh verify --sample 500",
            "tintinh verify --deep --json",
            then="Whoever has only the bucket runs the `verify.py` in it. Exit code 0: sound; 1: not, each finding is "
            "a line; 3: the bucket cannot be read.",
        )
    )(verify)


def query(
    sql: Annotated[str, typer.Argument(help="Over articles, revisions, captures, runs, clusters, documents.")],
    version: Version = None,
    as_of: AsOf = None,
    month: Months = None,
    site: Sites = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, as without it.")] = False,  # noqa: ARG001
) -> int:
    """Ask the tables in SQL (DuckDB); prints JSON Lines and nothing else, row by row as they come."""
    from flows.query import Scope, moment, rows
    from flows.storage import attached

    scope = Scope(moment(version, as_of), tuple(month or ()), tuple(site or ()))
    with attached(read_settings()) as storage:
        for row in rows(storage.clean, sql, scope):
            print(json.dumps(row, ensure_ascii=False))
    return 0


def export(
    form: Annotated[Format, typer.Option("--format", help="What other programs are to open.")],
    out: Annotated[str, typer.Option(metavar="DIR|s3://…", help="Where to; nothing may be there yet.")],
    where: Annotated[str, typer.Option(metavar="SQL", help="A condition on the columns of articles.")] = "true",
    columns: Annotated[str | None, typer.Option(metavar="a,b", help="Only these.")] = None,
    version: Version = None,
    as_of: AsOf = None,
    month: Months = None,
    site: Sites = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an earlier export.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and write nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Write articles as files that other programs open, without those that were taken down."""
    from flows import export as exporting
    from flows.export_places import opened
    from flows.query import Scope, moment
    from flows.storage import attached

    scope = Scope(moment(version, as_of), tuple(month or ()), tuple(site or ()))
    named = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    wish = exporting.Wish(form.value, where, named, scope, force, dry_run)
    settings = read_settings()
    with attached(settings) as storage, opened(out, storage, settings.home) as place, _progress() as progress:
        done = exporting.export(storage.clean, wish, place, progress)
    if as_json:
        print(done.model_dump_json())
        return 0
    verb = "would go" if dry_run else "went"
    print(f"{done.rows:,} articles of version {done.version} {verb} to {done.out}")
    if done.suppressed:
        print(f"{done.suppressed:,} that were taken down were left out")
    if done.cut:
        print(f"{len(done.cut):,} did not fit into a cell of Excel and were cut: {', '.join(done.cut[:5])} ...")
    return 0


def verify(
    deep: Annotated[bool, typer.Option("--deep", help="Every file, text and raw record, not a sample.")] = False,
    sample: Annotated[int, typer.Option(metavar="N", min=1, help="Else so many of each kind.")] = 50,
    as_json: Json = False,
) -> int:
    """Is the bucket whole: schemas, ids, checksums, feed, releases, documents, clusters, the raw bytes behind it?"""
    from flows.storage import attached
    from flows.verify import verify as verified
    from pipelines.readers.verify import told

    with attached(read_settings()) as storage:
        report = verified(storage, None if deep else sample)
    print(json.dumps(report) if as_json else told(report))
    return 0 if report["sound"] else 1


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("articles", total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)

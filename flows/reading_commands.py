"""`tintinh query|export|verify`: what a reader of the bucket asks for."""

import json
from typing import Annotated

import typer

from flows.command_line import examples, read_settings

Version = Annotated[int | None, typer.Option(metavar="N", help="The state that this version of `articles` holds.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="T", help="The state before this instant, ISO 8601, in Hanoi's time."),
]
Months = Annotated[list[str] | None, typer.Option("--month", metavar="YYYY-MM", help="Only these; repeatable.")]
Sites = Annotated[list[str] | None, typer.Option("--site", metavar="KEY", help="Only these; repeatable.")]


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

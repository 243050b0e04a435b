"""`tintinh recheck`: published articles asked again."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from flows.command_line import Json, SiteKeys, examples, read_settings, run_flow
from schemas.errors import UsageError

recheck_app = typer.Typer()
EXAMPLES = examples(
    "tintinh recheck --all", "tintinh recheck --site cao-bang-council --max 200", "tintinh recheck --all --dry-run"
)


@recheck_app.command("recheck", epilog=EXAMPLES)
def recheck(
    site: SiteKeys = None,
    every: Annotated[bool, typer.Option("--all", help="Every active site; so without --site.")] = False,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="Pages of each site at most; else as its TOML says.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name the pages and ask none.")] = False,
    as_json: Json = False,
) -> int:
    """Ask published articles again, the most overdue first: edits, what is gone, what has returned."""
    from spiders import registry

    if every and site:
        raise UsageError("--all means every active site, and --site names some; leave one of them out")
    settings = read_settings()
    sites = registry.load(settings.sites, settings.home).pick(site or [])
    if dry_run:
        return _show_due(sites, settings, most, as_json)

    def run() -> dict[str, Any]:
        from flows.recheck import recheck as flow

        return flow(site=site or [], most=most)

    return run_flow(run, as_json)


def _show_due(sites: Any, settings: Any, most: int | None, as_json: bool) -> int:
    found = _due(sites, settings, most)
    if as_json:
        print(json.dumps({"sites": {key: {"pages": len(urls), "urls": urls} for key, urls in found.items()}}))
        return 0
    for key, urls in found.items():
        print(f"{key}: {len(urls)} pages")
        for url in urls:
            print(f"  {url}")
    return 0


def _due(sites: Any, settings: Any, most: int | None) -> dict[str, tuple[str, ...]]:
    """The URLs that a recheck of these sites would ask now. Raises StorageError."""
    from flows.memory import remember
    from flows.storage import attached
    from pipelines.store.tables import Tables

    with attached(settings) as storage:
        tables, now = Tables(storage.clean), datetime.now(UTC)

        def urls(site: Any) -> tuple[str, ...]:
            limit = site.rechecks_per_night if most is None else most
            return tuple(page.url for page in remember(tables, site.key).revalidations(now, limit, eager=True))

        return {site.key: urls(site) for site in sites}

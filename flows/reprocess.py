"""Reading the archive again with today's rules: no site is visited, the same refinery and the same publish."""

from datetime import date
from functools import partial

from prefect import flow

from flows.memory import remember
from flows.nightly import run_sites
from flows.settings import Settings
from flows.storage import attached
from flows.visit import Desk, Say, Visit, Warc, opened
from pipelines.store.tables import Tables
from schemas.errors import UsageError
from schemas.site import Site
from schemas.zone import HANOI
from spiders import registry


@flow(name="reprocess", persist_result=False)
def reprocess(site: list[str] | None = None, since: date | None = None) -> dict[str, object]:
    """Refine the latest capture of every page of the named sites (or of all) again, and publish what differs.

    Args:
        site: site keys; empty: every site that was ever captured.
        since: only captures fetched on this local day or later.

    Returns:
        The `RunReport` as a plain dict.
    """
    settings = Settings()
    book = registry.load(settings.sites, settings.home)
    sites = book.pick(site) if site else _captured(settings, book)
    if not sites:
        raise UsageError("the archive holds nothing to read again; tintinh nightly fills it")
    return run_sites("reprocess", sites, settings, gather=partial(_gather, since)).model_dump(mode="json")


def _captured(settings: Settings, book: registry.Registry) -> list[Site]:
    """The sites of the registry that were ever captured."""
    with attached(settings) as storage:
        return [book.sites[key] for key in Tables(storage.clean).captured_sites() if key in book.sites]


def _gather(since: date | None, desk: Desk, site: Site, say: Say) -> Visit:
    """The site's latest captures, brought to local disk from the archive."""
    rows = desk.tables.ledger(site.key, ("url_hash", "status", "fetched_at", "warc", "offset")).to_pylist()
    latest = {row["url_hash"]: row for row in sorted(rows, key=lambda r: r["fetched_at"]) if row["status"] == 200}
    chosen: dict[str, set[int]] = {}
    for row in latest.values():
        if since is None or row["fetched_at"].astimezone(HANOI).date() >= since:
            chosen.setdefault(row["warc"], set()).add(row["offset"])
    files = tuple(_warc(desk, site, key, offsets) for key, offsets in sorted(chosen.items()))
    say(f"{site.key}: {sum(len(f.articles) for f in files)} captures in {len(files)} WARC files")
    return Visit(site, remember(desk.tables, site.key), files)


def _warc(desk: Desk, site: Site, key: str, offsets: set[int]) -> Warc:
    folder = desk.scratch / site.key
    folder.mkdir(parents=True, exist_ok=True)
    path = desk.archive.fetch(key, folder)
    return opened(path.name, key, path, offsets)

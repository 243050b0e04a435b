"""Reading the archive again with today's rules: no site is visited, the same refinery and the same publish."""

from datetime import date
from functools import partial
from pathlib import Path

from prefect import flow

from flows.captured import Warc, asked, opened
from flows.memory import remember
from flows.nightly import Batches, broken, run_sites, weighed
from flows.publish import commit, finish, run_row
from flows.settings import Settings
from flows.staging import by_month
from flows.storage import attached
from flows.visit import Desk, Say, Visit
from flows.weighing import SiteResult, failed
from pipelines.article_row import month_of
from pipelines.store.tables import Standing, Tables
from schemas.article import Accepted
from schemas.errors import UsageError
from schemas.refined import Refined
from schemas.rows import UNDATED_MONTH
from schemas.run import RunReport
from schemas.site import Site
from schemas.urls import url_hash
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
    report = run_sites("reprocess", sites, settings, gather=partial(_gather, since), finish=_by_month)
    return report.model_dump(mode="json")


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
    unsettled = any(True for _ in desk.archive.due(site.key))
    memory = remember(desk.tables, site.key).about(asked(files))
    return Visit(site, memory, files, unsettled=unsettled)


def _warc(desk: Desk, site: Site, key: str, offsets: set[int]) -> Warc:
    folder = desk.scratch / site.key
    folder.mkdir(parents=True, exist_ok=True)
    path = desk.archive.fetch(key, folder)
    return opened(path.name, key, path, offsets)


def _by_month(desk: Desk, batches: Batches, started: float) -> RunReport:
    """Publish the verdicts month by month, of all sites together: one commit for each month that articles are in or
    come to. No more than a month's articles are in memory."""
    desk.tables.create()
    months: dict[str, list[tuple[Visit, list[Path]]]] = {}
    results: list[SiteResult] = []
    for visit, files in batches:
        try:
            folder = desk.scratch / visit.site.key / "months"
            found = by_month([f.result() for f in files], partial(_month, visit), folder)
        except Exception as error:
            visit, found = broken(visit.site, error), {}
        results.append(failed(visit))
        for month, some in found.items():
            months.setdefault(month, []).append((visit, some))
    totals, commits = {result.site.key: result for result in results}, list[int]()
    for month, parts in sorted(months.items()):
        stands = Standing(desk.tables)
        done = commit(desk, [weighed(desk, visit, files, stands) for visit, files in parts], month)
        if done.wrote and done.version is not None:
            commits.append(done.version)
        for result in done.results:
            totals[result.site.key] = totals[result.site.key].with_part(result)
    final = [totals[key] for key in sorted(totals)]
    version = commits[-1] if commits else desk.tables.articles.version()
    rows = [run_row(desk, result, started, version, commits) for result in final]
    return finish(desk, final, rows, {result.site.key: result.counts for result in final}, started)


def _month(visit: Visit, item: Refined) -> str:
    """The month with which a verdict is published: where its article goes, else where it was."""
    if isinstance(item.verdict, Accepted):
        return month_of(item.verdict.content.published_at)
    past = visit.memory.pages.get(url_hash(item.capture.url_key))
    return (past.month if past else None) or UNDATED_MONTH

"""Publishing: the one commit that makes a run visible, and everything derived from it."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from flows import attaching
from flows.visit import Desk
from flows.weighing import SiteResult, failed
from pipelines.store import catalog, clusters, feed, linking
from pipelines.store.describe import hosts
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import StorageError
from schemas.rows import Article, ReasonCount, RunRow, WalkRow
from schemas.run import RunReport, SiteCounts
from spiders import registry

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """The results of some sites as they were published, and the version of `articles` that made them visible."""

    results: tuple[SiteResult, ...]
    version: int | None
    """Where there was nothing to write: the version that was there; None: none yet."""
    wrote: bool


def publish(desk: Desk, results: Sequence[SiteResult], started: float) -> RunReport:
    """Make every site that passed the gate visible in one commit, then write what is derived from it.

    A crash at any point leaves the table before or after the commit; the captures stay due until the last step,
    and the next run of the site finds that they are already there.

    Raises:
        StorageError: the clean bucket cannot be reached; nothing is lost, the next run publishes.
    """
    desk.tables.create()
    done = commit(desk, [r for r in results if r.held is None])
    final = sorted([*done.results, *(r for r in results if r.held is not None)], key=lambda r: r.site.key)
    commits = (done.version,) if done.wrote and done.version is not None else ()
    rows = [run_row(desk, r, started, done.version, commits) for r in final]
    return finish(desk, done.results, rows, {r.site.key: r.counts for r in final}, started)


def commit(desk: Desk, passed: Sequence[SiteResult], part: str = "") -> Published:
    """Write the rows of some sites in one commit, tell of it in the feed, and note their captures in the ledger.

    `part`: a name of these within the run, where it makes several commits. Another run may publish the same articles
    meanwhile: before each attempt the sites whose stored rows moved are settled again. Raises StorageError.
    """
    tables, final = desk.tables, tuple(passed)
    if not final:
        return Published((), tables.articles.version(), wrote=False)

    def rebase(now: Mapping[str, Article | None]) -> pa.Table:
        nonlocal final
        final = tuple(_again(desk, result, now) for result in final)
        return pa.concat_tables(result.rows for result in final)

    rows = pa.concat_tables(result.rows for result in final)
    stood = {one: month for result in final for one, month in result.stood().items()}
    spoken = {one for result in final for one in result.ids()}
    for result in final:
        attaching.keep(desk, result.visit)
    made = tables.publish(f"{desk.run}/{part}" if part else desk.run, rows, stood, desk.since, rebase, spoken)
    feed.derive(tables)
    linking.update(tables)
    tables.append_captures(desk.run, [row for r in final for row in r.settlement.ledger], part)
    return Published(final, tables.articles.version() if made is None else made, made is not None)


def _again(desk: Desk, result: SiteResult, now: Mapping[str, Article | None]) -> SiteResult:
    """The result against what others did; a site that breaks on the way is left out, and stays due."""
    try:
        return result.rebased(desk, now)
    except StorageError:
        raise
    except Exception as error:
        _log.error("%s: %r", result.site.key, error, exc_info=error)
        told = f"a bug of ours, {type(error).__name__}: {error}"[:300]
        return failed(replace(result.visit, due=(), error=told, broken=True))


def finish(
    desk: Desk,
    passed: Sequence[SiteResult],
    rows: Sequence[RunRow],
    counts: Mapping[str, SiteCounts],
    started: float,
) -> RunReport:
    """What follows the commits of a run: its rows in `runs`, what describes the bucket, and the end of the markers
    that kept its captures due. Raises StorageError."""
    tables = desk.tables
    tables.append_run(desk.run, rows)
    _follow(tables)
    catalog.write(tables)
    book = registry.load(desk.settings.sites, desk.settings.home)
    tables.clean.put(keys.HOSTS, hosts.as_csv(book.sites), "text/csv; charset=utf-8")
    if desk.kind != "reprocess":  # it reads what was settled long ago
        for result in passed:
            for file in result.visit.due:
                desk.archive.settle(result.site.key, file.name)
    version = max((row.version for row in rows if row.version is not None), default=None)
    return RunReport(run=desk.run, sites=dict(counts), version=version, seconds=round(time.monotonic() - started, 1))


def _follow(tables: Tables) -> None:
    """Bring the clusters up to the articles; a fault of ours there costs no night, the next run catches up."""
    try:
        clusters.update(tables)
    except StorageError:
        raise
    except Exception as error:
        _log.error("clusters: %r", error, exc_info=error)


def run_row(desk: Desk, result: SiteResult, started: float, version: int | None, commits: Sequence[int] = ()) -> RunRow:
    """The row of one site in `runs`; `started` on the monotonic clock."""
    counts, report, finished = result.counts, result.visit.report, datetime.now(UTC)
    return RunRow(
        run=desk.run,
        kind=desk.kind,
        site=result.site.key,
        started_at=finished - timedelta(seconds=time.monotonic() - started),
        finished_at=finished,
        version=None if counts.held else version,
        commits=() if counts.held else tuple(commits),
        **counts.model_dump(include={"captured", "new", "changed", "unchanged", "gone", "held", "requests", "alarm"}),
        undated=result.settlement.undated,
        rejected=_reasons(counts.rejected),
        failed=_reasons(counts.failed),
        removed=_reasons(result.settlement.removed),
        walks=tuple(WalkRow(**w.model_dump(include=set(WalkRow.model_fields))) for w in report.walks) if report else (),
        family=report.family if report else result.site.family,
        error=result.visit.error,
    )


def _reasons(counts: Mapping[str, int]) -> tuple[ReasonCount, ...]:
    return tuple(ReasonCount(reason=name, count=n) for name, n in sorted(counts.items()))

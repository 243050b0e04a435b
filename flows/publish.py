"""Publishing: the gate, the one commit that makes a run visible, and everything derived from it."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows import attaching
from flows.staging import staged
from flows.visit import Desk, Visit
from pipelines import gate
from pipelines.settlement import Settlement, article_id, settle, wanted
from pipelines.store import catalog, feed, linking
from pipelines.store.attachments import Shelf
from schemas.article import Accepted
from schemas.refined import Refined
from schemas.rows import Article, ReasonCount, RunRow, WalkRow
from schemas.run import RunReport, SiteCounts
from schemas.site import Site


@dataclass(frozen=True)
class SiteResult:
    """One site's verdicts, settled and weighed."""

    visit: Visit
    files: tuple[Path, ...]
    """Its staged verdicts."""
    stored: Mapping[str, Article]
    """The rows it was settled against."""
    settlement: Settlement
    held: str | None
    shelf: Shelf = field(default_factory=dict, repr=False)
    """What is kept of the site's attachments."""

    @property
    def site(self) -> Site:
        """The site."""
        return self.visit.site

    @property
    def counts(self) -> SiteCounts:
        """The site's line of the report."""
        counts, report = self.settlement.counts(*_of_report(self.visit)), self.visit.report
        if self.held is not None:
            counts = SiteCounts(
                captured=counts.captured, failed=counts.failed, held=self.held, requests=counts.requests
            )
        alarms = (self.settlement.alarm, gate.alarm(_listings(self.visit)), report.alarm if report else None)
        told = "; ".join(filter(None, alarms)) or None
        return counts.model_copy(update={"alarm": told, "troubles": report.troubles if report else ()})


def weigh(desk: Desk, visit: Visit, files: Sequence[Path]) -> SiteResult:
    """Settle one site's staged verdicts and ask the gate."""
    shelf = attaching.shelve(desk, visit, staged(files))
    refined = list(attaching.told(staged(files), shelf))
    stored = desk.tables.current(wanted(visit.site.key, refined, visit.memory.pages))
    settlement = _settled(desk, visit, refined, stored)
    held = _hold(desk, visit, refined, settlement)
    return SiteResult(visit, tuple(files), stored, settlement, held, shelf)


def failed(visit: Visit) -> SiteResult:
    """The result of a site that gave nothing, for the reason in `visit.error`: what it captured waits on."""
    return SiteResult(visit, (), {}, Settlement(), None)


def _listings(visit: Visit) -> list[gate.Listing]:
    """The listings that the visit asked, as it met them."""
    past = {one.listing: one.gave_links for one in visit.memory.state.listings} if visit.memory.state else {}
    walks = visit.report.walks if visit.report else ()
    asked = (walk for walk in walks if walk.pages or walk.wall or walk.trouble)
    return [gate.Listing(w.listing, w.pages > 0, past.get(w.listing, False), w.wall, w.trouble) for w in asked]


def _settled(desk: Desk, visit: Visit, refined: Iterable[Refined], stored: Mapping[str, Article]) -> Settlement:
    return settle(
        visit.site,
        desk.run,
        refined,
        visit.memory.pages,
        stored,
        now=datetime.now(UTC),
        windows={file.key: file.window for file in visit.due},
        reextract=desk.kind == "reprocess",
        listings_ok=desk.kind == "reprocess" or gate.all_well(_listings(visit)),
    )


def publish(desk: Desk, results: Sequence[SiteResult], started: float) -> RunReport:
    """Make every site that passed the gate visible in one commit, then write what is derived from it.

    A crash at any point leaves the table before or after the commit; the captures stay due until the last step,
    and the next run of the site finds that they are already there.

    Raises:
        StorageError: the clean bucket cannot be reached; nothing is lost, the next run publishes.
    """
    tables = desk.tables
    tables.create()
    for result in results:
        if result.held is None:
            attaching.keep(desk, result.visit)
    passed, version = _commit(desk, [r for r in results if r.held is None])
    feed.derive(tables)
    linking.update(tables)
    tables.append_captures(desk.run, [row for r in passed for row in r.settlement.ledger])
    final = sorted([*passed, *(r for r in results if r.held is not None)], key=lambda r: r.site.key)
    finished = datetime.now(UTC)
    began = finished - timedelta(seconds=time.monotonic() - started)
    tables.append_run(desk.run, [run_row(desk, r, began, finished, version) for r in final])
    catalog.write(tables)
    for result in passed:
        for file in result.visit.due:
            desk.archive.settle(result.site.key, file.name)
    return RunReport(
        run=desk.run,
        sites={r.site.key: r.counts for r in final},
        version=version,
        seconds=round(time.monotonic() - started, 1),
    )


def _commit(desk: Desk, passed: list[SiteResult]) -> tuple[list[SiteResult], int | None]:
    """The one commit; the results as they were published, and the version of the table that holds them.

    Another run may publish the same articles meanwhile: before each attempt the sites whose stored rows moved are
    settled again.
    """
    final = passed

    def rebase(current: Mapping[str, Article]) -> list[Article]:
        nonlocal final
        final = [_rebased(desk, result, current) for result in passed]
        return _rows(final)

    moved = {month for r in passed for month in r.settlement.old_months}
    version = desk.tables.publish(desk.run, _rows(passed), also_months=moved, rebase=rebase)
    if version is None and (table := desk.tables.articles.open()):
        version = table.version()
    return final, version


def _rows(results: Iterable[SiteResult]) -> list[Article]:
    return [article for r in results for article in r.settlement.articles.values()]


def _rebased(desk: Desk, result: SiteResult, current: Mapping[str, Article]) -> SiteResult:
    ours = result.settlement.articles
    now = {one: row for one, row in current.items() if one in ours}
    if {one: row.revision for one, row in now.items()} == {
        one: row.revision for one, row in result.stored.items() if one in ours
    }:
        return result
    stored = {**result.stored, **now}
    refined = attaching.told(staged(result.files), result.shelf)
    return replace(result, settlement=_settled(desk, result.visit, refined, stored), stored=stored)


def run_row(desk: Desk, result: SiteResult, began: datetime, finished: datetime, version: int | None) -> RunRow:
    """The row of one site in `runs`."""
    counts, report = result.counts, result.visit.report
    return RunRow(
        run=desk.run,
        kind=desk.kind,
        site=result.site.key,
        started_at=began,
        finished_at=finished,
        version=None if counts.held else version,
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


def _of_report(visit: Visit) -> tuple[int, dict[str, int]]:
    report = visit.report
    failed = Counter(report.failed) if report else Counter()
    if visit.error:
        failed[f"site: {visit.error}"] += 1
    return report.requests if report else 0, dict(failed)


def _hold(desk: Desk, visit: Visit, refined: Sequence[Refined], settlement: Settlement) -> str | None:
    """The gate's question, except for old captures read again: their site has passed it already."""
    if desk.kind == "reprocess":
        return None
    now = datetime.now(UTC)
    accepted = [r.verdict.content for r in refined if isinstance(r.verdict, Accepted)]
    tonight = gate.Tonight(
        pages=sum(1 for r in refined if r.verdict is not None),
        accepted=len(accepted),
        rejected=settlement.counts().rejected,
        undated=settlement.undated,
        listings=_listings(visit),
        published_last_week=_last_week(visit, refined, now),
    )
    return gate.hold(tonight, visit.memory.past(desk.kind), visit.site.expect, now)


def _last_week(visit: Visit, refined: Sequence[Refined], now: datetime) -> int:
    """Articles of the last seven days, stored and tonight's together."""
    since = now - timedelta(days=7)
    stored = visit.memory.pages.published_since(since)
    tonight = {
        article_id(visit.site.key, r.capture.url_key)
        for r in refined
        if isinstance(r.verdict, Accepted)
        and r.verdict.content.published_at
        and r.verdict.content.published_at >= since
    }
    return len(stored | tonight)

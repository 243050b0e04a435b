"""One site's verdicts, settled and weighed: which rows the run wants, and whether the gate lets them through."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa

from flows import attaching
from flows.inheriting import inherited
from flows.staging import staged
from flows.visit import Desk, Visit
from pipelines import gate
from pipelines.article_row import article_id
from pipelines.settlement import Settlement, settle, wanted
from pipelines.store import rekeyed
from pipelines.store.arrow import to_table
from pipelines.store.attachments import Shelf
from pipelines.store.tables import Standing
from schemas.article import Accepted
from schemas.idmap import IdMap
from schemas.refined import Refined
from schemas.rows import Article
from schemas.run import SiteCounts
from schemas.site import Site
from schemas.suppression import Suppressed


@dataclass(frozen=True)
class SiteResult:
    """One site's verdicts, settled and weighed."""

    visit: Visit
    files: tuple[Path, ...]
    """Its staged verdicts."""
    stored: Mapping[str, Article]
    """The rows it was settled against."""
    settlement: Settlement
    """Without its articles: they are `rows`."""
    rows: pa.Table = field(repr=False)
    """The rows of `articles` that it wants: a third of what they weigh as objects."""
    held: str | None = None
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

    def stood(self) -> dict[str, str]:
        """The months in which its articles stood when it was settled."""
        return {one: article.month for one, article in self.stored.items()}

    def ids(self) -> set[str]:
        """All articles that its verdicts speak of: also those that it leaves as they are."""
        spoken = {row.article_id for row in self.settlement.ledger if row.article_id is not None}
        return {*self.stored, *self.rows["article_id"].to_pylist(), *spoken}

    def with_part(self, part: "SiteResult") -> "SiteResult":
        """The same site with the counts of a further part of it, or with what broke there."""
        visit = part.visit if part.visit.error else self.visit
        return replace(self, visit=visit, settlement=self.settlement.with_counts(part.settlement))

    def rebased(self, desk: Desk, now: Mapping[str, Article | None]) -> "SiteResult":
        """The same verdicts, settled against what others made of its articles meanwhile (None: no longer there)."""
        ours = self.ids()
        if not (moved := {one: row for one, row in now.items() if one in ours}):
            return self
        ids = rekeyed.finish(desk.tables, self.site.key)
        renamed = {new for one in moved if (new := ids.current(one)) not in now}
        if renamed:
            stands = Standing(desk.tables)
            moved = {**moved, **stands.current(stands.located(self.site.key, renamed))}
        now = {**self.stored, **moved}
        stored = {one: row for one, row in now.items() if row is not None}
        settlement, rows = _settled(desk, self.visit, self.files, self.shelf, stored, ids)
        return replace(self, settlement=settlement, rows=rows, stored=stored)


def weigh(desk: Desk, visit: Visit, files: Sequence[Path], stands: Standing | None = None) -> SiteResult:
    """Settle one site's staged verdicts and ask the gate; `stands`: the articles as they are, where they were opened
    for many sites. Raises StorageError."""
    stands = stands or Standing(desk.tables)
    shelf = attaching.shelve(desk, visit, staged(files))
    ids = rekeyed.finish(desk.tables, visit.site.key)
    stored = stands.current(_places(desk, visit, files, shelf, ids, stands))
    settlement, rows = _settled(desk, visit, files, shelf, stored, ids)
    return SiteResult(visit, tuple(files), stored, settlement, rows, _hold(desk, visit, files, settlement, ids), shelf)


def failed(visit: Visit) -> SiteResult:
    """The result of a site that gave nothing, for the reason in `visit.error`: what it captured waits on."""
    return SiteResult(visit, (), {}, Settlement(), to_table((), Article))


def _places(
    desk: Desk, visit: Visit, files: Sequence[Path], shelf: Shelf, ids: IdMap, stands: Standing
) -> dict[str, set[str]]:
    """Where the articles that the settlement must see may stand. After a run that was cut short the table may know
    what the ledger does not: then it is looked through."""
    site, refined = visit.site.key, attaching.told(staged(files), shelf)
    places = wanted(site, refined, visit.memory.pages, ids=ids.current, reextract=desk.kind == "reprocess")
    if visit.unsettled and (names := {one for group in places.values() for one in group}):
        for month, some in stands.located(site, names).items():
            places.setdefault(month, set()).update(some)
    return places


def _settled(
    desk: Desk, visit: Visit, files: Sequence[Path], shelf: Shelf, stored: Mapping[str, Article], ids: IdMap
) -> tuple[Settlement, pa.Table]:
    settlement = settle(
        visit.site,
        desk.run,
        attaching.told(staged(files), shelf),
        visit.memory.pages,
        stored,
        now=datetime.now(UTC),
        windows={file.key: file.window for file in visit.due},
        reextract=desk.kind == "reprocess",
        listings_ok=desk.kind == "reprocess" or gate.all_well(_listings(visit)),
        ids=ids.current,
        inherited=inherited(desk.tables, visit.site, staged(files)),
        suppressed=partial(_is_suppressed, desk.suppressed(visit.site), visit.site.key),
    )
    rows = to_table(settlement.articles.values(), Article)
    return replace(settlement, articles={}), rows


def _is_suppressed(known: Suppressed, site: str, item: Refined, name: str) -> bool:
    """Whether an article was taken down: by its id, its URL, or because the page repeats its text."""
    if known.article(name) or known.url(site, item.capture.url_key):
        return True
    if not isinstance(item.verdict, Accepted):
        return False
    return known.repeats(item.verdict.content.said)


def _listings(visit: Visit) -> list[gate.Listing]:
    """The listings that the visit asked, as it met them."""
    past = {one.listing: one.gave_links for one in visit.memory.state.listings} if visit.memory.state else {}
    walks = visit.report.walks if visit.report else ()
    asked = (walk for walk in walks if walk.pages or walk.wall or walk.trouble)
    return [gate.Listing(w.listing, w.pages > 0, past.get(w.listing, False), w.wall, w.trouble) for w in asked]


def _of_report(visit: Visit) -> tuple[int, dict[str, int]]:
    report = visit.report
    failed = Counter(report.failed) if report else Counter()
    if visit.error:
        failed[f"site: {visit.error}"] += 1
    return report.requests if report else 0, dict(failed)


def _hold(desk: Desk, visit: Visit, files: Sequence[Path], settlement: Settlement, ids: IdMap) -> str | None:
    """The gate's question, except for old captures read again: their site has passed it already."""
    if desk.kind == "reprocess":
        return None
    now = datetime.now(UTC)
    week = now - timedelta(days=7)
    pages = accepted = 0
    recent: set[str] = set()
    for item in staged(files):
        pages += item.verdict is not None
        if isinstance(item.verdict, Accepted):
            accepted += 1
            published = item.verdict.content.published_at
            if published and published >= week:
                recent.add(ids.current(article_id(visit.site.key, item.capture.url_key)))
    tonight = gate.Tonight(
        pages=pages,
        accepted=accepted,
        rejected=settlement.counts().rejected,
        undated=settlement.undated,
        listings=_listings(visit),
        published_last_week=len(visit.memory.pages.published_since(week) | recent),
    )
    return gate.hold(tonight, visit.memory.past(desk.kind), visit.site.expect, now)

"""What the bucket remembers of a site, read once at the start of its night: known URLs, walks, recent pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from pipelines.gate import ENOUGH_PAGES, Past
from pipelines.settlement import LEDGER_COLUMNS, KnownPage, is_final, known_pages
from pipelines.store import state
from pipelines.store.tables import Tables
from schemas.capture import Revalidation
from schemas.outcome import Outcome
from schemas.rows import RunRow
from schemas.state import DueLink, SiteState
from schemas.urls import pack_hashes, url_hash

RECENT = timedelta(days=7)
"""Articles this young are asked again each night."""
DUE = 50
"""Most links that failed before and are asked again in one night."""
REVALIDATIONS = 100
"""Most pages asked again in one night, the newest first."""


@dataclass(frozen=True)
class SiteMemory:
    """One site's past."""

    pages: Mapping[int, KnownPage] = field(default_factory=dict)
    """By URL hash."""
    urls: Mapping[int, str] = field(default_factory=dict)
    """URL of each page in `pages` that may be asked again."""
    waiting: frozenset[int] = frozenset()
    """URL hashes captured and not yet published: not asked again, they are refined again. Attachments too, for good."""
    state: SiteState | None = None
    """What the crawls before noted of its listings, and of the links that failed."""
    runs: tuple[RunRow, ...] = ()
    """The site's runs of the last weeks, oldest first."""

    def due(self, today: date) -> tuple[DueLink, ...]:
        """The links that failed before and are to be asked again today, whether or not a listing still shows them."""
        failed = self.state.due if self.state else ()
        return tuple(link for link in failed if link.next_on <= today)[:DUE]

    def failed_base64(self) -> str:
        """The URL hashes of the links that failed and are remembered: no reason to walk on."""
        return pack_hashes({url_hash(link.url_key) for link in (self.state.due if self.state else ())})

    def known_base64(self) -> str:
        """The URL hashes with a final outcome, for a `CrawlPlan`."""
        hashes = {h for h, page in self.pages.items() if is_final(page.outcome)} | self.waiting
        return pack_hashes(hashes)

    def past(self, kind: str) -> Past:
        """What the gate compares with: the published runs of the same kind."""
        runs = [r for r in self.runs if r.kind == kind and r.held is None and not r.error]
        bodies = [(r, r.new + r.changed + sum(c.count for c in r.rejected)) for r in runs]
        return Past(
            first_run=self.runs[0].started_at if self.runs else None,
            reject_shares=[sum(c.count for c in r.rejected) / n for r, n in bodies if n >= ENOUGH_PAGES],
            undated_shares=[r.undated / (r.new + r.changed) for r in runs if r.new + r.changed >= ENOUGH_PAGES],
        )

    def revalidations(self, now: datetime | None = None) -> tuple[Revalidation, ...]:
        """The pages to ask again tonight: live articles of the last seven days, and pages that began to be missing."""
        since = (now or datetime.now(UTC)) - RECENT
        due = [
            (page.published_at, h, page)
            for h, page in self.pages.items()
            if page.article_id and h in self.urls and h not in self.waiting and _is_due(page, since)
        ]
        due.sort(key=lambda d: d[0] or since, reverse=True)
        return tuple(
            Revalidation(url=self.urls[h], etag=page.etag, last_modified=page.last_modified)
            for _, h, page in due[:REVALIDATIONS]
        )


def _is_due(page: KnownPage, since: datetime) -> bool:
    if page.outcome == Outcome.GONE:
        return False
    return page.misses > 0 or (page.published_at is not None and page.published_at >= since)


def remember(tables: Tables, site: str) -> SiteMemory:
    """Read a site's past: the last row of each URL in its part of the ledger, its runs, and the state that its crawls
    left."""
    rows = tables.ledger(site, LEDGER_COLUMNS).to_pylist()
    runs = tables.history(site)
    return SiteMemory(
        pages=known_pages(rows),
        urls={row["url_hash"]: row["url"] for row in rows},
        state=state.load(tables.clean, site),
        runs=tuple(runs),
    )

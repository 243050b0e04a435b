"""What the bucket remembers of a site, read once at the start of its night: known URLs, walks, what is due again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from pipelines import pace, validators
from pipelines.gate import ENOUGH_PAGES, Past
from pipelines.ledger import LEDGER_COLUMNS, TEXT_COLUMNS, Ledger
from pipelines.store import idmaps, state
from pipelines.store.tables import Tables
from schemas.capture import BegunArticle, Revalidation
from schemas.rows import RunRow
from schemas.site import Site
from schemas.state import DueLink, HalfArticle, SiteState
from schemas.urls import pack_hashes, url_hash
from schemas.window import Window
from schemas.zone import HANOI

DUE = 50
"""Most links that failed before and are asked again in one night."""
ABSENT = frozenset({"http_404", "http_410"})
"""How a link failed that was missing; a crawl which comes to its end captures that instead."""
DISCOVERY = timedelta(days=7)
"""After which the home page is looked at again for listings, where the TOML names none."""


@dataclass(frozen=True)
class SiteMemory:
    """One site's past."""

    pages: Ledger = field(default_factory=Ledger, repr=False)
    """By URL hash."""
    waiting: frozenset[int] = frozenset()
    """URL hashes captured and not yet published: not asked again, they are refined again. Attachments too, for good."""
    begun: tuple[BegunArticle, ...] = ()
    """Articles that a crawl was killed in."""
    state: SiteState | None = None
    """What the crawls before noted of its listings, and of the links that failed."""
    runs: tuple[RunRow, ...] = ()
    """The site's last runs of the kind that is to begin, oldest first."""

    def told(self, site: Site, kind: str, window: Window, now: datetime, rechecks: int) -> Mapping[str, Any]:
        """The fields of a `CrawlPlan` that the past fills in. A night asks at most `rechecks` published pages again, if
        they are due; a recheck so many, due or not."""
        today = now.astimezone(HANOI).date()
        failed = self._failed()
        absent = tuple(link for link in failed if link.reason in ABSENT and url_hash(link.url_key) not in self.waiting)
        again = kind in ("nightly", "recheck")
        return {
            "known": self.pages.known(self.waiting, window if kind == "backfill" else None),
            "failed": pack_hashes({url_hash(one.url_key) for one in failed if one not in absent} - self.waiting),
            "absent": absent,
            "due": self._due(_asked_by(kind, failed), today),
            "family": self.state.family if self.state else None,
            "listings": self.state.listings if self.state else (),
            "discover": self._is_to_discover(site, today),
            "begun": self.begun if kind in ("nightly", "backfill") else (),
            "not_before": self._not_before(now),
            "revalidate": self.revalidations(now, rechecks, eager=kind == "recheck") if again else (),
        }

    def revalidations(self, now: datetime, most: int, *, eager: bool = False) -> tuple[Revalidation, ...]:
        """The published pages to ask again, with the validators that can be believed. `eager`: also some not due."""
        believed, today = validators.learn(self.pages), now.astimezone(HANOI).date()
        chosen = pace.chosen(self.pages, now, most, self.waiting, eager=eager)
        urls = self.pages.urls(chosen)
        return tuple(self._revalidation(h, *urls[h], believed, today) for h in chosen if h in urls)

    def about(self, url_keys: Iterable[str]) -> "SiteMemory":
        """What is needed of it once the site was asked: the ledger of what it answered."""
        return replace(self, pages=self.pages.about({url_hash(key) for key in url_keys}))

    def halves(self) -> list[HalfArticle]:
        """The articles that a crawl captured some pages of, and no other has since."""
        noted = self.state.halves if self.state else ()
        return [half for half in noted if url_hash(half.url_key) not in self.waiting]

    def past(self, kind: str) -> Past:
        """What the gate compares with: the published runs of the same kind."""
        runs = [r for r in self.runs if r.kind == kind and r.held is None and not r.error]
        bodies = [(r, r.new + r.changed + sum(c.count for c in r.rejected)) for r in runs]
        return Past(
            first_run=self.runs[0].started_at if self.runs else None,
            reject_shares=[sum(c.count for c in r.rejected) / n for r, n in bodies if n >= ENOUGH_PAGES],
            undated_shares=[r.undated / (r.new + r.changed) for r in runs if r.new + r.changed >= ENOUGH_PAGES],
        )

    def _failed(self) -> list[DueLink]:
        """Every link that never gave an article and may yet, the longest waiting first."""
        noted = self.state.due if self.state else ()
        links = {link.url_key: link for link in (*self.pages.unanswered(), *noted)}
        return sorted(links.values(), key=lambda link: (link.next_on, link.tries))

    def _due(self, failed: list[DueLink], today: date) -> tuple[DueLink, ...]:
        ripe = (link for link in failed if link.next_on <= today and url_hash(link.url_key) not in self.waiting)
        return tuple(ripe)[:DUE]

    def _is_to_discover(self, site: Site, today: date) -> bool:
        if site.listings or self.state is None or not self.state.listings:
            return False
        found_on = self.state.discovered_on
        return found_on is None or today - found_on >= DISCOVERY

    def _not_before(self, now: datetime) -> dict[str, datetime]:
        return {lane: at for lane, at in (self.state.not_before if self.state else {}).items() if at > now}

    def _revalidation(
        self, page_hash: int, url: str, key: str, believed: validators.Validators, today: date
    ) -> Revalidation:
        page = self.pages[page_hash]
        if page.misses or page.shut or page.gone_on or not believed.may_go(page_hash, today):
            return Revalidation(url=url, url_key=key)
        return Revalidation(
            url=url,
            url_key=key,
            etag=page.etag if believed.etag else None,
            last_modified=page.last_modified if believed.last_modified else None,
        )


def _asked_by(kind: str, failed: Iterable[DueLink]) -> list[DueLink]:
    """The failed links that such a crawl asks by name. One that was missing is asked by a backfill only where a listing
    shows it under another URL: what it has to say will be said by the night."""
    return [link for link in failed if kind == "nightly" or (kind == "backfill" and link.reason not in ABSENT)]


def remember(tables: Tables, site: str, kind: str | None = None) -> SiteMemory:
    """Read a site's past: its part of the ledger, its runs of one kind, and the state that its crawls left."""
    rows = idmaps.follow(tables.ledger(site, LEDGER_COLUMNS), idmaps.load(tables.clean, site))
    return SiteMemory(
        pages=Ledger(rows, lambda some: tables.ledger(site, TEXT_COLUMNS, some)),
        state=state.load(tables.clean, site),
        runs=tuple(tables.history(site, kind=kind)),
    )

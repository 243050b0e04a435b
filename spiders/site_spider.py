"""The one spider: from a site's plan to its captured pages."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Spider

from pipelines.families import FAMILIES, Family
from pipelines.page import Page
from pipelines.warc import PageFacts
from schemas.capture import CrawlPlan, CrawlReport, ListingWalk, Revalidation
from schemas.urls import canonical, url_key
from spiders import discovery
from spiders.frontier import Candidate, Known, Walk
from spiders.guard import Guard, GuardedResolver
from spiders.harvest import Harvest
from spiders.lanes import Lanes
from spiders.spool import Spool
from spiders.visitor import Answer, NoAnswerError, SiteError, Visitor

log = logging.getLogger("tintinh.crawl")


class SiteSpider(Spider):
    """Walks a site's listings, captures the articles that are due, asks known pages whether they changed.

    It asks one page after the other, so its walk reads from top to bottom; `stop` ends it at any await.
    """

    name = "site"

    def __init__(self, plan: CrawlPlan, spool: Spool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.spool = spool
        self.finish_reason = "finished"
        self.site_error: str | None = None
        self.walks: list[ListingWalk] = []
        self.listings: tuple[str, ...] = ()
        self.family: Family | None = None
        self.bugs = 0
        """What was given up for an error of ours."""
        self._known = Known(plan.known)
        self._work: asyncio.Task[None] | None = None
        self._guard = Guard(plan.allow_hosts)
        self._lanes = Lanes(Path(plan.lanes))
        self._visitor = Visitor(plan, self._download, self._guard, self._lanes)
        self._harvest = Harvest(plan, self._visitor, spool, self._known)
        self._home: Answer | None = None
        self._pages = 0
        self._trouble: Counter[str] = Counter()

    async def start(self) -> AsyncIterator[Any]:
        """Scrapy's way in: crawl, then let the engine close as idle."""
        from twisted.internet import reactor  # only once Scrapy has installed its own

        resolving: Any = reactor
        resolving.installNameResolver(GuardedResolver(resolving.nameResolver, self._guard))
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.plan.budget_seconds, self.stop, "budget")
        self._work = asyncio.ensure_future(self._crawl())
        if self.finish_reason != "finished":  # told to stop before it began
            self._work.cancel()
        try:
            await self._work
        except asyncio.CancelledError:
            if self.finish_reason == "finished":
                raise
        finally:
            timer.cancel()
            self._work.cancel()
            self._lanes.close()
        return
        yield  # Scrapy wants a generator of requests; ours are asked for one by one

    def stop(self, reason: str) -> None:
        """End the crawl now, whatever it waits for; the first `reason` is kept. To be called in the event loop."""
        if self.finish_reason == "finished" and not (self._work and self._work.done()):
            self.finish_reason = reason
            if self._work:
                self._work.cancel()

    def report(self) -> CrawlReport:
        """What the crawl says of itself."""
        return CrawlReport(
            run=self.plan.run,
            site=self.plan.site.key,
            family=self.family.name if self.family else None,
            listings=self.listings,
            requests=self._visitor.requests,
            captured=self._harvest.captured,
            failed=self._harvest.failed,
            walks=tuple(self.walks),
            site_error=self.site_error,
            finish_reason=self.finish_reason,
        )

    async def _download(self, request: Any) -> Any:
        if self.spool.error:
            self.stop("spool_error")
        elif self.spool.size > self.plan.spool_limit:
            self.stop("spool_limit")
        return await self.crawler.engine.download_async(request)

    async def _crawl(self) -> None:
        try:
            if self.plan.pages:
                await self._gather_named()
            else:
                await self._walk_all()
        except SiteError as error:
            self.site_error = str(error)
        except NoAnswerError as error:
            self.site_error = f"home page: {error.reason}"
        except Exception:
            self.bugs += 1
            self.finish_reason = "bug"
            log.exception("%s", self.plan.site.key)
        finally:
            self._harvest.settle()
        if self.site_error is not None:
            self.finish_reason = "site_error"
            log.warning("%s: %s", self.plan.site.key, self.site_error)

    async def _walk_all(self) -> None:
        self.listings = await self._find_listings()
        self._harvest.listings = frozenset(url_key(url) for url in (self.plan.site.url, *self.listings))
        for listing in self.listings:
            await self._walk(listing)
            if self.plan.kind == "recheck" and self._pages:
                break
        self._require_links()
        for page in self.plan.revalidate:
            await self._ask_again(page)

    async def _gather_named(self) -> None:
        """The pages that the plan names; the home page only where the TOML does not say the family."""
        family = FAMILIES.get(self.plan.site.family or "") or self._family_of(await self._home_page())
        for url in self.plan.pages:
            await self._harvest.gather(Candidate(url, discovery.key_of(family, url)), family)

    async def _find_listings(self) -> tuple[str, ...]:
        """The listings of the TOML, else those that the home page shows. Raises NoAnswerError for the home page."""
        named = discovery.named_listings(self.plan.site)
        if named:
            return named
        page = await self._home_page()
        return discovery.listings_on(page, self._family_of(page), self._visitor.hosts)

    async def _home_page(self) -> Page:
        """Raises NoAnswerError."""
        answer = await self._ask_page(self.plan.site.url, "home")
        page = answer.page()
        if answer.status != 200 or page is None:
            raise NoAnswerError("unreadable" if answer.status == 200 else f"http_{answer.status}")
        if wall := discovery.wall_on(page):
            raise NoAnswerError(wall)
        self._home = answer
        return page

    def _require_links(self) -> None:
        """Raises SiteError if no listing gave a single article link: that silence is no success."""
        if self._pages == 0:
            walls = Counter(walk.wall for walk in self.walks if walk.wall)
            why = [reason for reason, _ in (walls + self._trouble).most_common(1)] or ["no article links"]
            raise SiteError(f"{why[0]} on {len(self.walks)} listings")

    async def _walk(self, listing: str) -> None:
        walk = Walk(listing, self.plan, self._known)
        try:
            url: str | None = listing
            while url:
                url = await self._walk_page(walk, url)
        except NoAnswerError as error:
            log.warning("%s: listing %s: %s", self.plan.site.key, listing, error.reason)
            self._trouble[error.reason] += 1
        except (SiteError, asyncio.CancelledError):
            raise
        except Exception:
            self.bugs += 1
            log.exception("%s: listing %s", self.plan.site.key, listing)
        finally:
            self._pages += walk.pages
            self.walks.append(walk.record())

    async def _walk_page(self, walk: Walk, url: str) -> str | None:
        """See one page of a listing and capture the articles due on it; the next page's URL, None at the end."""
        answer = await self._ask_page(url, "listing")
        if answer.status != 200 and not walk.pages:
            raise NoAnswerError(f"http_{answer.status}")
        if answer.status != 200 or (walk.pages and walk.been_at(answer.url)):
            walk.finished = True
            return None
        page = answer.page()
        if page is None or (wall := discovery.wall_on(page)):
            walk.wall = "unreadable" if page is None else wall
            return None
        family = self._family_of(page)
        found = family.listing(page)
        links = discovery.candidates(found.links, family, self._visitor.hosts)
        go_on = walk.see(links, url, answer.url)
        due = [link for link in walk.due(links) if self._harvest.worth_asking(link)]
        log.info("%s: %s: %d links, %d to ask", self.plan.site.key, answer.url, len(links), len(due))
        for link in due:
            if self._harvest.worth_asking(link):  # a redirect may have led to it meanwhile
                await self._harvest.gather(link, family, found_on=answer.url)
        following = found.next_page
        if go_on and (following is None or following not in self._visitor.hosts or walk.been_at(following)):
            walk.finished = True
        return following if go_on and not walk.finished else None

    async def _ask_page(self, url: str, kind: str) -> Answer:
        """A listing or the home page; the home page is asked once though it may be a listing too."""
        if self._home and canonical(url) in (canonical(self._home.asked), canonical(self._home.url)):
            return self._home
        return await self._visitor.ask(url, lambda hop: PageFacts(kind=kind, tls=self._visitor.tls(hop)))

    async def _ask_again(self, known: Revalidation) -> None:
        """A page captured on an earlier night, with the validators of its answer."""
        if self.family is None:
            return
        link = Candidate(known.url, discovery.key_of(self.family, known.url))
        named = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        if not self._harvest.has_asked(link.key):
            await self._harvest.gather(link, self.family, headers={k: v for k, v in named.items() if v})

    def _family_of(self, page: Page) -> Family:
        if self.family is None:
            self.family = discovery.family_of(self.plan.site, page)
        return self.family

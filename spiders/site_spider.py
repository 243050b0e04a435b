"""The one spider: from a site's plan to its captured pages."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Spider

from schemas.capture import CrawlPlan, CrawlReport
from spiders.failures import NoAnswerError, SiteError
from spiders.frontier import Known
from spiders.guard import Guard, GuardedResolver
from spiders.harvest import Harvest
from spiders.lanes import Lanes
from spiders.notes import Notebook
from spiders.spool import Spool
from spiders.tour import Tour
from spiders.visitor import Visitor

log = logging.getLogger("tintinh.crawl")


class SiteSpider(Spider):
    """Runs a `Tour` of a site: walks its listings, captures the articles that are due, asks known pages again.

    It asks one page after the other, so its walk reads from top to bottom; `stop` ends it at any await.
    """

    name = "site"

    def __init__(self, plan: CrawlPlan, spool: Spool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.spool = spool
        self.finish_reason = "finished"
        self.site_error: str | None = None
        self.bugs = 0
        """What was given up for an error of ours."""
        self._work: asyncio.Task[None] | None = None
        self._guard = Guard(plan.allow_hosts)
        self._lanes = Lanes(Path(plan.lanes), plan.patient)
        self._requests = 0
        known, notebook = Known(plan.known, plan.failed), Notebook(plan, spool)
        self._visitor = Visitor(plan, self._download, self._guard, self._lanes, notebook)
        self._harvest = Harvest(plan, self._visitor, spool, known, notebook)
        self._tour = Tour(plan, known, self._visitor, self._harvest, notebook)

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
            family=self._tour.family.name if self._tour.family else None,
            listings=self._tour.listings,
            requests=self._requests,
            captured=self._harvest.captured,
            failed=self._harvest.failed.counts,
            troubles=(*self._harvest.failed.troubles, *self._tour.troubles),
            alarm=self._tour.alarm,
            walks=tuple(walk.record() for walk in self._tour.walks),
            site_error=self.site_error,
            finish_reason=self.finish_reason,
        )

    async def _download(self, request: Any) -> Any:
        """Send a request, unless the crawl is to end before it."""
        if why := self._reason_to_end():
            self.stop(why)
            await asyncio.sleep(0)  # here it ends
        self._requests += 1
        return await self.crawler.engine.download_async(request)

    def _reason_to_end(self) -> str | None:
        if self.spool.error:
            return "spool_error"
        if self.spool.size > self.plan.spool_limit:
            return "spool_limit"
        most = self.plan.max_requests
        return "requests" if most is not None and self._requests >= most else None

    async def _crawl(self) -> None:
        try:
            await self._tour.run()
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
            self.bugs += self._tour.bugs
        if self.site_error is not None:
            self.finish_reason = "site_error"
            log.warning("%s: %s", self.plan.site.key, self.site_error)

"""What a site shows first: its home page, its family, and the listings that a crawl sets out to walk."""

import logging
from dataclasses import replace
from urllib.parse import urlencode

from pipelines import forwarding
from pipelines.families import FAMILIES, Family, recognise
from pipelines.page import Page
from pipelines.warc import PageFacts
from schemas.capture import CrawlPlan, PostBack
from schemas.state import ListingState
from schemas.urls import canonical
from spiders import discovery
from spiders.answer import Answer
from spiders.failures import NoAnswerError
from spiders.frontier import POSTED
from spiders.visitor import Visitor

CERTAIN = 0.9
"""From here a product's own marks speak: another family than the remembered one is an alarm, never a new identity."""

log = logging.getLogger("tintinh.crawl")


class Front:
    """A site's home page and listing pages, each asked once, and what they say of the site."""

    def __init__(self, plan: CrawlPlan, visitor: Visitor) -> None:
        self._plan, self._visitor = plan, visitor
        self.family: Family | None = FAMILIES.get(plan.site.family or plan.family or "")
        self.home: Answer | None = None
        """The home page, once it was needed."""
        self.forms: dict[str, PostBack] = {}
        """The forms that show further pages, by the names that `posted` gave these."""
        self.alarm: str | None = None
        """What the operator should look at."""
        self.is_new = True
        """The family was not noted yet: a page may still contradict what the past says."""

    async def orders(self) -> list[ListingState]:
        """The listings of the TOML, else those remembered, else those that the home page shows.

        Raises NoAnswerError for the home page.
        """
        past = {one.listing: one for one in self._plan.listings}
        urls = discovery.named_listings(self._plan.site) or (() if self._plan.discover else tuple(past))
        if not urls:
            shown = await self._shown_listings(bool(past))
            proven = (one.listing for one in past.values() if one.gave_links)
            urls = tuple(dict.fromkeys((*shown, *proven)))[: discovery.MAX_LISTINGS] if shown else tuple(past)
        return [past.get(url) or ListingState(listing=url) for url in urls]

    async def _shown_listings(self, may_fail: bool) -> tuple[str, ...]:
        """Those that the home page shows. Raises NoAnswerError for it, unless it `may_fail`."""
        try:
            page = await self.home_page()
        except NoAnswerError as error:
            if not may_fail:
                raise
            log.warning("%s: home page: %s; the listings known before are walked", self._plan.site.key, error.reason)
            return ()
        return discovery.listings_on(page, self.family_of(page), self._visitor.hosts, self._plan.site.folds_case)

    async def home_page(self) -> Page:
        """The home page, else the one that it only sends its readers on to. Raises NoAnswerError."""
        answer = await self.ask(self._plan.site.url, "home")
        page = answer.page()
        if page is not None and answer.status == 200 and not self.home and (way := forwarding.way_on(page)):
            answer = await self._led_on(way) or answer
            page = answer.page()
        if answer.status != 200 or page is None:
            raise NoAnswerError("unreadable" if answer.status == 200 else f"http_{answer.status}")
        if wall := discovery.wall_on(page):
            raise NoAnswerError(wall)
        self.home = answer
        return page

    async def _led_on(self, way: str) -> Answer | None:
        """What stands where the home page leads on to; None: no page. Raises NoAnswerError if that is off the site."""
        try:
            answer = await self.ask(way, "home")
        except NoAnswerError as error:
            if error.reason == "moved":
                raise
            return None
        # as the answer of the site's own address, which may be a listing too and is asked once
        return replace(answer, asked=self._plan.site.url) if answer.status == 200 and answer.page() else None

    def posted(self, form: PostBack, number: int) -> str:
        """A name, like a URL, for the page that a form shows; the control that says `next` is the same on all pages."""
        event = {POSTED: f"{form.target}${form.argument}", "page": str(number)}
        url = f"{form.url}{'&' if '?' in form.url else '?'}{urlencode(event)}"
        self.forms[url] = form
        return url

    async def ask(self, url: str, kind: str) -> Answer:
        """A listing or the home page; the home page is asked once though it may be a listing too."""
        if self.home and canonical(url) in (canonical(self.home.asked), canonical(self.home.url)):
            return self.home
        form = self.forms.get(url)
        facts = lambda hop: PageFacts(kind=kind, tls=self._visitor.tls(hop))  # noqa: E731
        return await self._visitor.ask(form.url if form else url, facts, form=form)

    def family_of(self, page: Page) -> Family:
        """The site's family for good: what the TOML or the past says, else what its first page shows."""
        if self.family is None:
            self.family = recognise(page)
        elif self._plan.family and not self._plan.site.family and self.is_new:
            other = recognise(page)
            if other.name != self.family.name and other.recognise(page) >= CERTAIN:
                self.alarm = f"its pages look like {other.name} now, and are read as {self.family.name}"
                log.warning("%s: %s", self._plan.site.key, self.alarm)
        return self.family

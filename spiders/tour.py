"""What one crawl does at a site, in order: its listings page by page in turn, what failed before, what it knows."""

import asyncio
import logging
from collections import Counter

from pipelines.families import Family
from pipelines.page import Page
from schemas.capture import CrawlPlan, Revalidation, Trouble
from schemas.state import SiteSeen, WalkStopped
from schemas.urls import canonical, url_key
from spiders import discovery
from spiders.days import Days
from spiders.elsewhere import Elsewhere
from spiders.failures import REFUSALS, NoAnswerError, SiteError
from spiders.front import Front
from spiders.frontier import Candidate, Known, Walk
from spiders.harvest import Harvest
from spiders.notes import Notebook
from spiders.sources import Sources
from spiders.visitor import Visitor

PAST_THE_END = frozenset(
    {"http_403", "http_500", "http_501", "http_502", "http_503", "connection", "moved", "unreadable"}
)
"""What some servers give for a page number too high."""
MOST_TOLD = 20
"""Listings in the report's troubles."""
PROBED = 4
"""Listings that a probe tries until one gives an article, and articles that it tries of each."""

log = logging.getLogger("tintinh.crawl")


class Tour:
    """One crawl's way through a site. Listings take turns page by page, so that a budget or a fault starves none."""

    def __init__(self, plan: CrawlPlan, known: Known, visitor: Visitor, harvest: Harvest, notebook: Notebook) -> None:
        self.plan = plan
        self.walks: list[Walk] = []
        self.bugs = 0
        """What was given up for an error of ours."""
        self._known, self._visitor, self._harvest, self._notebook = known, visitor, harvest, notebook
        self._sources = Sources(plan, visitor)
        self._days = Days(plan, self._sources)
        self._trouble: Counter[str] = Counter()
        self._front = Front(plan, visitor)

    @property
    def family(self) -> Family | None:
        """What the site is read as; None: no page said it yet."""
        return self._front.family

    @property
    def alarm(self) -> str | None:
        """What the operator should look at."""
        return self._front.alarm

    @property
    def listings(self) -> tuple[str, ...]:
        """The listings that are walked, by URL."""
        return tuple(walk.listing for walk in self.walks)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """The listings that gave no answer or were walls, and those that went on beyond the cap."""
        ended = (
            (walk, walk.wall or walk.trouble or ("listing_cap" if walk.is_capped else None)) for walk in self.walks
        )
        return tuple(Trouble(url=walk.listing, reason=why) for walk, why in ended if why)[:MOST_TOLD]

    async def run(self) -> None:
        """Go all the way.

        Raises:
            SiteError: the site as a whole gave nothing, or is to be left alone.
            NoAnswerError: its home page gave no answer, where that is needed.
        """
        if self.plan.pages:
            await self._gather_named()
            return
        orders = await self._front.orders()
        self.walks = [Walk(order, self.plan, self._known) for order in orders if not order.exhausted]
        self._harvest.listings = frozenset(url_key(url) for url in (self.plan.site.url, *(o.listing for o in orders)))
        if self.plan.kind == "probe":
            await self._probe()
            return
        await self._round()
        await self._go_on_with_halves()
        for link in self.plan.due:
            await self._gather(Candidate(link.url, link.url_key, link.listed_at), link.found_on)
        while any(walk.url for walk in self.walks):
            await self._round()
        if not any(walk.pages for walk in self.walks) and not await self._went_elsewhere():
            self._require_links()
        for page in self.plan.revalidate:
            await self._ask_again(page)

    async def _go_on_with_halves(self) -> None:
        """The articles that a killed crawl left half. A backfill goes on with them where it meets them."""
        for half in self.plan.begun if self.plan.kind == "nightly" else ():
            if not self._harvest.has_asked(half.url_key):
                await self._gather(Candidate(half.url, half.url_key, half.listed_at), half.found_on)

    async def _gather_named(self) -> None:
        """The pages that the plan names; the home page only where nothing else says the family."""
        family = self.family or self._front.family_of(await self._front.home_page())
        for url in self.plan.pages:
            await self._harvest.gather(Candidate(url, self._harvest.key_of(family, url)), family)

    async def _probe(self) -> None:
        """The first listing that gives an article, as far as its second page, and that article. Raises SiteError."""
        for walk in self.walks[:PROBED]:
            while walk.url and walk.pages < self.plan.first_pages:
                await self._step(walk)
            if self._harvest.captured:
                break
        self._require_links()

    def _require_links(self) -> None:
        """Raises SiteError if no listing gave a single article link: that silence is no success."""
        if self.walks and not any(walk.pages for walk in self.walks):
            walls = Counter(walk.wall for walk in self.walks if walk.wall)
            why = [reason for reason, _ in (walls + self._trouble).most_common(1)] or ["no article links"]
            raise SiteError(f"{why[0]} on {len(self.walks)} listings")

    async def _went_elsewhere(self) -> bool:
        """Where no listing lists anything: the sitemap, else the feeds, else from article to article.

        Raises SiteError when the host is to be left alone.
        """
        if not self.walks or any(walk.wall for walk in self.walks) or REFUSALS & self._trouble.keys():
            return False  # nothing is left, or the site does not want to be read
        try:
            home = await self._front.home_page()
        except NoAnswerError:
            return False
        family = self._front.family_of(home)
        self._note_site(family)
        elsewhere = Elsewhere(self.plan, self._visitor, self._harvest, self._sources)
        found = await elsewhere.find(home, family)
        if found.links:
            self._front.alarm = f"no listing gives links: read from its {found.source}"
            log.warning("%s: %s", self.plan.site.key, self.alarm)
            await elsewhere.gather(found, family, self.walks[0])
        return bool(found.links)

    async def _round(self) -> None:
        """One page of each listing that has a next one; a recheck is content with the first that lists articles.

        A backfill goes one listing down before the next: its place in each is kept, and a kill costs only one place.
        """
        for walk in self.walks:
            while walk.url:
                await self._step(walk)
                if self.plan.kind != "backfill":
                    break
            if self.plan.kind == "recheck" and walk.pages:
                for other in self.walks:
                    other.url = None
                return

    async def _step(self, walk: Walk) -> None:
        try:
            await self._see(walk)
        except NoAnswerError as error:
            log.warning("%s: listing %s: %s", self.plan.site.key, walk.listing, error.reason)
            self._trouble[error.reason] += 1
            walk.trouble = error.reason
            if walk.pages and self._is_past_the_end(walk, error.reason):
                self._end(walk)
                walk.trouble = None
            elif self.plan.campaign:
                self._notebook.write(WalkStopped(listing=walk.listing, wall=error.reason))
            walk.url = None
        except (SiteError, asyncio.CancelledError):
            raise
        except Exception:
            self.bugs += 1
            log.exception("%s: listing %s", self.plan.site.key, walk.listing)
            walk.url = None

    @staticmethod
    def _is_past_the_end(walk: Walk, reason: str) -> bool:
        """Whether an error is how the server answers a page number too high: 400 always, what may be a fault only where
        an earlier crawl was cut at the same page."""
        again = walk.resumed and walk.number == walk.order.resume_page + 1
        return reason == "http_400" or (again and reason in PAST_THE_END)

    async def _see(self, walk: Walk) -> None:
        """See the next page of a listing and capture the articles due on it. Raises NoAnswerError."""
        url = walk.url
        assert url is not None
        answer = await self._front.ask(url, "listing")
        answered = url if url in self._front.forms else answer.url
        if answer.status != 200 or (walk.pages and self._led_back(walk, url, answered)):
            if not walk.pages:
                raise NoAnswerError(f"http_{answer.status}")
            self._end(walk)
            return
        page = answer.page()
        if page is None:
            if walk.pages and answer.is_blank:
                self._end(walk)
                return
            raise NoAnswerError(answer.fault)
        if wall := discovery.wall_on(page):
            walk.wall, walk.url = wall, None
            self._notebook.write(WalkStopped(listing=walk.listing, wall=wall))
            return
        await self._harvest_page(walk, page, answered)

    def _end(self, walk: Walk) -> None:
        """The listing has no page of this number."""
        walk.past_the_end()
        self._notebook.write(walk.ended)

    def _led_back(self, walk: Walk, url: str, answered: str) -> bool:
        """Whether the page led to one that was seen, to the first or home: how some products end a listing."""
        firsts = (canonical(walk.listing), canonical(self.plan.site.url))
        return canonical(answered) != canonical(url) and (walk.been_at(answered) or canonical(answered) in firsts)

    async def _harvest_page(self, walk: Walk, page: Page, answered: str) -> None:
        family = self._front.family_of(page)
        self._note_site(family)
        found = family.listing(page)
        links = discovery.candidates(
            found.links, family, self._visitor.hosts, self.plan.site.folds_case, self.plan.space
        )
        following = found.next_page if found.next_page and found.next_page in self._visitor.hosts else None
        if following is None and found.next_form is not None and found.next_form.url in self._visitor.hosts:
            following = self._front.posted(found.next_form, walk.number + 1)
        links = await self._days.dated(links, family)
        due = [link for link in walk.due(walk.fresh(links)) if self._harvest.worth_asking(link)]
        days = await self._days.probed(due, family, lambda link: self._harvest.gather(link, family, answered))
        seen = walk.see(links, answered, following, days)
        ended, walk.ended = walk.ended, None  # not before all that is due here was asked
        due = [] if self._days.skips(days) else [link for link in walk.due(links) if self._harvest.worth_asking(link)]
        log.info("%s: %s: %d links, %d to ask", self.plan.site.key, answered, len(links), len(due))
        if self.plan.kind == "probe":  # one will do; a link with a date is surely no menu's
            due = sorted(due, key=lambda link: link.listed_at is None)[: 0 if self._harvest.captured else PROBED]
        for link in due:
            if self.plan.kind == "probe" and self._harvest.captured:
                break
            if self._harvest.worth_asking(link):  # a redirect may have led to it meanwhile
                await self._gather(link, found_on=answered)
        walk.ended = ended
        self._notebook.write(seen)
        self._notebook.write(ended)

    async def _gather(self, link: Candidate, found_on: str | None) -> None:
        if self.family is not None:
            await self._harvest.gather(link, self.family, found_on)

    async def _ask_again(self, known: Revalidation) -> None:
        """A page captured on an earlier night, with the validators of its answer."""
        if self.family is None:
            return
        link = Candidate(known.url, known.url_key or self._harvest.key_of(self.family, known.url))
        named = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        if not self._harvest.has_asked(link.key):
            await self._harvest.gather(link, self.family, headers={k: v for k, v in named.items() if v})

    def _note_site(self, family: Family) -> None:
        if self._front.is_new:
            self._front.is_new = False
            found = self._front.home is not None
            self._notebook.write(
                SiteSeen(family=family.name, listings=self.listings, discovered=found, campaign=self.plan.campaign)
            )

"""Article by article: asked once, all its pages, and what became of each."""

import logging
from collections.abc import Sequence

from pipelines.families.base import Family
from pipelines.identity import key_of
from pipelines.judge import wall
from pipelines.warc import ALIAS, ANSWERED
from schemas.capture import CrawlPlan, Trouble
from schemas.outcome import Outcome
from spiders.answer import Answer
from spiders.begun import Begun
from spiders.begun import read as begun_pages
from spiders.capture import Exchange
from spiders.failed import Failed
from spiders.failures import NoAnswerError, SiteError
from spiders.frontier import Candidate, Known
from spiders.notes import Notebook
from spiders.rest import Rest
from spiders.spool import Spool
from spiders.trail import HalfMetError, HaveItError, Trail, stated
from spiders.visitor import Visitor

MAX_HELD = 200
"""404s held back at most; a site with more has lost a section."""
MAX_WALLS = 3
"""Challenge or login pages in a row after which a site is left alone for the night."""
WALL_BYTES = 30_000
"""A larger answer is not looked at for a wall: challenges and logins are small, and reading costs."""
PROGRESS_EVERY = 25
"""Articles between two lines of progress."""

log = logging.getLogger("tintinh.crawl")


class Harvest:
    """Captures articles and counts them: each key ends as captured or as failed for one reason.

    A 404 is held back until the end: an article in two categories is linked under both paths, and some products
    answer only one of them.
    """

    def __init__(self, plan: CrawlPlan, visitor: Visitor, spool: Spool, known: Known, notebook: Notebook) -> None:
        self._site = plan.site.key
        self._folds_case, self._space = plan.site.folds_case, plan.space
        self.visitor = visitor
        self._spool = spool
        self._known = known
        self._rest = Rest(self, plan.site, notebook)
        self._tried: dict[str, set[str]] = {link.url_key: {link.url} for link in plan.absent}
        self._absent = frozenset(self._tried)
        self._halves = {article.url_key: article for article in plan.begun}
        self._begun: dict[str, Begun | None] = {}
        self.failed = Failed(notebook)
        self._missing: dict[str, Exchange] = {}
        self._walls = 0
        self.captured = 0
        """Article pages answered."""
        self.listings: frozenset[str] = frozenset()
        """URL keys of the home page and the listings: an article that leads there is gone."""

    def key_of(self, family: Family, url: str) -> str:
        """The identity of the article at `url` tonight. Raises ValueError for what is no URL."""
        return key_of(family, url, self._folds_case, self._space)

    def has_asked(self, key: str) -> bool:
        """Whether the article was asked in this crawl."""
        return key in self._tried

    def has(self, key: str) -> bool:
        """Whether the article was asked already or is known."""
        return key in self._tried or key in self._known

    def note_tried(self, key: str, url: str) -> None:
        """A redirect leads to the article `key` at `url`."""
        self._tried.setdefault(key, set()).add(url)

    def worth_asking(self, link: Candidate) -> bool:
        """Whether the article was not asked yet, or only under other URLs that gave nothing."""
        tried = self._tried.get(link.key)
        nothing = link.key in self.failed or link.key in self._missing or link.key in self._absent
        return tried is None or (link.url not in tried and nothing)

    async def gather(
        self, link: Candidate, family: Family, found_on: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """Ask one article; what it answers is in the spool, what it does not is counted. Returns the answer.

        `headers`: those of a question for a page that is known, else None.

        Raises SiteError when the host is to be left alone.
        """
        self._tried.setdefault(link.key, set()).add(link.url)
        trail = Trail(self, link, family, found_on, headers is not None)
        begun = self.half(link.key) if headers is None else None
        try:
            answer = begun.pages[1] if begun else await self._ask(link, trail, headers)
        except HalfMetError:
            begun = self.half(trail.reached.key)
            answer = begun.pages[1]  # type: ignore[union-attr]
        except HaveItError:
            trail.close()
            self.failed.forget(link.key)
            return None
        except NoAnswerError as error:
            trail.close()
            if trail.refused:
                self.failed.tell(Trouble(url=link.url, reason=error.reason))
            elif not trail.home:
                self._fail(trail.reached, error, found_on)
            return None
        if begun:
            self._write_again(begun)
            trail.close()
        if found := self.wall_on(answer):
            trail.keep(more=False)
            self._meet_wall(found, link, found_on)
            return None
        await self._rest.gather(answer, family, trail, begun)
        return answer

    async def _ask(self, link: Candidate, trail: Trail, headers: dict[str, str] | None) -> Answer:
        """Raises NoAnswerError, also for an answer that says nothing of the article."""
        try:
            answer = await self.visitor.ask(link.url, trail.facts, headers, trail.follow, trail.take)
        except NoAnswerError:
            raise
        except BaseException:  # told to end, or the host is left alone
            trail.abandon()
            raise
        if answer.status not in ANSWERED:
            raise NoAnswerError(f"http_{answer.status}")
        return answer

    def half(self, key: str) -> Begun | None:
        """What an earlier crawl had of the article when it was killed."""
        if article := self._halves.pop(key, None):
            self._begun[key] = begun_pages(article)
        return self._begun.get(key)

    def _write_again(self, begun: Begun) -> None:
        key = begun.facts.url_key or ""
        self._begun.pop(key, None)
        self.failed.forget(key)
        self._spool.put(lambda: begun.records, len(begun.records))
        self.count()

    def _fail(self, link: Candidate, error: NoAnswerError, found_on: str | None) -> None:
        log.info("%s: %s: %s", self._site, link.url, error.reason)
        if link.key not in self._missing:
            self.failed.add(link, error, found_on)

    def wall_on(self, answer: Answer) -> Outcome | None:
        """The challenge or login that came instead of the article."""
        page = answer.page() if answer.status == 200 and answer.is_small(WALL_BYTES) else None
        found = wall(page) if page is not None else None
        self._walls = self._walls + 1 if found else 0
        return found

    def _meet_wall(self, found: Outcome, link: Candidate, found_on: str | None) -> None:
        """A wall is a capture, and its link due again. Raises SiteError when one page after the other is one: to go on
        would be rude and vain."""
        self.failed.tell(Trouble(url=link.url, reason=found.value))
        self.failed.note(link, found.value, found_on)
        if self._walls >= MAX_WALLS:
            raise SiteError(f"{found.value} on {self._walls} pages in a row")

    def settle(self) -> None:
        """What stayed 404 or 410 under every URL is an answer: write it. To be called once, at the end."""
        while self._missing:
            self._write_oldest()

    def answered(self, link: Candidate, status: int, pages: Sequence[Exchange], found_on: str | None) -> None:
        """Write an answer behind the redirects to it, or hold it back; an earlier 404 is kept, but says nothing once
        another URL answered."""
        key, (*redirects, page) = link.key, pages
        self.failed.forget(key)
        if earlier := self._missing.pop(key, None):
            self.write(stated(earlier, kind=ALIAS))
        if status in (404, 410):
            self.write(*redirects)
            self._missing[key] = page
            if not page.facts.again:  # says nothing unless a kill takes what is held back
                self.failed.note(link, f"http_{status}", found_on)
            if len(self._missing) > MAX_HELD:
                self._write_oldest()
        else:
            self.write(*pages)
            self.count()

    def _write_oldest(self) -> None:
        self.write(self._missing.pop(next(iter(self._missing))))
        self.count()

    def write(self, *exchanges: Exchange) -> None:
        """Queue the records of some exchanges: all of them are written at once."""
        if exchanges:
            weight = sum(one.weight for one in exchanges)
            self._spool.put(lambda: b"".join(one.write(one.facts) for one in exchanges), weight)

    def count(self) -> None:
        """One more capture."""
        self.captured += 1
        if self.captured % PROGRESS_EVERY == 0:
            log.info("%s: %d articles captured", self._site, self.captured)

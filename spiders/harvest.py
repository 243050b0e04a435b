"""Article by article: asked once, all its pages, and what became of each."""

import logging
from collections import Counter
from functools import partial

from pipelines import attachments
from pipelines.families.base import Family
from pipelines.payload import PayloadTooLargeError
from pipelines.warc import ALIAS, ANSWERED, ARTICLE, ATTACHMENT, PageFacts
from schemas.capture import CrawlPlan
from schemas.urls import canonical, url_key
from spiders.capture import Exchange
from spiders.discovery import key_of
from spiders.frontier import Candidate, Known
from spiders.spool import Spool
from spiders.visitor import Answer, NoAnswerError, Visitor

MAX_PARTS = 30
"""Pages of one article at most."""
MAX_ATTACHMENTS = 20
"""Documents of one article at most."""
MAX_HELD = 200
"""404s held back at most; a site with more has lost a section."""
PROGRESS_EVERY = 25
"""Articles between two lines of progress."""

log = logging.getLogger("tintinh.crawl")


class _HaveItError(NoAnswerError):
    """A redirect leads to a page that was asked already, or is known."""


class Harvest:
    """Captures articles and counts them: each key ends as captured or as failed for one reason.

    A 404 is held back until the end: an article in two categories is linked under both paths, and some products
    answer only one of them.
    """

    def __init__(self, plan: CrawlPlan, visitor: Visitor, spool: Spool, known: Known) -> None:
        self._site = plan.site.key
        self._choice = plan.site.attachments
        self._visitor = visitor
        self._spool = spool
        self._known = known
        self._tried: dict[str, set[str]] = {}
        self._failed: dict[str, str] = {}
        self._missing: dict[str, Exchange] = {}
        self.captured = 0
        """Article pages answered."""
        self.listings: frozenset[str] = frozenset()
        """URL keys of the home page and the listings: an article that leads there is gone."""

    @property
    def failed(self) -> dict[str, int]:
        """Articles without an answer, by reason."""
        return dict(Counter(self._failed.values()))

    def has_asked(self, key: str) -> bool:
        """Whether the article was asked in this crawl."""
        return key in self._tried

    def worth_asking(self, link: Candidate) -> bool:
        """Whether the article was not asked yet, or only under other URLs that gave nothing."""
        tried = self._tried.get(link.key)
        return tried is None or (link.url not in tried and (link.key in self._failed or link.key in self._missing))

    async def gather(
        self, link: Candidate, family: Family, found_on: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        """Ask one article; what it answers is in the spool, what it does not is counted.

        Raises SiteError when the host is to be left alone.
        """
        self._tried.setdefault(link.key, set()).add(link.url)

        def facts_of(url: str) -> PageFacts:
            return PageFacts(
                kind=ARTICLE,
                url_key=key_of(family, family.original(url)),
                found_on=found_on,
                listed_at=link.listed_at,
                tls=self._visitor.tls(url),
                family=family.name,
            )

        def follow(target: str) -> None:
            key = key_of(family, family.original(target))
            if key != link.key and (key in self._tried or key in self._known):
                raise _HaveItError("duplicate")
            if url_key(target) in self.listings:
                raise NoAnswerError("redirected_home")
            self._tried.setdefault(key, set()).add(canonical(target))

        try:
            answer = await self._visitor.ask(link.url, facts_of, headers, follow, partial(self._take, link.key))
            if answer.status not in ANSWERED:
                raise NoAnswerError(f"http_{answer.status}")
        except _HaveItError:
            self._failed.pop(link.key, None)
        except NoAnswerError as error:
            log.info("%s: %s: %s", self._site, link.url, error.reason)
            if link.key not in self._missing:
                self._failed[link.key] = error.reason
        else:
            await self._gather_parts(answer, family, facts_of(answer.url))
            await self._gather_attachments(answer, family)

    def settle(self) -> None:
        """What stayed 404 or 410 under every URL is an answer: write it. To be called once, at the end."""
        while self._missing:
            self._write_oldest()

    async def _gather_parts(self, first: Answer, family: Family, facts: PageFacts) -> None:
        """The further pages of an article split over several, where the product does that."""
        if first.status != 200 or type(family).further_pages is Family.further_pages:
            return
        page = first.page()
        urls = family.further_pages(page) if page is not None else ()
        for number, url in enumerate(urls[: MAX_PARTS - 1], start=2):
            part = facts.model_copy(update={"part_of": first.url, "part": number})
            try:
                await self._visitor.ask(url, partial(_same, part))
            except NoAnswerError as error:
                self._failed[f"{facts.url_key} {number}"] = error.reason

    async def _gather_attachments(self, article: Answer, family: Family) -> None:
        """The documents that the article links, each once and never again; what gives none costs only its request."""
        if article.status != 200 or self._choice == "none":
            return
        try:
            links = attachments.linked(article.raw(), family, self._choice)
        except PayloadTooLargeError:
            return
        for found in links[:MAX_ATTACHMENTS]:
            key = attachments.file_key(found.url)
            if key in self._tried or key in self._known:
                continue
            self._tried[key] = {found.url}
            facts = PageFacts(
                kind=ATTACHMENT, url_key=key, found_on=article.url, tls=self._visitor.tls(found.url), family=family.name
            )
            try:
                await self._visitor.ask(found.url, partial(_same, facts))
            except NoAnswerError as error:
                log.info("%s: attachment %s: %s", self._site, found.url, error.reason)

    def _take(self, key: str, status: int, exchange: Exchange) -> None:
        """Write an answer, or hold it back; an earlier 404 is kept, but says nothing once another URL answered."""
        if status not in ANSWERED:
            self._write(exchange, ARTICLE)
            return
        self._failed.pop(key, None)
        if earlier := self._missing.pop(key, None):
            self._write(earlier, ALIAS)
        if status in (404, 410):
            self._missing[key] = exchange
            if len(self._missing) > MAX_HELD:
                self._write_oldest()
        else:
            self._write(exchange, ARTICLE)
            self._count()

    def _write_oldest(self) -> None:
        self._write(self._missing.pop(next(iter(self._missing))), ARTICLE)
        self._count()

    def _write(self, exchange: Exchange, kind: str) -> None:
        facts = exchange.facts.model_copy(update={"kind": kind})
        self._spool.put(partial(exchange.write, facts), exchange.weight)

    def _count(self) -> None:
        self.captured += 1
        if self.captured % PROGRESS_EVERY == 0:
            log.info("%s: %d articles captured", self._site, self.captured)


def _same(facts: PageFacts, _: str) -> PageFacts:
    return facts

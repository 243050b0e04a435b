"""Article by article: asked once, all its pages, and what became of each."""

import logging
from collections import Counter
from functools import partial

from pipelines import attachments
from pipelines.families.base import Family
from pipelines.identity import key_of
from pipelines.judge import wall
from pipelines.payload import PayloadTooLargeError
from pipelines.warc import ALIAS, ANSWERED, ARTICLE, ATTACHMENT, REFUSED, PageFacts
from schemas.capture import CrawlPlan, Trouble
from schemas.state import LinkFailed
from schemas.urls import canonical, url_key
from spiders.capture import Exchange
from spiders.failures import NoAnswerError, SiteError
from spiders.frontier import Candidate, Known
from spiders.notes import Notebook
from spiders.spool import Spool
from spiders.visitor import REDIRECTS, Answer, Visitor

MAX_PARTS = 30
"""Pages of one article at most."""
MAX_ATTACHMENTS = 20
"""Documents of one article at most."""
MAX_HELD = 200
"""404s held back at most; a site with more has lost a section."""
MAX_WALLS = 3
"""Challenge or login pages in a row after which a site is left alone for the night."""
WALL_BYTES = 30_000
"""A larger answer is not looked at for a wall: challenges and logins are small, and reading costs."""
TOLD = 5
"""Examples of each kind of failure in the report."""
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

    def __init__(self, plan: CrawlPlan, visitor: Visitor, spool: Spool, known: Known, notebook: Notebook) -> None:
        self._site = plan.site.key
        self.folds_case = plan.site.folds_case
        self._choice = plan.site.attachments
        self.visitor = visitor
        self._spool = spool
        self._known = known
        self._notebook = notebook
        self._tried: dict[str, set[str]] = {}
        self._failed: dict[str, str] = {}
        self._missing: dict[str, Exchange] = {}
        self._walls = 0
        self._troubles: dict[str, list[Trouble]] = {}
        self.captured = 0
        """Article pages answered."""
        self.listings: frozenset[str] = frozenset()
        """URL keys of the home page and the listings: an article that leads there is gone."""

    @property
    def failed(self) -> dict[str, int]:
        """Articles without an answer, by reason."""
        return dict(Counter(self._failed.values()))

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Examples of what failed."""
        return tuple(one for kind in self._troubles.values() for one in kind)

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
        return tried is None or (link.url not in tried and (link.key in self._failed or link.key in self._missing))

    async def gather(
        self, link: Candidate, family: Family, found_on: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """Ask one article; what it answers is in the spool, what it does not is counted. Returns the answer.

        `headers`: those of a question for a page that is known, else None.

        Raises SiteError when the host is to be left alone.
        """
        self._tried.setdefault(link.key, set()).add(link.url)
        trail = _Trail(self, link, family, found_on, headers is not None)
        try:
            answer = await self.visitor.ask(link.url, trail.facts, headers, trail.follow, trail.take)
            trail.close()
            if answer.status not in ANSWERED:
                raise NoAnswerError(f"http_{answer.status}")
        except _HaveItError:
            self._failed.pop(link.key, None)
        except NoAnswerError as error:
            trail.close()
            if trail.refused:
                self._tell(Trouble(url=link.url, reason=error.reason))
            elif not trail.home:
                self._fail(trail.reached, error, found_on)
        else:
            if self._is_wall(link, answer, found_on):
                return None
            await self._gather_parts(link, answer, family, trail.facts(answer.url))
            await self._gather_attachments(answer, family)
            return answer
        return None

    def _fail(self, link: Candidate, error: NoAnswerError, found_on: str | None) -> None:
        log.info("%s: %s: %s", self._site, link.url, error.reason)
        if link.key in self._missing:
            return
        self._failed[link.key] = error.reason
        self._tell(Trouble(url=link.url, reason=error.reason, target=error.target))
        self._note_failed(link, error.reason, found_on)

    def _tell(self, trouble: Trouble) -> None:
        told = self._troubles.setdefault(trouble.reason, [])
        if len(told) < TOLD:
            told.append(trouble)

    def _note_failed(self, link: Candidate, reason: str, found_on: str | None) -> None:
        """Have the link asked again on another night."""
        failed = LinkFailed(url=link.url, url_key=link.key, reason=reason, listed_at=link.listed_at, found_on=found_on)
        self._notebook.write(failed, link.url)

    def _is_wall(self, link: Candidate, answer: Answer, found_on: str | None) -> bool:
        """Whether a challenge or a login came instead of the article: a capture, and due again. Raises SiteError when
        one page after the other is one: to go on would be rude and vain."""
        page = answer.page() if answer.status == 200 and answer.is_small(WALL_BYTES) else None
        found = wall(page) if page is not None else None
        self._walls = self._walls + 1 if found else 0
        if found is None:
            return False
        self._tell(Trouble(url=link.url, reason=found.value))
        self._note_failed(link, found.value, found_on)
        if self._walls >= MAX_WALLS:
            raise SiteError(f"{found.value} on {self._walls} pages in a row")
        return True

    def settle(self) -> None:
        """What stayed 404 or 410 under every URL is an answer: write it. To be called once, at the end."""
        while self._missing:
            self._write_oldest()

    async def _gather_parts(self, link: Candidate, first: Answer, family: Family, facts: PageFacts) -> None:
        """The further pages of an article split over several, where the product does that."""
        if first.status != 200 or type(family).further_pages is Family.further_pages:
            return
        page = first.page()
        urls = family.further_pages(page) if page is not None else ()
        for number, url in enumerate(urls[: MAX_PARTS - 1], start=2):
            part = facts.model_copy(update={"part_of": first.url, "part": number})
            try:
                await self.visitor.ask(url, partial(_same, part))
            except NoAnswerError as error:  # the article is asked again for the sake of its lost part
                lost = Candidate(first.url, f"{facts.url_key} {number}", link.listed_at)
                self._fail(lost, NoAnswerError(f"part_{error.reason}"), facts.found_on)

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
                kind=ATTACHMENT, url_key=key, found_on=article.url, tls=self.visitor.tls(found.url), family=family.name
            )
            try:
                await self.visitor.ask(found.url, partial(_same, facts))
            except NoAnswerError as error:
                log.info("%s: attachment %s: %s", self._site, found.url, error.reason)

    def answered(self, key: str, status: int, exchange: Exchange) -> None:
        """Write an answer, or hold it back; an earlier 404 is kept, but says nothing once another URL answered."""
        if not (status in ANSWERED or (exchange.facts.again and status in REFUSED)):
            self.write(exchange, ARTICLE)
            return
        self._failed.pop(key, None)
        if earlier := self._missing.pop(key, None):
            self.write(earlier, ALIAS)
        if status in (404, 410):
            self._missing[key] = exchange
            if len(self._missing) > MAX_HELD:
                self._write_oldest()
        else:
            self.write(exchange, ARTICLE)
            self.count()

    def _write_oldest(self) -> None:
        self.write(self._missing.pop(next(iter(self._missing))), ARTICLE)
        self.count()

    def write(self, exchange: Exchange, kind: str, **facts_of_redirect: object) -> None:
        """Queue the records of an answer."""
        facts = exchange.facts.model_copy(update={"kind": kind, **facts_of_redirect})
        self._spool.put(partial(exchange.write, facts), exchange.weight)

    def count(self) -> None:
        """One more capture."""
        self.captured += 1
        if self.captured % PROGRESS_EVERY == 0:
            log.info("%s: %d articles captured", self._site, self.captured)


class _Trail:
    """The redirects of one article on their way: each is written once it is known where it led."""

    def __init__(self, harvest: Harvest, link: Candidate, family: Family, found_on: str | None, again: bool) -> None:
        self._harvest, self._link, self._family, self._found_on = harvest, link, family, found_on
        self._again = again
        self.refused = False
        """The site has the page, known to us, and not for us: that is a capture."""
        self.reached = link
        """What is to be asked again if no answer comes: an alias has given its own, the article behind it has not."""
        self._held: Exchange | None = None
        self.home = False
        """It led to the home page or a listing: the page is missing, and that is a capture."""

    def facts(self, url: str) -> PageFacts:
        """What is known of the answer at `url`."""
        return PageFacts(
            kind=ARTICLE,
            url_key=key_of(self._family, url, self._harvest.folds_case),
            found_on=self._found_on,
            listed_at=self._link.listed_at,
            tls=self._harvest.visitor.tls(url),
            family=self._family.name,
            again=self._again,
        )

    def take(self, status: int, exchange: Exchange) -> None:
        """Have the records of an answer: a redirect waits for `follow`."""
        self.close()
        if status in REDIRECTS:
            self._held = exchange
        else:
            self.refused = self._again and status in REFUSED
            self._harvest.answered(self._link.key, status, exchange)

    def close(self) -> None:
        """Write the redirect that nothing followed."""
        if self._held is not None:
            self._harvest.write(self._held, ARTICLE)
            self._held = None

    def follow(self, target: str) -> None:
        """A redirect leads to `target`. Raises NoAnswerError to go no further."""
        try:
            key = key_of(self._family, target, self._harvest.folds_case)
        except ValueError:
            raise NoAnswerError("bad_redirect") from None
        exchange, self._held = self._held, None
        self.home = url_key(target) in self._harvest.listings
        known = key != self._link.key and self._harvest.has(key)
        if exchange is not None:
            aliased = key != self._link.key and not self.home and target in self._harvest.visitor.hosts
            led = {"alias_of": key} if aliased else {"leads_home": True} if self.home else {}
            self._harvest.write(exchange, ARTICLE, **led)
            if led:
                self._harvest.count()
        if self.home:
            raise NoAnswerError("redirected_home")
        if known:
            raise _HaveItError("duplicate")
        self._harvest.note_tried(key, canonical(target))
        if key != self._link.key and target in self._harvest.visitor.hosts:
            self.reached = Candidate(canonical(target), key, self._link.listed_at)


def _same(facts: PageFacts, _: str) -> PageFacts:
    return facts

"""What belongs to an article beside its first page: its further pages, and the documents that all of them link."""

import logging
from functools import partial
from typing import TYPE_CHECKING

from pipelines import attachments
from pipelines.attachments import file_key
from pipelines.families.base import Family
from pipelines.payload import PayloadTooLargeError
from pipelines.warc import ALIAS, ATTACHMENT, PageFacts
from schemas.site import Site
from schemas.state import ArticleEnded
from schemas.urls import url_key
from spiders.answer import Answer
from spiders.begun import Begun
from spiders.capture import Exchange
from spiders.failures import NoAnswerError, is_passing
from spiders.frontier import Candidate
from spiders.notes import Notebook
from spiders.trail import HaveItError, Trail, stated

if TYPE_CHECKING:
    from spiders.harvest import Harvest

MAX_PARTS = 30
"""Pages of one article at most."""
MAX_ATTACHMENTS = 20
"""Documents of one page at most."""

log = logging.getLogger("tintinh.crawl")


class Rest:
    """Asks what follows the first pages of a site's articles."""

    def __init__(self, harvest: "Harvest", site: Site, notebook: Notebook) -> None:
        self._harvest, self._notebook = harvest, notebook
        self._site, self._choice = site.key, site.attachments

    async def gather(self, first: Answer, family: Family, trail: Trail, begun: Begun | None) -> None:
        """Keep the article's page, and ask its further pages and the documents of all of them. A crawl that ends
        between them leaves an article without the note that it ended; the next one goes on with it."""
        urls: tuple[str, ...] = ()
        documents: list[str] = []
        try:
            urls, documents = _further_pages(first, family), self._documents(first, family)
        finally:  # whatever a page does to us, it is kept
            trail.keep(more=bool(urls or documents))
        if not (begun or urls or documents):
            return
        facts = begun.facts if begun else trail.facts(first.url)
        article = Candidate(first.url, facts.url_key or "", facts.listed_at)
        have = begun.pages if begun else {}
        for number, url in enumerate(urls, start=2):
            page = have.get(number) or await self._part(article, facts, number, url)
            documents += self._documents(page, family) if page else []
        for url in documents:
            if not (begun and file_key(url) in begun.documents):
                await self._document(article, family, facts, url)
        self._notebook.write(ArticleEnded(url=first.url), first.url)

    async def _part(self, article: Candidate, facts: PageFacts, number: int, url: str) -> Answer | None:
        """A further page of an article; for one that gives no answer, or a wall, the article is asked again."""
        part = facts.model_copy(update={"part_of": article.url, "part": number, "more": False})

        def follow(target: str) -> None:
            if url_key(target) != url_key(url):  # the first page again, or another: there is no such part
                raise HaveItError("duplicate", target)

        held: list[Exchange] = []
        try:
            page = await self._harvest.visitor.ask(
                url, partial(_same, part), None, follow, lambda _, one: held.append(one)
            )
            if (found := self._harvest.wall_on(page)) is None:
                return page
            held = [stated(one, kind=ALIAS) for one in held]
            self._harvest.failed.lack(article, f"part_{found.value}", url, facts.found_on)
        except HaveItError:
            pass
        except NoAnswerError as error:
            log.info("%s: page %s: %s", self._site, url, error.reason)
            self._harvest.failed.lack(article, f"part_{error.reason}", url, facts.found_on)
        finally:
            self._harvest.write(*held)
        return None

    def _documents(self, page: Answer, family: Family) -> list[str]:
        """What a page of an article links and was not asked yet: each document is asked once and never again."""
        if page.status != 200 or self._choice == "none":
            return []
        try:
            links = attachments.linked(page.raw(), family, self._choice)[:MAX_ATTACHMENTS]
        except PayloadTooLargeError:
            return []
        return [one.url for one in links if not self._harvest.has(file_key(one.url))]

    async def _document(self, article: Candidate, family: Family, facts: PageFacts, url: str) -> None:
        """A linked document; for one that a passing fault kept back, the article is asked again."""
        key = file_key(url)
        if self._harvest.has_asked(key):
            return
        self._harvest.note_tried(key, url)
        told = PageFacts(
            kind=ATTACHMENT, url_key=key, found_on=article.url, tls=self._harvest.visitor.tls(url), family=family.name
        )
        try:
            await self._harvest.visitor.ask(url, partial(_same, told))
        except NoAnswerError as error:
            log.info("%s: document %s: %s", self._site, url, error.reason)
            if is_passing(error.reason):
                self._harvest.failed.lack(article, f"document_{error.reason}", url, facts.found_on)


def _same(facts: PageFacts, _: str) -> PageFacts:
    return facts


def _further_pages(first: Answer, family: Family) -> tuple[str, ...]:
    """The URLs of an article's other pages, where the product splits articles over several."""
    splits = type(family).further_pages is not Family.further_pages
    page = first.page() if first.status == 200 and splits else None
    return family.further_pages(page)[: MAX_PARTS - 1] if page is not None else ()

"""What a site lists beside its listing pages: sitemaps, then feeds. Asked where these are needed, each once a crawl."""

import logging
from collections.abc import Iterable
from urllib.parse import urljoin

from pipelines import feeds
from pipelines.families import Family
from pipelines.families.structure import article_urls
from pipelines.page import Page
from pipelines.payload import PayloadTooLargeError
from pipelines.warc import PageFacts
from schemas.capture import ArticleLink, CrawlPlan
from schemas.urls import canonical
from spiders import discovery
from spiders.failures import NoAnswerError
from spiders.frontier import Candidate
from spiders.visitor import Visitor

MAX_FILES = 40
"""Sitemaps and feeds of one site that are asked at most: two million entries."""

log = logging.getLogger("tintinh.crawl")


class Sources:
    """A site's sitemaps and feeds, as links in the order of their times, newest first."""

    def __init__(self, plan: CrawlPlan, visitor: Visitor) -> None:
        self._plan, self._visitor = plan, visitor
        self._asked: set[str] = set()
        self._sitemap: tuple[Candidate, ...] | None = None

    async def sitemap(self, family: Family) -> tuple[Candidate, ...]:
        """The articles of the sitemaps that robots.txt names, else of the product's own; dated where that is true.

        Raises SiteError when the host is to be left alone.
        """
        if self._sitemap is None:
            home = self._plan.site.url
            named = (await self._visitor.rules_of(home)).sitemaps
            links = await self._read([urljoin(home, url) for url in named], "sitemap")
            for path in family.sitemaps:
                links = links or await self._read([urljoin(home, path)], "sitemap")
            listed = self._candidates(links, family, family.sitemap_times_true)
            likely = article_urls({link.url for link in listed})
            self._sitemap = tuple(one for one in listed if one.url in likely or family.is_article_url(one.url))
        return self._sitemap

    async def announced(self, family: Family, home: Page) -> tuple[Candidate, ...]:
        """The articles of the feeds that the home page announces. Raises SiteError."""
        links = await self._read(family.feeds(home), "feed")
        return self._candidates(links, family, family.feed_times_true)

    async def _read(self, urls: Iterable[str], kind: str) -> list[ArticleLink]:
        waiting, links = list(urls), list[ArticleLink]()
        while waiting and len(self._asked) < MAX_FILES:
            url = waiting.pop(0)
            if canonical(url) in self._asked or url not in self._visitor.hosts:
                continue
            self._asked.add(canonical(url))
            found = await self._ask(url, kind)
            if found.kind == kind:
                links += found.links
                waiting += [child for child in found.children if not feeds.holds_no_articles(child)]
        return links

    async def _ask(self, url: str, kind: str) -> feeds.Feed:
        try:
            answer = await self._visitor.ask(url, lambda hop: PageFacts(kind=kind, tls=self._visitor.tls(hop)))
            return feeds.read(answer.body, answer.url) if answer.status == 200 else feeds.Feed()
        except (NoAnswerError, PayloadTooLargeError) as error:
            log.info("%s: %s %s: %s", self._plan.site.key, kind, url, error)
            return feeds.Feed()

    def _candidates(self, links: list[ArticleLink], family: Family, times_true: bool) -> tuple[Candidate, ...]:
        newest = sorted(links, key=lambda link: link.listed_at or "", reverse=True)
        found = discovery.candidates(newest, family, self._visitor.hosts, self._plan.site.folds_case, self._plan.space)
        return tuple(Candidate(link.url, link.key, link.listed_at if times_true else None) for link in found)

"""A site whose listings list nothing: its sitemap, else its feeds, else from article to article."""

from collections import deque
from dataclasses import dataclass

from pipelines.families import Family
from pipelines.page import Page
from schemas.capture import CrawlPlan
from spiders import discovery
from spiders.frontier import Candidate, Walk
from spiders.harvest import Harvest
from spiders.sources import Sources
from spiders.visitor import Visitor

MOST = 400
"""Articles of a night that are asked so: as many as twenty pages of a listing have."""


@dataclass(frozen=True)
class Found:
    """Links to articles, and where they were."""

    links: tuple[Candidate, ...]
    source: str
    further: bool
    """Whether the articles themselves are all that shows more of them."""


class Elsewhere:
    """The articles that such a site has all the same."""

    def __init__(self, plan: CrawlPlan, visitor: Visitor, harvest: Harvest, sources: Sources) -> None:
        self._plan, self._visitor, self._harvest, self._sources = plan, visitor, harvest, sources

    async def find(self, home: Page, family: Family) -> Found:
        """The first source that gives links. Raises SiteError when the host is to be left alone."""
        links = await self._sources.sitemap(family) or await self._sources.announced(family, home)
        if links:
            return Found(tuple(links), "sitemap or feed", further=False)
        return Found(self._links_of(home, family), "own articles", further=True)

    async def gather(self, found: Found, family: Family, walk: Walk) -> None:
        """Capture what is due of the links, as on a page of the walk. Raises SiteError."""
        waiting = deque(found.links)
        cap = MOST if self._plan.kind != "backfill" else len(found.links) + MOST
        while waiting and cap:
            link = waiting.popleft()
            if not walk.due([link]) or not self._harvest.worth_asking(link):
                continue
            cap -= 1
            answer = await self._harvest.gather(link, family)
            page = answer.page() if found.further and answer is not None and answer.status == 200 else None
            if page is not None:
                waiting.extend(self._links_of(page, family))

    def _links_of(self, page: Page, family: Family) -> tuple[Candidate, ...]:
        found = family.listing(page).links
        return discovery.candidates(found, family, self._visitor.hosts, self._plan.site.folds_case, self._plan.space)

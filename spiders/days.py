"""The days of a backfill's undated links: from the sitemap, else from the first and the last of a page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date

from pipelines import dates
from pipelines.families import Family
from schemas.capture import CrawlPlan
from spiders.answer import Answer
from spiders.frontier import Candidate, local_day
from spiders.sources import Sources

Gather = Callable[[Candidate], Awaitable[Answer | None]]


class Days:
    """Tells when undated links were published, so that a backfill need not fetch what its window leaves out."""

    def __init__(self, plan: CrawlPlan, sources: Sources) -> None:
        self._plan, self._sources = plan, sources
        self._listed: dict[str, str] | None = None

    @property
    def matter(self) -> bool:
        """Whether the crawl has a window."""
        return self._plan.kind == "backfill" and (self._plan.since or self._plan.until) is not None

    async def dated(self, links: Sequence[Candidate], family: Family) -> tuple[Candidate, ...]:
        """The links, the undated ones with the time of the sitemap where the product's is that of publication.

        Raises SiteError when the host is to be left alone.
        """
        if not (self.matter and family.sitemap_times_true and any(link.day is None for link in links)):
            return tuple(links)
        if self._listed is None:
            listed = await self._sources.sitemap(family)
            self._listed = {link.key: link.listed_at for link in listed if link.listed_at}
        return tuple(link if link.day else replace(link, listed_at=self._listed.get(link.key)) for link in links)

    async def probed(self, due: Sequence[Candidate], family: Family, gather: Gather) -> tuple[date, ...]:
        """The days of the first and the last of a page's due links, by gathering them; () where they tell nothing.

        Only for a page whose due links are mostly undated. A listing runs from new to old: between a first and a last
        day outside the window on the same side nothing is within.
        """
        undated = [link for link in due if link.day is None]
        if not self.matter or len(undated) < 3 or 2 * len(undated) < len(due):
            return ()
        ends = [day_of(await gather(link), family) for link in (undated[0], undated[-1])]
        return tuple(day for day in ends if day) if all(ends) else ()

    def skips(self, days: Sequence[date]) -> bool:
        """Whether a page between these days holds nothing of the window."""
        since, until = self._plan.since, self._plan.until
        newer = until is not None and all(day > until for day in days)
        older = since is not None and all(day < since for day in days)
        return bool(days) and (newer or older)


def day_of(answer: Answer | None, family: Family) -> date | None:
    """The local day on which the article says that it was published; None: it says none, or is no article."""
    page = answer.page() if answer is not None and answer.status == 200 else None
    found = family.article(page) if page is not None else None
    if page is None or found is None:
        return None
    read = (dates.read(claim.raw, page.fetched_at) for claim in found.published)
    return next((local_day(instant.value.isoformat()) for instant in read if instant is not None), None)

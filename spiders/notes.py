"""What a crawl learns of its walks, written into its WARC as it learns it."""

from datetime import UTC, datetime
from functools import partial

from pipelines import warc_writing
from schemas.capture import CrawlPlan
from schemas.state import ArticleEnded, LinkFailed, Note
from spiders.spool import Spool

_WALKING = frozenset({"nightly", "backfill"})
_WEIGHT = 1_000
"""Bytes of a note, about."""


class Notebook:
    """The notes of one crawl. A recheck, a recorder and a probe walk no listing to its end: they note only what
    is an article's."""

    def __init__(self, plan: CrawlPlan, spool: Spool) -> None:
        self._spool = spool
        self._site = plan.site.url
        self._open = plan.kind in _WALKING

    def write(self, said: Note | None, url: str | None = None) -> None:
        """Queue a note, behind all that was captured before it; None is no note."""
        of_article = isinstance(said, ArticleEnded) or (isinstance(said, LinkFailed) and said.lacks)
        if said is not None and (self._open or of_article):
            make = partial(warc_writing.note, url or self._site, datetime.now(UTC), said)
            self._spool.put(make, _WEIGHT)

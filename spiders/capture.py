"""The downloader middleware that keeps what a site sent, untouched.

It is the last before the wire: no other middleware has decoded, followed or replaced anything yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from pipelines import warc_writing as writing
from pipelines.warc import PageFacts
from spiders.spool import Spool

FACTS = "facts"
"""Key in a request's meta: the `PageFacts` to write beside the answer."""
TAKE = "take"
"""Key in a request's meta: called with status and `Exchange` of an answer, instead of it being written."""


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, not yet written."""

    write: Callable[[PageFacts], bytes]
    """The records, with these facts."""
    facts: PageFacts
    weight: int
    """Bytes, about."""


class CaptureMiddleware:
    """Hands every answer, 30x and 304 too, to the spool as raw WARC records."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CaptureMiddleware":
        """Scrapy's way in; the spool belongs to the spider."""
        spool: Spool = crawler.spider.spool  # type: ignore[union-attr]
        return cls(spool)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Queue the records of one answer; waits only when the writer is far behind."""
        write = partial(
            records,
            response.url,
            datetime.now(UTC),
            request.method,
            _pairs(request.headers),
            response.status,
            _pairs(response.headers),
            response.body,
        )
        done = Exchange(write, request.meta[FACTS], len(response.body) + 4096)
        await self._spool.room()
        if take := request.meta.get(TAKE):
            take(response.status, done)
        else:
            self._spool.put(partial(done.write, done.facts), done.weight)
        return response


def records(
    url: str,
    date: datetime,
    method: str,
    sent: list[tuple[str, str]],
    status: int,
    received: list[tuple[str, str]],
    body: bytes,
    facts: PageFacts,
) -> bytes:
    """The three records of one exchange, the facts first: metadata, response (or revisit), request."""
    record_id = writing.new_id()
    answer = (
        writing.revisit(url, date, status, received, record_id=record_id)
        if status == 304
        else writing.response(url, date, status, received, body, record_id=record_id)
    )
    return b"".join(
        (
            writing.metadata(url, date, facts, response_id=record_id),
            answer,
            writing.request(url, date, method, sent, response_id=record_id),
        )
    )


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]

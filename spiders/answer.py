"""What a URL answered, and what its status and headers ask for: another URL, a wait."""

import email.utils
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urldefrag, urljoin

from scrapy.http import Response
from w3lib.url import safe_url_string

from pipelines.page import Page, RawPage, UnreadablePage, parse
from pipelines.payload import PayloadTooLargeError, decoded
from spiders.failures import NoAnswerError
from spiders.guard import port_of
from spiders.lanes import MAX_CLOSED

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READ_LIMIT = 24 * 2**20
_BLANK = 4096
"""Bytes; a longer payload is not looked at for being blank."""
_SECONDS = re.compile(r"\s*(\d+(?:\.\d*)?)\s*", re.ASCII)


@dataclass(frozen=True)
class Answer:
    """What a URL answered, after redirects."""

    url: str
    status: int
    content_type: str | None
    content_encoding: str | None
    sent: bytes
    fetched_at: datetime
    asked: str
    """The URL first asked."""

    @cached_property
    def body(self) -> bytes:
        """The payload, decoded. Raises `pipelines.payload.PayloadTooLargeError`."""
        return decoded(self.sent, self.content_encoding, _READ_LIMIT)

    def is_small(self, most: int) -> bool:
        """Whether the payload has at most so many bytes."""
        try:
            return len(self.body) <= most
        except PayloadTooLargeError:
            return False

    @property
    def is_blank(self) -> bool:
        """Whether the payload is nothing, or white space."""
        return self.is_small(_BLANK) and not self.body.strip()

    @property
    def fault(self) -> str:
        """Why `page` is None: `too_large` or `unreadable`."""
        return "unreadable" if self.is_small(_READ_LIMIT) else "too_large"

    def raw(self) -> RawPage:
        """The answer, not read yet. Raises `pipelines.payload.PayloadTooLargeError`."""
        return RawPage(self.url, self.body, self.fetched_at, self.content_type)

    def page(self) -> Page | None:
        """The answer as the families read it; None when it is no readable page."""
        try:
            return parse(self.raw())
        except (UnreadablePage, PayloadTooLargeError):
            return None


def answered(asked: str, url: str, response: Response) -> Answer:
    """What `url` answered in the end, when `asked` was asked."""
    return Answer(
        url=url,
        status=response.status,
        content_type=_header(response, "Content-Type"),
        content_encoding=_header(response, "Content-Encoding"),
        sent=response.body,
        fetched_at=datetime.now(UTC),
        asked=asked,
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def target_of(url: str, response: Response) -> str | None:
    """Where a redirect leads, absolute; None: this is no redirect. Raises NoAnswerError if it is no URL."""
    location = response.headers.get("Location")
    if response.status not in REDIRECTS or not location:
        return None
    try:
        target = urldefrag(urljoin(url, safe_url_string(location.strip(), encoding="utf-8")))[0]
        port_of(target)
    except ValueError:
        raise NoAnswerError("bad_redirect") from None
    return target


def retry_after(response: Response) -> float:
    """Seconds that an error asks us to wait; 0: it asks nothing, or nothing that can be understood."""
    value = _header(response, "Retry-After")
    if value is None or response.status < 400:
        return 0.0
    if seconds := _SECONDS.fullmatch(value):
        return min(float(seconds[1]), MAX_CLOSED)
    try:
        until = email.utils.parsedate_to_datetime(value)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return min(max(0.0, wait.total_seconds()), MAX_CLOSED)

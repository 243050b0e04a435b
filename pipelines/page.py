"""A captured page, decoded and parsed once."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from lxml.html import HtmlElement


@dataclass(frozen=True)
class RawPage:
    """The bytes of one answered page with what the answer said of them; picklable, so it can travel to a worker."""

    url: str
    body: bytes
    """Payload after content decoding (no gzip), as the site sent it."""
    fetched_at: datetime
    """Aware."""
    content_type: str | None = None
    """The Content-Type header."""
    listed_at: str | None = None
    """The date that the listing showed, ISO 8601."""
    found_on: str | None = None


@dataclass(frozen=True)
class Page:
    """A page as the families read it: decoded to NFC text and parsed to one lxml tree."""

    url: str
    fetched_at: datetime
    html: str
    tree: HtmlElement = field(repr=False)
    listed_at: str | None = None

    @cached_property
    def base_url(self) -> str:
        """What relative links are relative to: `<base href>`, else the page's URL."""
        raise NotImplementedError

"""An article as the reader gets it, and the verdict of the refinery."""

import datetime
from typing import Literal

from pydantic import AwareDatetime

from schemas.frozen import Frozen
from schemas.outcome import Outcome


class Attachment(Frozen):
    """A document linked from an article. `sha256` and what follows are None until it was fetched."""

    url: str
    name: str | None = None
    media_type: str | None = None
    sha256: str | None = None
    size: int | None = None
    """Bytes."""
    text_key: str | None = None
    """Key of its text below the clean prefix; None: it has none that can be read."""
    scanned: bool | None = None
    """Whether it is a PDF of pictures without a text layer."""


class DocumentRef(Frozen):
    """A numbered document (số hiệu) that the text cites; unique by (issuer, kind, number, year)."""

    kind: str
    """Abbreviation as in the number: `NQ`, `CT`, `QĐ`, ..."""
    number: str
    """Normalised: `05-CT/TW`, `12/2023/NQ-HĐND`."""
    as_printed: str
    issuer: str | None = None
    year: int | None = None
    date: datetime.date | None = None


class Removed(Frozen):
    """What one rule dropped from the page: whole blocks, never part of the author's prose."""

    rule: str
    count: int
    hash: str
    """First 16 hex digits of the SHA-256 of the dropped texts, newline joined."""


class Mended(Frozen):
    """One repair by the text contract (docs/text.md), for the log."""

    rule: str
    found: str
    became: str


class Content(Frozen):
    """What one article page says, clean. Everything `tintinh extract` prints about an article.

    `text` is the whole article, the lead first; `body` the same without the lead; paragraphs are joined by one
    blank line and hold none, so `text.split("\\n\\n")` is exact. All strings are NFC.
    """

    title: str
    lead: str | None
    body: str
    text: str
    markdown: str
    captions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    author_role: str | None = None
    source: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    published_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    published_raw: str | None = None
    published_from: str | None = None
    """Which rule found the date: `nukeviet:meta`, `label`, `url`, ..."""
    attachments: tuple[Attachment, ...] = ()
    document_refs: tuple[DocumentRef, ...] = ()
    images: tuple[str, ...] = ()
    canonical_url: str | None = None
    family: str
    language: str = "vi"
    removed: tuple[Removed, ...] = ()
    mended: tuple[Mended, ...] = ()
    robots_meta: str = ""
    """What its page and its header said: the directives of `<meta name="robots">` and `X-Robots-Tag` in lower case,
    sorted and joined by commas (`noarchive,noindex`)."""
    template: str | None = None
    """Version of the site's template memory used; None: none."""

    @property
    def said(self) -> str:
        """All that it says in words, a line each: title, text, captions."""
        return "\n".join((self.title, self.lead or "", self.text, *self.captions))

    @property
    def all_said(self) -> str:
        """The same, and the words of its fields that are no text: names of documents, tags."""
        return "\n".join((self.said, *(one.name or "" for one in self.attachments), *self.tags))


class Accepted(Frozen):
    """The page is an article of its site, whole and in Vietnamese."""

    outcome: Literal["accepted"] = "accepted"
    content: Content


class Rejected(Frozen):
    """The page is not to be published, and why."""

    outcome: Literal["rejected"] = "rejected"
    reason: Outcome
    detail: str = ""
    """One sentence for `explain`."""


Verdict = Accepted | Rejected

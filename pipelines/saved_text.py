"""A page that somebody saved as its visible text, line by line, chrome and all: only words can tell what is what."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines import boilerplate, byline, dates, references, saved_judge, text
from pipelines.dates import Instant
from pipelines.saved_lines import SavedLines
from pipelines.saved_pdf import PdfLines
from schemas.article import Accepted, Content, Mended, Rejected, Removed, Verdict
from schemas.outcome import Outcome


@dataclass(frozen=True, slots=True)
class SavedText:
    """What could be read from the lines."""

    title: str | None
    paragraphs: tuple[str, ...]
    """The whole article in order, the lead first where there is one."""
    captions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    role: str | None = None
    source: str | None = None
    published: tuple[Instant, str] | None = None
    """The moment and the line it was read from."""
    updated: tuple[Instant, str] | None = None
    rejoined: bool = False
    """Whether the lines were those of a PDF."""
    lead: str | None = None
    """The first paragraph, where its place between the date and a picture marks it as the lead."""
    removed: tuple[Removed, ...] = ()
    mended: tuple[Mended, ...] = ()


def read(saved: str, fetched_at: datetime) -> SavedText | None:
    """The article in a page saved as text; None when no line of it is prose.

    `fetched_at` (aware) is when the page was saved, as far as anyone knows.
    """
    whole, repairs = text.mend_document(saved)
    cleaned = [text.clean(line) for line in unicodedata.normalize("NFC", whole).splitlines()]
    lines = [line.text for line in cleaned]
    broken = text.is_broken(lines)
    page = (PdfLines if broken else SavedLines)(lines, fetched_at)
    page.read()
    if not page.paragraphs:
        return None
    lead = page.lead if page.lead in page.paragraphs[:1] else None
    credit = byline.split(page.paragraphs, page.author, None)
    return SavedText(
        title=page.title,
        paragraphs=credit.paragraphs,
        captions=tuple(page.captions),
        authors=credit.authors,
        role=credit.role,
        source=credit.source,
        published=page.found.published,
        updated=page.found.updated,
        rejoined=broken,
        lead=lead,
        removed=(*page.removed, *boilerplate.removed(page.dropped)),
        mended=(*repairs, *_unique(mend for line in cleaned for mend in line.mended)),
    )


def _unique(mended: Iterable[Mended]) -> tuple[Mended, ...]:
    return tuple(dict.fromkeys(mended))


_SLICE = re.compile(r"\[\d{1,3}, tr\.? ?\d+|Xem toàn bộ \d+ trang tài liệu")
_THESIS = re.compile(r"(?i)luận (?:văn|án)")
_ISSUED = re.compile(r"(?:Số|SỐ)\s*:?\s*\d+.*|[^\d.]{2,40},\s*ngày\s+\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{4}\.?")
"""The line over a document that says its number, or the place and day of its issue."""


_MOST_LINES = 30_000
"""Filled lines of the longest page that is read: a thesis of 500 pages has 15,000."""


def _is_thesis(saved: str, lines: Sequence[str], broken: bool) -> bool:
    """Whether the page is a thesis or a slice of one: cited as such or cut by a sharing site, and issued by nobody."""
    thesis = _SLICE.search(saved) or (broken and _THESIS.search(saved))
    return bool(thesis) and not any(map(_ISSUED.fullmatch, lines[:30]))


def refine(saved: str, url: str | None, fetched_at: datetime, include_out_of_scope: bool = False) -> Verdict:
    """The verdict on a page saved as text: what `pipelines.refinery` gives for a captured one.

    A thesis or a slice of one is out of scope, unless `include_out_of_scope`. `url` may give the date.
    """
    lines = [" ".join(line.split()) for line in unicodedata.normalize("NFC", saved).splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        return Rejected(reason=Outcome.TOO_LARGE, detail=f"the saved page has more than {_MOST_LINES} lines")
    article = read(saved, fetched_at)
    title, paragraphs = (article.title, article.paragraphs) if article else (None, ())
    if refusal := saved_judge.of_lines(lines) or saved_judge.of_text(lines, title, paragraphs):
        return Rejected(reason=refusal.reason, detail=refusal.detail)
    assert article is not None
    if not text.looks_vietnamese(" ".join(article.paragraphs)):
        return Rejected(reason=Outcome.WRONG_LANGUAGE, detail="the text is not Vietnamese")
    if not include_out_of_scope and _is_thesis(saved, lines, article.rejoined):
        return Rejected(reason=Outcome.OUT_OF_SCOPE, detail="a thesis or a slice of one, not a text of an organ")
    return Accepted(content=_content(article, url))


def _content(article: SavedText, url: str | None) -> Content:
    whole = "\n\n".join(article.paragraphs)
    body = "\n\n".join(article.paragraphs[1:]) if article.lead else whole
    day = dates.in_url(url) if url else None
    published = article.published[0].value if article.published else None
    raw, rule = (article.published[1], "label") if article.published else (None, None)
    if published is None and day is not None:
        published, raw, rule = datetime(day.year, day.month, day.day, tzinfo=dates.ZONE), day.isoformat(), "url"
    return Content(
        title=article.title or "",
        lead=article.lead,
        body=body,
        text=whole,
        markdown=whole,
        captions=article.captions,
        authors=article.authors,
        author_role=article.role,
        source=article.source,
        published_at=published,
        updated_at=article.updated[0].value if article.updated else None,
        published_raw=raw,
        published_from=rule,
        document_refs=references.find(f"{article.title or ''}\n\n{whole}"),
        family="saved-text",
        removed=article.removed,
        mended=article.mended,
    )

"""The row of an article: its name for good, its month, its hash, and every column of `articles`. Pure."""

import hashlib
from datetime import UTC, datetime
from importlib.metadata import version

from schemas.article import Content
from schemas.provinces import MERGER, PROVINCES
from schemas.refined import Refined
from schemas.rows import UNDATED_MONTH, Article
from schemas.site import Site
from schemas.urls import url_hash
from schemas.zone import HANOI

EXTRACTOR = f"tintinh {version('tintinh')}"

_VOLATILE = {
    *("revision", "last_seen", "run", "extractor", "removed", "mended", "template", "first_seen"),
    *("warc", "warc_offset", "warc_length", "more_pages"),
}


def article_id(site: str, url_key: str) -> str:
    """The article's name for good: the product's own id where it has one, else 16 hex digits of the URL key."""
    own = url_key.removeprefix("id:")
    return f"{site}:{own}" if own != url_key else f"{site}:{url_hash(url_key) & (2**64 - 1):016x}"


def content_hash(content: Content) -> str:
    """16 hex digits that change when the article does: its words, people, dates and documents, never its chrome."""
    parts = (
        content.title,
        content.text,
        *content.captions,
        *content.authors,
        content.source or "",
        content.published_at.astimezone(UTC).isoformat() if content.published_at else "",
        *(f"{a.url} {a.sha256}" if a.sha256 else a.url for a in content.attachments),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def month_of(published: datetime | None) -> str:
    """The partition of an article: `YYYY-MM` of its local day, or `undated`."""
    return f"{published.astimezone(HANOI):%Y-%m}" if published else UNDATED_MONTH


def article_row(site: Site, run: str, name: str, item: Refined, content: Content, before: Article | None) -> Article:
    """The row of the article on a captured page; `before`: the one that it replaces."""
    capture, published = item.capture, content.published_at
    day = published.astimezone(HANOI).date() if published else None
    province = PROVINCES[site.province]
    return Article(
        **{name: getattr(content, name) for name in Content.model_fields},
        article_id=name,
        previous_ids=before.previous_ids if before else (),
        site=site.key,
        site_name=site.name,
        organ=site.organ,
        url=capture.url,
        url_key=capture.url_key,
        province=province.on(day),
        province_scheme=None if day is None else "pre2025" if day < MERGER else "2025",
        province_now=province.successor,
        published_on=day,
        month=month_of(published),
        word_count=len(content.text.split()),
        content_hash=content_hash(content),
        revision=before.revision + 1 if before else 1,
        first_seen=before.first_seen if before else capture.fetched_at,
        last_seen=capture.fetched_at,
        robots=capture.robots,
        tls=capture.tls,
        extractor=EXTRACTOR,
        rights=f"Nguồn: {site.name}, {capture.url}",
        warc=capture.warc,
        warc_offset=capture.offset,
        warc_length=capture.length,
        more_pages=item.more_pages,
        run=run,
    )


def facts(article: Article) -> dict[str, object]:
    """What a reader would see change: all but when, by what and from which bytes it was made."""
    return article.model_dump(exclude=_VOLATILE)  # instants, not their spelling: tables keep them in UTC

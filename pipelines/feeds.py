"""RSS, Atom and sitemaps: the links that a site lists for machines, with the dates that stand beside them."""

import codecs
import email.utils
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Literal
from urllib.parse import urlsplit

from lxml import etree

from pipelines.page import Page, absolute
from pipelines.payload import decoded
from schemas.capture import ArticleLink

MAX_LINKS = 50_000
"""Entries of one file: what sitemaps.org allows; the rest is not read."""
MAX_BYTES = 24 * 2**20
"""Bytes of one file once unpacked."""
MAX_URL = 2_000

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_BARE = re.compile(rb"&(?!(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|\w{1,10});)")
"""An ampersand that begins nothing: in addresses it is often left so."""
_FEED_TYPE = re.compile(r"application/(rss|atom|rdf)\+xml", re.I)
_FEED_LINK = re.compile(
    r"(/(rss|feed|atom)/?|[/.](rss|atom)|/(rss|feed|atom)[\w-]*\.(xml|aspx?|php|ashx))($|\?)|[?&]feed=", re.I
)
_NO_FEED = re.compile(r"comment|phan-hoi|binh-luan", re.I)
_NO_ARTICLES = re.compile(
    r"(^|[/._-])(page|pages|category|categories|danh-muc|taxonom\w+|tags?|post_tag|users?|authors?|images?|videos?"
    r"|attachments?|about|siteterms|contact|menu|static)([._-]|\d|$)",
    re.I,
)
_ROOTS: dict[str, Literal["sitemap", "feed"]] = {
    "urlset": "sitemap",
    "sitemapindex": "sitemap",
    "rss": "feed",
    "feed": "feed",
    "RDF": "feed",
}
_ENTRIES = frozenset({"url", "sitemap", "item", "entry"})
_ZONE = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class Feed:
    """What one file lists. Empty when it is no feed, or cannot be read."""

    kind: Literal["sitemap", "feed"] | None = None
    links: tuple[ArticleLink, ...] = ()
    """`listed_at` is what the file says: whether that is the time of publication, the family knows."""
    children: tuple[str, ...] = ()
    """Of a sitemap index: the sitemaps, in its order."""


def read(body: bytes, url: str) -> Feed:
    """The links of a feed (RSS 0.9 to 2.0, RDF, Atom) or sitemap (plain, news, index), gzip undone.

    Hardened: a file that declares an entity is not read at all, no entity is resolved, nothing is loaded, at most
    `MAX_BYTES` and `MAX_LINKS` are read, and each entry is forgotten before the next. A file that breaks off gives what
    stood before.

    Args:
        body: the payload, without its content encoding; a `.gz` file as it is.
        url: what relative links are relative to.

    Raises:
        PayloadTooLargeError: a packed file of more than `MAX_BYTES`.
    """
    if body.startswith(b"\x1f\x8b"):
        body = decoded(body, "gzip", MAX_BYTES)
    body = body[:MAX_BYTES].lstrip()
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = _DECLARATION.sub("", body.decode("utf-16", errors="replace")).encode()
    if b"<!entity" in body.lower():
        return Feed()
    reading = _Reading(url)
    try:
        for element in _entries(_mended(body), reading):
            reading.take(element)
            if len(reading.links) + len(reading.children) >= MAX_LINKS:
                break
    except (etree.XMLSyntaxError, zlib.error, ValueError):
        pass
    return Feed(reading.kind, tuple(reading.links.values()), tuple(reading.children))


def announced(page: Page) -> tuple[str, ...]:
    """The feeds that a page announces in its head, then those it has links to; not those of readers' comments."""
    hrefs = [n.get("href") or "" for n in page.tree.iter("link") if _FEED_TYPE.search(n.get("type") or "")]
    hrefs += [href for n in page.tree.iter("a") if _FEED_LINK.search(href := n.get("href") or "")]
    urls = (absolute(page.base_url, href) for href in hrefs if not _NO_FEED.search(href))
    return tuple(dict.fromkeys(url for url in urls if url))


def holds_no_articles(sitemap: str) -> bool:
    """Whether a sitemap's name says that it lists something else: pages, categories, tags, authors, pictures."""
    return (
        _NO_ARTICLES.search(urlsplit(sitemap).path.rsplit("/", 1)[-1].replace("wp-sitemap-posts-page", "page"))
        is not None
    )


@dataclass
class _Reading:
    url: str
    kind: Literal["sitemap", "feed"] | None = None
    links: dict[str, ArticleLink] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)

    def take(self, entry: etree._Element) -> None:
        """One entry of the file."""
        said = _said(entry)
        if self.kind == "sitemap":
            target = absolute(self.url, said.get("loc", ""))
        else:
            target = absolute(self.url, _link(entry, said))
        if target is None or target == self.url or len(target) > MAX_URL:
            return
        if _name(entry) == "sitemap":
            self.children[target] = None
            return
        when = _first(
            said, ("publication_date", "lastmod") if self.kind == "sitemap" else ("pubDate", "published", "date")
        )
        self.links.setdefault(
            target, ArticleLink(url=target, title=" ".join(said.get("title", "").split()) or None, listed_at=when)
        )


def _mended(body: bytes) -> bytes:
    """With the bare ampersands of its text escaped; in a CDATA section they are right."""
    first, *sections = body.split(b"<![CDATA[")
    pieces = [_BARE.sub(b"&amp;", first)]
    for section in sections:
        inside, end, after = section.partition(b"]]>")
        pieces.append(b"<![CDATA[" + inside + end + _BARE.sub(b"&amp;", after))
    return b"".join(pieces)


def _entries(body: bytes, reading: _Reading) -> Iterator[etree._Element]:
    """The entries one by one; each is emptied when the next is asked for. Raises XMLSyntaxError."""
    events = etree.iterparse(
        BytesIO(body),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    depth = 0
    for event, element in events:
        depth += 1 if event == "start" else -1
        if event == "start" and depth == 1:
            reading.kind = _ROOTS.get(_name(element))
            if reading.kind is None:
                return
        elif event == "end" and _name(element) in _ENTRIES:
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _said(entry: etree._Element) -> dict[str, str]:
    """The texts of an entry by the local names of its elements, the first of each; images have a `loc` of their own."""
    said: dict[str, str] = {}
    for child in entry:
        if _name(child) == "news":
            said |= {_name(c): (c.text or "").strip() for c in child}
        elif (text := "".join(child.itertext()).strip()) and _name(child) not in said:
            said[_name(child)] = text
    return said


def _link(entry: etree._Element, said: dict[str, str]) -> str:
    """The article's own address: RSS `link`, Atom's alternate link, a guid that is a permanent link, RDF's `about`."""
    if said.get("origLink") or said.get("link"):
        return said.get("origLink") or said["link"]
    for child in entry:
        if _name(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return str(child.get("href"))
    guid = next((c for c in entry if _name(c) == "guid" and c.get("isPermaLink", "true").lower() != "false"), None)
    if guid is not None and (guid.text or "").strip().startswith("http"):
        return str(guid.text).strip()
    about = next((value for name, value in entry.attrib.items() if str(name).endswith("}about")), "")
    return str(about)


def _first(said: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((when for name in names if name in said and (when := _when(said[name]))), None)


def _when(said: str) -> str | None:
    """A time as ISO 8601: RFC 822 or W3C; a day stays a day, a time without offset is Vietnam's."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
        return said
    try:
        moment = datetime.fromisoformat(said) if said[:4].isdigit() else email.utils.parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_ZONE)).isoformat()

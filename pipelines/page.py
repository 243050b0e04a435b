"""A captured page, decoded and parsed once."""

import codecs
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

from pipelines import encodings, text
from schemas.outcome import Outcome

MAX_BYTES = 20_000_000
"""Longest page that is read; the spider's own cap is lower."""


MAX_TAGS = 150_000
"""Most markup a page may have: some of the readers' work grows faster than the page."""
MAX_LINKS = 10_000
"""Most links a page may have: a link costs the readers more than any other tag."""


class UnreadablePage(ValueError):  # noqa: N818  # it names the page, and other modules know it so
    """The bytes are no HTML page that can be read: empty, a file of another kind, beyond repair. Never retried."""

    def __init__(self, message: str, outcome: Outcome = Outcome.UNREADABLE) -> None:
        super().__init__(message)
        self.outcome = outcome


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
    robots: str | None = None
    """The X-Robots-Tag header."""


@dataclass(frozen=True)
class Page:
    """A page as the families read it: decoded to text with composed marks, and parsed to one lxml tree."""

    url: str
    fetched_at: datetime
    html: str
    tree: HtmlElement = field(repr=False)
    listed_at: str | None = None
    robots: str | None = None

    @cached_property
    def base_url(self) -> str:
        """What relative links are relative to: `<base href>`, else the page's URL."""
        for base in self.tree.iter("base"):
            href = (base.get("href") or "").strip()
            if href:
                return absolute(self.url, href) or self.url
        return self.url

    @cached_property
    def metas(self) -> tuple[tuple[str, str], ...]:
        """(name or property in lower case, content) of every meta that has both, in document order."""
        named = ((m.get("property") or m.get("name") or "", m.get("content") or "") for m in self.tree.iter("meta"))
        return tuple((name.lower(), content) for name, content in named if name and content)


def absolute(base: str, href: str) -> str | None:
    """The absolute http(s) URL of a link; None for any other scheme and for what is no URL at all."""
    try:
        url = urljoin(base, href.strip())
    except ValueError:
        return None
    return url if url.lower().startswith(("http://", "https://")) else None


_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FEED = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<(rss|feed|urlset|sitemapindex|rdf:RDF)\b", re.S
)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.I)
_FOREIGN = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"\x1f\x8b")
_VIETNAMESE = re.compile("[\u1ea0-\u1ef9]")
_HEAP = re.compile("([\u0300-\u036f]{8})[\u0300-\u036f]+")
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
_CONTROL = tuple(bytes([code]) for code in _CONTROLS)
# charsets of one byte a letter by which Vietnamese pages go, rightly or not
_SINGLE_BYTE = frozenset(
    ("iso-8859-1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252", "windows-1258", "cp1258", "x-user-defined")
)
_PARSER_OPTIONS = {
    "encoding": "utf-8",
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
    "default_doctype": False,
}


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a page, without NULs: byte order mark, then UTF-8 if it is that, then header, meta, a guess.

    Marks that stand apart are composed (NFC); signs that NFC knows as others (Å, Ω) are left to `pipelines.text`.
    Valid UTF-8 beyond ASCII is believed over a header that says otherwise: no other charset looks like it by chance.
    """
    return _decoded(body, content_type)[0]


def _decoded(body: bytes, content_type: str | None) -> tuple[str, bytes]:
    """The text, and the same in UTF-8."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _nfc(body[len(bom) :].decode(name, "replace").replace("\0", ""))
    if wide := _without_mark(body):
        return _nfc(body.decode(wide, "replace").replace("\0", ""))
    if any(control in body for control in _CONTROL):
        body = body.translate(None, _CONTROLS)
    try:
        composed = _composed(body)
        return composed.decode("utf-8"), composed
    except UnicodeDecodeError:
        pass
    lenient = body.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    # a truncated or spliced UTF-8 page has a few broken places among many good ones
    if broken * 5 <= sum(1 for c in lenient if c > "\x7f"):
        return _nfc(lenient)
    head = (content_type or "").encode("ascii", "ignore"), body[:4096]
    declared = [m.group(1).decode("ascii").lower() for m in map(_CHARSET.search, head) if m]
    for name in declared:
        if name in _SINGLE_BYTE:
            break
        if name not in ("utf-8", "utf8"):
            try:
                return _nfc(body.decode(name))
            except (LookupError, UnicodeError):
                continue
    return (words := encodings.single_byte(body)), words.encode("utf-8", "replace")


def _without_mark(body: bytes) -> str | None:
    """UTF-16 that has no byte order mark: the markup of a page is ASCII, so that every other byte of it is NUL."""
    start = body[:400]
    for name, zeros, letters in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if len(zeros) >= 8 and zeros.count(0) > 0.7 * len(zeros) and letters.count(0) < 0.1 * len(letters):
            return name
    return None


def is_file(body: bytes) -> bool:
    """Whether the payload is a PDF, an archive, a picture: no page, whatever the header says."""
    return body.startswith(_FOREIGN)


def parse(raw: RawPage) -> Page:
    """Decode and parse a captured page, once.

    Raises:
        UnreadablePage: the payload is empty, too large, or no HTML.
    """
    body = raw.body
    if not body.strip(b"\x00 \t\r\n"):
        raise UnreadablePage("the page is empty")
    if len(body) > MAX_BYTES:
        raise UnreadablePage(f"the page has {len(body)} bytes, more than {MAX_BYTES}", Outcome.TOO_LARGE)
    if is_file(body):
        raise UnreadablePage("the payload is a file, not a page")
    html, markup = _decoded(body, raw.content_type)
    # neither limit can be passed by a page that is shorter than so many of the shortest links
    tags = markup.count(b"<") if len(markup) > 10 * MAX_LINKS else 0
    if tags > MAX_TAGS:
        raise UnreadablePage(f"the page has more than {MAX_TAGS} tags", Outcome.TOO_LARGE)
    if tags > MAX_LINKS and html.count("<a ") > MAX_LINKS:
        raise UnreadablePage(f"the page has more than {MAX_LINKS} links", Outcome.TOO_LARGE)
    if _FEED.match(html):
        raise UnreadablePage("the payload is a feed or a sitemap, not a page")
    try:
        tree = etree.fromstring(markup, parser=_parser())
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise UnreadablePage(f"the page cannot be parsed: {error}") from None
    if tree is None or not isinstance(tree, HtmlElement) or tree.tag != "html":
        raise UnreadablePage("the payload holds no HTML")
    # the head of a page is scripts; its text is sooner met from further down
    if not any(_reads_as_vietnamese(html, start) for start in (len(html) // 3, 0)):
        _mend(tree)
    return Page(
        url=raw.url, fetched_at=raw.fetched_at, html=html, tree=tree, listed_at=raw.listed_at, robots=raw.robots
    )


def _reads_as_vietnamese(html: str, start: int) -> bool:
    return len(list(islice(_VIETNAMESE.finditer(html, start), 40))) == 40


def _parser() -> HTMLParser:
    """A parser whose every element is an `HtmlElement`: lxml's own lookup by tag name costs a call per element."""
    parser = HTMLParser(**_PARSER_OPTIONS)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


def _mend(tree: HtmlElement) -> None:
    """Undo, all over the page, a wrong decoding or an old font that its whole text shows (TCVN3, VNI, mojibake)."""
    nodes = [n for n in tree.iter() if isinstance(n.tag, str) and n.tag not in ("script", "style")]
    pieces = [piece.replace("\n", " ") for n in nodes for piece in (n.text or "", n.tail or "")]
    whole = "\n".join(pieces)
    mended, log = text.mend_document(whole)
    if not log:
        return
    new = mended.split("\n")
    if len(new) != len(pieces):
        return
    for index, node in enumerate(nodes):
        node.text, node.tail = new[2 * index] or None, new[2 * index + 1] or None


def _nfc(words: str) -> tuple[str, bytes]:
    composed = _composed(words.encode("utf-8", "replace"))
    return composed.decode("utf-8"), composed


def _composed(body: bytes) -> bytes:
    """A text in UTF-8 with the lines composed (NFC) that bear combining marks of Latin letters; raises
    UnicodeDecodeError when such a line is no UTF-8. The others, nearly all of a page, are composed as they are."""
    lines: dict[int, int] = {}
    for first in (b"\xcc", b"\xcd"):  # of the two bytes of every such mark
        at = body.find(first)
        while at >= 0:
            end = (body.find(b"\n", at) + 1 or len(body) + 1) - 1
            lines[body.rfind(b"\n", 0, at) + 1] = end
            at = body.find(first, end)
    pieces, done = [], 0
    for start, end in sorted(lines.items()):
        # a heap of marks on one letter takes time that grows with its square
        line = _HEAP.sub(r"\1", body[start:end].decode("utf-8"))
        pieces += [body[done:start], unicodedata.normalize("NFC", line).encode("utf-8")]
        done = end
    return b"".join((*pieces, body[done:])) if pieces else body

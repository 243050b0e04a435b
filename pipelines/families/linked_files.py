"""The documents that a part of a page links or shows: by file name, through a product's download handler, in a viewer.

Handlers: DotNetNuke's LinkClick, Liferay's library (domain.md §3.4), SharePoint's `_layouts`, NukeViet's `?download=`,
WordPress Download Manager and Monitor. Viewers: pdf.js, Google's and Microsoft's, PDFObject, flip books.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from pipelines.families.links import DOCUMENT, squeeze
from pipelines.page import Page, absolute
from schemas.urls import canonical

_ENDING = r"\.(?:pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)"
_HINTS = (
    *("pdf", ".doc", ".xls", ".ppt", ".rtf", ".od", ".zip", ".rar", ".7z", "file", "download", "documents/"),
    *("wpdmdl", "tai-", "taive", "wopi", "viewer"),
)
"""What every URL that can be a document has in it: most links have not, and cost no more than this."""
_HANDLER = re.compile(
    r"/linkclick\.aspx\?(?:.*&)?fileticket=\w|/c/document_library/get_file"
    r"|/\w*(?:download|get-?file|view-?file|open-?file|tai-?(?:ve|file|xuong))\w*\.(?:ashx|aspx|axd|php|jsp|do)\?."
    r"|/(?:downloads?|download-?file|get-?file|file-?download|tai-?(?:ve|file|xuong))/\d+(?:[/?]|$)"
    r"|[?&](?:download|download_id|wpdmdl)=(?!0\b|false\b)\w",
    re.I,
)
_LIBRARY = re.compile(
    rf"/documents/(?:\d+/(?:.*{_ENDING}/[\w-]+|\d+/[^/?]+/[0-9a-f]{{8}}-[0-9a-f-]{{27}})"
    r"|d/[^/?]+/[^/?]+[-_](?:pdf|docx?|xlsx?|pptx?|rtf|zip|rar))(?:\?|$)",
    re.I,
)
"""Liferay's library puts the version of a file after its name; since 7.4 its type behind a hyphen."""
_VIEWER = re.compile(
    r"/viewer(?:\.\w+)?$|/gview$|/op/(?:embed|view)\.aspx$|/wopiframe2?\.aspx$|/doc\.aspx$|pdf-?(?:js|viewer)"
    r"|(?:view|xem)-?pdf",
    re.I,
)
_VIEWED = ("file", "url", "src", "sourcedoc", "pdf", "doc")
_NAMING = re.compile(r"^(?:f|path|(?:\w*(?:file|pdf|doc|tep|attach))\w*)$", re.I)
"""Names of query parameters that hold a file where no known viewer is; share and login links have others."""
_MEDIA = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|bmp|mp[34]|m4[av]|wav|webm|avi|mov|apk|exe)(?:/|$)", re.I)
_DOCUMENT_WORD = re.compile(r"[(.](pdf|docx?|xlsx?)\)?\s*$", re.I)
_QUOTED = re.compile(rf"""["']([^"']+?{_ENDING}(?:[?#][^"']*)?)["']""", re.I)
_ENDED = re.compile(rf"{_ENDING}(?=[\"'?#])", re.I)
_ASSIGNED = re.compile(
    r"""(?:PDFObject\.embed\s*\(\s*|["']src["']\s*,\s*|(?:url|file|src|source|pdf\w*)["']?\s*[:=]\s*)$""", re.I
)
"""What stands before the address of a document that a script shows."""
_LONGEST, _BEFORE = 500, 40
"""Characters of such an address, and of what stands before it."""
_ATTRIBUTES = frozenset(
    {
        *("href", "src", "data", "data-src", "data-lazy-src", "data-href", "data-url", "data-file", "data-pdf"),
        *("data-pdf-url", "data-source", "source"),
    }
)
_BEARERS = etree.XPath(
    "descendant-or-self::*[self::a or self::iframe or self::object or self::embed or self::script or @data-href"
    " or @data-url or @data-file or @data-pdf or @data-pdf-url or @data-source or @source]"
)
_SAYS_NOTHING = re.compile(
    r"^\W*((bấm |nhấn |click )?(vào )?(tại )?đây"
    r"|(tải|xem|mở|download|view)( về| xuống| file| tệp| văn bản| chi tiết| đính kèm)*( tại đây)?)\W*$",
    re.I,
)
"""A link's words that name an action and no document."""


def target(base: str, link: str, certain: bool = False) -> str | None:
    """The absolute URL of the document that a link leads to, out of its viewer; None: it leads to none.

    `certain`: the page says that it is a file, whatever its address looks like.
    """
    link = link.strip().replace("\\", "/")  # as browsers do
    if link.lower().startswith("javascript:"):
        quoted = _QUOTED.search(unquote(link))
        return target(base, quoted[1]) if quoted else None
    if not link or link.startswith("#") or not (certain or _may_be_document(link)):
        return None
    url = absolute(base, link)
    if url is None or not _is_sound(url):
        return None
    parts = urlsplit(url)
    if _VIEWER.search(parts.path):
        viewed = next((value for name, value in _given(parts.query) if name in _VIEWED), None)
        return target(url, viewed, certain=True) if viewed else None
    path = unquote(parts.path).rstrip()
    if DOCUMENT.search(path):
        return url
    if _MEDIA.search(path):
        return None
    asked = f"{path}?{parts.query}" if parts.query else path
    if certain or _HANDLER.search(asked) or _LIBRARY.search(asked):
        return url
    named = next((v for n, v in _given(parts.query) if _NAMING.match(n) and DOCUMENT.search(v)), None)
    return (absolute(url, named) if "/" in named else url) if named else None


def _may_be_document(link: str) -> bool:
    low = link.lower()
    return any(hint in low for hint in _HINTS)


def _given(query: str) -> Iterator[tuple[str, str]]:
    """Names, in lower case, and values of the parameters that say something."""
    return ((name.lower(), value.strip()) for name, value in parse_qsl(query) if value.strip())


def _is_sound(url: str) -> bool:
    try:
        canonical(url)
    except ValueError:
        return False
    return True


def documents(root: HtmlElement) -> Iterator[HtmlElement]:
    """The anchors below `root` that lead to documents."""
    for anchor in root.iter("a"):
        if next(_targets("http://localhost/", anchor), None):
            yield anchor


def files(page: Page, root: HtmlElement) -> tuple[tuple[str, str], ...]:
    """(absolute URL, printed name) of the documents that `root` links or shows, once each, in document order."""
    found: dict[str, str] = {}
    for node in _BEARERS(root):
        for url in _targets(page.base_url, node):
            url = url.split("#")[0]
            if url != page.url:
                found[url] = max(found.get(url, ""), _name(node), key=len)
    return tuple(found.items())


def _targets(base: str, node: HtmlElement) -> Iterator[str]:
    """The documents that one element leads to; of an anchor the first."""
    if node.tag == "script":
        yield from filter(None, (target(base, link) for link in _scripted(node.text or "")))
        return
    certain = node.tag in ("object", "embed") and (node.get("type") or "").lower() == "application/pdf"
    if node.tag == "a":
        certain = node.get("download") is not None or bool(_DOCUMENT_WORD.search("".join(node.itertext())))
    for name, value in node.items():
        for link in [value] if name in _ATTRIBUTES else _QUOTED.findall(value) if name == "onclick" else ():
            if url := target(base, link, certain):
                yield url
                return


def _scripted(script: str) -> Iterator[str]:
    """The addresses of documents that a script gives to a viewer."""
    for ended in _ENDED.finditer(script):
        start = max(script.rfind(quote, max(0, ended.start() - _LONGEST), ended.start()) for quote in "\"'")
        if start >= 0 and _ASSIGNED.search(script, max(0, start - _BEFORE), start):
            yield script[start + 1 : ended.end()]


def _name(node: HtmlElement) -> str:
    """What the page calls the document: not what it bids the reader do with it."""
    said = squeeze("".join(node.itertext())) if node.tag == "a" else ""
    if not said or _SAYS_NOTHING.match(said):
        return squeeze(node.get("title") or "") if node.tag != "script" else ""
    return said

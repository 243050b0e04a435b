"""Links of a page and what they are not: the knowledge about URLs that all families share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from lxml.html import HtmlElement

from pipelines.page import Page, absolute
from schemas.urls import without_parameters

FILE = re.compile(
    r"\.(pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z|jpe?g|png|gif|webp|svg|bmp|ico|mp[34]|m4a|wav|avi|flv|wmv|mov"
    r"|xml|rss|json|css|js|exe|apk|swf)$",
    re.I,
)
DOCUMENT = re.compile(r"\.(pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)$", re.I)
_TOOLS = (
    r"(users?|members?|login|logout|signin|register|dang-?(nhap|ky|xuat)|quen-mat-khau|print|in-bai(-viet)?|savefile"
    r"|sendmail|mailto|tags?|tu-khoa|the|hashtag|search|seek|tim-kiem|timkiem|rss|feeds?|atom|contact|contacts|lien-he"
    r"|lienhe|voting|binh-chon|tham-do(-y-kien)?|banners?|statistics|sitemap|site-map|so-do(-trang|-site|-website)?"
    r"|siteterms|privacy|dieu-khoan.*|wp-(admin|json|content|includes)|author|tac-gia|comments?|cdn-cgi|amp|iframe"
    r"|giohang|gio-hang|cart|webmail|guestbook)"
)
_SCRIPT = r"(\.(html?|aspx?|php|jsp))?"
_NEVER_FOLDER = re.compile(rf"{_TOOLS}{_SCRIPT}", re.I)
_NEVER_LAST = re.compile(rf"({_TOOLS}|hoi-dap|faq|gop-y|thong-ke|trang-chu|home|index|default){_SCRIPT}", re.I)
"""Before an article's own name a front controller or a section may stand: `/index.php/`, `/Home/Detail/`."""
_NEVER_NAME = re.compile(
    r"(login|dang-?nhap|register|dang-?ky|search|tim-?kiem|sitemap|lien-?he|contact|rss|print|in-bai|sendmail"
    r"|wp-login|captcha)[\w-]*\.(html?|aspx?|php|jsp)$",
    re.I,
)
_NEVER_QUERY = re.compile(
    r"^(replytocom|share|download|pdf|print|login|returnurl|feed|rss|nvvithemever|nv_redirect)$", re.I
)
_SEARCH_QUERY = re.compile(r"^(s|q|key|keyword|search|tag)$", re.I)
_NAMED_IN_SEARCH = re.compile(r"\d*|[0-9a-f]{8}-[0-9a-f-]{27}|\S+/\S+", re.I)
"""What such a parameter asks where it is no search: nothing, an id, the path of a page (`?q=node/12`)."""
_WAY = re.compile(r"^(act|action|do|task|op|option|view|format|mode|func|nv|mod|module)$", re.I)
_NEVER_WAY = re.compile(rf"{_TOOLS}|download|captcha|vote", re.I)
DETAIL = re.compile(
    r"(chi-?tiet|detail|view-?(content|article)|bai-?viet|article|newsid|itemid|post_?id|tinid|bvid|/content/|-content)",
    re.I,
)
_TWIN_QUERY = re.compile(
    r"^(nvvithemever|nv_redirect|download|pdf|replytocom|theme|fontsize|share|(is)?-?(print|amp|mobile|iframe)"
    r"|(print|prn)[_-]?(mode|view|version|preview|able|friendly)|outputtype)$",
    re.I,
)
_TWIN_WAY = re.compile(r"^(tmpl|format|view|layout|mode|output|display|task|action|do)$", re.I)
_TWIN_VALUE = re.compile(r"^(print([_-]?(able|er|view|version|preview|friendly))?|amp|component|mobile|iframe)$", re.I)
_TWIN_SEGMENT = re.compile(
    r"/(amp|iframe|savefile|print([_-]?(able|view|version|preview|friendly))?|in-bai(-viet)?|ban-in)(?=/|$)", re.I
)
_TWIN_ENDING = re.compile(r"(\.(amp|print))+(?=\.(html?|aspx?|php)$)", re.I)
_PAGE_NUMBER = re.compile(
    r"[\[|]?\s*([0-9]{1,4})\s*[\]|]?|(?:trang(?:\s+số)?|page)\s*([0-9]{1,4})(?:\s*/\s*[0-9]{1,4})?", re.I
)


@dataclass(frozen=True)
class Link:
    """One anchor: absolute URL without fragment, its visible text (else title or image alt), and the element."""

    url: str
    text: str
    element: HtmlElement


def links(page: Page) -> Iterator[Link]:
    """Every http(s) anchor of the page with a URL of its own, in document order."""
    base = page.base_url
    for anchor in page.tree.iter("a"):
        href = anchor.get("href") or ""
        if not href or href.startswith(("#", "javascript:", "mailto:", "tel:")):
            continue
        url = absolute(base, href)
        if url:
            yield Link(url.split("#", 1)[0], anchor_text(anchor), anchor)


def anchor_text(anchor: HtmlElement) -> str:
    """What a reader sees of the link; a title attribute stands in where the text was cut short or is an image."""
    text = squeeze("".join(anchor.itertext()))
    title = squeeze(anchor.get("title") or "")
    if not text:
        text = title or next((squeeze(i.get("alt") or "") for i in anchor.iter("img")), "")
    cut = text.rstrip(".… ")
    return title if cut != text and title.startswith(cut) else text


def squeeze(text: str) -> str:
    """Single spaces, none at the ends."""
    return " ".join(text.split())


def page_number(text: str) -> int | None:
    """The number that a pager prints: `2`, `[2]`, `Trang 2`; four plain digits at most, and no `²` or `②`."""
    found = _PAGE_NUMBER.fullmatch(text) if len(text) < 20 else None
    return int(found.group(1) or found.group(2)) if found else None


def host(url: str) -> str:
    """`host:port` without `www.` and without the default port: equal for links of one site."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    name = (parts.hostname or "").lower().removeprefix("www.")
    return f"{name}:{port}" if port and port not in (80, 443) else name


def segments(url: str) -> list[str]:
    """The unescaped, non-empty parts of a URL's path."""
    return [unquote(s) for s in urlsplit(url).path.split("/") if s]


def query(url: str) -> dict[str, str]:
    """The parameters of a URL, names in lower case, the last of each name."""
    return {k.lower(): v for k, v in parse_qsl(urlsplit(url).query, keep_blank_values=True)}


def same_page(one: str, other: str) -> bool:
    """Whether two URLs name one page but for scheme, `www.` and a trailing slash."""
    a, b = urlsplit(one), urlsplit(other)
    return host(one) == host(other) and a.path.rstrip("/") == b.path.rstrip("/") and a.query == b.query


def is_home(url: str) -> bool:
    """Whether the URL is a site's front door."""
    parts = urlsplit(url)
    return re.fullmatch(r"/?((index|default|home|trang-chu)(\.\w{2,5})?/?)?", parts.path, re.I) is not None and not (
        parts.query
    )


def never_article(url: str) -> bool:
    """Whether the URL is a login, print, tag, search, feed, contact or file link, a home page or the like."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    path = segments(url)
    if not parts.query and is_home(url):
        return True
    if FILE.search(parts.path) or any(_NEVER_FOLDER.fullmatch(s) for s in path[:-1]):
        return True
    if path and (_NEVER_NAME.search(path[-1]) or (_NEVER_LAST.fullmatch(path[-1]) and not parts.query)):
        return True
    return any(_never_asked(name, value) for name, value in query(url).items())


def _never_asked(name: str, value: str) -> bool:
    """Whether a parameter asks for a tool of the site and not for a page: `?q=hội đồng`, `?act=login`, `?print=1`."""
    if _SEARCH_QUERY.match(name):
        return not _NAMED_IN_SEARCH.fullmatch(value)
    if _WAY.match(name):
        return any(_NEVER_WAY.fullmatch(word) for word in re.split(r"[._]", value))
    return _NEVER_QUERY.match(name) is not None


def is_specific(url: str) -> bool:
    """Whether the URL names one thing: a number, a long slug, a date, a detail page."""
    last = segments(url)[-1] if segments(url) else ""
    return (
        len(re.findall(r"[-_]", last)) >= 4
        or any(segment.isdigit() and len(segment) >= 2 for segment in segments(url))
        or re.search(r"\d{2,}", last) is not None
        or any(re.search(r"\d{2,}|[0-9a-f]{8}-", v) for v in query(url).values())
        or DETAIL.search(url) is not None
    )


def without_twin(url: str) -> str:
    """The article's own URL for the twins that every product has: `/amp` and `/print` anywhere in the path,
    `?print=1`, `?tmpl=component`, theme switches."""
    url = without_parameters(url, _makes_a_twin)
    parts = urlsplit(url)
    path = _TWIN_ENDING.sub("", _TWIN_SEGMENT.sub("", parts.path))
    if path == parts.path:
        return url
    if not path.endswith("/") and "." not in path.rsplit("/", 1)[-1]:
        path += "/"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _makes_a_twin(name: str, value: str) -> bool:
    return bool(_TWIN_QUERY.match(name) or (_TWIN_WAY.match(name) and _TWIN_VALUE.match(value)))

"""A page that only sends its reader on: by a refresh, a script, a frame, or a picture to click."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from pipelines import walls
from pipelines.families.links import Link, host, links, never_article, same_page, squeeze
from pipelines.page import Page, absolute

_REFRESH = re.compile(r"\s*(\d+)[\d.]*\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"'\s]+)", re.I)
_SOON = 15
"""Seconds after which a refresh still is the way on, and not a page that keeps itself new."""
_LOCATION = re.compile(
    r"\blocation(?:\.href)?\s*=\s*([\"'])([^\"'\s]+)\1(?!\s*\+)"
    r"|\blocation\.(?:replace|assign)\s*\(\s*([\"'])([^\"'\s]+)\3\s*\)"
)
_MAIN = re.compile(r"main|content|body|giua|chinh|noi-?dung|trang-?chu", re.I)
_ENTER = re.compile(
    r"^\W*((nhấn|bấm|click) .{0,20})?(vào|truy cập|bỏ qua|skip|enter)\b|^\W*(trang chủ|home( ?page)?)\W*$"
    r"|^\W*tiếng việt\W*$",
    re.I,
)
_FRONT = re.compile(r"/((index|default|home|trang-?chu)(\.\w{2,5})?/?)?$", re.I)
_FEW = 2
"""Pages of the site under links with words of their own from which a page has something to offer."""
_SAID = 600
"""Characters from which a page tells something itself."""


def way_on(page: Page) -> str | None:
    """The absolute URL that the page sends every reader to; None: it is no mere signpost, or a challenge.

    A challenge sets a cookie, says what it is, or leads back to the same page.
    """
    small = page.html[: walls.SMALL].lower()
    if len(page.html) > walls.SMALL or "document.cookie" in small or walls.told(small):
        return None
    here = _refresh(page)
    if here is None and not _offers(page):
        here = next(filter(None, (_scripted(page), _framed(page), _entrance(page))), None)
    url = absolute(page.base_url, here) if here else None
    url = url.split("#", 1)[0] if url else None
    return None if url is None or same_page(url, page.url) or _is_tool(url) else url


def _is_tool(url: str) -> bool:
    """Whether the URL is a login, a file or the like; a front page is none, wherever it is: `/web/guest/home`."""
    return never_article(urljoin(url, "a") if _FRONT.search(urlsplit(url).path) else url)


def _refresh(page: Page) -> str | None:
    for meta in page.tree.iter("meta"):
        asks = (meta.get("http-equiv") or "").lower() == "refresh"
        if asks and next(meta.iterancestors("noscript"), None) is None:
            found = _REFRESH.match(meta.get("content") or "")
            if found and int(found[1]) <= _SOON:
                return found[2]
    return None


def _offers(page: Page) -> bool:
    """Whether there is something to read or to choose from."""
    body = page.tree.find("body")
    said = sum(len(words.strip()) for words in _words(body)) if body is not None else 0
    worded = {link.url for link in _own_links(page) if not _ENTER.match(link.text) and not _is_picture(link.element)}
    return said > _SAID or len(worded) >= _FEW


def _words(body: HtmlElement) -> Iterable[str]:
    for node in body.iter():
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "noscript") and node.text:
            yield node.text
        if node is not body and node.tail:
            yield node.tail


def _scripted(page: Page) -> str | None:
    body = page.tree.find("body")
    scripts = [node.text or "" for node in page.tree.iter("script")]
    onload = [body.get("onload") or ""] if body is not None else []
    ways = (way for script in (*onload, *scripts) for way in _LOCATION.finditer(script))
    # another path: the same with something added to its query is how challenges let one in
    targets = (absolute(page.base_url, way[2] or way[4]) for way in ways)
    return next((url for url in targets if url and not same_page(url.split("?")[0], page.url.split("?")[0])), None)


def _framed(page: Page) -> str | None:
    frames = [node for node in page.tree.iter("frame", "iframe") if (node.get("src") or "").strip()]
    own = [node for node in frames if host(absolute(page.base_url, node.get("src") or "") or "") == host(page.url)]
    main = [node for node in own if _MAIN.search(f"{node.get('name') or ''} {node.get('id') or ''} {node.get('src')}")]
    return (main or own)[-1].get("src") if own else None


def _entrance(page: Page) -> str | None:
    shown = (link for link in _own_links(page) if _ENTER.match(link.text) or _is_picture(link.element))
    return next((link.url for link in shown if not _is_tool(link.url)), None)


def _own_links(page: Page) -> list[Link]:
    return [link for link in links(page) if host(link.url) == host(page.url) and not same_page(link.url, page.url)]


def _is_picture(anchor: HtmlElement) -> bool:
    return next(anchor.iter("img", "object", "embed", "video"), None) is not None and not squeeze(
        "".join(anchor.itertext())
    )

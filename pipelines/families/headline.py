"""The headline of a page whose own title names only the site: what stands over the prose and looks like one."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines.blocks import hidden
from pipelines.families.container import densest
from pipelines.families.generic_article import TITLE
from pipelines.families.links import squeeze
from pipelines.families.listing import DATE
from pipelines.page import Page

_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_STRONG = frozenset({"b", "strong", "font"})
_NO_TITLE = re.compile(r"[.:;,]$|^\W*(ngày|đăng|cập nhật|tác giả|nguồn|lượt xem|thứ (hai|ba|tư|năm|sáu|bảy))\b", re.I)
_PROSE = 80
"""Characters of a block that is surely no headline's neighbour but the text itself."""


def headline_above(page: Page, scope: HtmlElement | None = None) -> HtmlElement | None:
    """The best of what looks like a headline in the smallest element that holds such and the first prose below it."""
    container = densest(page, None, scope)
    if container is None:
        return None
    start = next((n for n in container.iter() if _own(n) >= _PROSE), container)
    inside = True
    for up in (container, *container.iterancestors()):
        found = [(_rank(n, inside), n) for n in _before(up, start)]
        best = max((rank for rank, _ in found), default=0)
        if best:
            return next(n for rank, n in found if rank == best)
        if up.tag in ("body", "html"):
            return None
        inside = False
    return None


def _before(root: HtmlElement, start: HtmlElement) -> Iterator[HtmlElement]:
    around = {start, *start.iterancestors()}
    for node in root.iterdescendants():
        if node is start:
            return
        if isinstance(node.tag, str) and node not in around:
            yield node


def _rank(node: HtmlElement, inside: bool) -> int:
    """3 by name, 2 a heading, 1 emphasised (outside the text's own container only), 0 no headline."""
    named = TITLE.search(f"{node.get('class') or ''} {node.get('id') or ''}") is not None
    heading = node.tag in _HEADINGS
    strong = node.tag in _STRONG and (node.tag != "font" or (node.get("size") or "").strip("+") in ("3", "4", "5", "6"))
    if not (named or heading or (strong and not inside)) or len(node) > 6 or hidden(node):
        return 0
    words = squeeze("".join(node.itertext()))
    if not 20 <= len(words) <= 250 or len(words.split()) < 5 or _NO_TITLE.search(words) or DATE.search(words):
        return 0
    if (
        next(node.iter("a", "input", "table", "ul"), None) is not None
        or next(node.iterancestors("a"), None) is not None
    ):
        return 0
    return 3 if named else 2 if heading else 1


def _own(node: HtmlElement) -> int:
    return len(squeeze(node.text or "")) + sum(len(squeeze(c.tail or "")) for c in node) if node.tag != "a" else 0

"""Lists of other articles inside an article: found by their headings, whatever the theme calls them."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines.families import fields
from pipelines.families.links import DOCUMENT, squeeze

_RELATED = re.compile(
    r"\W*(có thể bạn quan tâm|(các |những )?(tin|bài|bài viết|tin bài|tài liệu)( viết| tức)?"
    r" (khác|liên quan|cùng (chuyên )?mục|mới hơn|cũ hơn|đã đưa|đã đăng|mới nhất|tương tự)"
    r"|xem toàn bộ \d+ trang tài liệu này)\W*",
    re.I,
)
_BESIDE = 24
"""Letters that a piece of text beside the links of a list may have: a weekday, a view count."""


def is_related(words: str) -> bool:
    """Whether the words are a heading over other articles."""
    return 7 <= len(words) <= 60 and _RELATED.fullmatch(words) is not None


def cut_related(root: HtmlElement) -> None:
    """Take out lists of other articles under a heading that says so; links and their dates only, never prose."""
    for heading in list(root.iter()):
        if not isinstance(heading.tag, str) or len(heading) > 3 or heading.getparent() is None:
            continue
        if heading.tag == "img":
            words = squeeze(heading.get("alt") or "")  # old pages print such headings as pictures
        else:
            words = squeeze("".join(heading.itertext())) if heading.text or len(heading) else ""
        if not is_related(words):
            continue
        box = heading
        for up in heading.iterancestors():
            said = squeeze("".join(up.itertext()))
            if up is root or not _only_links(up) or not (said.startswith(words) or (heading.tag == "img" and not said)):
                break
            box = up
        links_inside = next(box.iter("a"), None) is not None
        following = [] if links_inside or _letters(box.tail) else list(_links_after(box))
        for node in following:
            node.tail = None
            fields.cut(node)
        if following or links_inside:
            fields.cut(box)


def _links_after(box: HtmlElement) -> Iterator[HtmlElement]:
    for node in box.itersiblings():
        if not _only_links(node) or _letters(node.tail) > _BESIDE:
            return
        yield node


def _only_links(node: HtmlElement) -> bool:
    """Whether little but links to pages, dates and headings of lists is in the element."""
    anchors = list(node.iter("a"))
    if any(DOCUMENT.search((a.get("href") or "").split("?")[0]) for a in anchors):
        return False
    if next(node.iter("h1", "input", "textarea", "figure", "iframe"), None) is not None:
        return False
    pieces = [0 if _RELATED.fullmatch(squeeze(piece)) else _letters(piece) for piece in _outside_links(node)]
    return max(pieces, default=0) <= _BESIDE and sum(pieces) <= _BESIDE * (1 + len(anchors) // 2)


def _outside_links(node: HtmlElement) -> Iterator[str]:
    if node.tag == "a" or not isinstance(node.tag, str):
        return
    yield node.text or ""
    for child in node:
        yield from _outside_links(child)
        yield child.tail or ""


def _letters(words: str | None) -> int:
    return sum(c.isalpha() for c in words or "")

"""The part of a page with the most prose: how an article is found where no product names its container."""

import re
from collections import defaultdict
from collections.abc import Iterable

from lxml.html import HtmlElement

from pipelines.blocks import hidden
from pipelines.families.links import squeeze
from pipelines.page import Page

_SKIP = frozenset(
    {"script", "style", "nav", "footer", "aside", "select", "form", "noscript", "button", "head", "option"}
)
# old ASP.NET puts the whole page into one form
_TRANSPARENT = frozenset({"form"})
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "big",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "mark",
        "s",
        "small",
        "span",
        "strong",
        "strike",
        "sub",
    }
    | {"sup", "u", "o:p", "ins", "del"}
)
_ASIDE = re.compile(
    r"(^|[\s_-])(comments?|comment-?list|respond|binh-?luan|y-?kien|related\w*|other-?news|tin-?(khac|lien-?quan)|footer|breadcrumbs?)"
    r"([\s_-]|$)",
    re.I,
)
_WORDS = 25
"""Characters that a run of text must have to count as prose."""


def densest(page: Page, headline: HtmlElement | None, scope: HtmlElement | None = None) -> HtmlElement | None:
    """The element around which most prose stands, near the headline where there is one; inside `scope` if given."""
    body = page.tree.find("body")
    root = scope if scope is not None else body if body is not None else page.tree
    best = _best(root)
    if best is None or headline is None or root not in headline.iterancestors():
        return _widened(best, root) if best is not None else None
    whole = prose(best)
    for near in headline.iterancestors():
        if near is root or near.tag == "html":
            break
        if prose(near) - prose(headline) >= max(0.5 * whole, _WORDS):
            inner = _best(near, headline)
            return _widened(inner if inner is not None else near, near, headline)
    return _widened(best, root, headline)


def _best(root: HtmlElement, without: HtmlElement | None = None) -> HtmlElement | None:
    scores: dict[HtmlElement, float] = defaultdict(float)
    for block, size in runs(root):
        if block is without:
            continue
        worth = min(size, 2000) if size >= _WORDS else 0
        node: HtmlElement | None = block
        for share in (0.6, 1.0, 0.5):
            if node is None or node.tag == "html":
                break
            scores[node] += worth * share
            if node is root:
                break
            node = node.getparent()
    if not any(scores.values()):
        return None
    best, most = None, -1.0
    for node in sorted(scores, key=scores.__getitem__, reverse=True):
        if scores[node] <= most:  # links only lower a score, and each look at them reads the element
            break
        worth_it = scores[node] * (1 - _link_density(node))
        if worth_it > most:
            best, most = node, worth_it
    return best


def is_inline(node: HtmlElement) -> bool:
    """Whether the element stands within a line."""
    return node.tag in _INLINE


def is_aside(node: HtmlElement) -> bool:
    """Whether the element's name tells that it stands beside an article: comments, other articles, a footer."""
    names = f"{node.get('class') or ''} {node.get('id') or ''}"
    return names != " " and _ASIDE.search(names) is not None


def runs(root: HtmlElement, *, aside: bool = False) -> Iterable[tuple[HtmlElement, int]]:
    """(block element, characters of its own inline text outside links), menus and forms' controls left out.

    `aside`: also what its name tells to stand beside an article.
    """
    sizes: dict[HtmlElement, int] = defaultdict(int)
    stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(root, root, False)]
    while stack:
        node, block, linked = stack.pop()
        if not isinstance(node.tag, str) or (node.tag in _SKIP - _TRANSPARENT) or hidden(node):
            continue
        if not aside and node is not root and is_aside(node):
            continue
        if node.tag not in _INLINE and node.tag != "br":
            block = node
        linked = linked or node.tag == "a"
        if not linked and node.text:
            sizes[block] += len(node.text.strip())
        for child in node:
            if child.tail and not linked:
                sizes[block] += len(child.tail.strip())
            stack.append((child, block, linked))
    return [(block, size) for block, size in sizes.items() if size]


def _widened(node: HtmlElement, limit: HtmlElement, headline: HtmlElement | None = None) -> HtmlElement:
    """The nearest ancestor, at most `limit`, that holds clearly more prose of the same kind, and hardly more links.

    Not for the sake of the lead alone, which stands between the headline and the text.
    """
    above = set(headline.iterancestors()) if headline is not None else set()
    inner = prose(node)
    best = node
    for depth, parent in enumerate(node.iterancestors()):
        if depth >= 4 or node is limit or parent.tag in ("body", "html", "form"):
            break
        whole = prose(parent)
        if whole >= 1.25 * inner and _link_density(parent) < 0.3:
            if parent in above and _is_lead_alone(parent, best, headline):
                break
            best, inner = parent, whole
        if parent is limit:
            break
    return best


def _is_lead_alone(parent: HtmlElement, inner: HtmlElement, headline: HtmlElement | None) -> bool:
    known = {inner, headline}
    beside = [
        block for block, size in runs(parent) if size >= _WORDS and known.isdisjoint((block, *block.iterancestors()))
    ]
    return len(beside) <= 1 and parent not in beside


def prose(node: HtmlElement) -> int:
    """Characters of prose in the element: runs of text outside links and controls that are long enough."""
    return sum(size for _, size in runs(node) if size >= _WORDS)


def _link_density(node: HtmlElement) -> float:
    whole = len(squeeze("".join(node.itertext())))
    linked = sum(len(squeeze("".join(a.itertext()))) for a in node.iter("a"))
    return linked / whole if whole else 1.0

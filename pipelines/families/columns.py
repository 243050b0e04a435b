"""Side columns of a listing page: `most read`, `newest`, repeated on every page beside the list itself."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice

from lxml.html import HtmlElement

from pipelines.families.links import Link

_LEAST = 3
"""Undated articles of a block that make it a list of its own; fewer may be the featured item."""
_LEVELS = 3
_SIDE = re.compile(
    r"(^|[\s_-])(side-?bar|aside|widget(-area)?|secondary|(col|column|cot|pane|side|zone|block)?[_-]?(left|right|trai|phai))"
    r"([\s_-]|$)|sidebar|(left|right)(col|column|side|pane|panel|menu)|col(left|right)|tophits|xem-?nhieu|doc-?nhieu",
    re.I,
)
_GRID = re.compile(
    r"(?:^|\s)(?:col|span|grid|large|medium|small|uk-width)(?:-(xs|sm|md|lg|xl|xxl))?[-_]?(\d{1,2})(?=\s|$)"
)
_WIDTH = re.compile(r"(?:^|[;\s])width\s*:\s*(\d+)(?:\.\d+)?\s*(%|px)", re.I)


def beside(dated: Iterable[HtmlElement], undated: Mapping[str, list[Link]]) -> set[str]:
    """The URLs that only side columns of a page with a dated list show.

    Args:
        dated: the anchors whose items show a date: they are the list.
        undated: the anchors of the other articles, by URL.
    """
    anchors = list(dated)
    main = {node for anchor in anchors for node in anchor.iterancestors()}
    blocks: dict[HtmlElement, set[str]] = defaultdict(set)
    for url, links in undated.items():
        for link in links:
            blocks[_block(link.element, main)].add(url)
    columns = [
        urls
        for block, urls in blocks.items()
        if len(urls) >= _LEAST and _is_column(block, main, sure=len(anchors) >= _LEAST)
    ]
    kept = {url for urls in blocks.values() if urls not in columns for url in urls}
    return {url for urls in columns for url in urls} - kept


def _block(anchor: HtmlElement, main: set[HtmlElement]) -> HtmlElement:
    """The largest element around the anchor without a dated item."""
    block = anchor
    for node in anchor.iterancestors():
        if node in main:
            break
        block = node
    return block


def _is_column(block: HtmlElement, main: set[HtmlElement], *, sure: bool) -> bool:
    parent = block.getparent()
    beside = [node for node in parent if node in main] if parent is not None else []
    if not beside or any(_is_side(node) for node in beside):
        return False
    if block.tag == "aside" or any(_is_narrower(block, node) for node in beside):
        return True
    if sure and block.tag in ("td", "th"):
        return True
    return any(_is_side(node) for node in islice(block.iter("div", "section", "aside", "ul", "td"), _LEVELS))


def _is_side(node: HtmlElement) -> bool:
    return node.tag == "aside" or _SIDE.search(f"{node.get('class') or ''} {node.get('id') or ''}") is not None


def _is_narrower(block: HtmlElement, other: HtmlElement) -> bool:
    """Whether a grid or a style gives the block less width than the other beside it."""
    mine, theirs = _widths(block), _widths(other)
    shared = mine.keys() & theirs.keys()
    return bool(shared) and all(mine[unit] <= theirs[unit] for unit in shared) and mine != theirs


def _widths(node: HtmlElement) -> dict[str, int]:
    widths = {step: int(n) for step, n in _GRID.findall(node.get("class") or "")}
    styled = _WIDTH.search(node.get("style") or "") or re.fullmatch(r"\s*(\d+)(%?)\s*", node.get("width") or "")
    return widths | ({styled.group(2) or "px": int(styled.group(1))} if styled else {})

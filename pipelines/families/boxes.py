"""Boxes that stand around or inside an article and are none of it, told by how they are made and by their first line.

A run of siblings that each lead with a link to another page is a list of other articles, teasers and dates included.
An element whose first line is the head of a box (boilerplate.toml: `box = true`) goes with all that it holds.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from lxml.html import HtmlElement

from pipelines import boilerplate
from pipelines.families import fields
from pipelines.families.container import is_inline, runs
from pipelines.families.links import DOCUMENT, squeeze

_TITLE = 20
"""Characters of a link that may be a headline."""
_ITEM = 700
"""Characters of the longest item of a list: a title, a date and a teaser."""
_BESIDE = 30
"""Letters that may stand beside the link in its line: a date, a view count, the name of a section."""
_HEAD = 60
_DEPTH = 7
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6", "dt"})
_SHARE = 0.4
"""Share of the page's prose from which a part of it is no box."""
_AFTER = 60
"""Characters of prose between the headline and a box from which the article surely stands over it."""
_LONGEST = 300
_STOPS = (".", "!", "?", ";", ":")
_NO_PAGE = ("#", "javascript", "mailto:", "tel:")


def cut_boxes(root: HtmlElement, headline: HtmlElement | None) -> int:
    """Take the boxes out of `root`; how many links to other articles went with them.

    Never an element that holds the headline, and no box that has much of the prose unless the article stands over it.
    """
    turns: list[list[HtmlElement]] = []
    links = _cut_lists(root, headline, turns)
    plan = _Plan(root, headline)
    for titles in turns:
        _cut_turns(titles, plan)
    for first in list(_heads(root)):
        if root in first.iterancestors():
            _cut_box(first, plan)
    return links


def _cut_lists(root: HtmlElement, headline: HtmlElement | None, turns: list[list[HtmlElement]]) -> int:
    """`turns` gets the titles of lists where each teaser stands below its title and not in one element with it."""
    above = {root, *headline.iterancestors(), headline} if headline is not None else {root}
    groups: dict[HtmlElement, dict[HtmlElement, None]] = defaultdict(dict)
    lines: dict[HtmlElement, bool] = {}
    for anchor in root.iter("a"):
        if not _leads(anchor, lines):
            continue
        child = anchor
        for depth, parent in enumerate(anchor.iterancestors()):
            if depth >= _DEPTH or child in above:
                break
            if child is anchor or not is_inline(child):
                groups[parent][child] = None
            child = parent
    count = 0
    for parent, children in groups.items():
        if len(children) < 3 or parent.tag == "tr" or (parent is not root and parent.getparent() is None):
            continue
        items = {child: None for child in children if child.getparent() is parent and _is_item(child)}
        if len(items) < 3 or len(items) < 0.8 * len(children):
            continue
        if any(_is_told(item, items) for item in list(items)[:-1]):
            turns.append(list(items))
            continue
        for item in items:
            fields.cut(item)
        count += len(items)
        if parent not in above and len(opening(parent, _HEAD)) <= _BESIDE:
            fields.cut(parent)  # what is left is the head of its columns
    return count


def _cut_turns(titles: list[HtmlElement], plan: "_Plan") -> None:
    """Cut titles and teasers in turn where an article stands over them; a page of nothing else is a listing."""
    if titles[0] not in plan.at or any(title.tag not in _HEADINGS for title in titles):
        return  # links on lines of their own may stand between an author's paragraphs
    following = [title.getnext() for title in titles]
    teasers = [node for node in following if node is not None and len(opening(node, _ITEM)) < _ITEM]
    place = plan.at[titles[0]]
    size = sum(map(plan.inside, teasers))
    if len(teasers) == len(titles) and plan.start >= 0 and plan.spares(size, place) and plan.stands_over(size, place):
        for node in dict.fromkeys((*titles, *teasers)):
            fields.cut(node)


def _is_told(item: HtmlElement, items: Mapping[HtmlElement, None]) -> bool:
    """Whether text that is no item stands between an item and the next."""
    node = item
    while True:
        if _letters(node.tail or "") > _BESIDE:
            return True
        following = node.getnext()
        if following is None or following in items:
            return False
        if _letters(opening(following, 2 * _BESIDE)) > _BESIDE:
            return True
        node = following


def _leads(anchor: HtmlElement, lines: dict[HtmlElement, bool]) -> bool:
    """Whether the link is a line of its own, and its text a headline. `lines`: what is known of lines."""
    href = anchor.get("href") or ""
    if not href or href.startswith(_NO_PAGE) or DOCUMENT.search(href.split("?")[0]):
        return False
    words = opening(anchor, _LONGEST + 1)
    if not _TITLE <= len(words) <= _LONGEST or (words.endswith(_STOPS) and not words.endswith("...")):
        return False
    line: HtmlElement = anchor
    while (up := line.getparent()) is not None and is_inline(line):
        line = up
    if line not in lines:
        lines[line] = sum(map(_letters, _beside(line))) <= _BESIDE
    return lines[line]


def _beside(node: HtmlElement) -> Iterator[str]:
    """The text of a line outside its links and outside the blocks in it."""
    yield node.text or ""
    for child in node:
        if is_inline(child) and child.tag != "a":
            yield from _beside(child)
        yield child.tail or ""


def _letters(words: str) -> int:
    return sum(map(str.isalpha, words))


def _is_item(child: HtmlElement) -> bool:
    words = opening(child, _ITEM + 1)
    return len(words) <= _ITEM and next(child.iter("h1", "textarea"), None) is None


def _heads(root: HtmlElement) -> Iterator[HtmlElement]:
    for node in root.iter():
        if not isinstance(node.tag, str) or node is root or len(node) > 3:
            continue
        words = opening(node, _HEAD + 1)
        if 3 <= len(words) <= _HEAD and head(words) is not None:
            yield node


@lru_cache(maxsize=4096)
def head(words: str) -> boilerplate.Rule | None:
    """The rule of which the line is the head of a box."""
    rule = boilerplate.match(words)
    return rule if rule is not None and rule.box else None


def opening(node: HtmlElement, size: int) -> str:
    """The first `size` or some more characters of the element's text, single-spaced; all of it where it is shorter."""
    said: list[str] = []
    length = 0
    for piece in node.itertext("*"):
        if words := squeeze(piece):
            said.append(words)
            length += len(words) + 1
            if length > size:
                break
    return " ".join(said)


@dataclass
class _Plan:
    """Where on the page which prose stands."""

    root: HtmlElement
    headline: HtmlElement | None

    def __post_init__(self) -> None:
        self.at = {node: index for index, node in enumerate(self.root.iter())}
        placed = sorted((self.at[node], size) for node, size in runs(self.root, aside=True) if size >= 25)
        self.places = [place for place, _ in placed]
        self.sums = [0, *accumulate(size for _, size in placed)]
        self.start = self.at.get(self.headline, -1) if self.headline is not None else -1
        self.above = {self.root, *self.headline.iterancestors()} if self.headline is not None else {self.root}

    def between(self, first: int, last: int) -> int:
        """Prose that begins at the places from `first` to before `last`."""
        return self.sums[bisect_left(self.places, last)] - self.sums[bisect_left(self.places, first)]

    def inside(self, node: HtmlElement) -> int:
        last = node
        while len(last):
            last = last[-1]
        return self.between(self.at[node], self.at[last] + 1)

    def spares(self, size: int, place: int) -> bool:
        """Whether prose of that size, from that place on, may go."""
        if size <= _SHARE * self.sums[-1]:
            return True
        return self.stands_over(size, place)

    def stands_over(self, size: int, place: int) -> bool:
        """Whether between the headline and that place there is prose enough for an article."""
        return 0 <= self.start < place and self.between(self.start + 1, place) >= max(_AFTER, 0.25 * size)


def _cut_box(first: HtmlElement, plan: _Plan) -> None:
    words = opening(first, _HEAD + 1)
    box = first
    for up in first.iterancestors():
        if up in plan.above or not opening(up, len(words)).startswith(words):
            break
        box = up
    if opening(box, len(words) + 1) != words:
        if plan.spares(plan.inside(box), plan.at[box]) and not _attaches(box):
            fields.cut(box)
        return
    rule = head(words)
    if rule is None or rule.where not in ("end", "list"):
        return
    following = list(box.itersiblings()) if rule.id == "comments" else list(_belonging(box, plan))
    size = sum(plan.inside(node) for node in following)
    if following and not any(node in plan.above for node in following) and plan.spares(size, plan.at[box]):
        for node in following:
            node.tail = None
            fields.cut(node)
        fields.cut(box)


def _attaches(box: HtmlElement) -> bool:
    return any(DOCUMENT.search((a.get("href") or "").split("?")[0]) for a in box.iter("a"))


def _belonging(box: HtmlElement, plan: _Plan) -> Iterator[HtmlElement]:
    """What goes on with the box whose head stands before it: lists, links, and the teaser under a title."""
    title = False
    for node in box.itersiblings():
        if not _belongs(node, plan) and not (title and len(opening(node, _ITEM)) < _ITEM and not _attaches(node)):
            return
        title = node.tag in _HEADINGS and next(node.iter("a"), None) is not None
        yield node


def _belongs(node: HtmlElement, plan: _Plan) -> bool:
    """Whether an element has no prose, or leads with a link."""
    if node.tail and len(node.tail.strip()) > _BESIDE:
        return False
    return (plan.inside(node) == 0 and not _attaches(node)) or any(_leads(a, {}) for a in node.iter("a"))

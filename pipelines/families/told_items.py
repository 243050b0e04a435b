"""Items of a list whose links say little: what stands around the link tells, its date, its heading, its teaser."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice, takewhile

from lxml.html import HtmlElement

from pipelines.families.links import Link, is_specific, squeeze
from pipelines.families.listing import DATE, dated
from pipelines.instants import ZONE

MORE = re.compile(r"^(xem (thêm|tất cả|tiếp|chi tiết)|đọc (thêm|tiếp)|chi tiết|tất cả|»|>>|more|read more)\W*$", re.I)
TITLE_WORDS = 6
"""Vietnamese headlines have at least about this many syllables; names of sections mostly fewer."""
_NO_TITLE = re.compile(
    r"^(tải (về|xuống|file|tệp)|download|(xem |mở )?(file|tệp)|đính kèm|bản in|in|phản hồi|trả lời|(\d+ )?bình luận)\b"
    r"|\d[\d.]*\s*[-/][^\s]*[A-ZĐ]{2}",
    re.I,
)
"""What a row of files says, and the number of a document."""
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_TITLE_CLASS = re.compile(r"(^|[\s_-])(title|tieu-?de|headline)([\s_-]|$)", re.I)
_TEASER = 60
"""Characters of a line outside links from which it tells what the item is about."""
_LEAST = 3
"""Links of one shape that make a list; of fewer each must stand alone."""
_LEVELS = 8
_OTHERS = 3
"""Most other links in an item: its category, its author, its comments."""
_ROWS = 2


def told_around(links: Sequence[Link], shape_of: Mapping[str, str], fetched_at: datetime) -> frozenset[str]:
    """The URLs whose links are items of a list by their date, or by their heading and teaser, whatever their words."""
    inside: dict[HtmlElement, set[str]] = defaultdict(set)
    anchors: dict[str, list[Link]] = defaultdict(list)
    shapes: dict[str, set[str]] = defaultdict(set)
    for link in links:
        anchors[link.url].append(link)
        shapes[shape_of[link.url]].add(link.url)
        for node in islice(link.element.iterancestors(), _LEVELS):
            inside[node].add(link.url)
    reader = _Around(anchors, inside, fetched_at)
    return frozenset(url for alike in shapes.values() for url in alike if reader.is_item(url, alike))


class _Around:
    def __init__(
        self, anchors: Mapping[str, list[Link]], inside: Mapping[HtmlElement, set[str]], fetched_at: datetime
    ) -> None:
        self._anchors, self._inside, self._fetched_at = anchors, inside, fetched_at

    def is_item(self, url: str, alike: Collection[str]) -> bool:
        """Whether one of the boxes around the links to `url` is an item; `alike`: the URLs of its shape."""
        group = self._anchors[url]
        if len(group) > _LEAST:  # a category, an author
            return False
        return any(self._is_item_box(self._box(link, alike), link, group, len(alike) >= _LEAST) for link in group)

    def _box(self, link: Link, alike: Collection[str]) -> HtmlElement:
        """The largest element around the link that holds no other of its shape, and no list."""
        box, most = link.element, 1 + (_OTHERS if len(alike) >= _LEAST else 0)
        for node in islice(link.element.iterancestors(), _LEVELS):
            held = self._inside[node]
            if node.tag in ("body", "html") or len(held) > most or any(u != link.url and u in alike for u in held):
                break
            box = node
        return box

    def _is_item_box(self, box: HtmlElement, link: Link, group: Sequence[Link], in_a_list: bool) -> bool:
        texts = [one.text for one in group if not MORE.match(one.text)]
        heading = next(filter(None, map(_heading, box.iter())), "")
        headed = any(_in_heading(one.element) for one in group) or (not texts and bool(heading))
        title = max(texts, key=len, default=heading)
        words = _words(title)
        if words < 2 or (words < TITLE_WORDS and _NO_TITLE.search(title)):
            return False
        others = [one for url in self._inside.get(box, ()) if url != link.url for one in self._anchors[url]]
        if any(_words(one.text) > words or (_in_heading(one.element) and not headed) for one in others):
            return False  # it is a label of another's item
        if not is_specific(link.url) and any(is_specific(one.url) for one in others):
            return False  # it is the section of another
        if not texts and words >= TITLE_WORDS - 1:
            return True
        if self._is_dated(box, in_a_list):
            return in_a_list or headed or words >= _LEAST
        return in_a_list and headed and is_specific(link.url) and any(len(line) >= _TEASER for line in _lines(box))

    def _is_dated(self, box: HtmlElement, in_a_list: bool) -> bool:
        if found := dated(box, self._fetched_at):
            # today's date beside a link of which there is no other is the page's clock
            return in_a_list or found[:10] != f"{self._fetched_at.astimezone(ZONE):%Y-%m-%d}"
        below = islice(takewhile(lambda node: node not in self._inside, box.itersiblings()), _ROWS)
        return in_a_list and any(dated(node, self._fetched_at) for node in below)


def _words(title: str) -> int:
    return sum(1 for word in DATE.sub(" ", title).split() if word[0].isalpha())


def _in_heading(anchor: HtmlElement) -> bool:
    return any(node.tag in _HEADINGS for node in (anchor, *islice(anchor.iterancestors(), 2)))


def _heading(node: HtmlElement) -> str:
    """The words of a heading, by tag or class."""
    if node.tag not in _HEADINGS and not _TITLE_CLASS.search(node.get("class") or ""):
        return ""
    return squeeze("".join(node.itertext()))


def _lines(box: HtmlElement) -> list[str]:
    """The pieces of text of the box outside its links."""
    nodes = [node for node in box.iter() if isinstance(node.tag, str) and node.tag not in ("script", "style")]
    inner = [node.text for node in nodes if node.tag != "a" and node.text]
    return [squeeze(line) for line in (*inner, *(node.tail for node in nodes if node is not box and node.tail))]

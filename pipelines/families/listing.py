"""What a listing page shows, by structure: items with their dates, and the next page."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice, takewhile
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.families.links import Link, host, links, same_page, segments, squeeze
from pipelines.page import Page
from schemas.capture import ArticleLink

DATE = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d\b|\b(?:19|20)\d\d-\d{1,2}-\d{1,2}\b"
    r"|\b\d{1,2}\s+tháng\s+[\wà-ỹ]+(?:\s+[\wà-ỹ]+)?,?\s+(?:năm\s+)?(?:19|20)\d\d\b",
    re.I,
)
_DATE_FIRST = re.compile(rf"\W*((?:{DATE.pattern}))\W*\s[-–|:]\s", re.I)
"""A teaser that begins with its date."""
_ROWS = 3
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
"""A card that is one link has its title in a heading, and its date and summary beside it."""
_DATE_LINE = 60
"""Longest line, in characters, that is a date line and not prose that names a day."""
_NEXT_WORDS = re.compile(
    r"^[←«‹\s]*(»|›|>|→|trang (sau|tiếp|kế)( theo)?|(trang )?tiếp( theo)?|kế tiếp|sau|next( page)?|older( posts?)?"
    r"|(bài|tin) (viết )?cũ hơn|các tin cũ hơn)\s*[»›>→]*$",
    re.I,
)
_NEXT_CLASS = re.compile(r"(^|[\s_-])(next|nextpostslink|pagination-next|older)([\s_-]|$)|-next\b", re.I)
_CURRENT = re.compile(r"(^|[\s_-])(current|active|selected|on)([\s_-]|$)", re.I)


def items(page: Page, chosen: Iterable[Link]) -> tuple[ArticleLink, ...]:
    """The chosen anchors as article links, once per URL in document order, each with its title and listing date."""
    anchors: dict[str, list[Link]] = defaultdict(list)
    for link in chosen:
        anchors[link.url].append(link)
    owners: dict[HtmlElement, str | None] = {}
    for url, group in anchors.items():
        for link in group:
            for node in link.element.iterancestors():
                owners[node] = url if owners.setdefault(node, url) == url else None
    dated = {url: _date(group, owners, page.fetched_at) for url, group in anchors.items()}
    if not any(dated.values()):
        dated = _dates_beside(anchors, owners, page.fetched_at)
    return tuple(ArticleLink(url=url, title=_title(group), listed_at=dated[url]) for url, group in anchors.items())


def _dates_beside(
    anchors: dict[str, list[Link]], owners: dict[HtmlElement, str | None], fetched_at: datetime
) -> dict[str, str | None]:
    """Dates that stand in rows of their own after the items, or before them where the last item has none after it."""
    boxes = {url: [_box(link, owners) for link in group] for url, group in anchors.items()}
    taken = {box for group in boxes.values() for box in group}

    def beside(url: str, after: bool) -> str | None:
        for box in boxes[url]:
            rows = takewhile(lambda n: _is_row(n, owners) and n not in taken, box.itersiblings(preceding=not after))
            for row in islice(rows, _ROWS):
                if found := _dated(row, fetched_at):
                    return found
        return None

    last = next(reversed(anchors), None)
    after = last is not None and beside(last, True) is not None
    dated = {url: beside(url, after) for url in anchors}
    # a date beside one item only is the page's clock or another block's
    return dated if 2 * sum(map(bool, dated.values())) >= len(dated) else dict.fromkeys(anchors)


def _is_row(node: HtmlElement, owners: dict[HtmlElement, str | None]) -> bool:
    return node not in owners and node.tag not in ("header", "nav", "footer", "aside")


def collect(page: Page, wanted: Callable[[Link], bool]) -> list[Link]:
    """The links of the page that are wanted, but not the page itself."""
    return [link for link in links(page) if wanted(link) and not same_page(link.url, page.url)]


def next_page(page: Page) -> str | None:
    """The next page of a listing: the number after this one in the pager, else the link that says `next`."""
    candidates = [link for link in links(page) if host(link.url) == host(page.url)]
    return _by_number(page, candidates) or _by_words(page, candidates)


def iso(raw: str, fetched_at: datetime) -> str | None:
    """A date as printed, as ISO 8601: an instant with offset where it has a time, else a day."""
    found = dates.read(raw, fetched_at)
    if found is None:
        return None
    return found.value.isoformat() if found.has_time else found.value.date().isoformat()


def _title(group: list[Link]) -> str | None:
    texts = []
    for link in group:
        # a running number or a date inside the anchor is not the title
        inner = [e for e in link.element.iter("em", "span", "small", "time", "i", "b") if e.text]
        text = next((t for h in link.element.iter(*_HEADINGS) if (t := squeeze("".join(h.itertext())))), link.text)
        for element in inner:
            piece = squeeze("".join(element.itertext()))
            if piece and piece != text and (piece.isdigit() or (DATE.search(piece) and len(piece) < _DATE_LINE)):
                text = squeeze(text.replace(piece, " ", 1))
        texts.append(text)
    best = max(texts, key=len)
    return best or None


def _date(group: list[Link], owners: dict[HtmlElement, str | None], fetched_at: datetime) -> str | None:
    return next((found for link in group if (found := _dated(_box(link, owners), fetched_at))), None)


def _box(link: Link, owners: dict[HtmlElement, str | None]) -> HtmlElement:
    """The largest element around the link that holds no other article's link."""
    box = link.element
    for node in link.element.iterancestors():
        if owners.get(node) != link.url or node.tag in ("body", "html"):
            break
        box = node
    return box


def _dated(box: HtmlElement, fetched_at: datetime) -> str | None:
    for stamp in box.iter("time"):
        value = stamp.get("datetime")
        if value and (found := iso(value, fetched_at)):
            return found
    for line in _short_lines(box):
        if DATE.search(line) and (found := iso(line.strip(" ()[]|-–"), fetched_at)):
            return found
    return None


def _short_lines(box: HtmlElement) -> Iterable[str]:
    for node in box.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style"):
            continue
        for piece in (node.text, node.tail if node is not box else None):
            line = squeeze(piece or "")
            if line and len(line) <= _DATE_LINE:
                yield line
            elif line and (first := _DATE_FIRST.match(line)):
                yield first.group(1)


def _by_number(page: Page, candidates: list[Link]) -> str | None:
    numbers = [(int(link.text), link) for link in candidates if link.text.isdigit() and len(link.text) < 5]
    for box in _pagers([link for _, link in numbers]):
        inside = {n: link for n, link in numbers if box in set(link.element.iterancestors())}
        current = _current(box, page, inside)
        if current is not None and (following := inside.get(current + 1)) and not same_page(following.url, page.url):
            return following.url
    return None


def _pagers(numbered: list[Link]) -> list[HtmlElement]:
    # the nearest ancestors that hold the page numbers; a year archive or a calendar has other URLs
    boxes: dict[HtmlElement, int] = defaultdict(int)
    for link in numbered:
        for depth, node in enumerate(link.element.iterancestors()):
            if depth >= 4 or node.tag == "body":
                break
            boxes[node] += 1
    return sorted(boxes, key=lambda node: -boxes[node])[:6]


def _current(box: HtmlElement, page: Page, inside: dict[int, Link]) -> int | None:
    for n, link in inside.items():
        if same_page(link.url, page.url) and n > 1:
            return n
    for node in box.iter():
        if not isinstance(node.tag, str):
            continue
        text = squeeze("".join(node.itertext()))
        marked = node.get("aria-current") == "page" or _CURRENT.search(node.get("class") or "")
        if (
            text.isdigit()
            and len(text) < 5
            and (marked or (node.tag in ("span", "b", "strong", "font") and _bare(node)))
        ):
            return int(text)
    from_url = re.search(r"(?:page|trang|paged|p|cur|pageindex)[-/=_]?(\d{1,4})\b", page.url, re.I)
    if from_url:
        return int(from_url.group(1))
    return 1 if 2 in inside else None


def _bare(node: HtmlElement) -> bool:
    return (
        node.getparent() is not None
        and all(n.tag != "a" for n in node.iterancestors())
        and next(node.iter("a"), None) is None
    )


def _by_words(page: Page, candidates: list[Link]) -> str | None:
    for head in page.tree.iter("link"):
        if "next" in (head.get("rel") or "").lower().split() and head.get("href"):
            target = next((link.url for link in candidates if link.url.endswith(head.get("href", ""))), None)
            if target and not same_page(target, page.url):
                return target
    for link in candidates:
        element = link.element
        names = f"{element.get('class') or ''} {element.getparent().get('class') or ''}"
        said = link.text or squeeze(element.get("aria-label") or element.get("title") or "")
        if (_NEXT_WORDS.match(said) or _NEXT_CLASS.search(names)) and _continues(page.url, link.url):
            return link.url
    return None


def _continues(here: str, there: str) -> bool:
    """Whether `there` looks like a further page of `here`: other page, same place but for numbers."""
    if same_page(here, there):
        return False
    a, b = urlsplit(here), urlsplit(there)
    if a.path.rstrip("/") == b.path.rstrip("/"):
        return True
    mine = [re.sub(r"\d+", "", s) for s in segments(here)]
    theirs = [re.sub(r"\d+", "", s) for s in segments(there)]
    shared = 0
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            break
        shared += 1
    return shared >= min(len(mine), len(theirs)) - 1 and abs(len(mine) - len(theirs)) <= 2

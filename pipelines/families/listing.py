"""What a listing page shows, by structure: its items with their dates."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice, takewhile

from lxml.html import HtmlElement

from pipelines import dates
from pipelines.families.base import Listing
from pipelines.families.columns import beside
from pipelines.families.links import Link, is_home, links, same_page, squeeze
from pipelines.families.pager import next_page
from pipelines.page import Page
from pipelines.postback import next_form
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


def listed(page: Page, chosen: Iterable[Link]) -> Listing:
    """The listing page of the chosen anchors, with the page after it."""
    following = next_page(page)
    return Listing(items(page, chosen), following, None if following else next_form(page))


def items(page: Page, chosen: Iterable[Link]) -> tuple[ArticleLink, ...]:
    """The chosen anchors as article links, once per URL in document order, each with its title and listing date.

    Where a list shows dates, what only undated side columns show is left out.
    """
    anchors: dict[str, list[Link]] = defaultdict(list)
    for link in chosen:
        anchors[link.url].append(link)
    owners: dict[HtmlElement, str | None] = {}
    for url, group in anchors.items():
        for link in group:
            for node in link.element.iterancestors():
                owners[node] = url if owners.setdefault(node, url) == url else None
    days, stamped = dict[str, str | None](), list[HtmlElement]()
    for url, group in anchors.items():
        found = ((dated(_box(link, owners), page.fetched_at), link.element) for link in group)
        days[url], anchor = next((one for one in found if one[0]), (None, None))
        if anchor is not None:
            stamped.append(anchor)
    if not stamped:
        days = _dates_beside(anchors, owners, page.fetched_at)
    if stamped and not is_home(page.url):  # a front page's columns are its sections
        for url in beside(stamped, {url: group for url, group in anchors.items() if not days[url]}):
            del anchors[url]
    return tuple(ArticleLink(url=url, title=_title(group), listed_at=days[url]) for url, group in anchors.items())


def _dates_beside(
    anchors: dict[str, list[Link]], owners: dict[HtmlElement, str | None], fetched_at: datetime
) -> dict[str, str | None]:
    """Dates that stand in rows of their own after the items, or before them where the last item has none after it."""
    boxes = {url: [_box(link, owners) for link in group] for url, group in anchors.items()}
    taken = {box for group in boxes.values() for box in group}

    def near(url: str, after: bool) -> str | None:
        for box in boxes[url]:
            rows = takewhile(lambda n: _is_row(n, owners) and n not in taken, box.itersiblings(preceding=not after))
            for row in islice(rows, _ROWS):
                if found := dated(row, fetched_at):
                    return found
        return None

    last = next(reversed(anchors), None)
    after = last is not None and near(last, True) is not None
    days = {url: near(url, after) for url in anchors}
    # a date beside one item only is the page's clock or another block's
    return days if 2 * sum(map(bool, days.values())) >= len(days) else dict.fromkeys(anchors)


def _is_row(node: HtmlElement, owners: dict[HtmlElement, str | None]) -> bool:
    return node not in owners and node.tag not in ("header", "nav", "footer", "aside")


def collect(page: Page, wanted: Callable[[Link], bool]) -> list[Link]:
    """The links of the page that are wanted, but not the page itself."""
    return [link for link in links(page) if wanted(link) and not same_page(link.url, page.url)]


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


def _box(link: Link, owners: dict[HtmlElement, str | None]) -> HtmlElement:
    """The largest element around the link that holds no other article's link."""
    box = link.element
    for node in link.element.iterancestors():
        if owners.get(node) != link.url or node.tag in ("body", "html"):
            break
        box = node
    return box


def dated(box: HtmlElement, fetched_at: datetime) -> str | None:
    """The first date on a date line of the box, ISO 8601."""
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

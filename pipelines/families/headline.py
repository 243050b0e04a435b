"""The headline of a page: what its own title names, else what stands over the prose and looks like one."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate, islice

from lxml.html import HtmlElement

from pipelines import boilerplate
from pipelines.blocks import hidden
from pipelines.dates import is_date_line
from pipelines.families import fields
from pipelines.families.boxes import opening
from pipelines.families.byplay import is_byplay, is_dated
from pipelines.families.container import densest, is_inline, runs
from pipelines.families.links import is_home, squeeze
from pipelines.families.listing import DATE
from pipelines.page import Page

TITLE = re.compile(r"(^|[\s_-])(title|tieu-?de\w*|headline|\w*title|ten-?bai\w*)([\s_-]|$)", re.I)
_SITE = re.compile(r"(^|[\s_-])(site-?(title|name|description)|logo\w*|brand)([\s_-]|$)", re.I)
_SITE_NAME = re.compile(r"(cổng|trang|báo|website|hệ thống)\b", re.I)
_NO_HEADLINE = frozenset({"title", "meta", "script", "style", "a", "body", "html", "head", "option", "link", "img"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_STRONG = frozenset({"b", "strong", "font"})
_NO_TITLE = re.compile(r"[.:;,]$|^\W*(ngày|đăng|cập nhật|tác giả|nguồn|lượt xem|thứ (hai|ba|tư|năm|sáu|bảy))\b", re.I)
_PARTED = re.compile(r"\s+[-–—|»]\s")
_LINE = 160
_LEVELS = 6
_MENU = 5
"""Links between a headline and the text from which it stands over a menu and not over an article."""
_TOOLS = frozenset({"views", "share", "voice", "rating"})
_COUNTED = re.compile(r"xem|đọc|lượt|views?|hits", re.I)
_TODAY = re.compile(r"thứ|chủ nhật|hôm nay|\bt[2-7]\b", re.I)
_PROSE = 80
"""Characters of a block that is surely no headline's neighbour but the text itself."""


def headline_of(page: Page) -> HtmlElement | None:
    """The heading that the document's own title names, else the only h1, else the first titled element."""
    documents = [squeeze(t.text or "") for t in page.tree.iter("title")] + list(fields.metas(page, "og:title"))
    named: list[tuple[int, int, HtmlElement]] = []
    others: list[tuple[int, HtmlElement]] = []
    site = set(fields.metas(page, "og:site_name"))
    for node in page.tree.iter():
        if not isinstance(node.tag, str) or node.tag in _NO_HEADLINE or len(node) > 6 or hidden(node):
            continue
        names = fields.names(node)
        marked = node.tag in ("h1", "h2", "h3") or node.get("itemprop") == "headline"
        titled = marked or (names != " " and TITLE.search(names) is not None)
        if _SITE.search(names):
            continue
        words = _all_words(node, 300)
        if not 8 <= len(words) <= 300 or words in site or next(node.iterancestors("a"), None) is not None:
            continue
        if not marked and next(node.iterdescendants("a"), None) is not None:
            continue
        if any(is_home(a.get("href") or "/") for a in node.iter("a")):
            continue
        rank = 2 if node.tag == "h1" else int(titled)
        if any(words in document if titled else _heads(words, document) for document in documents):
            named.append((len(words), rank, node))
        elif node.tag == "h1":
            others.append((rank, node))
    if any(node.tag != "h1" or squeeze("".join(node.itertext())) in documents for _, _, node in named):
        named = _over_the_text(page, named)
    if named:
        longest = max(size for size, _, _ in named)
        return max((n for n in named if n[0] >= 0.9 * longest), key=lambda n: n[1])[2]
    return others[0][1] if len(others) == 1 else None


def _all_words(node: HtmlElement, most: int) -> str:
    """The text of an element; empty when it is longer than `most`, which only so much of it need tell."""
    said: list[str] = []
    size = 0
    for piece in node.itertext():
        said.append(piece)
        size += len(squeeze(piece))
        if size > most:
            return ""
    return squeeze("".join(said))


def _over_the_text(page: Page, named: list[tuple[int, int, HtmlElement]]) -> list[tuple[int, int, HtmlElement]]:
    """Without names of the site: what has the text before it, and what is said again below and has a menu under it."""
    body = page.tree.find("body")
    if body is None:
        return named
    at = {node: index for index, node in enumerate(body.iter())}
    placed = sorted((at[node], size) for node, size in runs(body) if size >= _PROSE and node is not body)
    if not placed:
        return named
    sums = list(accumulate(size for _, size in placed))
    middle, late = (
        next(place for (place, _), so_far in zip(placed, sums, strict=True) if so_far >= share * sums[-1])
        for share in (0.5, 0.85)
    )
    below = [(n, squeeze(n.text or "")) for n, index in at.items() if index > middle and n.tag not in ("a", "script")]
    short = [(n, line.casefold()) for n, line in below if 0 < len(line) < 200]
    menu = [at[a] for a in body.iter("a") if len(squeeze(a.text or "")) > 2]

    def names_the_site(rank: int, node: HtmlElement) -> bool:
        below = next((place for place, _ in placed if place > at[node]), 0)
        between = bisect_left(menu, below) - bisect_left(menu, at[node])
        return at[node] > (late if rank else middle) or (between >= _MENU and _is_said(node, short))

    return [(size, rank, node) for size, rank, node in named if not names_the_site(rank, node)]


def _is_said(node: HtmlElement, lines: list[tuple[HtmlElement, str]]) -> bool:
    words = squeeze("".join(node.itertext())).casefold()
    return any(words in line and node is not n and node not in n.iterancestors() for n, line in lines)


def _heads(words: str, document: str) -> bool:
    """Whether a document's title is the words and the site's name: how a page without marks shows its headline."""
    if len(words) < 20:
        return document.startswith(words) and _PARTED.match(document, len(words)) is not None
    return document.startswith(words) or (document.endswith(words) and not _SITE_NAME.match(words))


def headline_above(page: Page, scope: HtmlElement | None = None) -> HtmlElement | None:
    """The best of what looks like a headline in the smallest element that holds such and the first prose below it."""
    container = densest(page, None, scope)
    if container is None:
        return None
    start = _start(container)
    inside = True
    for up in (container, *container.iterancestors()):
        over = list(_before(up, start))
        found = [(_rank(n, words, _stands_by_a_date(n, inside), inside), n) for n in over if (words := _words(n))]
        best = max((rank for rank, _ in found), default=0)
        if best:
            first = next(n for rank, n in found if rank == best)
            # capitals far from the text are an organ's name as often as a headline
            far = best == 1 and "".join(first.itertext()).isupper()
            return (_opening(container, start) if far else None) or first
        if up.tag in ("body", "html"):
            break
        inside = False
    return _opening(container, start)


def _opening(container: HtmlElement, start: HtmlElement) -> HtmlElement | None:
    """The emphasised line that the container begins with; only where nothing better is known, for it may be a lead."""
    over = list(_before(container, start))
    first = next((n for n in over if (words := squeeze(n.text or "")) and not is_byplay(words)), None)
    around = {first, *first.iterancestors()} if first is not None else set()
    return next((n for n in over if n in around and _rank(n, _words(n), dated=False)), None)


def _start(container: HtmlElement) -> HtmlElement:
    """Where the prose begins: the first element with much text of its own, or the line break before that text."""
    first = next((n for n in container.iter() if _is_prose(n)), container)
    if len(squeeze(first.text or "")) < _PROSE and first.find("br") is not None:
        tails = [(len(squeeze(child.tail or "")), child) for child in first]
        return next((child for least in (_PROSE, _PROSE // 3) for size, child in tails if size >= least), first)
    return first


def _before(root: HtmlElement, start: HtmlElement) -> Iterator[HtmlElement]:
    around = {start, *start.iterancestors()}
    for node in root.iterdescendants():
        if node is start:
            return
        if isinstance(node.tag, str) and node not in around:
            yield node


def date_over(node: HtmlElement) -> str | None:
    """The line of dates over an element, be it with lines of views and tools between; it may be in a row of its own.

    A header's clock stands there too: it has no label and no views beside it, but often the day of the week.
    """
    counted = False
    for line in islice(_lines_over(node), 3):
        rule = boilerplate.match(line)
        if not is_byplay(line) or (rule is not None and rule.id not in _TOOLS):
            return None
        counted = counted or _COUNTED.search(line) is not None
        if DATE.search(line) and is_dated(line):
            clock = not (counted or is_date_line(line, labelled=True)) and (_TODAY.search(line) or ":" not in line)
            return None if clock else line
    return None


def _lines_over(node: HtmlElement) -> Iterator[str]:
    for level in (node, *islice(node.iterancestors(), _LEVELS)):
        if level.tag == "body":
            return
        for other in level.itersiblings(preceding=True):
            yield from filter(None, (squeeze(other.tail or ""), _edge(other, last=True)))
        up = level.getparent()
        if up is not None and (words := squeeze(up.text or "")):
            yield words


def _line_under(node: HtmlElement) -> str:
    """The line under an element, which may be in a row of its own."""
    for level in (node, *islice(node.iterancestors(), _LEVELS)):
        if level.tag == "body":
            break
        if words := squeeze(level.tail or ""):
            return words
        for other in level.itersiblings():
            if words := _edge(other, last=False) or squeeze(other.tail or ""):
                return words
    return ""


def _edge(node: HtmlElement, *, last: bool) -> str:
    """The first or last line of an element; empty for one without text."""
    if not isinstance(node.tag, str) or node.tag in ("script", "style", "select") or not opening(node, 1):
        return ""
    whole = opening(node, _LINE + 1)
    if node.tag == "tr" and len(whole) <= _LINE:
        return whole
    if not any(not is_inline(child) for child in node) or (not last and squeeze(node.text or "")):
        return whole if len(whole) <= _LINE else ""
    for child in reversed(node) if last else node:
        after = squeeze(child.tail or "")
        if words := (after or _edge(child, last=True)) if last else (_edge(child, last=False) or after):
            return words
    return ""


def _stands_by_a_date(node: HtmlElement, inside: bool) -> bool:
    """Whether a line of dates is under or over a headline: old templates print one with each. A lead has it over it."""
    line = _line_under(node)
    if DATE.search(line) and is_dated(line):
        return True
    lead_perhaps = inside and node.tag not in _HEADINGS and not TITLE.search(fields.names(node))
    return not lead_perhaps and date_over(node) is not None


def _rank(node: HtmlElement, words: str, dated: bool, inside: bool = False) -> int:
    """3 by name, 2 a heading, 1 emphasised, 0 no headline; more where a date stands under it.

    Inside the text's own container an emphasised line may be its lead or the head of a part: there it needs the date.
    """
    named = TITLE.search(fields.names(node)) is not None
    heading = node.tag in _HEADINGS
    strong = node.tag in _STRONG and (node.tag != "font" or (node.get("size") or "").strip("+") in ("3", "4", "5", "6"))
    if not (named or heading or dated or (strong and not inside)):
        return 0
    if len(words) < 20 or len(words.split()) < 5:
        # few words are the name of a section, unless it stands where headlines stand
        return 4 if dated and (named or heading or strong) else 0
    return (3 if named else 2 if heading else 1) + 3 * dated


def _words(node: HtmlElement) -> str:
    """The words of an element that may be a headline, by their shape; empty for any other."""
    if len(node) > 6 or hidden(node):
        return ""
    words = opening(node, 250)
    if not 8 <= len(words) <= 250 or _NO_TITLE.search(words) or DATE.search(words) or boilerplate.match(words):
        return ""
    if next(node.iter("a", "input", "table", "ul"), None) is not None:
        return ""
    return words if next(node.iterancestors("a"), None) is None else ""


def _is_prose(node: HtmlElement) -> bool:
    size = _own(node) if isinstance(node.tag, str) else 0
    return size >= 250 or (size >= _PROSE and squeeze("".join(node.itertext()))[-1:] in '.:…!?”"')


def _own(node: HtmlElement) -> int:
    return len(squeeze(node.text or "")) + sum(len(squeeze(c.tail or "")) for c in node) if node.tag != "a" else 0

"""An article split over pages: which pager of a page is the article's own, and what its further pages say anew."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from lxml import etree
from lxml.html import HtmlElement

from pipelines.families import fields
from pipelines.families.base import Found
from pipelines.families.chrome import in_chrome
from pipelines.families.container import is_aside, runs
from pipelines.families.headline import headline_of
from pipelines.families.links import anchor_text, host, never_article, squeeze
from pipelines.families.related import is_related
from pipelines.families.structure import same_or_paged, shape
from pipelines.page import Page, absolute

_PROSE = 60
"""Characters of text outside links that are surely prose."""
_IN_A_SENTENCE = 30
"""Characters right before or after a link that make it a part of their sentence; a date has fewer."""
_ITEM_WORDS = 5
_ITEMS = 2
"""Links to other articles between the text and a pager that make it their list's."""
_PIECES = 3
"""Pieces of prose before a pager, with fewer links to other articles among them, that make it their own."""
_REPEATED = 0.8
"""Share of a page's prose that no further page of the same article has again."""
_UNREAD = frozenset({"script", "style", "noscript", "option", "textarea", "button"})


def own_pagers(page: Page, pagers: Collection[HtmlElement]) -> set[HtmlElement]:
    """Those of the elements before which the article stands; before the pager of another list stand its items."""
    own = set[HtmlElement]()
    before: deque[str] = deque(maxlen=_ITEMS + _PIECES)
    last = None
    for node, mark in _marks(page, frozenset(pagers)):
        if mark == "pager":
            if _ends_text(before):
                own.add(node)
        elif mark != "item":
            before.append(mark)
        elif (to := node.get("href")) != last:  # a picture and a title lead to the same
            before.append(mark)
            last = to
    return own


def _ends_text(before: Iterable[str]) -> bool:
    """Whether a text comes last. Prose after a list of links goes on with the text around it, prose after each of them
    is a teaser."""
    items = pieces = 0
    after = ""
    for mark in reversed(tuple(before)):
        items += mark == "item"
        pieces += mark == "prose"
        if mark == "headline" or pieces == _PIECES:
            return True
        if mark == "related":
            return False
        if items == _ITEMS:
            return pieces > 0 and after == "item"
        after = mark
    return pieces > items


def _marks(page: Page, pagers: frozenset[HtmlElement]) -> Iterator[tuple[HtmlElement, str]]:
    """What tells of an article and of lists, in document order."""
    headline, beside, closed = headline_of(page), 0, 0
    body = page.tree.find("body")
    for event, node in etree.iterwalk(body, events=("start", "end")) if body is not None else ():
        if not isinstance(node.tag, str):
            continue
        aside, unread, starts = is_aside(node), node.tag in _UNREAD or node.tag == "a", event == "start"
        if not starts:
            beside -= aside
            closed -= unread
        elif node in pagers and not beside:
            yield node, "pager"
        elif node is headline:
            yield node, "headline"
        elif node.tag == "a" and _names_another(node, page):
            yield node, "item"
        if starts:
            beside += aside
            closed += unread
        words = squeeze((node.text if starts else node.tail) or "")
        if is_related(words):
            yield node, "related"
        elif len(words) >= _PROSE and not beside and not closed:
            yield node, "prose"


def _names_another(anchor: HtmlElement, page: Page) -> bool:
    """Whether a link stands alone and names another article of the site, at length or by a URL made like this one."""
    url = absolute(page.base_url, anchor.get("href") or "")
    if url is None or host(url) != host(page.url) or never_article(url) or same_or_paged(url, page.url):
        return False
    if in_chrome(anchor) or (len(anchor_text(anchor).split()) < _ITEM_WORDS and shape(url) != shape(page.url)):
        return False
    previous = anchor.getprevious()
    over = previous.tail if previous is not None else anchor.getparent().text
    return all(len(squeeze(words or "")) < _IN_A_SENTENCE for words in (over, anchor.tail))


def further_parts(first: Found, further: Iterable[tuple[Page, Found]]) -> list[tuple[Page, Found]]:
    """The further pages of an article that are not an earlier one again, without the prose that an earlier one has."""
    before = [{*(words for _, words in _prose(first.body)), squeeze(first.lead or "").lower()}]
    kept = list[tuple[Page, Found]]()
    for page, found in further:
        prose = list(_prose(found.body))
        mine = {words for _, words in prose}
        known = mine & set().union(*before)
        again = any(_size(mine & one) >= _REPEATED * _size(one) > 0 for one in before)
        if (again and _size(mine - known) < _size(known)) or any(node is found.body for node, w in prose if w in known):
            continue
        for node, words in prose:
            if words in known and node.getparent() is not None:
                fields.cut(node)
        before.append(mine)
        kept.append((page, found))
    return kept


def _prose(body: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    for block, size in runs(body):
        if size >= _PROSE:
            yield block, squeeze("".join(block.itertext())).lower()


def _size(paragraphs: Iterable[str]) -> int:
    return sum(map(len, paragraphs))

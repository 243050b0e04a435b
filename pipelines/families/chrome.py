"""Menus, headers, footers, breadcrumbs, pagers: by tag and by name, unless a list of headlines bears such a name."""

import re
from collections import defaultdict
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from pipelines.families.listing import DATE

_NAME = re.compile(
    r"(^|[\s_-])(nav|navbar|menu\w*|mainmenu|topmenu|submenu|header|masthead|(?P<sure>footer|breadcrumbs?|topbar|top-bar"
    r"|pagination|paging|pager|social|share|sharing|login|search))([\s_-]|$)",
    re.I,
)
_TAGS = frozenset({"nav", "footer", "select"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5"})
_LEAST = 3
"""Headlines that make a list."""
_LINKS = 3
"""Most links in the box of one item: its title, its category, its author."""
_WORDS, _LONG_WORDS, _LONG = 6, 8, 40
"""Words of a headline alone in its box; words and characters of one of many, as a menu has long names too."""

Kind = tuple[str, str, str, bool]
"""Tag, names without numbers, the parent's tag, and whether the box is one item's: equal for boxes of one template."""


def in_chrome(element: HtmlElement) -> bool:
    """Whether the element sits in a menu, header, footer, breadcrumb or pager, by tag, role, class or id."""
    node: HtmlElement | None = element
    while node is not None and node.tag != "body":
        if is_chrome(node):
            return True
        node = node.getparent()
    return False


def is_chrome(node: HtmlElement) -> bool:
    """Whether the element is itself a menu, header, footer, breadcrumb or pager.

    A name alone makes no menu: themes call the box of a list `main-menu-content`, that of each title `header`.
    """
    if node.tag in _TAGS:
        return True
    sure = _sureness(_names(node))
    return sure is True or ((sure is False or node.tag == "header") and not _holds_headlines(node))


def _names(node: HtmlElement) -> str:
    return f"{node.get('class') or ''} {node.get('id') or ''}"


@lru_cache(maxsize=4096)
def _sureness(names: str) -> bool | None:
    """What a box is by its names: surely chrome, perhaps, or None: they say nothing."""
    found = _NAME.search(names) if names != " " else None
    return None if found is None else found.group("sure") is not None


def _holds_headlines(node: HtmlElement) -> bool:
    """Whether the boxes of the page that are made like this one hold headlines."""
    parent = node.getparent()
    if parent is None:
        return False
    if node.tag == "header" and parent.tag in ("article", "li"):
        return True
    root = node.getroottree().getroot()
    seen = _seen(root)
    if node not in seen:
        links = _links(node)
        seen[node] = bool(_headlines(node, links)) and _kind(node, links) in _lists(root)
    return seen[node]


@lru_cache(maxsize=1)
def _seen(root: HtmlElement) -> dict[HtmlElement, bool]:  # noqa: ARG001
    """What was found of the page in hand: all the links of a box ask for it."""
    return {}


@lru_cache(maxsize=1)
def _lists(root: HtmlElement) -> frozenset[Kind]:
    """The kinds of box of which most headlines, by address, and few other links are made."""
    found, headlines = defaultdict[Kind, set[str]](set), defaultdict[Kind, set[str]](set)
    for box in root.iter():
        if isinstance(box.tag, str) and (box.tag == "header" or _sureness(_names(box)) is False):
            links = _links(box)
            kind, told = _kind(box, links), _headlines(box, links)
            # of the links of one item the others are its category, its author
            found[kind].update(told if told and len(links) <= _LINKS else links)
            headlines[kind].update(told)
    return frozenset(
        kind for kind, told in headlines.items() if len(told) >= _LEAST and 2 * len(told) >= len(found[kind])
    )


def _kind(node: HtmlElement, links: dict[str, HtmlElement]) -> Kind:
    parent = node.getparent()
    return node.tag, re.sub(r"\d+", "", _names(node)), parent.tag if parent is not None else "", len(links) <= _LINKS


def _links(box: HtmlElement) -> dict[str, HtmlElement]:
    """The links in a box by address, the first anchor with words of each."""
    found: dict[str, HtmlElement] = {}
    for anchor in box.iter("a"):
        href = anchor.get("href") or ""
        if href not in ("", "/", "#") and not href.startswith("javascript:") and "".join(anchor.itertext()).strip():
            found.setdefault(href, anchor)
    return found


def _headlines(box: HtmlElement, links: dict[str, HtmlElement]) -> list[str]:
    if len(links) > _LINKS:
        dated = 2 * len(DATE.findall(" ".join(box.itertext()))) >= len(links)
        return [href for href, anchor in links.items() if dated or _is_long(anchor)]
    beside = bool(links) and _is_dated(box)
    return [href for href, anchor in links.items() if _is_title(anchor, beside)]


def _is_long(anchor: HtmlElement) -> bool:
    words = "".join(anchor.itertext()).split()
    return len(words) >= _LONG_WORDS and len(" ".join(words)) >= _LONG


def _is_title(anchor: HtmlElement, dated: bool) -> bool:
    words = len("".join(anchor.itertext()).split())
    near = (anchor, *islice(anchor.iterancestors(), 2))
    return words >= _WORDS or (words > 1 and (dated or any(node.tag in _HEADINGS for node in near)))


def _is_dated(box: HtmlElement) -> bool:
    """Whether the box, or the item that it is part of, shows a date."""
    item = box.getparent()
    alone = item is not None and len(list(islice(item.iter("a"), _LINKS + 1))) <= _LINKS
    return DATE.search(" ".join((item if item is not None and alone else box).itertext())) is not None

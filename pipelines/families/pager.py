"""Where a listing goes on: the number after this page's in its pager, else what says `next`."""

import re
from collections import defaultdict
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines.families.links import Link, host, links, page_number, query, same_page, segments, squeeze
from pipelines.families.scripted import scripted
from pipelines.page import Page

NEXT_WORDS = re.compile(
    r"^[←«‹\s]*(»|›|>|→|trang (sau|tiếp|kế)( theo)?|(trang )?tiếp( theo)?|kế tiếp|sau|next( page)?|older( posts?)?"
    r"|(bài|tin) (viết )?cũ hơn|các tin cũ hơn)\s*[»›>→]*$",
    re.I,
)
_MORE_WORDS = re.compile(
    r"(xem|tải|hiển thị) thêm( tin| bài| bài viết| tin tức)?( khác| cũ hơn)?\W*|load more|more", re.I
)
"""Said of a listing's next page and of much else."""
NEXT_CLASS = re.compile(r"(^|[\s_-])(next|nextpostslink|pagination-next|older)([\s_-]|$)|-next\b", re.I)
_CURRENT = re.compile(r"(^|[\s_-])(current|active|selected|on)([\s_-]|$)|currentpage", re.I)


def next_page(page: Page) -> str | None:
    """The next page of a listing: the number after this one in the pager, else the link that says `next`.

    What scripts lead to is asked only where no link has a number.
    """
    candidates = [link for link in links(page) if host(link.url) == host(page.url)]
    if not any(page_number(link.text) for link in candidates):
        candidates += [link for link in scripted(page) if host(link.url) == host(page.url)]
    following = following_number(page, candidates)
    return following.url if following is not None else _by_words(page, candidates)


def following_number(page: Page, candidates: list[Link]) -> Link | None:
    """The link of the pager whose text is the number after this page's."""
    numbers = [(number, link) for link in candidates if (number := page_number(link.text)) is not None]
    decided: set[HtmlElement] = set()
    for box in _pagers([link for _, link in numbers]):
        if not decided.isdisjoint(box.iterancestors()):
            continue  # a part of a pager that has no next number
        inside = {n: link for n, link in numbers if box in set(link.element.iterancestors())}
        current = _current(box, page, inside)
        if current is not None and (following := inside.get(current + 1)) and not same_page(following.url, page.url):
            return following
        if current is not None:
            decided.add(box)
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
        marked = (
            node.get("aria-current") == "page"
            or node.get("selected") is not None
            or _CURRENT.search(node.get("class") or "")
        )
        number = page_number(text)
        if number is not None and (marked or (node.tag in ("span", "b", "strong", "font") and _bare(node))):
            return number
    if (odd := _odd_one(inside)) is not None:
        return odd
    from_url = re.search(r"(?:page|trang|paged|p|cur|pageindex)[-/=_]?([0-9]{1,4})\b", page.url, re.I)
    if from_url:
        return int(from_url.group(1))
    return 1 if 2 in inside else None


def _odd_one(inside: dict[int, Link]) -> int | None:
    """The number of three or more that alone looks different from all the others: a pager's mark without a name."""
    looks: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for n, link in inside.items():
        near = (link.element, link.element.getparent())
        tags = tuple(child.tag for child in link.element.iter() if child is not link.element)
        looks[(tags, *(node.get(name) for node in near for name in ("class", "style")))].append(n)
    groups = sorted(looks.values(), key=len)
    return groups[0][0] if len(groups) == 2 and len(groups[0]) == 1 and len(groups[1]) >= 2 else None


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
        if (NEXT_WORDS.match(said) or NEXT_CLASS.search(names)) and _continues(page.url, link.url):
            return link.url
    more = (link.url for link in candidates if _MORE_WORDS.fullmatch(link.text))
    return next((url for url in more if _is_one_on(page.url, url)), None)


def _is_one_on(here: str, there: str) -> bool:
    """Whether `there` is `here` with one parameter more or changed, to the number after the first or this page's."""
    mine, theirs = query(here), query(there)
    changed = {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}
    if host(here) != host(there) or urlsplit(here).path.rstrip("/") != urlsplit(there).path.rstrip("/"):
        return False
    name = changed.pop() if len(changed) == 1 else ""
    return page_number(theirs.get(name, "")) == (page_number(mine.get(name, "")) or 1) + 1


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

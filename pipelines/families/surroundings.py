"""What is printed around an article's text, in every product: its lead, the captions over it, the breadcrumbs."""

import re
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

from pipelines.blocks import Reader, hidden, plain
from pipelines.families import fields
from pipelines.families.links import is_home, same_page
from pipelines.page import Page, absolute

_LEAD = re.compile(
    r"(^|[\s_-])((news|tin|bai|bai-?viet|post|article|detail)[\s_-]?)?"
    r"(sapo|lead|hometext|tom-?tat|trich-?dan|trich-?yeu|chapeau|brief|sum(mary)?|intro(text)?|short-?(desc|intro)\w*"
    r"|desc(ription)?|excerpt|sub-?title|mo-?ta|standfirst|deck)([\s_-]|$)",
    re.I,
)
_ICON = re.compile(r"icon|print|share|mail|facebook|zalo|twitter|logo|button|\.(gif|svg)(\?|$)", re.I)
_HOMES = frozenset({"trang chủ", "trang nhất", "home"})
_NAMED = etree.XPath("descendant::*[@class or @id or @itemprop]")
_TRAILS = etree.XPath(
    "descendant::*[@class or @id][contains(@class, 'breadcrumb') or contains(@id, 'breadcrumb')"
    " or contains(@class, 'bread-crumb') or contains(@class, 'entry-crumbs') or contains(@class, 'breakcolumn')"
    " or contains(@class, 'duong-dan')]"
)


def frame(page: Page, body: HtmlElement, headline: HtmlElement | None) -> HtmlElement:
    """The smallest element that holds both the headline and the body: where an article's fields are printed."""
    if headline is None:
        parent = body.getparent()
        return parent if parent is not None and parent.tag != "html" else body
    above = set(headline.iterancestors())
    return next((n for n in (body, *body.iterancestors()) if n in above), page.tree)


def lead(root: HtmlElement, body: HtmlElement, title: str | None) -> str | None:
    """What an element of `root` named as a lead says, before the body or in it; there it is taken out."""
    inside = False
    for node in _NAMED(root):
        if node is body:
            inside = True
            continue
        if not (_leads(fields.names(node)) or node.get("itemprop") == "description"):
            continue
        within = inside and body in node.iterancestors()
        if inside and not within:
            return None
        if node.tag == "meta" or hidden(node):
            continue
        words = plain(node)
        if 40 <= len(words) <= 1200 and words != title and next(node.iterdescendants("h1"), None) is None:
            if within:
                fields.cut(node)
            return words
    return None


@lru_cache(maxsize=4096)
def _leads(names: str) -> bool:
    return _LEAD.search(names) is not None


def pictures(
    page: Page, root: HtmlElement, body: HtmlElement, headline: HtmlElement | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Captions and absolute URLs of the pictures that stand between the headline and the body."""
    if headline is None:
        return (), ()
    around = {body, *body.iterancestors(), *headline.iterancestors()}
    reader = Reader(page.base_url)
    passed = False
    stack = list(reversed(root))
    while stack:
        node = stack.pop()
        if node is body:
            break
        if node is headline:
            passed = True
        elif node in around:
            stack.extend(reversed(node))
        elif passed and isinstance(node.tag, str) and next(node.iter("img"), None) is not None:
            reader.read(node)
    said = (block.text for block in reader.blocks if block.kind == "caption")
    return tuple(dict.fromkeys(said)), tuple(image for image in reader.images if not _ICON.search(image))


def breadcrumb(page: Page) -> str | None:
    """The last link of the breadcrumbs that is neither the home page nor the article itself."""
    for trail in _TRAILS(page.tree):
        names = [
            words
            for anchor in trail.iter("a")
            if (words := plain(anchor))
            and (url := absolute(page.base_url, anchor.get("href") or ""))
            and not is_home(url)
            and not same_page(url, page.url)
            and words.lower() not in _HOMES
        ]
        if names:
            return names[-1]
    return None

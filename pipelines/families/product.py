"""What the products have in common that leave most of a page to its theme: generic's reading, narrowed by marks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

from lxml import etree
from lxml.html import HtmlElement

from pipelines.blocks import hidden, plain
from pipelines.dates import labelled
from pipelines.families import fields, generic_article
from pipelines.families.base import Found, Listing
from pipelines.families.chrome import in_chrome
from pipelines.families.container import prose
from pipelines.families.generic import Generic
from pipelines.families.headline import date_over, headline_above, headline_of
from pipelines.families.links import (
    Link,
    host,
    links,
    never_article,
    query,
    segments,
    without_twin,
)
from pipelines.families.listing import collect, listed
from pipelines.families.related import cut_related
from pipelines.families.structure import articles_by_structure, sections_by_structure
from pipelines.page import Page
from schemas.urls import without_parameters

_SAID_BY_FORMS = 120
"""Characters of prose, at most, in a form: its question, its hints."""
_LEVELS = 5
"""Elements up and on, at most, in which the documents under a text are looked for."""
_LINKS = 8
_LISTED = 3
_MACHINE = frozenset({"meta", "json-ld", "itemprop", "time"})
_SHORT = 5
"""Words that a headline has at least; fewer may name a section."""


def classed(*names: str) -> str:
    """An XPath: elements with one of the classes."""
    return "//*[" + " or ".join(f"contains(concat(' ',normalize-space(@class),' '),' {n} ')" for n in names) + "]"


@dataclass(frozen=True)
class Marks:
    """XPaths of what a product marks whatever the theme; a page without them is read as generic reads it."""

    scope: tuple[str, ...] = ()
    """Parts of the page that hold the article, the most certain first."""
    headline: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    chrome: tuple[str, ...] = ()


class Product(Generic):
    """A product told by its URLs and marks. Where it is not sure, generic's answer stands."""

    marks: ClassVar[Marks] = Marks()
    twin_parameters: ClassVar[re.Pattern[str]] = re.compile(r"(?!)")
    """Names of query parameters that make a print or other twin of a page."""
    idle_parameters: ClassVar[re.Pattern[str]] = re.compile(r"(?!)")
    """Names of those that change nothing of an article: the way back, a session."""

    def detail(self, url: str) -> str | None:  # noqa: ARG002
        """The id where the URL is certainly an article's, empty where it carries none; None: it is not certain."""
        return None

    def is_category(self, url: str) -> bool:  # noqa: ARG002
        """Whether the product certainly keeps a list of articles at such URLs."""
        return False

    def is_no_article(self, url: str) -> bool:  # noqa: ARG002
        """Whether the product keeps neither articles nor lists of them at such URLs: a service, a login, a file."""
        return False

    def article_id(self, url: str) -> str | None:
        """The id in the URL of an article, with what tells it from ids of other kinds."""
        try:
            return self.detail(self.original(url)) or None
        except ValueError:
            return None

    def is_article_url(self, url: str) -> bool | None:
        """Certain for the product's own detail URLs and for what it keeps elsewhere."""
        try:
            if self.is_category(url) or self.is_no_article(url) or self._is_twin(url):
                return False
            if self.detail(self.original(url)) is not None:
                return True
        except ValueError:
            return False
        return False if never_article(url) else None

    def original(self, url: str) -> str:
        """Without the product's own print and session parameters, and what generic drops."""
        idle = (self.twin_parameters, self.idle_parameters)
        url = without_parameters(url, lambda name, _: any(names.search(name) for names in idle))
        return super().original(url)

    def _is_twin(self, url: str) -> bool:
        return without_twin(url) != url or any(self.twin_parameters.search(name) for name in query(url))

    def sections(self, page: Page) -> tuple[str, ...]:
        """Generic's sections without what is an article by its URL, the product's own categories, and the menu's pages
        below a front page."""
        found = dict.fromkeys(sections_by_structure(page, self._is_surely_category))
        found.update((link.url, None) for link in links(page) if _is_below_home(link, page) and in_chrome(link.element))
        if len({link.url for link in links(page) if self.is_article_url(link.url)}) >= _LISTED:
            found[page.url] = None
        return tuple(
            url for url in found if url == page.url or (not self.is_no_article(url) and self.detail(url) is None)
        )

    def _is_surely_category(self, url: str) -> bool:
        return self.is_category(url) and not self.is_no_article(url)

    def listing(self, page: Page) -> Listing:
        """Links that are articles by their URL, menus left out, and those that look like articles by structure."""
        guessed = {link.url for link in articles_by_structure(page)}

        def wanted(link: Link) -> bool:
            certain = self.is_article_url(link.url)
            if certain is None:
                return link.url in guessed
            return certain and (link.url in guessed or not in_chrome(link.element))

        return listed(page, collect(page, wanted))

    def article(self, page: Page) -> Found | None:
        """Generic's article inside the part that the product marks, its chrome cut first."""
        root = page.tree.find("body")
        if root is None or self._is_section(page):
            return None
        cut_chrome(root, self.marks.chrome)
        cut_related(root)
        headline = next((n for n in found_by(page.tree, self.marks.headline) if _is_headline(n)), None)
        headline = headline if headline is not None else headline_of(page)
        cut_controls(root, headline)
        scope = self._scope(page, root, headline)
        if headline is None or len(plain(headline).split()) < _SHORT:
            # few words may be the name of the page and not of the article
            above = headline_above(page, scope)
            headline = above if above is not None else headline
        over = date_over(headline) if headline is not None else None
        found = generic_article.read(page, headline, scope)
        if found is None:
            return None
        if over and (said := labelled([over], page.fetched_at).published):
            # not the header's clock: that is of today, and other things stand between
            sure = [claim for claim in found.published if claim.rule in _MACHINE]
            rest = [claim for claim in found.published if claim.rule not in _MACHINE]
            found = replace(found, published=(*sure, *fields.claims("label", said[1]), *rest))
        return self.fields(page, found, scope if scope is not None else root)

    def _is_section(self, page: Page) -> bool:
        """Whether the page lists articles under a URL that the product gives to no article."""
        if self.detail(page.url) is not None or not (self.is_category(page.url) or self.is_no_article(page.url)):
            return False
        return len(self.listing(page).links) >= _LISTED

    def fields(self, page: Page, found: Found, scope: HtmlElement) -> Found:
        """The fields that the product marks, put before those found by structure; documents of the marked part."""
        parts = [*([scope] if scope.tag != "body" else []), *_below(found.body)]

        def said(paths: tuple[str, ...]) -> list[str]:
            return [words for n in found_by(scope, paths) if (words := plain(n)) and len(words) <= 120]

        return replace(
            found,
            published=(*fields.claims(f"{self.name}:visible", *said(self.marks.published)), *found.published),
            updated=(*fields.claims(f"{self.name}:visible", *said(self.marks.updated)), *found.updated),
            author=fields.first(said(self.marks.author)) or found.author,
            category=fields.first(said(self.marks.category)) or found.category,
            attachments=_once((*found.attachments, *(more for part in parts for more in fields.files(page, part)))),
        )

    def _scope(self, page: Page, root: HtmlElement, headline: HtmlElement | None) -> HtmlElement | None:
        """The marked part with the headline or most of the page's prose in it."""
        whole = prose(root)
        above = set(headline.iterancestors()) if headline is not None else set()
        for path in self.marks.scope:
            parts = [(prose(n), n) for n in found_by(page.tree, (path,)) if not hidden(n)]
            fit = [(size, n) for size, n in parts if size >= 0.5 * whole or (n in above and size >= 150)]
            if fit:
                most = max(size for size, _ in fit)
                # of parts within parts the innermost that still has nearly all
                return [n for size, n in fit if size >= 0.9 * most][-1]
        return None


def _below(body: HtmlElement) -> Iterator[HtmlElement]:
    """What stands under an article's text: to the next prose or list of other articles."""
    for level in (body, *islice(body.iterancestors(), _LEVELS)):
        if level.tag in ("body", "html", "form"):
            return
        for node in islice(level.itersiblings(), _LEVELS):
            if isinstance(node.tag, str):
                if prose(node) > _SAID_BY_FORMS or len(list(islice(node.iter("a"), _LINKS))) == _LINKS:
                    return
                yield node


def _once(files: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    names: dict[str, str] = {}
    for url, name in files:
        names[url] = names.get(url) or name
    return tuple(names.items())


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(f".{path}")


def found_by(root: HtmlElement, paths: Iterable[str]) -> Iterator[HtmlElement]:
    """The elements below `root` that the XPaths name, path by path."""
    for path in paths:
        yield from _compiled(path)(root)


def cut_chrome(root: HtmlElement, paths: Iterable[str]) -> None:
    """Take out what the product marks as chrome, unless much of the page's prose is in it."""
    marked = [node for node in found_by(root, paths) if node is not root]
    whole = prose(root) if marked else 0
    for node in marked:
        if node.getparent() is not None and prose(node) <= 0.4 * whole:
            fields.cut(node)


def cut_controls(root: HtmlElement, headline: HtmlElement | None) -> None:
    """Take out polls and forms with all that is printed around their fields; old pages put them into the one form.

    The box is the largest element around a field that holds neither the headline nor prose nor a document.
    """
    over = set(headline.iterancestors()) if headline is not None else set()
    for control in list(root.iter("textarea", "input")):
        if control.tag == "input" and (control.get("type") or "text").lower() not in ("text", "radio", "checkbox"):
            continue
        box = control
        for up in control.iterancestors():
            if up is root or up in over or prose(up) > _SAID_BY_FORMS or next(fields.documents(up), None) is not None:
                break
            box = up
        if box.getparent() is not None:
            fields.cut(box)


def _is_below_home(link: Link, page: Page) -> bool:
    """Whether the front page's name in its path is all that speaks against the link."""
    path = segments(link.url)
    rest = [s for s in path if s.lower() not in ("trang-chu", "home", "trangchu")]
    if host(link.url) != host(page.url) or len(rest) == len(path) or not rest or not 1 <= len(link.text.split()) <= 10:
        return False
    parts = urlsplit(link.url)
    return not never_article(urlunsplit((parts.scheme, parts.netloc, "/" + "/".join(rest), parts.query, "")))


def _is_headline(node: HtmlElement) -> bool:
    return 8 <= len(plain(node)) <= 300 and not hidden(node)

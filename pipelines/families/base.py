"""What a family of sites (one CMS product) must know. Pure: a page in, links or fields out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from lxml.html import HtmlElement

from pipelines.feeds import announced
from pipelines.page import Page
from schemas.capture import ArticleLink, PostBack


@dataclass(frozen=True)
class Listing:
    """One listing page: its article links in order, and the next page if there is one."""

    links: tuple[ArticleLink, ...]
    next_page: str | None = None
    next_form: PostBack | None = None
    """The next page where only a form sent back shows it; None where `next_page` does."""


@dataclass(frozen=True)
class DateClaim:
    """A date that the page claims: the raw string, and which rule read it (`nukeviet:meta`, `label`, ...)."""

    raw: str
    rule: str


@dataclass(frozen=True)
class Found:
    """What a family found on an article page. Elements belong to the page's tree; nothing is cleaned yet."""

    body: HtmlElement
    """The article container, its chrome already pruned; lead, title, byline and source fields not in it
    where the product marks them elsewhere."""
    title: str | None = None
    lead: str | None = None
    """The lead where the product marks it (not when it is merely the first paragraph)."""
    captions: tuple[str, ...] = ()
    """Captions that the product prints outside the body."""
    images: tuple[str, ...] = ()
    """Absolute URLs of the article's pictures outside the body."""
    published: tuple[DateClaim, ...] = ()
    """Most trusted first; the first that can be read wins."""
    updated: tuple[DateClaim, ...] = ()
    author: str | None = None
    """The author field as printed (label cut)."""
    poster: str | None = None
    """The account that put the article up, where the product prints that: its author only if nothing else names one."""
    source: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    attachments: tuple[tuple[str, str], ...] = ()
    """(absolute URL, printed name) outside the body."""
    canonical: str | None = None


class Family(ABC):
    """A CMS product. Subclasses override what the product guarantees; the base class refuses to guess."""

    name: ClassVar[str]
    ignores_case: ClassVar[bool] = False
    """Whether it runs on IIS, which finds `/Tin/Bai.aspx` under `/tin/bai.aspx` too."""
    sitemaps: ClassVar[tuple[str, ...]] = ("/sitemap.xml",)
    """Where the product puts its sitemap, by path; what robots.txt names goes before."""
    sitemap_times_true: ClassVar[bool] = False
    """Whether `lastmod` of its sitemap is the time of publication."""
    feed_times_true: ClassVar[bool] = False
    """Whether the times in its RSS are those of publication."""

    @abstractmethod
    def recognise(self, page: Page) -> float:
        """How surely the page was made by this product, 0 to 1, from its fingerprints."""

    @abstractmethod
    def sections(self, page: Page) -> tuple[str, ...]:
        """Absolute URLs of the listing pages that a home page and its menu link, the home itself included
        when it lists articles; most complete first."""

    @abstractmethod
    def listing(self, page: Page) -> Listing:
        """The article links (absolute) of a listing page, the featured first item included, and its next page."""

    def feeds(self, page: Page) -> tuple[str, ...]:
        """Absolute URLs of the RSS or Atom feeds that a page announces, or has links to."""
        return announced(page)

    def article_id(self, url: str) -> str | None:  # noqa: ARG002
        """The product's own id in an article URL; None when the URL carries none."""
        return None

    def is_article_url(self, url: str) -> bool | None:  # noqa: ARG002
        """Whether the URL's shape is an article's; None when the product does not tell."""
        return None

    def original(self, url: str) -> str:
        """The article's own URL for a print, savefile, amp or mobile twin; any other URL unchanged."""
        return url

    def further_pages(self, page: Page) -> tuple[str, ...]:  # noqa: ARG002
        """Absolute URLs of the pages 2, 3, ... of an article split over pages, in order."""
        return ()

    @abstractmethod
    def article(self, page: Page) -> Found | None:
        """The article on the page; None when the page holds none."""

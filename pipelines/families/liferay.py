"""Liferay 6 and 7. Facts: domain.md §3.4; class names are those of the product's own taglibs and templates."""

import re
from dataclasses import replace
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from pipelines.families.base import Found
from pipelines.families.links import host, links, query
from pipelines.families.product import Marks, Product, classed
from pipelines.page import Page

_ASSET = re.compile(r"/-/asset_publisher/[^/]+/(?:content|document|blog)/(?:id/(?P<id>\d+)|(?P<slug>[^/]+))/?$", re.I)
_VIEW = re.compile(r"/-/view-(?:content|article|news)/(?:1/)?(?P<id>\d+)(?:/|$)", re.I)
_DISPLAY = re.compile(r"/(?:-|w)/(?P<slug>[^/]+)/?$")
_GROUP = re.compile(r"^/(?:web|group)/([^/]+)/")
_ENTRY = re.compile(r"^(?:_\w*_)?(articleid|newsid|entryid|contentid|assetentryid|urltitle|tinid|idtin)$", re.I)
_OTHER = re.compile(
    r"/c/(portal|document_library|blogs|wiki|message_boards|journal)/|^/(documents|image|combo|o|html|api)/"
    r"|/-/(asset_publisher/[^/]+/(rss|tag|category)|document_library|message_boards|wiki|calendar|categories(?!/\d)|tags?"
    r"|search|rss|login)(/|$)",
    re.I,
)
_CATEGORY = re.compile(r"/-/categories/\d+/?$", re.I)
_OWN = re.compile(r"/-/(asset_publisher|view-content)/|[?&]p_p_id=\w+&p_p_lifecycle=")
_LOST = re.compile(r"^null\s+(?=\S)")


class Liferay(Product):
    """Liferay: portlets in a page, articles behind `/-/` or wholly in the parameters of a portlet."""

    name = "liferay"
    marks: ClassVar[Marks] = Marks(
        scope=(
            classed("asset-full-content"),
            classed("journal-content-article"),
            classed("portlet-asset-publisher", "portlet-journal-content"),
            classed("portlet-body"),
            "//*[starts-with(@id,'portlet_') or starts-with(@id,'p_p_id_')]",
        ),
        headline=(
            "//h1[contains(@class,'header-title')]",
            "//*[contains(@class,'asset-full-content')]//*[contains(@class,'asset-title')]",
        ),
        published=(classed("metadata-publish-date", "metadata-display-date"),),
        updated=(classed("metadata-modified-date"),),
        author=(classed("metadata-author"),),
        chrome=(
            classed(
                "taglib-ratings",
                "taglib-discussion",
                "taglib-social-bookmarks",
                "taglib-flags",
                "lfr-discussion",
                "asset-ratings",
                "asset-actions",
                "asset-links",
                "asset-related-assets",
                "lfr-asset-actions",
                "lfr-meta-actions",
                "entry-links",
                "print-action",
                "portlet-topper",
                "portlet-borderless-bar",
                "hide-accessible",
            ),
        ),
    )
    twin_parameters: ClassVar[re.Pattern[str]] = re.compile(r"(^|_)viewmode$", re.I)
    idle_parameters: ClassVar[re.Pattern[str]] = re.compile(
        r"(^|_)(redirect|inheritredirect|p_p_state|p_p_auth|p_auth|p_l_back_url|backurl|p_p_mode|p_p_col_\w+)$", re.I
    )

    def recognise(self, page: Page) -> float:
        """The script object and the wrappers that the portal writes around every portlet."""
        html = page.html
        if "Liferay.ThemeDisplay" in html or "Liferay.AUI" in html or "Liferay.currentURL" in html:
            return 0.99
        if 'id="p_p_id_' in html or "portlet-boundary" in html:
            return 0.97
        if not any(mark in html for mark in ("/-/asset_publisher/", "/-/view-content/", "p_p_lifecycle=")):
            return 0.0
        # neighbours link such pages too: only the site's own count
        here = host(page.url)
        own = [link.url for link in links(page) if host(link.url) == here]
        return 0.85 if any(_OWN.search(url) for url in own) else 0.0

    def detail(self, url: str) -> str | None:
        """A number is unique in a portal; a title in a URL is unique in its group (`/web/<group>/`)."""
        parts, asked = urlsplit(url), query(url)
        if _OTHER.search(parts.path):
            return None
        if found := _ASSET.search(parts.path) or _VIEW.search(parts.path) or _DISPLAY.search(parts.path):
            number = found.groupdict().get("id")
            return number or self._slug(parts.path, found.group("slug"))
        if asked.get("p_p_id"):
            for name, value in asked.items():
                if _ENTRY.match(name) and value:
                    return value if value.isdecimal() else self._slug(parts.path, value)
        return None

    @staticmethod
    def _slug(path: str, slug: str) -> str:
        group = _GROUP.match(path)
        name = group.group(1).lower() if group else "guest"
        return unquote(slug) if name == "guest" else f"{name}:{unquote(slug)}"

    def is_category(self, url: str) -> bool:
        """A page whose publisher shows one category."""
        return _CATEGORY.search(urlsplit(url).path) is not None

    def is_no_article(self, url: str) -> bool:
        """The portal's services, files, feeds, and actions of portlets."""
        return _OTHER.search(urlsplit(url).path) is not None or query(url).get("p_p_lifecycle") in ("1", "2")

    def fields(self, page: Page, found: Found, scope: HtmlElement) -> Found:
        """A template that prints an empty field before the title leaves `null <title>`."""
        found = super().fields(page, found, scope)
        return replace(found, title=_LOST.sub("", found.title) if found.title else None)

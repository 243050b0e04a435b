"""The VNPT portal. Facts: domain.md §3.6."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

from pipelines.families.links import host, segments
from pipelines.families.product import Marks, Product, classed
from pipelines.page import Page, absolute

_MEDIA = re.compile(r"""\bsrc=["'][^"']*vnportal""")
_NUMBERS = re.compile(r"/\d+/\d+/\d+/\d+/")
# a day's path of another product is no such form
_LONG = re.compile(r"^(?!/(?:19|20)\d\d/\d{1,2}/)/\d+/\d+/\d+/(?P<id>\d+)/[^/]*\D[^/]*(?:/[^/]+)?/?$")
_SECTION = re.compile(r"^(?!/(?:19|20)\d\d/\d{1,2}/)/\d+/\d+/\d+(?:/[^/]*[^/\d][^/]*)?/?$")
_SHORT = re.compile(r"^/(?P<section>[\w-]*[a-z][\w-]*)/[^/]{12,}-(?P<id>\d{4,})/?$", re.I)


class Vnpt(Product):
    """VNPT's portal: numbers of site, page, category and article, then slugs; or `/section/slug-number`."""

    name = "vnpt"
    marks: ClassVar[Marks] = Marks(scope=(classed("portlet-body"),))

    def recognise(self, page: Page) -> float:
        """Its media hosts and scripts, its name as the maker's, or several links of its own long form."""
        if "vnportal" in page.html and _MEDIA.search(page.html):
            return 0.9
        if _NUMBERS.search(page.html) and len(self._long(page)) >= 3:
            return 0.85
        return 0.8 if _LONG.match(urlsplit(page.url).path) else 0.0

    @staticmethod
    def _long(page: Page) -> set[str]:
        here, found = host(page.url), set()
        for anchor in page.tree.iter("a"):
            href = anchor.get("href") or ""
            if _NUMBERS.search(href):
                url = absolute(page.base_url, href)
                if url and host(url) == here and _LONG.match(urlsplit(url).path):
                    found.add(url)
        return found

    def detail(self, url: str) -> str | None:
        """The article's number is one for all sub-sites of a portal; the short form ends in it."""
        path = urlsplit(url).path
        if found := _LONG.match(path):
            return found.group("id")
        if (found := _SHORT.match(path)) and not re.fullmatch(r"(19|20)\d\d", found.group("id")):
            return found.group("id")
        return None

    def is_category(self, url: str) -> bool:
        """Three numbers and a slug are a category."""
        return _SECTION.match(urlsplit(url).path) is not None and len(segments(url)) >= 3

"""NukeViet 3, 4 and its eGovernment edition. Facts: domain.md §3.1 and §7, read from the product's source."""

import re
from typing import ClassVar
from urllib.parse import urljoin, urlsplit, urlunsplit

from pipelines.families import nukeviet_article
from pipelines.families.base import Family, Found, Listing
from pipelines.families.links import Link, host, links, never_article, query, segments, without_twin
from pipelines.families.listing import collect, listed
from pipelines.page import Page, absolute

_ID = re.compile(r"-(\d+)(?:\.html?)?$")
_PAGE = re.compile(r"^page-\d+$")
# modules of the product that hold no news: their pages end in .html with a number too
_OTHER_MODULES = frozenset(
    word
    for line in (
        "about users contact voting banners seek search feeds statistics siteterms page menu comment faq download",
        "shops photos videoclips video laws freecontent two-step-verification rss tag topic groups content inform",
        "emailtemplates sitemap zalo print savefile sendmail rating archives weblinks",
    )
    for word in line.split()
)
_TWINS = frozenset({"print", "savefile"})
_SCRIPT_NAMES = ("nv_base_siteurl", "nv_lang_data", "nv_module_name")


def _path(url: str) -> list[str]:
    """Path segments of an article or category; those of `op` in the unrewritten form `index.php?nv=news&op=...`."""
    asked = query(url)
    if "nv" in asked:
        return [asked["nv"], *(s for s in asked.get("op", "").split("/") if s)]
    path = segments(url)
    return path[1:] if path and re.fullmatch(r"vi|en", path[0]) else path


class NukeViet(Family):
    """NukeViet: `/[module/]category/alias-id.html`, the number is the identity."""

    name = "nukeviet"
    sitemap_times_true: ClassVar[bool] = True  # in its feeds the minutes are the month's number

    def recognise(self, page: Page) -> float:
        """The generator tag and the product's own script variables are never themed away."""
        makers = [made for name, made in page.metas if name == "generator"]
        if makers:  # another maker's page may speak of this one, and it costs to search it all for that
            return float(any("nukeviet" in made.lower() for made in makers))
        if "nv_" in page.html and any(name in page.html for name in _SCRIPT_NAMES):
            return 0.95
        if 'id="news-bodyhtml"' in page.html or "Powered by NukeViet" in page.html:
            return 0.8
        return 0.6 if "nv=" in page.html and re.search(r"[?&;]nv=\w+&(amp;)?op=", page.html) else 0.0

    def article_id(self, url: str) -> str | None:
        """The number after the last hyphen; with the module before it where the URL names one (`tin:12`)."""
        path = [s for s in _path(self.original(url)) if s not in _TWINS]
        found = _ID.search(path[-1]) if path else None
        if not found or self.is_article_url(url) is False:
            return None
        module = path[0] if len(path) >= 3 and path[0] != "news" else None
        return f"{module}:{found.group(1)}" if module else found.group(1)

    def is_article_url(self, url: str) -> bool | None:
        """Certain for `alias-id.html`; the older form `alias-id/` may also be a category."""
        path = _path(url)
        if not path or path[0] in _OTHER_MODULES or "tag" in path or _TWINS & set(path):
            return False
        if {"download", "pdf", "second"} & set(query(url)):
            return False
        last = path[-1]
        if not _ID.search(last) or _PAGE.match(last):
            return False
        if last.endswith((".html", ".htm")) or "nv" in query(url):
            return True
        return None if len(path) >= 2 else False

    def original(self, url: str) -> str:
        """`/print/...` and `/savefile/...` repeat the whole article; theme switches too."""
        parts = urlsplit(without_twin(url))
        path = re.sub(r"/(?:print|savefile)(?=/)", "", parts.path)
        asked = re.sub(r"(op=)(?:print|savefile)(?:/|%2F)", r"\1", parts.query)
        return urlunsplit((parts.scheme, parts.netloc, path, asked, ""))

    def sections(self, page: Page) -> tuple[str, ...]:
        """Categories: from the feeds in the head, from the article links' own paths, from every short menu link."""
        found: dict[str, None] = {}
        for feed in page.tree.iterfind(".//head/link[@type='application/rss+xml']"):
            url = absolute(page.base_url, feed.get("href") or "")
            if url and "/rss/" in url and not urlsplit(url).path.endswith("/rss/"):
                found[url.replace("/rss/", "/", 1)] = None
        everything = [link.url for link in links(page) if host(link.url) == host(page.url)]
        for url in everything:
            if self.is_article_url(url) and "nv" not in query(url) and len(_path(url)) >= 2:
                found[url.rsplit("/", 1)[0] + "/"] = None
        for url in everything:
            if self._is_category(url):
                found[url] = None
        listed = any(self.is_article_url(url) for url in everything)
        return (*found, *((page.url,) if listed and page.url not in found else ()))

    def feeds(self, page: Page) -> tuple[str, ...]:
        """What the page announces, and the feed of the whole module."""
        return tuple(dict.fromkeys((*super().feeds(page), urljoin(page.url, "/rss/"))))

    def _is_category(self, url: str) -> bool:
        path = _path(url)
        if never_article(url) or not path or path[0] in _OTHER_MODULES or _PAGE.match(path[-1]):
            return False
        asked = query(url)
        if "nv" in asked:
            return self.is_article_url(url) is False and len(path) <= 3
        return urlsplit(url).path.endswith("/") and not asked and len(path) <= 3 and not _ID.search(path[-1])

    def listing(self, page: Page) -> Listing:
        """Every layout links its articles by the one URL shape: featured item, list, `Các tin khác`, blocks."""
        certain = collect(page, lambda link: self.is_article_url(link.url) is True)
        chosen = certain or collect(page, self._may_be_article)
        return listed(page, chosen)

    def _may_be_article(self, link: Link) -> bool:
        return self.is_article_url(link.url) is None and len(link.text) >= 20

    def article(self, page: Page) -> Found | None:
        """The `NewsArticle` of the page."""
        return nukeviet_article.read(page)

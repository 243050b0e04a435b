"""WordPress with any theme: what core prints itself (post_class, rel, menus), then what most themes keep."""

import re
from typing import ClassVar
from urllib.parse import urljoin, urlsplit, urlunsplit

from pipelines.families import wordpress_article
from pipelines.families.base import Family, Found, Listing
from pipelines.families.chrome import in_chrome
from pipelines.families.links import (
    Link,
    host,
    is_home,
    links,
    never_article,
    page_number,
    query,
    segments,
    without_twin,
)
from pipelines.families.listing import collect, listed
from pipelines.families.structure import articles_by_structure, sections_by_structure
from pipelines.page import Page

_BASES = frozenset({"category", "chuyen-muc", "danh-muc", "the-loai", "muc", "topics", "topic"})
_ITEM = re.compile(r"(^|\s)(hentry|type-post|wp-block-post|td[_-]module[_-]\w+|td_module_wrap|post-item)(\s|$)")
_TITLE = re.compile(
    r"(^|[\s_-])(entry|post|module|block)[_-]?(\w+-)?title(\s|$|-)|recent[_-](posts|entries)|latest-posts"
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_CATEGORY_CLASS = re.compile(r"menu-item-object-category|(^|\s)cat-item(\s|$|-)|taxonomy-category")
_PAGE_CLASS = re.compile(r"menu-item-object-page|pages-list__item|(^|\s)page_item(\s|$)")
_SLUG_CLASS = re.compile(r"(?:^|\s)category-([\w-]+)")
_ARCHIVE = re.compile(r"(?:19|20)\d\d(?:/\d{1,2}){0,2}")
_DATED = r"/(?:19|20)\d\d/\d\d/(?:\d\d/)?[^/]*[^/\d][^/]*"
_PERMALINK = re.compile(rf"(?:/index\.php)?{_DATED}/?")
_POST_PAGE = re.compile(
    rf"(?:(?P<post>{_DATED}|/[^/]+\.html?)(?<!/page)/\d{{1,2}}"
    r"|(?P<slug>/[^/]+/[^/]*[^/\d][^/]*|/[^/-]+(?:-[^/-]+){4,})(?<!/page)(?<!/archives)/[2-9])/?$"
)
"""Surely a further page of a post. `/name/12/` may be the post 12 of the category `name`: numbers as long as two digits
count pages only of posts with a date or an ending; shorter ones also below two names or a long one."""


class WordPress(Family):
    """WordPress: permalinks of any shape, category archives with `/page/N/`, posts split as `/2/`."""

    name = "wordpress"
    sitemaps: ClassVar[tuple[str, ...]] = ("/wp-sitemap.xml", "/sitemap_index.xml", "/sitemap.xml")
    feed_times_true: ClassVar[bool] = True

    def recognise(self, page: Page) -> float:
        """The generator, the REST link and the asset paths of core."""
        if any(name == "generator" and made.lower().startswith("wordpress") for name, made in page.metas):
            return 1.0
        if "https://api.w.org/" in page.html:
            return 0.98
        return 0.95 if "/wp-content/" in page.html or "/wp-includes/" in page.html else 0.0

    def article_id(self, url: str) -> str | None:
        """Only the plain forms carry the post's number: `?p=12`, `/archives/12`."""
        if (number := query(url).get("p", "")).isdecimal():
            return number
        found = re.search(r"/archives/(\d+)/?$", urlsplit(url).path)
        return found.group(1) if found else None

    def is_article_url(self, url: str) -> bool | None:
        """Certain only for `?p=`, dated permalinks and what is plainly something else."""
        if never_article(url) and not query(url).get("p"):
            return False
        path, asked = _path(url), query(url)
        if asked.get("p", "").isdecimal() or re.search(r"/archives/\d+/?$", urlsplit(url).path):
            return True
        if {"cat", "paged", "page_id", "m", "tag", "author"} & set(asked) or "page" in path[:-1]:
            return False
        if not path or path[0] in _BASES or _ARCHIVE.fullmatch("/".join(path)):
            return False
        return True if _PERMALINK.fullmatch(urlsplit(url).path) else None

    def original(self, url: str) -> str:
        """Without `/amp/`, `/feed/`, `/2/` where that is a further page of the same post, and reply links."""
        parts = urlsplit(without_twin(url))
        path = re.sub(r"/(feed|trackback|embed)/?$", "/", parts.path)
        path = _POST_PAGE.sub(lambda found: f"{found['post'] or found['slug']}/", path)
        return (
            urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")) if path != parts.path else without_twin(url)
        )

    def further_pages(self, page: Page) -> tuple[str, ...]:
        """`wp_link_pages()`: the post's own URL with `/2/`, `/3/`, ... (or `?page=2` with plain permalinks)."""
        base = urlsplit(self.original(page.url))
        stem = re.escape(base.path.rstrip("/"))
        shapes = re.compile(rf"^{stem}/(\d{{1,2}})/?$")
        pages: dict[int, str] = {}
        for link in links(page):
            parts = urlsplit(link.url)
            if host(link.url) != host(page.url):
                continue
            found = shapes.match(parts.path)
            said = found.group(1) if found else query(link.url).get("page", "") if parts.path == base.path else ""
            number = page_number(said)
            if number is not None and number > 1 and not self._in_comments(link):
                pages[number] = link.url
        return tuple(pages[n] for n in sorted(pages)) if self.original(page.url) == page.url else ()

    @staticmethod
    def _in_comments(link: Link) -> bool:
        return any("comment" in (node.get("class") or "") for node in link.element.iterancestors())

    def sections(self, page: Page) -> tuple[str, ...]:
        """Category archives by the classes core prints, by the category base, then menu links of unknown kind."""
        found: dict[str, None] = {}
        unsure: dict[str, None] = {}
        slugs: set[str] = set()
        for node in page.tree.iterfind(".//*[@class]"):
            if "category-" in node.get("class", "") and _ITEM.search(node.get("class", "")):
                slugs.update(_SLUG_CLASS.findall(node.get("class", "")))
        for link in links(page):
            if host(link.url) != host(page.url) or "page" in segments(link.url)[:-1]:
                continue
            if self._is_category(link):
                found[link.url] = None
            elif in_chrome(link.element) and self._may_be_section(link):
                unsure[link.url] = None
        known = next((url for url in found if segments(url)), None) or self._shared_base(list(unsure))
        if known:
            stem = known.rstrip("/").rsplit("/", 1)[0]
            seen = {segments(url)[-1] for url in (*found, *unsure) if segments(url)}
            found.update((f"{stem}/{slug}/", None) for slug in sorted(slugs - seen))
        if not found and not unsure:
            found = dict.fromkeys(sections_by_structure(page))
        lists = bool(self._posts(page))
        return tuple(dict.fromkeys((*found, *unsure, *((page.url,) if lists else ()))))

    def feeds(self, page: Page) -> tuple[str, ...]:
        """What the page announces, and core's own."""
        return tuple(dict.fromkeys((*super().feeds(page), urljoin(page.url, "/feed/"))))

    @staticmethod
    def _is_category(link: Link) -> bool:
        path = _path(link.url)
        if (len(path) >= 2 and path[0] in _BASES) or query(link.url).get("cat"):
            return True
        if "category" in (link.element.get("rel") or "").split():
            return True
        near = [link.element, *list(link.element.iterancestors())[:2]]
        return any(_CATEGORY_CLASS.search(node.get("class") or "") for node in near)

    @staticmethod
    def _may_be_section(link: Link) -> bool:
        near = [link.element, *list(link.element.iterancestors())[:2]]
        if never_article(link.url) or is_home(link.url) or len(link.text.split()) > 9:
            return False
        return not any(_PAGE_CLASS.search(node.get("class") or "") for node in near)

    @staticmethod
    def _shared_base(urls: list[str]) -> str | None:
        firsts = [segments(url)[0] for url in urls if len(segments(url)) == 2]
        return next((url for url in urls if len(segments(url)) == 2 and firsts.count(segments(url)[0]) >= 2), None)

    def listing(self, page: Page) -> Listing:
        """Titles of posts as core and themes mark them, and what looks like a list of articles by structure."""
        posts = self._posts(page)
        known = {link.url for link in posts}
        extra = [link for link in articles_by_structure(page) if self._is_post(link)] if len(known) < 4 else []
        chosen = collect(page, lambda link: link.url in known or any(link.url == e.url for e in extra))
        return listed(page, chosen)

    def _posts(self, page: Page) -> list[Link]:
        return collect(page, lambda link: self._is_post(link) and self._is_title(link))

    def _is_post(self, link: Link) -> bool:
        return self.is_article_url(link.url) is not False and not self._is_category(link) and len(link.text) >= 8

    @staticmethod
    def _is_title(link: Link) -> bool:
        if "bookmark" in (link.element.get("rel") or "").split():
            return True
        near = list(link.element.iterancestors())[:4]
        if next(link.element.iter(*_HEADINGS), None) is not None and not in_chrome(link.element):
            return True
        named = any(_TITLE.search(f"{node.get('class') or ''} ") for node in (link.element, *near))
        heading = any(node.tag in _HEADINGS for node in near[:3])
        return (named or heading) and not in_chrome(link.element)

    def article(self, page: Page) -> Found | None:
        """The post of the page."""
        return wordpress_article.read(page)


def _path(url: str) -> list[str]:
    """The segments of a path, without the front controller of a server that rewrites nothing."""
    path = segments(url)
    return path[1:] if path[:1] == ["index.php"] else path

"""Which links of a page are articles and which are sections, by structure alone; words last."""

import re
from collections import Counter
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from pipelines.families.chrome import in_chrome
from pipelines.families.links import DETAIL, Link, host, is_home, is_specific, links, never_article, query, segments
from pipelines.families.listing import collect
from pipelines.families.told_items import MORE, TITLE_WORDS, told_around
from pipelines.page import Page

_SECTION_ONLY = re.compile(
    r"(/chuyen-muc|/category/|/danh-muc|/the-loai|[?&](cat|catid|cate|cateid|categoryid|chuyenmuc|cm|zoneid)=\w+$"
    r"|/page[-/]?\d+/?$|/trang-\d+(\.\w+)?$)",
    re.I,
)
_NO_SECTION = re.compile(
    r"^(trang (chủ|nhất)|home|giới thiệu.*|liên hệ.*|sơ đồ.*|đăng (nhập|ký)|hỏi đáp.*|thư điện tử|email|english|rss"
    r"|tìm kiếm|góp ý.*|facebook|youtube|zalo|twitter|hộp thư.*|tra cứu.*|danh bạ.*|.*(facebook|youtube).*)$",
    re.I,
)
_NEWS_WORDS = re.compile(
    r"(tin|hoạt động|sự kiện|thời sự|xây dựng|kinh tế|văn hóa|chính trị|đảng|hội đồng|nghị quyết|văn bản|thông báo)",
    re.I,
)
PAGE_PARAMETER = re.compile(r"^(page|paged|p|trang|pageindex|pageno|cur|_cur|pg|start|offset|currentpage)$", re.I)


def shape(url: str) -> str:
    """The URL with its numbers and slugs masked: links made by one template have one shape."""
    path = [_mask(s) for s in segments(url)]
    asked = "&".join(sorted(f"{k}={_mask(v)}" for k, v in query(url).items()))
    return f"{host(url)}/{'/'.join(path)}?{asked}"


def _mask(part: str) -> str:
    part = re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", "9", part, flags=re.I)
    stem, dot, extension = part.rpartition(".") if re.search(r"\.[A-Za-z]{2,5}$", part) else (part, "", "")
    if re.search(r"[-_ ].*[-_ ]", stem):
        tail = re.search(r"[-_.]([a-z]{0,3})\d+$", stem, re.I)
        stem = f"slug-{tail.group(1)}9" if tail else "slug"
    return re.sub(r"\d+", "9", stem) + dot + extension


def articles_by_structure(page: Page) -> list[Link]:
    """The links that look like articles: long texts or dated items outside menus, and their like by URL shape."""
    mine = [
        link
        for link in collect(page, lambda link: host(link.url) == host(page.url) and not never_article(link.url))
        if not _only_section(link.url) and not _is_pager(link, page)
    ]
    # what other links go on from is their section, however long its name
    parents = Counter(up for url in {link.url for link in mine} for up in _above(url))
    mine = [link for link in mine if parents[urlsplit(link.url).path.rstrip("/")] < 2]
    menu = {link.url for link in mine if in_chrome(link.element)}
    open_air = [link for link in mine if link.url not in menu]
    shape_of = {url: shape(url) for url in {link.url for link in mine}}
    told = {link.url for link in open_air if _headline(link)}
    if told != {link.url for link in open_air}:
        told |= told_around(open_air, shape_of, page.fetched_at)
    shapes = Counter(shape_of[url] for url in told)
    short = Counter(shape_of[url] for url in shape_of.keys() - told)
    trusted = {s for s, n in shapes.items() if n >= short[s] and (n >= 3 or DETAIL.search(s))}
    return [link for link in open_air if shape_of[link.url] in trusted or (link.url in told and is_specific(link.url))]


def article_urls(urls: Collection[str]) -> frozenset[str]:
    """Those of many URLs without texts that look like articles: they name one thing, and no other goes on from them."""
    parents = Counter(up for url in urls for up in _above(url))
    return frozenset(
        url
        for url in urls
        if is_specific(url)
        and not never_article(url)
        and not _only_section(url)
        and parents[urlsplit(url).path.rstrip("/")] < 2
    )


def sections_by_structure(page: Page, is_category: Callable[[str], bool] | None = None) -> tuple[str, ...]:
    """Menu links, block titles and `Xem thêm` links with short texts that are no articles; news words first.

    `is_category`: what a product knows of its own URLs, however long a category's name.
    """
    articles = {link.url for link in articles_by_structure(page)}
    sure = {link.url for link in links(page) if is_category(link.url)} if is_category else set[str]()
    found: dict[str, str] = {}
    for link in links(page):
        url = link.url
        if host(url) != host(page.url) or is_home(url) or same_or_paged(url, page.url) or _NO_SECTION.match(link.text):
            continue
        if url not in sure and (url in articles or (never_article(url) and not _only_section(url))):
            continue
        words = len(link.text.split())
        if (url in sure or (1 <= words <= 10 and len(link.text) <= 70)) and not link.text.isdigit():
            known = found.get(url, "")
            found[url] = link.text if not known or MORE.match(known) else known
    ranked = sorted(found, key=lambda url: 0 if _NEWS_WORDS.search(found[url]) else 1)
    return tuple(ranked[:60]) + ((page.url,) if len(articles) >= 3 else ())


def same_or_paged(url: str, here: str) -> bool:
    """Whether `url` is this very page or another page number of it."""
    a, b = urlsplit(url), urlsplit(here)
    if a.path.rstrip("/") != b.path.rstrip("/"):
        return False
    mine = {k: v for k, v in query(here).items() if not PAGE_PARAMETER.match(k)}
    return {k: v for k, v in query(url).items() if not PAGE_PARAMETER.match(k)} == mine


def _only_section(url: str) -> bool:
    """Whether the URL names a category and nothing in it."""
    if not _SECTION_ONLY.search(url):
        return False
    return not DETAIL.search(urlsplit(url).path) and not {"id", "newsid", "itemid", "tinid", "bvid"} & set(query(url))


def _above(url: str) -> list[str]:
    path = urlsplit(url).path.rstrip("/")
    steps = path.split("/")
    return ["/".join(steps[:n]) for n in range(2, len(steps))]


def _is_pager(link: Link, page: Page) -> bool:
    return link.text.isdigit() or same_or_paged(link.url, page.url)


def _headline(link: Link) -> bool:
    words = sum(1 for word in link.text.split() if word[0].isalnum())
    in_heading = any(node.tag in ("h1", "h2", "h3", "h4", "h5") for node in list(link.element.iterancestors())[:2])
    return words >= TITLE_WORDS or (words >= 5 and (in_heading or len(link.text) >= 30))

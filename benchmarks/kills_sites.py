"""Sites on loopback for `benchmarks.kills`: captured ones, where they are beside this checkout, and a made-up one."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tests.spiders.replica import Replica, Reply, Route
from tests.spiders.replica import serving as serving_routes
from tests.static_server import serve_capture

GOLD = Path(__file__).parents[2] / "shared" / "gold"
SITES = ("made-up", "nukeviet", "wordpress")
YEAR = 2024
PER_PAGE, ARTICLES, SPLIT_PAGES = 5, 36, 3
_LAST = date(2024, 12, 24)
_STEP = timedelta(days=3)
_SINCE, _UNTIL = date(2024, 10, 12), date(2024, 11, 30)
_SECTIONS = ("tin-tuc", "xay-dung-dang")


@dataclass(frozen=True)
class Served:
    """A site while it is served, with what a backfill of the year should make of it."""

    key: str
    url: str
    asked: Callable[[], Sequence[tuple[float, str]]]
    """Time and path of each request so far."""
    article_paths: frozenset[str]
    """All pages of all articles."""
    wanted: frozenset[str]
    """URLs of the window's articles."""
    since: str = f"{YEAR}-01-01"
    until: str = f"{YEAR}-12-31"
    listings: tuple[str, ...] = ()
    is_whole: Callable[[str, str], bool] = lambda _url, _text: True
    """Whether the text published under a URL has all pages of the article."""

    @property
    def host(self) -> str:
        """`host:port`."""
        return urlsplit(self.url).netloc

    @property
    def toml(self) -> str:
        """The site for the registry."""
        lines = [f'name = "Trang {self.key}"', 'organ = "party"', 'province = "nghe-an"', 'status = "active"']
        lines += [f'url = "{self.url}"', *([f"listings = {json.dumps(self.listings)}"] if self.listings else [])]
        return "\n".join(lines) + "\n"


@contextmanager
def serving(name: str) -> Iterator[Served]:
    """The site of this name. Raises FileNotFoundError for a captured one that is not beside this checkout."""
    if name == "made-up":
        with serving_routes(_made_up()) as replica:
            yield _served_made_up(replica)
        return
    with serve_capture(GOLD / name / "index_full.json") as capture:
        truth = capture.truth().values()
        year = {one["url"] for one in truth if (one["published_at"] or "").startswith(str(YEAR))}
        yield Served(
            key=name,
            url=f"{capture.base_url}/",
            asked=lambda: [(request.time, request.path) for request in capture.requests],
            article_paths=frozenset(_path(one["url"]) for one in truth),
            wanted=frozenset(year),
        )


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _day(number: int) -> date:
    return _LAST - _STEP * number


def _name(number: int) -> str:
    return f"/{_SECTIONS[number % 2]}/hop-giao-ban-so-{number}/"


def _is_split(number: int) -> bool:
    return number % 5 == 2


def _is_lost(number: int) -> bool:
    """Linked and not there."""
    return number % 7 == 3


def _pages(number: int) -> dict[str, int]:
    """Paths of an article's pages, with their numbers."""
    first = _name(number)
    further = range(2, SPLIT_PAGES + 1) if _is_split(number) else ()
    return {first: 1, **{f"{first}{n}/": n for n in further}}


def _served_made_up(replica: Replica) -> Served:
    split = {path for n in range(ARTICLES) for path in _pages(n)}
    mine = [n for n in range(ARTICLES) if not _is_lost(n) and _SINCE <= _day(n) <= _UNTIL]
    return Served(
        key="made-up",
        url=replica.url,
        asked=lambda: [(seen.at, seen.path) for seen in tuple(replica.seen)],
        article_paths=frozenset(path for n in range(ARTICLES) for path in _pages(n)),
        wanted=frozenset(f"{replica.url}{_name(n)[1:]}" for n in mine),
        since=str(_SINCE),
        until=str(_UNTIL),
        listings=tuple(f"/chuyen-muc/{section}/" for section in _SECTIONS),
        is_whole=lambda url, text: f"{_path(url)}2/" not in split or f"Trang thứ {SPLIT_PAGES} " in text,
    )


def _made_up() -> dict[str, Route]:
    """Two sections in the manner of WordPress, newest first, with split articles and dead links."""
    routes: dict[str, Route] = {"/robots.txt": Reply(b"User-agent: *\nDisallow: /quan-tri/\n")}
    for at, section in enumerate(_SECTIONS):
        numbers = range(at, ARTICLES, 2)
        pages = [numbers[i : i + PER_PAGE] for i in range(0, len(numbers), PER_PAGE)]
        for index, page in enumerate(pages, start=1):
            base = f"/chuyen-muc/{section}/"
            path = base if index == 1 else f"{base}page/{index}/"
            routes[path] = _listing(page, f"{base}page/{index + 1}/" if index < len(pages) else None)
    for number in range(ARTICLES):
        if not _is_lost(number):
            routes |= {path: _article(number, part) for path, part in _pages(number).items()}
    routes["/"] = _listing(range(PER_PAGE), None)
    return routes


def _listing(numbers: Sequence[int], following: str | None) -> Reply:
    items = "".join(
        f'<article class="post type-post hentry"><h2 class="entry-title"><a href="{_name(n)}" rel="bookmark">Hội nghị '
        f'giao ban khối số {n} của tỉnh</a></h2><time class="entry-date published" datetime="{_day(n)}T08:00:00+07:00">'
        f"{_day(n):%d/%m/%Y}</time></article>"
        for n in numbers
    )
    pager = f'<nav class="navigation pagination"><a class="next page-numbers" href="{following}">Sau</a></nav>'
    return _html("Chuyên mục", f"<main>{items}{pager if following else ''}</main>")


def _article(number: int, part: int) -> Reply:
    title = f"Hội nghị giao ban khối số {number} của tỉnh"
    said = f"Trang thứ {part} của bài số {number} kể lại phần thảo luận ở tổ và các ý kiến của đại biểu cơ sở. "
    text = said + f"Các đơn vị thống nhất {number + 3} việc cần làm trong tháng tới và phân công người theo dõi. " * 4
    others = (p for p, n in _pages(number).items() if n != part)
    links = " ".join(f'<a class="post-page-numbers" href="{path}">{_pages(number)[path]}</a>' for path in others)
    pager = f'<div class="post-nav-links">{links}</div>' if links else ""
    told = f"{_day(number)}T08:00:00+07:00"
    shown = f'<time class="entry-date published" datetime="{told}">{_day(number):%d/%m/%Y}</time>'
    return _html(
        title,
        f'<article class="post type-post hentry"><h1 class="entry-title">{title}</h1>{shown}'
        f'<div class="entry-content"><p>{text}</p>{pager}</div></article>',
        f'<meta property="article:published_time" content="{told}">',
    )


def _html(title: str, body: str, head: str = "") -> Reply:
    menu = "".join(f'<li><a href="/chuyen-muc/{section}/">{section}</a></li>' for section in _SECTIONS)
    page = (
        f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f'<meta name="generator" content="WordPress 6.5"></head><body><ul id="menu">{menu}</ul>{body}</body></html>'
    )
    return Reply(page.encode())

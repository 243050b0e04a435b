"""The made-up sites of the hostile server: what is true of each, and the traps it sets.

Each stands on a host of its own, so that one trap cannot hide behind another.
"""

import hashlib
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from hostile import traps
from hostile.wire import Answer, Asked, Host, Reply

from flows.demo.texts import Newsroom, Story
from schemas.zone import HANOI

MISSING = Reply(b"<h1>404</h1>", 404)
PROVINCE = "Cao Bằng"


@dataclass(frozen=True)
class Item:
    """A true article: its path, and what it says."""

    path: str
    story: Story
    version: int = 1

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.path.encode()).hexdigest()[:10]}-{self.version}"'


@dataclass
class Site:
    """One site: the truth that a perfect guest finds, and an answer for each request."""

    key: str
    host: Host
    today: date
    newsroom: Newsroom
    items: list[Item] = field(default_factory=list)
    """Newest first."""
    night: int = 1
    asked_again: set[str] = field(default_factory=set)
    """Paths, in lower case, that failed at first and are worth a second try."""

    def __post_init__(self) -> None:
        self.furnish()
        self.host.answer = self.answer

    def furnish(self) -> None:
        """Write the articles."""

    def answer(self, asked: Asked) -> Answer:
        """What to send."""
        raise NotImplementedError

    @property
    def truth(self) -> list[str]:
        """Titles of the articles there are."""
        return sorted(item.story.title for item in self.items)

    def write(self, count: int, path: Callable[[int], str], first: int = 1, days: float = 0.7) -> None:
        """`count` more articles, each older than the one before it."""
        for number in range(first, first + count):
            self.items.append(Item(path(number), self.story(days * len(self.items))))

    def write_toml(self, folder: Path) -> None:
        """Its TOML into `folder`; listings and family are left to be found."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f'name = "Trang {self.key}"',
            'organ = "council"',
            'province = "cao-bang"',
            f'url = "{self.host.url}/"',
        ]
        (folder / f"{self.key}.toml").write_text("\n".join([*lines, 'status = "active"', ""]), encoding="utf-8")

    def story(self, days_ago: float) -> Story:
        moment = datetime(self.today.year, self.today.month, self.today.day, 9, 15, tzinfo=HANOI)
        return self.newsroom.story(PROVINCE, moment - timedelta(days=days_ago + 1))

    def at(self, path: str) -> Item | None:
        return next((item for item in self.items if item.path == path), None)


def page(title: str, body: str, menu: Sequence[tuple[str, str]], head: str = "") -> bytes:
    """A page with the menu that all pages of its site share."""
    links = "".join(f'<li><a href="{path}">{name}</a></li>' for path, name in menu)
    return (
        f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{html.escape(title)}</title>{head}</head>'
        f'<body><nav id="menusite"><ul class="nav navbar-nav"><li><a href="/">Trang nhất</a></li>{links}</ul></nav>'
        f"{body}<footer><p>Bản quyền thuộc trang thử nghiệm</p></footer></body></html>"
    ).encode()


class NukeVietSite(Site):
    """A site in the manner of NukeViet with one category; a page number too high leads back to page 1 (301)."""

    menu = (("/tin-tuc/", "Tin tức"),)
    per_page = 8
    head = '<meta name="generator" content="NukeViet v4.5">'
    robots = b"User-agent: *\nDisallow: /users/\n"

    def extra(self) -> dict[int, list[tuple[str, str]]]:
        """Further links of a listing page, by its number: (path or URL, title)."""
        return {}

    def answer(self, asked: Asked) -> Answer:
        path = asked.path
        if path == "/robots.txt":
            return Reply(self.robots, 200, {"Content-Type": "text/plain"})
        if path == "/":
            return Reply(self.page("Trang nhất", "<h2>Chào mừng</h2>"))
        if path.startswith("/tin-tuc/page-"):
            return self.listing(int(path.removeprefix("/tin-tuc/page-").strip("/")))
        if path == "/tin-tuc/":
            return self.listing(1)
        if item := self.at(path):
            return self.article(item, asked)
        return MISSING

    def page(self, title: str, body: str) -> bytes:
        return page(title, body, self.menu, self.head)

    def listing(self, number: int) -> Answer:
        items = self.items[(number - 1) * self.per_page : number * self.per_page]
        if not items:
            return traps.redirect("/tin-tuc/", 301)
        shown = [(item.path, item.story.title, item.story) for item in items]
        told: list[tuple[str, str, Story | None]] = [*shown]
        for at, (path, title) in enumerate(self.extra().get(number, [])):
            told.insert(min(2 * at + 1, len(told)), (path, title, None))
        rows = "".join(self.row(*one) for one in told)
        more = f'<ul class="pagination"><li><a rel="next" href="/tin-tuc/page-{number + 1}/">Trang sau</a></li></ul>'
        return Reply(
            self.page("Tin tức", f'<div class="news_column">{rows}</div><div class="text-center">{more}</div>')
        )

    @staticmethod
    def row(path: str, title: str, story: Story | None) -> str:
        when = f"{story.published:%d/%m/%Y %H:%M}" if story and story.published else ""
        shown = f'<li><em class="fa fa-clock-o">&nbsp;</em> {when}</li>' if when else ""
        name = html.escape(title)
        return (
            f'<div class="panel panel-default clearfix"><div class="panel-body"><h3><a href="{html.escape(path)}" '
            f'title="{name}">{name}</a></h3><div class="text-muted"><ul class="list-unstyled list-inline">{shown}</ul>'
            f"</div>{html.escape(story.lead) if story else ''}</div></div>"
        )

    def body(self, item: Item) -> bytes:
        story = item.story
        prose = "".join(f"<p>{html.escape(text)}</p>" for text in story.paragraphs)
        assert story.published is not None
        return self.page(
            story.title,
            f"""<div itemtype="http://schema.org/NewsArticle" itemscope>
            <h1 class="title" itemprop="headline">{html.escape(story.title)}</h1>
            <span class="h5">{_weekday(story.published)} - {story.published:%d/%m/%Y %H:%M}</span>
            <div class="hometext">{html.escape(story.lead)}</div>
            <div id="news-bodyhtml" class="bodytext">{prose}<p style="text-align:right"><strong>{story.author}</strong>
            </p></div></div>""",
        )

    def article(self, item: Item, asked: Asked) -> Answer:
        told = {"ETag": item.etag}
        if asked.headers.get("if-none-match") == item.etag:
            return Reply(b"", 304, told)
        return Reply(self.body(item), 200, told)


def _weekday(moment: datetime) -> str:
    return ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")[moment.weekday()]

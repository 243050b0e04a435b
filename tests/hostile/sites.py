"""The made-up sites of the hostile server: what is true of each, and the traps it sets.

Each stands on a host of its own, so that one trap cannot hide behind another.
"""

import hashlib
import html
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

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
    toml: str = ""
    """Further lines of its TOML."""
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
        raise NotImplementedError

    @property
    def truth(self) -> list[str]:
        """Titles of the articles there are."""
        return sorted(item.story.title for item in self.items)

    def write(self, count: int, path: Callable[[int], str], first: int = 1, days: float = 0.7) -> None:
        """`count` more articles, each older than the one before it."""
        for number in range(first, first + count):
            self.items.append(Item(path(number), self.story(days * len(self.items))))

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


class Minefield(NukeVietSite):
    """Every trap that is one page: each lies between true articles of a listing."""

    robots = b"User-agent: *\nDisallow: /noi-bo/\nDisallow: /users/\n"
    per_page = 10

    def furnish(self) -> None:
        self.canary = Host()
        """A host of the machine that nobody allowed: it must never be asked."""
        self.write(24, lambda n: f"/tin-tuc/tin-trong-tinh-so-{n}-{n}.html")
        self._flaky: dict[str, int] = {}
        self._mines: dict[str, Answer] = {
            "vong-lap-901": traps.redirect("/tin-tuc/vong-lap-902.html"),
            "vong-lap-902": traps.redirect("/tin-tuc/vong-lap-901.html"),
            "sieu-du-lieu-903": traps.redirect("http://169.254.169.254/latest/meta-data/"),
            "may-ben-canh-904": traps.redirect(f"{self.canary.url}/trong-nha-904.html"),
            "trang-rat-lon-905": traps.huge(60),
            "trang-khong-het-906": traps.endless_body,
            "dau-khong-het-907": traps.endless_headers,
            "bom-nen-908": traps.bomb(300),
            "dia-chi-hong-909": traps.redirect("http://[::bad/"),
            "nen-dut-910": traps.broken_gzip(b"<html>" + b"x" * 9_000),
            "nha-khac-911": traps.redirect("http://trang-khac.invalid/tin-911.html"),
        }

    def extra(self) -> dict[int, list[tuple[str, str]]]:
        mines = [f"/tin-tuc/{name}.html" for name in self._mines if not name.endswith("902")]
        mines += ["/noi-bo/van-ban-mat-912.html", f"{self.canary.url}/tin-tuc/lien-ket-913.html"]
        named = [(path, f"Một tin rất đáng đọc của tỉnh ta số {at}") for at, path in enumerate(mines)]
        return {number: named[(number - 1) * 4 : number * 4] for number in (1, 2, 3)}

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/tin-tuc/").removesuffix(".html")
        return self._mines.get(name) or super().answer(asked)

    def article(self, item: Item, asked: Asked) -> Answer:
        at, first = self.items.index(item), self._flaky.setdefault(item.path, 0) == 0
        self._flaky[item.path] += 1
        if at % 7 == 3 and first:
            self.asked_again.add(item.path)
            return Reply(b"Runtime Error", 500)
        if at == 5 and first:
            return traps.Dripping(self.body(item), 3.0)
        if at == 6:  # the header lies, the page does not
            return Reply(self.body(item), 200, {"Content-Type": "text/html; charset=iso-8859-1", "ETag": item.etag})
        return super().article(item, asked)

    def edit(self) -> Item:
        """Correct a recent article."""
        old = self.items[1]
        assert old.story.published
        story = self.newsroom.revise(old.story, PROVINCE, old.story.published)
        self.items[1] = replace(old, story=story, version=2)
        return self.items[1]

    def remove(self) -> Item:
        """Take a recent article down: 410 from now on, and in no listing."""
        gone = self.items.pop(2)
        self._mines[gone.path.removeprefix("/tin-tuc/").removesuffix(".html")] = Reply(b"<h1>Gone</h1>", 410)
        return gone

    def add(self) -> Item:
        """Publish an article, first of its listing."""
        self.items.insert(0, Item("/tin-tuc/tin-moi-trong-dem-99.html", self.story(-0.4)))
        return self.items[0]


class Patient(NukeVietSite):
    """Crawl-delay, and a page that is unavailable for a little while and says so."""

    crawl_delay, retry_after = 1, 3
    robots = f"User-agent: *\nCrawl-delay: {crawl_delay}\n".encode()

    def furnish(self) -> None:
        self.write(4, lambda n: f"/tin-tuc/viec-lang-viec-xa-{n}-{n}.html")
        self.told: float | None = None
        """When it asked to be left alone."""

    def article(self, item: Item, asked: Asked) -> Answer:
        if item is self.items[1] and self.told is None:
            self.told = time.time()
            self.asked_again.add(item.path)
            return traps.unavailable(self.retry_after)
        return super().article(item, asked)


class Closed(NukeVietSite):
    """It answers robots.txt, and to all else: come back in an hour."""

    def answer(self, asked: Asked) -> Answer:
        return super().answer(asked) if asked.path == "/robots.txt" else traps.unavailable(3_600)


class Walled(NukeVietSite):
    """In mid-run a firewall begins to show its challenge instead of every page; the next night it lets us in."""

    before = 9
    """Pages until the challenge."""

    def furnish(self) -> None:
        self.write(20, lambda n: f"/tin-tuc/chuyen-ben-ban-{n}-{n}.html")
        self._given = 0
        self.challenges_shown = 0

    def answer(self, asked: Asked) -> Answer:
        self._given += asked.path != "/robots.txt"
        if self.night == 1 and self._given > self.before and asked.path != "/robots.txt":
            self.challenges_shown += 1
            return traps.challenge()
        return super().answer(asked)


class Calendar(Site):
    """No product's site, in Java: a calendar without end in the menu, a listing without end, and a new session id in
    every link of every page."""

    events_per_page = 3
    menu = (("/ban-tin", "Bản tin"), ("/lich-cong-tac", "Lịch công tác"), ("/su-kien", "Sự kiện"))

    def furnish(self) -> None:
        self.write(14, lambda n: f"/ban-tin/bai-so-{n}-cua-ban-tin-tinh-ta.jsp")
        self._session = 0

    def answer(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        path, query = parts.path.partition(";")[0], dict(parse_qsl(parts.query))
        self._session += 1
        if path == "/robots.txt":
            return MISSING
        if item := self.at(path):
            return Reply(self.page(item.story.title, self.article(item)))
        if path == "/":
            return Reply(self.page("Trang chủ", self.rows(self.items[:5])))
        if path == "/ban-tin":
            return Reply(self.page("Bản tin", self.listing(int(query.get("trang", "1")))))
        if path == "/lich-cong-tac":
            return Reply(self.page("Lịch công tác", self.month(query.get("thang", "2026-03"))))
        if path == "/su-kien":
            return Reply(self.page("Sự kiện", self.events(int(query.get("trang", "1")))))
        if path.startswith("/su-kien/"):
            number = path.rsplit("-", 1)[-1].removesuffix(".jsp")
            return Reply(self.page("Sự kiện", f"<h1>Sự kiện số {number} trong tháng</h1><p>Chưa có nội dung.</p>"))
        return MISSING

    def page(self, title: str, body: str) -> bytes:
        return page(title, body, [(self.link(path), name) for path, name in self.menu])

    def link(self, path: str) -> str:
        path, mark, query = path.partition("?")
        return f"{path};jsessionid={self._session:032X}{mark}{html.escape(query)}"

    def rows(self, items: Sequence[Item]) -> str:
        return "".join(
            f'<div class="tin"><h3><a href="{self.link(item.path)}">{html.escape(item.story.title)}</a></h3>'
            f'<span class="ngay">{item.story.published:%d/%m/%Y}</span><p>{html.escape(item.story.lead)}</p></div>'
            for item in items
        )

    def listing(self, number: int) -> str:
        items = self.items[(number - 1) * 6 : number * 6]
        more = f'<a href="{self.link(f"/ban-tin?trang={number + 1}")}">Trang sau</a>' if len(items) == 6 else ""
        return f"<h2>Bản tin</h2>{self.rows(items)}<div class='pager'>{more}</div>"

    def month(self, shown: str) -> str:
        year, month = (int(part) for part in shown.split("-"))
        before, after = (year * 12 + month - 2), (year * 12 + month)
        around = [f"/lich-cong-tac?thang={at // 12}-{at % 12 + 1:02d}" for at in (before, after)]
        days = "".join(
            f'<td><a href="{self.link(f"/lich-cong-tac?thang={shown}&ngay={day}")}">{day}</a></td>'
            for day in range(1, 29)
        )
        return (
            f'<h2>Lịch tháng {month}/{year}</h2><a href="{self.link(around[0])}">Tháng trước</a>'
            f'<a rel="next" href="{self.link(around[1])}">Tháng sau</a><table><tr>{days}</tr></table>'
            f"{self.coming(10_000 + 100 * (12 * year + month))}"
        )

    def events(self, number: int) -> str:
        rows = self.coming((number - 1) * self.events_per_page)
        return f'<h2>Sự kiện</h2>{rows}<a href="{self.link(f"/su-kien?trang={number + 1}")}">Trang sau</a>'

    def coming(self, first: int) -> str:
        """Links to events that nobody will ever write a word of."""
        return "".join(
            f'<div class="tin"><h3><a href="{self.link(f"/su-kien/su-kien-trong-thang-{at}.jsp")}">'
            f"Sự kiện số {at} sẽ diễn ra trong tháng tới tại tỉnh</a></h3></div>"
            for at in range(first + 1, first + self.events_per_page + 1)
        )

    def article(self, item: Item) -> str:
        story = item.story
        prose = "".join(f"<p>{html.escape(text)}</p>" for text in (story.lead, *story.paragraphs))
        return (
            f"<div class='chi-tiet'><h1>{html.escape(story.title)}</h1><p class='ngay'>Ngày đăng: "
            f"{story.published:%d/%m/%Y %H:%M}</p>{prose}<p><b>{story.author}</b></p></div>"
        )


class PostBacks(Site):
    """ASP.NET on IIS: a GridView pager that only its own view state opens, and links in upper case to the same pages.

    As IIS does, it folds the case of paths and of parameters' names. As ASP.NET does, it refuses a form whose view
    state it did not give, or whose event the page that gave it did not offer.
    """

    per_page = 5
    menu = (("/TinTuc.aspx", "Tin tức"),)
    grid = "ctl00$NoiDung$gvTin"

    def furnish(self) -> None:
        self.write(18, lambda n: f"/ChiTietTin.aspx?newsid={100 + n}")
        self.refused = 0
        """Forms that were not the one that was given."""

    def answer(self, asked: Asked) -> Answer:
        return traps.with_headers(self._reply(asked), {"Server": "Microsoft-IIS/10.0", "X-Powered-By": "ASP.NET"})

    def _reply(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        path, query = parts.path.lower(), {k.lower(): v for k, v in parse_qsl(parts.query)}
        if path == "/robots.txt":
            return Reply(b"User-agent: *\nAllow: /\n", 200, {"Content-Type": "text/plain"})
        if path in ("/", "/default.aspx"):
            return Reply(self.page("Trang chủ", self.rows(self.items[:4], loud=True)))
        if path == "/tintuc.aspx":
            return self._grid(asked)
        if path == "/chitiettin.aspx" and (item := self.at(f"/ChiTietTin.aspx?newsid={query.get('newsid')}")):
            return Reply(self.page(item.story.title, self.article(item)))
        return MISSING

    @property
    def pages(self) -> int:
        return -(-len(self.items) // self.per_page)

    def _state(self, page: int, salt: str = "state") -> str:
        return f"{page}-{hashlib.sha256(f'{salt} {page} {self.night}'.encode()).hexdigest()}=="

    def _grid(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(self.page("Tin tức", self._listed(1), 1))
        form = asked.form
        given = int(form.get("__VIEWSTATE", "0").partition("-")[0] or 0)
        wanted = form.get("__EVENTARGUMENT", "").removeprefix("Page$")
        true = (
            form.get("__VIEWSTATE") == self._state(given)
            and form.get("__EVENTVALIDATION") == self._state(given, "event")
            and form.get("__VIEWSTATEGENERATOR") == "CA0B0334"
            and form.get("__EVENTTARGET") == self.grid
            and wanted in [str(n) for n in range(1, self.pages + 1) if n != given]
        )
        if not true:
            self.refused += 1
            return Reply(b"<h1>Validation of viewstate MAC failed.</h1>", 500)
        return Reply(self.page("Tin tức", self._listed(int(wanted)), int(wanted)))

    def _listed(self, number: int) -> str:
        items = self.items[(number - 1) * self.per_page : number * self.per_page]
        cells = "".join(
            f"<td><span>{n}</span></td>"
            if n == number
            else f"<td><a href=\"javascript:__doPostBack('{self.grid}','Page${n}')\">{n}</a></td>"
            for n in range(1, self.pages + 1)
        )
        return (
            f'<table id="ctl00_NoiDung_gvTin">{self.rows(items)}<tr><td><table><tr>{cells}</tr></table></td></tr>'
            "</table>"
            f"<h4>Tin xem nhiều</h4><table>{self.rows(self.items[:3], loud=True)}</table>"
        )

    def rows(self, items: Sequence[Item], loud: bool = False) -> str:
        """`loud`: the links are in upper case, as somebody once typed them."""
        return "".join(
            f'<tr><td><a class="TinTuc" href="{item.path.upper() if loud else item.path}"><b>'
            f'{html.escape(item.story.title)}</b></a> <font size="1">({item.story.published:%d/%m/%Y})</font><br>'
            f"{html.escape(item.story.lead)}</td></tr>"
            for item in items
        )

    def article(self, item: Item) -> str:
        story = item.story
        prose = "".join(f'<p align="justify">{html.escape(text)}</p>' for text in story.paragraphs)
        return (
            f'<table width="100%"><tr><td class="TieuDeTin"><b>{html.escape(story.title)}</b></td></tr><tr><td '
            f'class="NgayDang">Cập nhật ngày: {story.published:%d/%m/%Y %H:%M}</td></tr><tr><td class="NoiDungTin">'
            f'<p><b>{html.escape(story.lead)}</b></p>{prose}<p align="right"><b>{story.author}</b></p></td></tr>'
            "</table>"
        )

    def page(self, title: str, body: str, number: int = 0) -> bytes:
        """The one form of ASP.NET is around everything; `number` of the grid's page is what its state remembers."""
        form = (
            '<form method="post" action="./TinTuc.aspx" id="aspnetForm">'
            '<input type="hidden" name="__EVENTTARGET" id="__EVENTTARGET" value="" />'
            '<input type="hidden" name="__EVENTARGUMENT" id="__EVENTARGUMENT" value="" />'
            f'<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="{self._state(number)}" />'
            '<input type="hidden" name="__VIEWSTATEGENERATOR" value="CA0B0334" />'
            f'<input type="hidden" name="__EVENTVALIDATION" value="{self._state(number, "event")}" />'
            f'<div id="ctl00_NoiDung">{body}</div></form>'
        )
        return page(title, form, self.menu)

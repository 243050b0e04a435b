"""Sites whose listings are the trap: a calendar without end, session ids, and a pager of forms."""

import hashlib
import html
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from hostile import traps
from hostile.sites import MISSING, Item, Site, page
from hostile.wire import Answer, Asked, Reply


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

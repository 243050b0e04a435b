"""A People's Council site on NukeViet 4.

Its habits, all of the product: a malformed `article:published_time`, microdata that give the edit time, the caption
again in a
hidden box, counters glued to their labels, newer and older news below, a session notice, two list layouts, an article
under a
second category and one under a wrong alias (301), a first page for every page past the end, a print twin,
`?download=1`, RSS whose
minutes are the month, a sitemap that never moves, and `Last-Modified`.
"""

from datetime import UTC, date, datetime
from typing import ClassVar

from flows.demo.replicas.base import WEEKDAYS, Entry, Replica, Section, integer, text
from flows.demo.replicas.nukeviet_layout import chrome, counters, listing_items, news_page, print_page
from flows.demo.server import Reply
from flows.demo.texts import Newsroom
from schemas.outcome import Outcome

_XML = "text/xml; charset=utf-8"
_TWICE_PLACES = (1, 7)


class NukeViet(Replica):
    key, title = "cao-bang-nukeviet", "Hội đồng nhân dân tỉnh Cao Bằng (bản dựng thử)"
    organ, province, province_name = "council", "cao-bang", "Cao Bằng"
    sections = (
        Section("tin-tuc-su-kien", "Tin tức - Sự kiện"),
        Section("hoat-dong-hdnd", "Hoạt động HĐND"),
        Section("cu-tri-kien-nghi", "Cử tri kiến nghị"),
    )
    articles, per_page = 22, 4
    trap = Outcome.LOGIN_WALL
    family = "nukeviet"
    listings = tuple(f"/{section.slug}/" for section in sections)
    revalidates = True
    first_number = 61
    disallowed = ("/admin/", "/data/", "/includes/", "/install/", "/modules/", "/users/", "/statistics/")
    plain_lists: ClassVar[frozenset[str]] = frozenset({"hoat-dong-hdnd"})
    """Sections shown as `viewcat_list_new`; the others as `viewcat_page_new`."""

    def __init__(self, base: str, today: date, newsroom: Newsroom) -> None:
        super().__init__(base, today, newsroom)
        entries = self.listed()
        self.twice = {
            entries[place].number: self._other(entries[place].section)
            for place in _TWICE_PLACES
            if not entries[place].trap
        }

    def _other(self, section: Section) -> Section:
        return self.sections[(self.sections.index(section) + 1) % len(self.sections)]

    def path(self, entry: Entry) -> str:
        return f"/{entry.section.slug}/{entry.slug}-{entry.number}.html"

    def robots(self) -> str:
        return super().robots() + f"Sitemap: {self.base}/sitemap.xml\n"

    def route(self, path: str, query: dict[str, str]) -> Reply | None:
        match [part for part in path.split("/") if part]:
            case []:
                return self.page(self.title, self._home())
            case ["news"] | ["page-2"]:
                return self.redirect("/")
            case ["sitemap.xml"]:
                return self._sitemap_index()
            case ["sitemap-vi.news.xml"]:
                return self._sitemap()
            case ["rss"] | ["rss", _] as parts:
                return self._rss(self.section(parts[-1]))
            case ["print" | "savefile", _, name] if entry := self._named(name):
                return self.gone() if entry.gone else Reply(print_page(self, entry).encode())
            case [slug] | [slug, _] if (section := self.section(slug)) and not path.endswith(".html"):
                number = integer(path.strip("/").rpartition("page-")[2]) if "/page-" in path else 1
                return self._list(section, number)
            case [_, name] if entry := self._named(name):
                return self._article(entry, path, query)
        return None

    def _named(self, name: str) -> Entry | None:
        return self.numbered(integer(name.removesuffix(".html").rpartition("-")[2], 0))

    def _article(self, entry: Entry, path: str, query: dict[str, str]) -> Reply:
        if entry.gone:
            return self.gone()
        if path != self.path(entry):
            return self.redirect(self.path(entry))
        if entry.attached and "download" in query:
            return self.attachment(entry)
        if entry.trap:
            return self.page("Đăng nhập thành viên", _LOGIN, kind="login")
        head, main = news_page(self, entry)
        return Reply(self.layout(entry.story.title, main, head=head).encode(), last_modified=entry.edited)

    def listed(self, section: Section | None = None) -> tuple[Entry, ...]:
        """Entries of a section, those that belong to it secondly too."""
        twice = getattr(self, "twice", {})
        return tuple(e for e in super().listed() if section in (None, e.section, twice.get(e.number)))

    def shown_path(self, entry: Entry, section: Section) -> str:
        """The path under which a listing of `section` links the entry: its own category's alias, not the main one."""
        return f"/{section.slug}/{entry.slug}-{entry.number}.html"

    def _home(self) -> str:
        return "".join(
            f'<div class="news_column panel panel-default"><div class="panel-heading">'
            f'<h4 class="cat-icon"><a href="/{s.slug}/">'
            f'{s.name}</a></h4></div><div class="panel-body"><ul class="related">'
            + "".join(
                f'<li><a class="show h4" href="{self.path(e)}">{text(e.story.title)}</a></li>'
                for e in self.listed(s)[:4]
                if e.section == s
            )
            + "</ul></div></div>"
            for s in self.sections
        )

    def _list(self, section: Section, number: int) -> Reply:
        entries = self.listed(section)
        shown, last = self.cut(entries, number), self.pages(entries)
        if not shown:
            return self.redirect(f"/{section.slug}/")
        first = (number - 1) * self.per_page
        older = entries[first + self.per_page : first + self.per_page + 3]
        main = listing_items(self, section, shown, older, first)

        def url(n: int) -> str:
            return f"/{section.slug}/" + (f"page-{n}/" if n > 1 else "")

        pager = "".join(
            f'<li class="active"><a href="javascript:void(0)">{n}</a></li>'
            if n == number
            else f'<li><a rel="{"next" if n > number else "prev"}" href="{url(n)}">{n}</a></li>'
            for n in range(1, last + 1)
        )
        if number < last:
            pager += f'<li><a rel="next" href="{url(number + 1)}">&raquo;</a></li>'
        return self.page(section.name, f'{main}<div class="text-center"><ul class="pagination">{pager}</ul></div>')

    def _rss(self, section: Section | None) -> Reply:
        def wrong_minutes(at: datetime) -> str:
            # The product formats `H:m:s`, and m is the month.
            gmt = at.astimezone(UTC)
            return f"{gmt:%a, %d %b %Y %H}:{gmt.month:02d}:{gmt:%S} GMT"

        items = "".join(
            f"<item><title>{text(e.story.title)}</title><link>{self.base}{self.path(e)}</link>"
            f'<guid isPermaLink="false">news_{e.number}</guid><description><![CDATA[{e.story.lead}]]></description>'
            f"<pubDate>{wrong_minutes(e.published)}</pubDate></item>\n"
            for e in self.listed(section)[:30]
        )
        feed = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>{self.title}</title><link>{self.base}/</link><language>vi</language>
<generator><![CDATA[NukeViet v4.0]]></generator>
{items}</channel></rss>"""
        return Reply(feed.encode(), content_type=_XML)

    def _sitemap_index(self) -> Reply:
        body = f"""<?xml version="1.0" encoding="UTF-8"?>
<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{self.base}/sitemap-vi.news.xml</loc></sitemap></sitemapindex>"""
        return Reply(body.encode(), content_type=_XML)

    def _sitemap(self) -> Reply:
        urls = "".join(
            f"<url><loc>{self.base}{self.path(e)}</loc><lastmod>{e.published.isoformat()}</lastmod></url>\n"
            for e in self.listed()
        )
        body = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{urls}</urlset>"""
        return Reply(body.encode(), content_type=_XML)

    def weekday_line(self, at: datetime) -> str:
        """The product's visible date: `Thứ sáu - 18/10/2024 05:02`."""
        return f"{WEEKDAYS[at.weekday()].capitalize()} - {at:%d/%m/%Y %H:%M}"

    def layout(self, title: str, main: str, *, head: str = "", kind: str = "") -> str:
        return chrome(self, title, main, head, kind, counters(self.visits()))


_LOGIN = """<div class="centered"><div class="login-box panel panel-default"><div class="panel-body">
<h2 class="text-center margin-bottom-lg">Đăng nhập thành viên</h2>
<p>Bạn cần đăng nhập hệ thống để xem nội dung này.</p>
<form action="/users/login/" method="post" onsubmit="return login_validForm(this);"><input type="text" name="nv_login"
 placeholder="Tên đăng nhập">
<input type="password" name="nv_password" placeholder="Mật khẩu"><button type="submit">Đăng nhập</button>
<a href="/users/lostpass/">Quên mật khẩu?</a></form></div></div></div>"""

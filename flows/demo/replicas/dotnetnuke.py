"""A Party portal on DotNetNuke.

Its habits: a view count glued to "Go top", counters whose labels stand twice (image text and label), a poll that is
never open,
the byline glued to the last sentence behind a wide gap, pages without a date, a numbered pager in the query that
repeats the last
page for ever, and an error text answered with 200.
"""

from dataclasses import replace

from flows.demo.replicas.base import WIDE_GAP, Entry, Replica, Section, integer, text
from flows.demo.server import Reply
from flows.demo.texts import Story
from schemas.outcome import Outcome


class DotNetNuke(Replica):
    key, title = "quang-tri-dotnetnuke", "Cổng thông tin Đảng bộ tỉnh Quảng Trị (bản dựng thử)"
    organ, province, province_name = "party", "quang-tri", "Quảng Trị"
    sections = (
        Section("Tin-tuc-Su-kien", "Tin tức - Sự kiện"),
        Section("Hoc-tap-lam-theo-Bac", "Học tập làm theo Bác"),
    )
    articles, per_page = 18, 5
    trap = Outcome.SOFT_404
    listings = ("/Tin-tuc-Su-kien", "/Hoc-tap-lam-theo-Bac")
    disallowed = ("/admin/", "/Login")

    def path(self, entry: Entry) -> str:
        return f"/{entry.section.slug}/chi-tiet/ItemID/{entry.number}/{entry.slug}"

    def shown(self, entry: Entry) -> Story:
        return entry.story if self._dated(entry) else replace(entry.story, published=None)

    @staticmethod
    def _dated(entry: Entry) -> bool:
        # Every fourth page was entered without a date.
        return entry.number // 3 % 4 != 0

    def route(self, path: str, query: dict[str, str]) -> Reply | None:
        match [part for part in path.split("/") if part]:
            case [] | ["Trang-chu"]:
                return self._home()
            case [slug] if found := self.section(slug):
                return self._list(found, integer(query.get("page")))
            case [_, "chi-tiet", "ItemID", number, *_] if entry := self.numbered(integer(number, 0)):
                if entry.gone:
                    return self.gone()
                if entry.trap:
                    return self._soft_404()
                return self.page(entry.story.title, self._module(412, "VietNews", self._article(entry)))
            case ["Portals", "0", "VanBan", name] if entry := self.numbered(integer(name.removesuffix(".pdf"), 0)):
                return self.attachment(entry)
        return None

    def _soft_404(self) -> Reply:
        main = '<div class="dnnFormMessage dnnFormWarning">Nội dung bạn yêu cầu không tồn tại hoặc đã bị xóa.</div>'
        return self.page("Thông báo", self._module(412, "VietNews", main))

    def _article(self, entry: Entry) -> str:
        story, at = entry.story, entry.published
        date_line = f'<div class="ngaydang">{at:%H:%M} {at:%d/%m/%Y}</div>' if self._dated(entry) else ""
        office = "Ban Tuyên giáo Tỉnh ủy" if entry.number % 2 else f"Văn phòng Tỉnh ủy {self.province_name}"
        *body, last = map(text, story.paragraphs)
        prose = "".join(f'<p style="text-align:justify"><span style="font-size:14px">{p}</span></p>\n' for p in body)
        byline = f"{WIDE_GAP}<strong>{story.author}-{office}</strong>"
        prose += f'<p style="text-align:justify"><span style="font-size:14px">{last}{byline}</span></p>'
        if entry.attached:
            prose += f'<p><a href="/Portals/0/VanBan/{entry.number}.pdf">Xem chi tiết trong file đính kèm</a></p>'
        return f"""<div class="news_detail"><h1 class="news_title">{text(story.title)}</h1>{date_line}
<div class="news_sapo"><p><strong>{text(story.lead)}</strong></p></div>
<div class="news_content" id="dnn_ctr412_ViewDetail_divContent">
<p style="text-align:center"><img alt="" src="/Portals/0/Images/{entry.number}.jpg" /><br
 /><em>{text(story.caption)}</em></p>
{prose}
<p>&nbsp;</p><p>&nbsp;</p>
</div>
<div class="news_foot">{self.visits()} <a href="#top">Go top</a></div>
<div class="news_other"><h3>Các tin khác</h3><ul>{self._links(entry)}</ul></div></div>"""

    def _links(self, entry: Entry) -> str:
        return "".join(
            f'<li><a href="{self.path(e)}">{text(e.story.title)}</a> <span>({e.published:%d/%m/%Y})</span></li>'
            for e in self.neighbours(entry, 4)
        )

    def _home(self) -> Reply:
        blocks = "".join(
            self._module(
                400 + i, "TopNews", f'<h2><a href="/{s.slug}">{s.name}</a></h2>{self._items(self.listed(s)[:3])}'
            )
            for i, s in enumerate(self.sections)
        )
        return self.page(self.title, blocks)

    def _list(self, section: Section, number: int) -> Reply:
        entries = self.listed(section)
        last = self.pages(entries)
        # The product's pager takes any number beyond the end for the end.
        number = min(max(number, 1), last)
        pager = "".join(
            f"<span>{n}</span> " if n == number else f'<a href="/{section.slug}?page={n}">{n}</a> '
            for n in range(1, last + 1)
        )
        if number < last:
            pager += f'<a href="/{section.slug}?page={number + 1}">Tiếp</a>'
        items = self._items(self.cut(entries, number))
        main = f'<h1 class="cat_title">{section.name}</h1>{items}<div class="PagerCss">{pager}</div>'
        return self.page(section.name, self._module(411, "VietNews", main))

    def _items(self, entries: tuple[Entry, ...]) -> str:
        def item(e: Entry) -> str:
            at = f'<span class="ngay">{e.published:%d/%m/%Y}</span>' if self._dated(e) else ""
            return (
                f'<div class="news_item"><a href="{self.path(e)}">'
                f'<img alt="" src="/Portals/0/Images/{e.number}.jpg" /></a>'
                f'<h3><a href="{self.path(e)}">{text(e.story.title)}</a></h3>{at}<p>{text(e.story.lead)}</p></div>\n'
            )

        return f'<div class="news_list">{"".join(map(item, entries))}</div>'

    @staticmethod
    def _module(number: int, name: str, content: str) -> str:
        return (
            f'<div class="DnnModule DnnModule-{name} DnnModule-{number}"><a name="{number}"></a>'
            f'<div id="dnn_ctr{number}_ContentPane"><div id="dnn_ctr{number}_ModuleContent" class="DNNModuleContent">'
            f"{content}</div></div></div>"
        )

    def _counters(self) -> str:
        def row(label: str, value: int, colon: str = "") -> str:
            return (
                f'<li><img alt="{label}{colon}" src="/DesktopModules/UsersOnline/i.gif" /> {label}{colon} {value}</li>'
            )

        online = "Người trực tuyến"
        rows = row("Khách", 180 + self.visits() % 90) + row("Thành viên", 3) + row("Tổng", 183 + self.visits() % 90)
        rows += row("Tổng lượt truy cập", 7_478_000 + self.visits(), ":")
        return (
            f'<ul><li><img alt="{online}" src="/DesktopModules/UsersOnline/o.gif" /> {online}<ul>{rows}</ul></li></ul>'
        )

    def layout(self, title: str, main: str, *, head: str = "", kind: str = "") -> str:
        menu = "".join(f'<li><a href="/{s.slug}">{s.name}</a></li>' for s in self.sections)
        return f"""<!DOCTYPE html>
<html xml:lang="vi-VN" lang="vi-VN"><head id="Head"><meta http-equiv="Content-Type" content="text/html; charset=utf-8"
 />
<title>{text(title)}</title><meta name="generator" content="DotNetNuke " />{head}
<!--CDF(Css|/Portals/_default/default.css)--><!--CDF(Css|/Portals/_default/Skins/TinhUy/skin.css)-->
</head><body id="Body" class="{kind}"><form method="post" action="/Default.aspx" id="Form"
 enctype="multipart/form-data">
<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="dGhpcyBpcyBhIGRlbW8=" />
<div id="dnn_HeaderPane"><a id="dnn_dnnLOGO_hypLogo" href="/Trang-chu"><img alt="quochuy" src="/Portals/0/logo.png"
 /></a>
<ul id="dnn_pnav"><li><a href="/Trang-chu">Trang chủ</a></li>{menu}<li><a href="/Login">Đăng nhập</a></li></ul></div>
<div id="dnn_ContentPane" class="contentpane">{main}</div>
<div id="dnn_RightPane"><div class="poll"><h3>Bình chọn</h3><p>Hiện tại không có bình chọn nào đang hoạt động.</p></div>
<div class="stat"><h3>Thống kê truy cập</h3>{self._counters()}</div></div>
<div id="dnn_BottomPane"><p>{self.title}</p><p>Địa chỉ: 45 đường Ví Dụ, phường Mẫu, tỉnh {self.province_name}</p>
<p>Điện thoại: 0233 000 000 - Email: mau@vidu.vn</p></div>
<input name="ScrollTop" type="hidden" id="ScrollTop" /></form></body></html>
"""

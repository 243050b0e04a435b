"""A Party department's page made by hand in ASP.NET, years ago.

Its habits: layout tables and font tags, "Cập nhật ngày:" before the date, the picture's caption printed twice, the
author alone on
the last line, a pager in the query with an empty page past the end, and one page that bears a secrecy stamp.
"""

from flows.demo.replicas.base import WEEKDAYS, Entry, Replica, Section, integer, text
from flows.demo.server import Reply
from schemas.outcome import Outcome


class WebForms(Replica):
    key, title = "thai-nguyen-webforms", "Ban Tổ chức Tỉnh ủy Thái Nguyên (bản dựng thử)"
    organ, province, province_name = "party_department", "thai-nguyen", "Thái Nguyên"
    sections = (
        Section("12", "Tin hoạt động"),
        Section("15", "Công tác tổ chức - cán bộ"),
        Section("21", "Cơ sở đảng, đảng viên"),
    )
    articles, per_page = 17, 4
    trap = Outcome.CLASSIFIED

    def path(self, entry: Entry) -> str:
        return f"/ChiTietTin.aspx?id={entry.number}&cat={entry.section.slug}"

    def route(self, path: str, query: dict[str, str]) -> Reply | None:
        match path.lower():
            case "/" | "/default.aspx":
                return self.page(self.title, self._home())
            case "/chuyenmuc.aspx" if section := self.section(query.get("cat", "")):
                return self.page(section.name, self._list(section, integer(query.get("trang"))))
            case "/chitiettin.aspx" if entry := self.numbered(integer(query.get("id"), 0)):
                return self.gone() if entry.gone else self.page(entry.story.title, self._article(entry))
            case "/tailieu.aspx" if entry := self.numbered(integer(query.get("id"), 0)):
                return self.attachment(entry)
        return None

    def _article(self, entry: Entry) -> str:
        story = entry.story
        # The stamp stands alone between the masthead and the title, as on paper.
        stamp = '<tr><td align="left"><b>MẬT</b></td></tr>' if entry.trap else ""
        prose = "".join(
            f'<p align="justify"><font face="Arial" size="2">{text(p)}</font></p>\n' for p in story.paragraphs
        )
        if entry.attached:
            prose += f'<p>Tài liệu kèm theo: <a href="/TaiLieu.aspx?id={entry.number}">Toàn văn (PDF)</a></p>'
        caption = text(story.caption)
        others = "".join(
            f'<br>&nbsp;- <a href="{text(self.path(e))}">{text(e.story.title)}</a>' for e in self.neighbours(entry, 4)
        )
        return f"""<table width="100%" border="0" cellpadding="4">{stamp}
<tr><td class="TieuDeTin"><font size="4" color="#990000"><b>{text(story.title)}</b></font></td></tr>
<tr><td class="NgayDang"><font size="1" color="gray">Cập nhật ngày: {entry.published:%d/%m/%Y %H:%M}</font></td></tr>
<tr><td><table align="center" border="0" width="400"><tr><td><img src="/Images/{entry.number}.jpg"
 width="400"></td></tr>
<tr><td align="center"><font size="1"><i>{caption}</i></font></td></tr></table>
<font size="1"><i>{caption}</i></font></td></tr>
<tr><td class="NoiDungTin">
<p align="justify"><font face="Arial" size="2"><b>{text(story.lead)}</b></font></p>
{prose}<p align="right"><font face="Arial" size="2"><b>{story.author}</b></font></p>
</td></tr>
<tr><td><a href="javascript:window.print()">In trang này</a> | <a
 href="javascript:history.back()">Quay lại</a></td></tr>
<tr><td><font size="2"><b>Các tin khác:</b>{others}</font></td></tr></table>"""

    def _home(self) -> str:
        return "".join(
            f'<table width="100%"><tr><td bgcolor="#cc0000"><a href="{self._archive(s)}"><font color="white">'
            f"<b>{s.name}</b></font></a></td></tr>{self._rows(self.listed(s)[:3])}</table>"
            for s in self.sections
        )

    def _list(self, section: Section, number: int) -> str:
        entries = self.listed(section)
        last = self.pages(entries)
        pager = " ".join(
            f"<b>[{n}]</b>" if n == number else f'<a href="{self._archive(section)}&amp;trang={n}">{n}</a>'
            for n in range(1, last + 1)
        )
        return (
            f'<table width="100%"><tr><td><font size="3"><b>{section.name}</b></font></td></tr>'
            f"{self._rows(self.cut(entries, number))}"
            f'<tr><td align="right">Trang: {pager}</td></tr></table>'
        )

    def _rows(self, entries: tuple[Entry, ...]) -> str:
        return "".join(
            f'<tr><td><img src="/Images/{e.number}.jpg" width="90" align="left">'
            f'<a class="TinTuc" href="{text(self.path(e))}">'
            f'<b>{text(e.story.title)}</b></a> <font size="1">({e.published:%d/%m/%Y})</font>'
            f"<br>{text(e.story.lead)}</td></tr>\n"
            for e in entries
        )

    @staticmethod
    def _archive(section: Section) -> str:
        return f"/ChuyenMuc.aspx?cat={section.slug}"

    def layout(self, title: str, main: str, *, head: str = "", kind: str = "") -> str:
        menu = "".join(f'<tr><td><a href="{self._archive(s)}">{s.name}</a></td></tr>' for s in self.sections)
        day = self.today
        return f"""<html><head><title>{text(title)}</title><meta http-equiv="Content-Type"
 content="text/html; charset=utf-8">{head}
</head><body topmargin="0" class="{kind}"><form name="Form1" method="post" action="Default.aspx" id="Form1">
<input type="hidden" name="__VIEWSTATE" value="dGhpcyBpcyBhIGRlbW8=" />
<table width="980" align="center" border="0" cellspacing="0">
<tr><td colspan="3"><img src="/Images/banner.jpg" alt="{self.title}"></td></tr>
<tr><td colspan="3" align="right"><font size="1">{WEEKDAYS[day.weekday()]}, ngày {day:%d/%m/%Y}</font></td></tr>
<tr><td width="180" valign="top"><table width="100%"><tr><td><a
 href="/Default.aspx">Trang chủ</a></td></tr>{menu}</table></td>
<td width="600" valign="top">{main}</td>
<td width="200" valign="top"><table width="100%"><tr><td>Liên kết website</td></tr>
<tr><td><select><option>Báo địa phương</option><option>Cổng thông tin điện tử</option></select></td></tr>
<tr><td>Số lượt truy cập: {self.visits()}</td></tr></table></td></tr>
<tr><td colspan="3" align="center"><font size="1">Bản quyền thuộc {self.title}<br>
Địa chỉ: số 9 phố Thử Nghiệm, phường Mẫu - Điện thoại: 0208 000 000</font></td></tr></table></form></body></html>
"""

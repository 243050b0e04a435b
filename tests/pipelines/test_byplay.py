"""What templates print around a text: lines of it go with all their pieces, everything else stays."""

from datetime import UTC, datetime

import pytest
from lxml.html import fragment_fromstring

from pipelines.families.byplay import cut_byplay
from pipelines.refinery import RawPage, refine
from schemas.article import Accepted

PROSE = (
    "<p>Đội văn nghệ bản Nà Hỳ tập suốt ba tuần liền để kịp biểu diễn trong đêm hội mừng mùa lúa mới của cả mường.</p>"
)
GONE = {
    "pieces in elements": "<div><span>14/03/2024 16:42</span> <span>Lượt xem: 41</span></div>",
    "brackets and a count": "<i>(14/03/2024 16:42:00)</i><span> Số lần đọc: 41</span>",
    "bars in one text": "<div>Thứ năm, 14/03/2024 16:42 | Đã xem: 41 | Chuyên mục: Đời sống</div>",
    "label and value apart": "<p><b>Ngày đăng:</b> <i>14/03/2024 16:42</i> <b>Chuyên mục:</b> <a>Đời sống</a></p>",
    "a section's link by the date": "<div><a href='/d'>Đời sống</a> <span>14/03/2024 16:42</span></div>",
    "stars": "<div>Đánh giá bài viết: <a>1</a> <a>2</a> <a>3</a></div>",
    "cells of one row": "<table><tr><td>Cập nhật lúc: 14/03/2024 16:42</td><td>41 lượt xem</td></tr></table>",
    "an icon for a label": "<table><tr><td><img alt='Khách'>Khách</td><td>12</td></tr></table>",
    "tools": "<td><a>[In tin]</a> <a>[Gửi cho bạn bè]</a></td>",
}
KEPT = {
    "a short heading": "<p><b>Lời hẹn mùa sau</b></p>",
    "a line that only begins with a day": "<p>Ngày 14/3, cả bản cùng ra suối.</p>",
    "a link that is the author's": "<p><a href='/d'>Lời hẹn mùa sau</a></p>",
    "a greeting": "<p>Kính thưa bà con!</p>",
}


@pytest.mark.parametrize("line", GONE.values(), ids=GONE)
@pytest.mark.parametrize("under", [False, True])
def test_a_line_whose_every_piece_is_known_goes(line: str, under: bool) -> None:
    body = fragment_fromstring(f"<div>{PROSE}{line}</div>" if under else f"<div>{line}<br>{PROSE}</div>")
    cut_byplay(body)
    assert body.text_content().strip() == fragment_fromstring(PROSE).text_content()


@pytest.mark.parametrize("line", KEPT.values(), ids=KEPT)
def test_the_authors_short_lines_stay(line: str) -> None:
    body = fragment_fromstring(f"<div>{line}{PROSE}{line}</div>")
    before = body.text_content()
    cut_byplay(body)
    assert body.text_content() == before


def test_what_the_lines_said() -> None:
    found = cut_byplay(fragment_fromstring(f"<div>{GONE['bars in one text']}{PROSE}</div>"))
    assert (found.dates, found.category) == (["Thứ năm, 14/03/2024 16:42"], "Đời sống")


def test_who_wrote_it_stays_for_the_byline() -> None:
    body = fragment_fromstring(f"<div><p>14/03/2024 | Tác giả: Lò Thị Ban | Lượt xem: 41</p>{PROSE}</div>")
    cut_byplay(body)
    assert body[0].text_content().strip() == "Tác giả: Lò Thị Ban"


HEADLINE = "Bản Nà Hỳ mở đêm hội mừng mùa lúa mới"
LONG = PROSE * 2
OLD = {
    "a font tag in the text's own cell": (
        f"<b>BAN VĂN HÓA MƯỜNG NÀ HỲ ĐIỆN BIÊN</b><td><font size=4>{HEADLINE}</font><br>"
        f"<font>Gửi lúc 16:42 ngày 14-03-2024</font><br>{LONG}</td>"
    ),
    "a plain element over the date": (
        f"<td><span class=dau>{HEADLINE}</span></td><td>14/03/2024 16:42</td><td>{LONG}</td>"
    ),
    "a name of its own below the page's": (
        f"<h2>Tin tức</h2><div><p class=news-title>{HEADLINE}</p><i>(14/03/2024 16:42)</i>{LONG}</div>"
    ),
    "a date over it": f"<td><i>14/03/2024 16:42</i><br>Đã xem: 41 <p class=news-title><b>{HEADLINE}</b></p>{LONG}</td>",
    "a date over it in a row": (
        f"<td><b>Cập nhật:</b> 14/03/2024 16:42 - Đã xem: 41</td></tr><tr><td><b>{HEADLINE}</b></td></tr>"
        f"<tr><td>{LONG}</td>"
    ),
    "a poll beside it": (
        f"<td><p class=tieuDe>{HEADLINE}</p>14/03/2024 16:42</td><td>Bạn thấy trang này ra sao?<br>"
        f"<input type=radio> Đẹp<br><input type=radio> Chưa đẹp</td><td>{LONG}</td>"
    ),
}


@pytest.mark.parametrize("cells", OLD.values(), ids=OLD)
def test_the_headline_of_a_page_named_only_after_its_site(cells: str) -> None:
    html = f"<html><head><title>Tin tức</title></head><body><form><table><tr>{cells}</tr></table></form></body></html>"
    url = "https://x.example.vn/chitiet.aspx?id=7"
    page = RawPage(url, html.encode(), datetime(2024, 6, 3, tzinfo=UTC), "text/html; charset=utf-8")
    verdict = refine([page], None, None, family="webforms")
    assert isinstance(verdict, Accepted)
    content = verdict.content
    prose = fragment_fromstring(PROSE).text_content()
    assert (content.title, content.text.split("\n\n")) == (HEADLINE, [prose, prose])
    assert content.published_at
    assert content.published_at.isoformat() == "2024-03-14T16:42:00+07:00"


BESIDE = {
    "a heading that is a picture": f"<tr><td>{LONG}</td></tr><tr><td><img alt='Tin khác' src=k.gif></td></tr>{{items}}",
    "no heading at all": f"<tr><td>{LONG}</td></tr>{{items}}",
}


@pytest.mark.parametrize("rows", BESIDE.values(), ids=BESIDE)
def test_the_date_of_another_article_is_none_of_this(rows: str) -> None:
    items = "".join(
        f"<tr><td><li><a href='chitiet.aspx?id={n}'>Xóm Nà Tông vét mương đầu vụ lần {n}</a> <i>(0{n}/03/2024)</i></li>"
        for n in range(1, 6)
    )
    title = f"<title>{HEADLINE}</title>"
    html = (
        f"<html><head>{title}</head><body><table><tr><td><b>{HEADLINE}</b></td></tr>{rows.format(items=items)}</table>"
    )
    page = RawPage("https://x.example.vn/chitiet.aspx?id=7", html.encode(), datetime(2024, 6, 3, tzinfo=UTC))
    verdict = refine([page], None, None, family="webforms")
    assert isinstance(verdict, Accepted)
    assert (verdict.content.published_at, "Nà Tông" in verdict.content.text) == (None, False)


def test_a_form_among_the_cells_is_cut_and_a_document_in_it_stays() -> None:
    files = "<tr><td>Tải về: <a href='/f/ke-hoach.pdf'>Kế hoạch hội mùa</a></td></tr>"
    form = "<tr><td>Họ tên của bạn <input></td></tr><tr><td>Nội dung muốn gửi <textarea></textarea></td></tr>"
    html = f"<html><body><h1>{HEADLINE}</h1><table><tr><td>{LONG}</td></tr>{files}{form}</table></body></html>"
    page = RawPage("https://x.example.vn/chitiet.aspx?id=7", html.encode(), datetime(2024, 6, 3, tzinfo=UTC))
    verdict = refine([page], None, None, family="webforms")
    assert isinstance(verdict, Accepted)
    assert "muốn gửi" not in verdict.content.text
    assert [file.url for file in verdict.content.attachments] == ["https://x.example.vn/f/ke-hoach.pdf"]


CLOCKS = ("Thứ năm, 14/03/2024", "14/03/2024", "Hôm nay: 14/03/2024 16:42:00", "<b>14/03/2024</b>")


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_over_the_headline_dates_nothing(clock: str) -> None:
    html = f"<html><body><form><div>{clock}</div><h1>{HEADLINE}</h1><div>{LONG}</div></form></body></html>"
    page = RawPage("https://x.example.vn/chitiet.aspx?id=7", html.encode(), datetime(2024, 6, 3, tzinfo=UTC))
    verdict = refine([page], None, None, family="webforms")
    assert isinstance(verdict, Accepted)
    assert verdict.content.published_at is None

"""Boxes around and inside an article on pages that no product explains, and what only looks like one."""

from datetime import UTC, datetime

import pytest

from pipelines.page import RawPage
from pipelines.refinery import refine
from schemas.article import Accepted, Content

NOW = datetime(2025, 6, 3, 1, tzinfo=UTC)
TITLE = "Xóm Nà Phạ mở hội lồng tồng sau ba năm lỡ hẹn vì đường sạt"
PROSE = [
    "Sáng mồng tám tháng Giêng, ruộng lớn giữa xóm Nà Phạ chật người, tiếng trống vọng sang tận bên kia suối.",
    "Già làng Hoàng Văn Páo cày đường cày đầu tiên, sau đó các bà trong xóm xuống đồng thi cấy.",
    "Con đường bị sạt từ mùa mưa năm kia vừa được nối lại, nên khách ở các xã dưới cũng lên dự.",
]
OTHERS = [
    "Hội chọi dê ở bản Khuổi Slao đông nghịt khách",
    "Lớp học hát then mở thêm ở xã Yên Thổ",
    "Chợ tình tháng ba nhóm họp trở lại ở Bản Cái",
]


def paragraphs(tag: str = "p") -> str:
    return "".join(f"<{tag}>{line}</{tag}>" for line in PROSE)


def listed(shape: str) -> str:
    return "".join(shape.format(n=n, title=title) for n, title in enumerate(OTHERS, 1))


def article(around: str, title: str = f"{TITLE} - Trang tin Ba Khe") -> Content:
    page = f"<html><head><meta charset=utf-8><title>{title}</title></head><body>{around}</body></html>"
    verdict = refine([RawPage("https://bk.example.vn/chuyen/mo-hoi.html", page.encode(), NOW)], None, None)
    assert isinstance(verdict, Accepted), verdict
    return verdict.content


ITEM = "<li><a href='/c/{n}'>{title}</a> (0{n}/02/2025)<p>Bà con đến từ sớm, mang theo gà, xôi và rượu ngô...</p></li>"
FLAT = "<h5><a href='/c/{n}'>{title}</a></h5><p>Bà con đến từ sớm, mang theo gà, xôi và rượu ngô...</p>"
CARD = "<div><a href='/c/{n}'><img src='/a.jpg'></a><p><a href='/c/{n}'>{title}</a></p><i>0{n}/02/2025</i></div>"
COMMENT = "<div><b>Mai Lan</b><p>Tôi xa quê đã mười năm, đọc bài thấy nhớ tiếng trống hội quá, cảm ơn báo.</p></div>"
TERM = "<dt><a href='/c/{n}'>{title}</a></dt><dd>Bà con đến từ sớm, mang theo gà, xôi.</dd>"
WHOLE = "<a href='/c/{n}'><b>{title}</b><i>0{n}/02/2025</i><span>Bà con đến từ sớm, mang theo gà, xôi...</span></a>"
BOXES = {
    "a list with teasers": f"<div><b>Tin tức khác</b><ul>{listed(ITEM)}</ul></div>",
    "a list without a head": f"<ul>{listed(ITEM)}</ul>",
    "cards without a head": f"<div>{listed(CARD)}</div>",
    "titles and teasers in turn": f"<h4>Bài viết liên quan</h4>{listed(FLAT)}",
    "turns within a list of lists": f"<ul>{3 * f'<li><a href=/d>{OTHERS[0]}</a><dl>{listed(TERM)}</dl></li>'}</ul>",
    "anchors as cards": f"<div><b>Tin liên quan</b>{listed(WHOLE)}</div>",
    "comments": f"<h3>Ý kiến bạn đọc</h3>{COMMENT}<form><textarea></textarea></form>",
    "a poll": "<div><h4>Thăm dò ý kiến</h4><p>Bạn có đi hội năm nay không?</p><input type=radio> Có</div>",
    "one link pointed at": "<p>Xem thêm: <a href='/c/9'>Hội chọi dê ở bản Khuổi Slao đông nghịt khách</a></p>",
    "stars and players": "<p>★★★★☆ (26 lượt bình chọn)</p><div><b>Nghe bài viết này</b> <i>0:00 / 3:42</i></div>",
}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("tag", ["p", "div"])
def test_a_box_below_the_text_goes(box: str, tag: str) -> None:
    found = article(f"<div class=x><h1>{TITLE}</h1><div class=y>{paragraphs(tag)}{box}</div></div>")
    assert found.text.split("\n\n") == PROSE


AUTHORS = {
    "links within sentences": "<p>Theo <a href='/v/1'>Kế hoạch khôi phục lễ hội năm nay</a>, xóm được cấp thóc.</p>",
    "a list that ends as sentences do": "<ul><li>Sửa lại đình làng;</li><li>Dạy hát then cho trẻ nhỏ.</li></ul>",
    "a line that begins like a head": "<p>Bình luận về lễ hội, ông Páo nói: dân vui là được.</p>",
    "documents": "<ul><li><a href='/a.pdf'>Kế hoạch khôi phục lễ hội lồng tồng</a></li></ul>",
}


@pytest.mark.parametrize("said", AUTHORS.values(), ids=AUTHORS)
def test_what_the_author_says_stays(said: str) -> None:
    found = article(f"<div class=x><h1>{TITLE}</h1><div class=y>{said}{paragraphs()}</div></div>")
    assert len(found.text.split("\n\n")) > len(PROSE)
    assert set(PROSE) <= set(found.text.split("\n\n"))


MENU = "".join(f"<li><a href='/m{n}'>{name}</a></li>" for n, name in enumerate(OTHERS * 2))
DATE = "<div>08/02/2025 09:15</div>"
LEAD = "Lễ hội xuống đồng của người Tày ở xóm Nà Phạ trở lại, đông vui hơn mọi năm."
PLACES = {
    "no heading, no class": f"<div><div>{TITLE}</div>{DATE}<div>{LEAD}</div><div>{paragraphs()}</div></div>",
    "nothing but the body": f"<b>{TITLE}</b><br>{DATE}<b>{LEAD}</b><br>{'<br><br>'.join(PROSE)}<br>",
    "elements of its own making": f"<x-a><h1>{TITLE}</h1>{DATE}<x-sum>{LEAD}</x-sum><x-b>{paragraphs()}</x-b></x-a>",
    "a lead by its class alone": f"<main><h1>{TITLE}</h1>{DATE}<p class=q>{LEAD}</p>{paragraphs()}</main>",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("title", [f"{TITLE} | Trang tin Ba Khe", f"Trang tin Ba Khe - {TITLE}"])
def test_title_lead_and_date_by_their_place(place: str, title: str) -> None:
    found = article(place, title)
    assert (found.title, found.lead) == (TITLE, LEAD)
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2025-02-08T09:15:00+07:00"
    assert found.body.split("\n\n") == PROSE


def test_the_name_of_the_site_over_a_menu_is_no_headline() -> None:
    site = "Trang tin xã Ba Khe và vùng lòng hồ"
    body = f"<div class=t>{TITLE}</div>{DATE}<div class=y>{paragraphs()}</div><p>{site}</p>"
    assert article(f"<h1>{site}</h1><ul>{MENU}</ul><div>{body}</div>", site).title == TITLE

"""The families that leave most to themes: two pages of each in unlike themes, full of what is not the article."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from textwrap import wrap

import pytest

from pipelines.families import FAMILIES, recognise
from pipelines.page import Page, RawPage, parse
from pipelines.refinery import refine
from schemas.article import Accepted, Content

NOW = datetime(2025, 6, 3, 1, tzinfo=UTC)
TITLE = "Lão nông xóm Đồi Sim hiến đất mở lối ra đồng chè"
LEAD = "Con đường rộng bốn mét qua nương chè xóm Đồi Sim vừa đổ xong bê tông, phần lớn nhờ đất của một gia đình."
PROSE = (
    "Suốt mười hai mùa chè, bà con xóm Đồi Sim phải gánh từng bao búp qua con dốc trơn phía sau nhà văn hóa, "
    "mưa xuống thì xe máy cũng đành dựng lại bên suối.",
    "Khi chi bộ xóm bàn chuyện mở đường, ông Lường Văn Phấn đứng lên xin hiến gần bảy trăm mét vuông đất vườn, "
    "kèm theo hai hàng cau ông trồng từ ngày ra quân.",
    "Từ sự khởi đầu ấy, mười chín hộ khác tự tháo hàng rào, góp ngày công và cát sỏi; đến nay xe tải nhỏ đã vào "
    "tận lán sao chè đầu xóm.",
    "Bí thư chi bộ Nông Thị Hoạt cho biết xóm sẽ trồng hoa mười giờ hai bên lối mới trước ngày hội mùa.",
)
LEAKS = (
    "Chợ phiên Nà Lốc họp thêm ngày thứ bảy trong tuần",
    "Đội văn nghệ bản Mường Khoa tập điệu xòe mới",
    "Hiện tại không có bình chọn",
    "4.812",
    "Nhập nội dung bình luận",
    "Cây cầu treo này đẹp quá, cảm ơn bà con đã góp sức làm nên",
    "Bạn đánh giá giao diện mới thế nào",
    "Địa chỉ: số 3 ngõ Giếng Làng",
)
COUNTER = "<p>Đang truy cập: 17</p><p>Hôm nay: 233</p><p>Tổng lượt truy cập: 4.812.044</p>"
POLL = (
    "<h4>Thăm dò ý kiến</h4><p>Bạn đánh giá giao diện mới thế nào?</p><label><input type='radio'> Đẹp</label>"
    "<input type='button' value='Bình chọn'>"
)
FOOT = "<p>Trang thông tin điện tử tỉnh Mường Ngà</p><p>Địa chỉ: số 3 ngõ Giếng Làng, phường Bến Đá</p>"
CLOCK = "Thứ Ba, 03/06/2025"


def others(link: Callable[[int], str], *, item: str = "<li>{}</li>") -> str:
    said = zip((LEAKS[0], LEAKS[1]), ("21/05/2025", "20/05/2025"), strict=True)
    return "".join(
        item.format(f"<a href='{link(71 + n)}'>{t}</a> <span>({day})</span>") for n, (t, day) in enumerate(said)
    )


def paragraphs(start: str = "<p>", end: str = "</p>") -> str:
    return "".join(f"{start}{p}{end}\n" for p in PROSE)


@dataclass(frozen=True)
class Case:
    family: str
    url: str
    html: str
    number: str | None
    wanted: Mapping[str, object] = field(default_factory=dict)


def dnn_classic() -> Case:
    def link(n: int) -> str:
        return f"/tabid/57/ItemID/{n}/Default.aspx"

    return Case(
        "dotnetnuke",
        "https://mn.example.vn/tabid/57/ItemID/64/Default.aspx",
        f"""<html><head><title>Mường Ngà &gt; Tin tức</title></head><body id="Body"><form id="Form" method="post">
<input type="hidden" name="__VIEWSTATE" value="x"><div id="dnn_TopPane"><span class="ngay">{CLOCK}</span>
<a href="/trangchu/tabid/36/Default.aspx">Trang chủ</a></div>
<div id="dnn_ContentPane"><a name="401"></a><div id="dnn_ctr401_ModuleContent">
<span id="dnn_ctr401_View_lblTitle" class="tieude">{TITLE}</span><br>
<span class="ngaydang">Ngày đăng: 22/05/2025 14:05</span>
<div><a href="/tabid/57/ItemID/64/Default.aspx?print=1">In bài viết</a> | <a href="mailto:?">Gửi email</a></div>
<div class="tomtat">{LEAD}</div><div id="dnn_ctr401_View_divNoiDung">{paragraphs()}
<p style="text-align:right"><b>Hà Vi Thoa</b></p></div>
<p><b>Các tin khác:</b></p><ul>{others(link)}</ul></div>
<div class="DnnModule DnnModule-Feedback"><h4>Ý kiến bạn đọc</h4><textarea>Nhập nội dung bình luận</textarea>
<p>Cây cầu treo này đẹp quá, cảm ơn bà con đã góp sức làm nên.</p></div></div>
<div id="dnn_RightPane"><div id="dnn_ctr402_ModuleContent">{POLL}<p>Hiện tại không có bình chọn nào đang hoạt động.</p>
</div><div class="DnnModule DnnModule-UsersOnline">{COUNTER}</div></div><div id="dnn_BottomPane">{FOOT}</div>
<input name="__dnnVariable" type="hidden" id="__dnnVariable" value="x"></form></body></html>""",
        "57:64",
        {"author": "Hà Vi Thoa", "published": "2025-05-22T14:05:00+07:00"},
    )


def dnn_modern() -> Case:
    def link(n: int) -> str:
        return f"/Trang-chu/post/{n}/cho-phien"

    return Case(
        "dotnetnuke",
        "https://mn.example.vn/Trang-chu/post/64/lao-nong",
        f"""<!DOCTYPE html><html><head><meta name="generator" content="DNN Platform"><title>{TITLE}</title></head><body>
<form id="Form"><header id="dnn_HeaderPane"><time>{CLOCK}</time></header><main class="DnnModule DnnModule-Post">
<div class="DNNModuleContent"><h1>{TITLE}</h1><p class="meta">Thứ năm, 22/05/2025 - 14:05</p>
<p class="sapo">{LEAD}</p><section class="chi-tiet">{paragraphs()}</section><p>Tác giả: Hà Vi Thoa</p>
<p>Lượt xem: 4.812</p><div class="lien-quan"><h3>Tin liên quan</h3>{others(link, item="<div>{}</div>")}</div></div>
</main><aside class="DnnModule DnnModule-UsersOnline">{COUNTER}</aside><footer>{FOOT}</footer></form></body></html>""",
        "post:64",
        {"author": "Hà Vi Thoa", "published": "2025-05-22T14:05:00+07:00"},
    )


def liferay_6() -> Case:
    def link(n: int) -> str:
        return f"/trang-chu?p_p_id=tin_WAR_tinportlet&p_p_lifecycle=0&_tin_WAR_tinportlet_articleId={n}"

    return Case(
        "liferay",
        "https://hd.example.vn/trang-chu?p_p_id=tin_WAR_tinportlet&p_p_lifecycle=0&p_p_auth=Zx1"
        "&_tin_WAR_tinportlet_articleId=64",
        f"""<html><head><title>Trang chủ - HĐND</title>
<script>var Liferay={{}};Liferay.ThemeDisplay={{}};</script></head>
<body><a class="hide-accessible" href="#main">Truy cập nội dung luôn</a><div id="banner">{CLOCK}</div>
<div class="portlet-boundary" id="p_p_id_tin_WAR_tinportlet_"><h1 class="portlet-title">Chi tiết bài viết</h1>
<div class="portlet-body"><h1 class="header-title"><span>null {TITLE}</span></h1><div class="journal-content-article">
<span class="ngay">22/05/2025 14:05</span><p class="tom-tat"><b>{LEAD}</b></p>{paragraphs()}</div>
<div class="taglib-ratings stars"><p>Xếp hạng của bạn: 5 sao, trung bình 4.812 phiếu cho cả tháng năm vừa qua</p></div>
<div class="taglib-discussion"><form><textarea>Nhập nội dung bình luận</textarea></form>
<p>Cây cầu treo này đẹp quá, cảm ơn bà con đã góp sức làm nên.</p></div>
<div class="tin-cu"><b>Các tin khác</b><ul>{others(link)}</ul></div></div></div>
<div class="portlet-boundary"><div class="portlet-body">{POLL}{COUNTER}</div></div><div id="footer">{FOOT}</div>
</body></html>""",
        "64",
        {"published": "2025-05-22T14:05:00+07:00"},
    )


def liferay_7() -> Case:
    def link(n: int) -> str:
        return f"/web/muong-nga/tin/-/asset_publisher/aB3x/content/cho-phien-{n}"

    return Case(
        "liferay",
        "https://hd.example.vn/web/muong-nga/tin/-/asset_publisher/aB3x/content/lao-nong-xom-oi-sim",
        f"""<!DOCTYPE html><html><head><title>{TITLE} - Mường Ngà</title></head><body class="controls-visible">
<header><p>{CLOCK}</p></header><section class="portlet" id="portlet_asset_INSTANCE_aB3x"><div class="portlet-content">
<div class="asset-full-content"><h2 class="asset-title">{TITLE}</h2>
<div class="asset-metadata"><span class="metadata-publish-date">22/05/2025 14:05</span>
<span class="metadata-modified-date">23/05/2025 08:00</span><span class="metadata-author">Hà Vi Thoa</span></div>
<div class="taglib-social-bookmarks"><a href="https://fb.example/">Chia sẻ</a></div>
<div class="asset-content"><p><strong>{LEAD}</strong></p>{paragraphs()}</div>
<div class="asset-links"><h2>Tin liên quan</h2><ul>{others(link)}</ul></div></div></div></section>
<div class="portlet-boundary" id="p_p_id_poll_">{POLL}</div><footer>{COUNTER}{FOOT}</footer></body></html>""",
        "muong-nga:lao-nong-xom-oi-sim",
        {"author": "Hà Vi Thoa", "published": "2025-05-22T14:05:00+07:00", "updated": "2025-05-23T08:00:00+07:00"},
    )


def sharepoint_item() -> Case:
    def link(n: int) -> str:
        return f"/noidung/tintuc/Pages/chi-tiet-tin-tuc.aspx?ItemID={n}&l=Tintrongtinh"

    return Case(
        "sharepoint",
        "https://mn.example.vn/noidung/tintuc/Pages/chi-tiet-tin-tuc.aspx?ItemID=64&l=Tintrongtinh+++&lv=4",
        f"""<html><head><meta name="GENERATOR" content="Microsoft SharePoint"><title>Chi tiết tin tức</title>
</head><body>
<form id="aspnetForm"><input type="hidden" name="__VIEWSTATE" value="x"><div id="s4-workspace">
<div id="sideNavBox"><a href="/Pages/home.aspx">Trang chủ</a> {CLOCK}</div><div id="ctl00_PlaceHolderMain_g_8">
<div class="title-news"><h3>{TITLE}</h3></div><div class="date-line">22/05/2025 14:05</div>
<div class="short-desc">{LEAD}</div><div class="ms-rtestate-field ExternalClass8">{paragraphs("<div>", "</div>")}</div>
<div class="tac-gia">Tác giả: Hà Vi Thoa</div><div class="in-an"><a href="javascript:print()">In bài</a></div>
<div><div>Tin cùng chuyên mục</div>{others(link, item="<div>{}</div>")}</div>
<div class="comment-box"><textarea>Nhập nội dung bình luận</textarea></div></div>
<div class="ms-webpart-zone">{POLL}</div><div>Số lượt truy cập: <img src="/Style Library/4.gif"><img src="/8.gif"></div>
{FOOT}</div></form></body></html>""",
        "tintrongtinh:64",
        {"author": "Hà Vi Thoa", "published": "2025-05-22T14:05:00+07:00"},
    )


def portal_pages() -> Case:
    def link(n: int) -> str:
        return f"/portal/pages/2025-5-{n - 50}/cho-phien-{n}.aspx"

    return Case(
        "sharepoint",
        "https://xa.example.vn/portal/pages/2025-5-22/lao-nong-xom-doi-sim-27996.aspx",
        f"""<!DOCTYPE html><html><head><title>{TITLE}</title></head><body><div class="head">{CLOCK}</div>
<ul class="menu"><li><a href="/portal/KenhTin/Tin-tuc.aspx">Tin tức</a></li></ul>
<div class="col-left"><h1>{TITLE}</h1><div class="article-content"><p><b>{LEAD}</b></p>{paragraphs()}
<p align="right">Nguồn: Báo Mường Ngà</p></div><a href="/portal/pages/print.aspx?p=27996">Bản in</a>
<div class="news-other"><h4>Tin mới hơn</h4><ul>{others(link)}</ul></div></div>
<div class="col-right">{POLL}{COUNTER}</div><div class="foot">{FOOT}</div></body></html>""",
        "27996",
        {"source": "Báo Mường Ngà", "published": "2025-05-22T00:00:00+07:00"},
    )


def vnpt_long() -> Case:
    def link(n: int) -> str:
        return f"/1450/39231/71077/6045{n}/tin-tuc/cho-phien-{n}"

    return Case(
        "vnpt",
        "https://h.example.vn/1450/39231/71077/604511/tin-tuc/lao-nong-xom-doi-sim-hien-dat-mo",
        f"""<html><head><title>{TITLE}</title></head><body><div class="top">{CLOCK}</div><div class="news-detail">
<div class="news-title">{TITLE}</div><div class="date">22/05/2025 14:05</div><div class="views">Lượt xem: 4.812</div>
<div class="news-desc"><p><strong>{LEAD}</strong></p></div><div class="news-body">{paragraphs()}</div>
<div class="author">Hà Vi Thoa</div><div class="other"><h3>Tin đã đưa</h3><ul>{others(link)}</ul>
<a href="/1450/39231/71077/604499/tin-tuc/hoi-mua">Hội mùa bản Nưa đón khách từ ba xã</a></div></div>
<div class="right">{POLL}{COUNTER}</div><footer>{FOOT}</footer></body></html>""",
        "604511",
        {"author": "Hà Vi Thoa", "published": "2025-05-22T14:05:00+07:00"},
    )


def vnpt_short() -> Case:
    def link(n: int) -> str:
        return f"/tin-hoat-dong/cho-phien-na-loc-6067{n}"

    return Case(
        "vnpt",
        "https://h.example.vn/tin-hoat-dong/lao-nong-xom-doi-sim-606764",
        f"""<html><head><title>{TITLE} | Mường Ngà</title><script src="https://cdn.example.vn/vnportal/app.js">
</script></head>
<body><header>{CLOCK}</header><article><h1>{TITLE}</h1><div><span>Đăng ngày 22/05/2025 14:05</span>
<span>Lượt xem: 4.812</span></div><div class="noidung"><p>{LEAD}</p>{paragraphs()}
<p>Xem chi tiết trong <a href="/files/ke-hoach.pdf">file đính kèm</a></p></div></article>
<section><h2>Các bài viết khác</h2>{others(link, item="<p>{}</p>")}</section>{COUNTER}<footer>{FOOT}</footer>
</body></html>""",
        "606764",
        {"published": "2025-05-22T14:05:00+07:00", "files": ("https://h.example.vn/files/ke-hoach.pdf",)},
    )


def webforms_aspx() -> Case:
    def link(n: int) -> str:
        return f"/Trang/ChiTietBV.aspx?bvid={n}"

    font = "<p align='justify'><font face='Arial' size='2'>"
    return Case(
        "webforms",
        "http://cu.example.vn/Trang/ChiTietBV.aspx?bvid=64&cat=3",
        f"""<html><head><title>{TITLE}</title></head><body><form id="aspnetForm">
<input type="hidden" name="__VIEWSTATE" value="x"><table width="990"><tr><td colspan="2" align="right">{CLOCK}</td></tr>
<tr><td width="200"><table><tr><td><a href="/DanhMuc.aspx?id=3">Tin tức</a></td></tr><tr><td>{POLL}</td></tr>
</table></td>
<td><table><tr><td><span id="ctl00_Main_lblTitle"><b><font color="red">{TITLE}</font></b></span></td></tr>
<tr><td><i>Cập nhật lúc: 14:05 22/05/2025</i></td></tr><tr><td><span id="ctl00_Main_lblMoTa"><b>{LEAD}</b>
</span></td></tr>
<tr><td><span id="ctl00_Main_lblNoiDung">{paragraphs(font, "</font></p>")}</span></td></tr>
<tr><td align="right"><b>Hà Vi Thoa</b></td></tr><tr><td>
<a href="/InTin.aspx?id=64">In tin</a> | print send mail</td></tr>
<tr><td><b>Các tin khác:</b>{others(link, item="<br>&nbsp;- {}")}</td></tr></table></td></tr>
<tr><td colspan="2">{COUNTER}{FOOT}</td></tr></table></form></body></html>""",
        "chitietbv:64",
        {"author": "Hà Vi Thoa", "published": "2025-05-22T14:05:00+07:00"},
    )


def webforms_php() -> Case:
    def link(n: int) -> str:
        return f"index.php?mod=chitiet&amp;id={n}"

    return Case(
        "webforms",
        "http://cu.example.vn/index.php?mod=chitiet&id=64",
        f"""<HTML><HEAD><TITLE>Trang tin Muong Nga</TITLE></HEAD><BODY><TABLE><TR><TD><FONT size=1>
{CLOCK}</FONT></TD></TR></TABLE>
<TABLE><TR><TD valign=top><FONT size=2><a href="index.php?mod=tin&cat=2">Tin hoạt động</a></FONT><BR>{COUNTER}</TD>
<TD><TABLE><TR><TD class=tieude><FONT size=4>{TITLE}</FONT></TD></TR>
<TR><TD><FONT size=1>(22/05/2025 14:05)</FONT></TD></TR>
<TR><TD><DIV align=justify><FONT size=2><B>{LEAD}</B><BR><BR>{"<BR><BR>".join(PROSE)}<BR></FONT></DIV></TD></TR></TABLE>
<TABLE><TR><TD><FONT size=2>Tin liên quan</FONT></TD></TR>{others(link, item="<TR><TD>{}</TD></TR>")}</TABLE>
</TD></TR></TABLE>
<TABLE><TR><TD><FONT size=1>{FOOT}</FONT></TD></TR></TABLE></BODY></HTML>""",
        "index-chitiet:64",
        {"published": "2025-05-22T14:05:00+07:00"},
    )


def docshare_lines() -> Case:
    def link(n: int) -> str:
        return f"/tai-lieu/cho-phien-{n}.html"

    lines = [line for p in (LEAD, *PROSE) for line in wrap(p, 66)]
    lines.insert(
        4, f"<b>Có thể bạn quan tâm!</b>{others(link, item='<p>- {}</p>')}<p>Xem toàn bộ 112 trang tài liệu này.</p>"
    )
    body = "\n".join(f"<div>{line}</div>" for line in lines)
    return Case(
        "docshare",
        "https://tl.example.vn/tai-lieu/lao-nong-xom-doi-sim-6400.html",
        f"""<html><head><title>{TITLE}</title></head><body><div class="top">
{CLOCK} <a href="/dang-nhap">Đăng nhập</a></div>
<div class="xem"><h1>{TITLE}</h1><div class="chu">{body}</div><p>Xem toàn bộ 112 trang tài liệu này.</p></div>
<div class="side">{COUNTER}{POLL}</div><div>{FOOT}</div></body></html>""",
        "6400",
    )


def docshare_viewer() -> Case:
    def link(n: int) -> str:
        return f"/document/6400{n}-cho-phien.htm"

    lines = "".join(f"<div class='t m0 x{n}'>{p}</div>" for n, p in enumerate((LEAD, *PROSE)))
    return Case(
        "docshare",
        "https://tl.example.vn/document/6400001-lao-nong-xom-doi-sim.htm",
        f"""<html><head><title>{TITLE}</title><meta name="generator" content="pdf2htmlEX"></head><body>
<header>{CLOCK}</header><h1>{TITLE}</h1><div id="page-container"><div class="pf w0 h0"><div class="pc">
{lines}</div></div></div>
<div class="kem"><h3>Tài liệu liên quan</h3><ul>{others(link)}</ul></div><div>{COUNTER}</div>{FOOT}</body></html>""",
        "6400001",
    )


CASES: dict[str, Case] = {
    make.__name__: make()
    for make in (
        dnn_classic,
        dnn_modern,
        liferay_6,
        liferay_7,
        sharepoint_item,
        portal_pages,
        vnpt_long,
        vnpt_short,
        webforms_aspx,
        webforms_php,
        docshare_lines,
        docshare_viewer,
    )
}


def raw(case: Case) -> RawPage:
    return RawPage(case.url, case.html.encode(), NOW, "text/html; charset=utf-8")


def content(case: Case) -> Content:
    verdict = refine([raw(case)], None, None)
    assert isinstance(verdict, Accepted), verdict
    return verdict.content


FIELDS: dict[str, Callable[[Content], object]] = {
    "author": lambda c: ", ".join(c.authors),
    "published": lambda c: c.published_at and c.published_at.isoformat(),
    "updated": lambda c: c.updated_at and c.updated_at.isoformat(),
    "source": lambda c: c.source,
    "files": lambda c: tuple(a.url for a in c.attachments),
}
WANTED = [(name, key) for name, case in CASES.items() for key in case.wanted]


@pytest.mark.parametrize("name", CASES)
def test_each_page_is_claimed_by_its_family_alone(name: str) -> None:
    page = parse(raw(CASES[name]))
    sure = {family.name for family in FAMILIES.values() if family.recognise(page) > 0.65}
    assert (recognise(page).name, sure - {CASES[name].family}) == (CASES[name].family, set())


@pytest.mark.parametrize("name", CASES)
def test_the_title(name: str) -> None:
    assert content(CASES[name]).title == TITLE


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_whole_and_nothing_else(name: str) -> None:
    assert content(CASES[name]).text.split("\n\n")[: 1 + len(PROSE)] == [LEAD, *PROSE]


@pytest.mark.parametrize("name", CASES)
def test_no_chrome_in_the_text(name: str) -> None:
    text = content(CASES[name]).text
    assert [leak for leak in LEAKS if leak in text] == []


@pytest.mark.parametrize(("name", "key"), WANTED)
def test_a_field(name: str, key: str) -> None:
    assert FIELDS[key](content(CASES[name])) == CASES[name].wanted[key]


@pytest.mark.parametrize("name", CASES)
def test_the_id_and_the_shape_of_its_url(name: str) -> None:
    case = CASES[name]
    family = FAMILIES[case.family]
    assert (family.article_id(case.url), family.is_article_url(case.url)) == (case.number, True)


def listed(page: Page, family: str) -> list[str]:
    return [link.url.rsplit("/", 1)[-1] for link in FAMILIES[family].listing(page).links]

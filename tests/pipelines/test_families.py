"""The CMS families: what they recognise, what a listing links, which URLs are articles."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.families import FAMILIES, Family, recognise
from pipelines.families.links import never_article
from pipelines.page import Page, RawPage, parse

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2025, 6, 3, 1, tzinfo=UTC)
NUKEVIET, WORDPRESS, GENERIC = FAMILIES["nukeviet"], FAMILIES["wordpress"], FAMILIES["generic"]


def page(name: str, url: str) -> Page:
    return parse(RawPage(url, (PAGES / f"{name}.html").read_bytes(), NOW, "text/html; charset=utf-8"))


def html(body: str, url: str = "https://a.example.vn/") -> Page:
    return parse(RawPage(url, f"<html><body>{body}</body></html>".encode(), NOW))


EGOV = ("egov_list", "https://hdnd.example.vn/news/giam-sat/page-2/")
THEME = ("theme_list", "https://barai.example.vn/dan-toc/")
PORTAL = ("portal_list", "http://dantoc.example.vn/TinTuc.aspx?CatID=3")


@pytest.mark.parametrize(("where", "family"), [(EGOV, "nukeviet"), (THEME, "wordpress"), (PORTAL, "generic")])
def test_a_family_is_recognised(where: tuple[str, str], family: str) -> None:
    assert recognise(page(*where)).name == family


LISTED = {
    "NukeViet, all layouts": (
        EGOV,
        None,
        [
            ("Thường trực HĐND tỉnh Thác Ngà khảo sát chợ nổi Vàm Sậy", "2023-07-19T15:05:44+07:00"),
            ("Giám sát trường vùng cao Tà Nung", None),
            ("Thăm trạm y tế xã Bưng Còng", "2023-07-02"),
        ],
        "https://hdnd.example.vn/news/giam-sat/page-3/",
    ),
    "a WordPress theme": (
        THEME,
        None,
        [
            ("Lớp học chữ Khmer ở chùa Ô Mịch", "2024-06-18T09:41:07+07:00"),
            ("Hồ bơi phum", "2024-06-11T10:00:00+07:00"),
        ],
        "https://barai.example.vn/dan-toc/page/2/",
    ),
    "an unknown portal, a short title among long ones": (
        PORTAL,
        None,
        [
            ("Ban Dân tộc làm việc với làng dệt Pa Nâm", "2022-03-14"),
            ("Tập huấn nghề đan lát cho phụ nữ bản Khằm", "2022-03-10"),
            ("Đoàn công tác khảo sát đường vào bản Lè", "2022-03-08"),
            ("Thông báo nghỉ Tết", "2022-01-27"),
        ],
        "http://dantoc.example.vn/TinTuc.aspx?CatID=3&page=2",
    ),
}


@pytest.mark.parametrize(("where", "family", "items", "following"), LISTED.values(), ids=LISTED)
def test_a_listing(
    where: tuple[str, str], family: str | None, items: list[tuple[str, str | None]], following: str
) -> None:
    read = page(*where)
    listing = (FAMILIES[family] if family else recognise(read)).listing(read)
    assert [(link.title, link.listed_at) for link in listing.links] == items
    assert listing.next_page == following


SECTIONS = {
    "NukeViet": (
        EGOV,
        {"/news/giam-sat/", "/news/tiep-xuc-cu-tri/", "/news/ky-hop/"},
        {"/users/", "/contact/", "/about/gioi-thieu.html"},
    ),
    "WordPress": (THEME, {"/dan-toc/", "/dan-van/"}, {"/lien-he/", "/tag/khmer/"}),
    "unknown": (PORTAL, {"/TinTuc.aspx"}, {"/LienHe.aspx", "/Login.aspx", "/ChiTiet.aspx"}),
}


@pytest.mark.parametrize(("where", "wanted", "unwanted"), SECTIONS.values(), ids=SECTIONS)
def test_sections_of_a_menu(where: tuple[str, str], wanted: set[str], unwanted: set[str]) -> None:
    read = page(*where)
    paths = {urlsplit(url).path for url in recognise(read).sections(read)}
    assert wanted <= paths
    assert not unwanted & paths


ARTICLE_URLS = [
    (NUKEVIET, "https://x.vn/tin/hop-to-12.html", True),
    (NUKEVIET, "https://x.vn/news/tin/hop-to-12.html", True),
    (NUKEVIET, "https://x.vn/index.php?language=vi&nv=news&op=tin/hop-to-12", True),
    (NUKEVIET, "https://x.vn/tin/nhiem-ky-2021-2026/", None),
    (NUKEVIET, "https://x.vn/tin/page-3/", False),
    (NUKEVIET, "https://x.vn/about/gioi-thieu-1.html", False),
    (NUKEVIET, "https://x.vn/print/tin/hop-to-12.html", False),
    (NUKEVIET, "https://x.vn/tag/hop-to-12.html", False),
    (NUKEVIET, "https://x.vn/tin/hop-to-12.html?download=1&id=0", False),
    (WORDPRESS, "https://x.vn/?p=12", True),
    (WORDPRESS, "https://x.vn/2024/05/hop-to/", True),
    (WORDPRESS, "https://x.vn/hop-to/", None),
    (WORDPRESS, "https://x.vn/category/tin/", False),
    (WORDPRESS, "https://x.vn/2024/05/", False),
    (WORDPRESS, "https://x.vn/12/", None),
    (WORDPRESS, "https://x.vn/index.php/2024/05/hop-to/", True),
    (WORDPRESS, "https://x.vn/index.php/category/tin/", False),
    (WORDPRESS, "https://x.vn/tin/page/2/", False),
    (WORDPRESS, "https://x.vn/feed/", False),
    (WORDPRESS, "https://x.vn/wp-content/uploads/a.pdf", False),
    (GENERIC, "https://x.vn/ChiTiet.aspx?ID=5", None),
    (GENERIC, "https://x.vn/Login.aspx", False),
    (GENERIC, "https://x.vn/van-ban/a.docx", False),
]


@pytest.mark.parametrize(("family", "url", "answer"), ARTICLE_URLS)
def test_the_shape_of_an_article_url(family: Family, url: str, answer: bool | None) -> None:
    assert family.is_article_url(url) is answer


IDS = [
    (NUKEVIET, "https://x.vn/tin/hop-to-12.html", "12"),
    (NUKEVIET, "https://x.vn/khac/ten-cu-12.html", "12"),
    (NUKEVIET, "https://x.vn/news/tin/hop-to-12.html", "12"),
    (NUKEVIET, "https://x.vn/su-kien/tin/hop-to-12.html", "su-kien:12"),
    (NUKEVIET, "https://x.vn/index.php?language=vi&nv=news&op=tin/hop-to-12", "12"),
    (NUKEVIET, "https://x.vn/tin/", None),
    (WORDPRESS, "https://x.vn/?p=12", "12"),
    (WORDPRESS, "https://x.vn/archives/12", "12"),
    (WORDPRESS, "https://x.vn/hop-to/", None),
    (GENERIC, "https://x.vn/ChiTiet.aspx?ID=5", None),
]


@pytest.mark.parametrize(("family", "url", "number"), IDS)
def test_the_id_in_an_article_url(family: Family, url: str, number: str | None) -> None:
    assert family.article_id(url) == number


TWINS = [
    (NUKEVIET, "https://x.vn/print/tin/hop-to-12.html", "https://x.vn/tin/hop-to-12.html"),
    (NUKEVIET, "https://x.vn/news/savefile/tin/hop-to-12.html", "https://x.vn/news/tin/hop-to-12.html"),
    (NUKEVIET, "https://x.vn/tin/hop-to-12.html?nvvithemever=m", "https://x.vn/tin/hop-to-12.html"),
    (WORDPRESS, "https://x.vn/hop-to/amp/", "https://x.vn/hop-to/"),
    (WORDPRESS, "https://x.vn/hop-to-ban-ve-duong-moi/2/", "https://x.vn/hop-to-ban-ve-duong-moi/"),
    (WORDPRESS, "https://x.vn/2024/05/hop-to/12/", "https://x.vn/2024/05/hop-to/"),
    (WORDPRESS, "https://x.vn/tin/hop-to.html/2/", "https://x.vn/tin/hop-to.html/"),
    (WORDPRESS, "https://x.vn/tin/hop-to/2/", "https://x.vn/tin/hop-to/"),
    (WORDPRESS, "https://x.vn/2024/05/page/2/", "https://x.vn/2024/05/page/2/"),
    (WORDPRESS, "https://x.vn/tin-tuc/2/", "https://x.vn/tin-tuc/2/"),
    (WORDPRESS, "https://x.vn/tin-tuc/trong-tinh/12/", "https://x.vn/tin-tuc/trong-tinh/12/"),
    (WORDPRESS, "https://x.vn/hoat-dong-cua-ban-dan-toc/12/", "https://x.vn/hoat-dong-cua-ban-dan-toc/12/"),
    (WORDPRESS, "https://x.vn/hop-to/feed/", "https://x.vn/hop-to/"),
    (WORDPRESS, "https://x.vn/tin/page/2/", "https://x.vn/tin/page/2/"),
    (WORDPRESS, "https://x.vn/2024/05/", "https://x.vn/2024/05/"),
    (GENERIC, "https://x.vn/ChiTiet.aspx?ID=5&print=1", "https://x.vn/ChiTiet.aspx?ID=5"),
    (GENERIC, "https://x.vn/ChiTiet.aspx?ID=5", "https://x.vn/ChiTiet.aspx?ID=5"),
]


@pytest.mark.parametrize(("family", "url", "original"), TWINS)
def test_twins_fold(family: Family, url: str, original: str) -> None:
    assert family.original(url) == original


@given(
    st.from_regex(r"https?://[a-z]{1,9}\.vn(/[a-zA-Z0-9ế._~%+-]{0,12}){0,4}(\?[a-z]{1,4}=[^\s#]{0,9})?", fullmatch=True)
)
def test_any_url_is_answered_and_originals_are_their_own(url: str) -> None:
    for family in FAMILIES.values():
        assert family.is_article_url(url) in (True, False, None)
        assert family.article_id(url) != ""
        assert family.original(family.original(url)) == family.original(url)


NEVER = [
    "/dang-nhap",
    "/users/login/",
    "/tag/a/",
    "/tim-kiem?q=a",
    "/rss/tin/",
    "/lien-he.html",
    "/a/b.pdf",
    "/",
    "/Print.aspx?ID=1",
    "/index.php",
    "/vi/trang-chu",
    "/index.php?act=login&id=3",
    "/?option=com_users&view=reset",
    "/tin?q=hội nghị",
    "/tin?key=nông thôn&page=2",
]
MAYBE = [
    "/index.php/tin-tuc/12-hop-to",
    "/Home/Detail/5",
    "/home/chitiet?id=5",
    "/trang-chu/tin/hop-to-12.html",
    "/hoi-dap/hop-to-12.html",
    "/thong-ke/hop-to-12.html",
    "/?act=view&id=5",
    "/index.php?mod=tin&action=detail&id=5",
    "/default.aspx?do=tin&id=5",
    "/xem?key=&id=5",
    "/xem?key=905",
    "/?q=node/12",
]


@pytest.mark.parametrize(("path", "never"), [*((path, True) for path in NEVER), *((path, False) for path in MAYBE)])
def test_what_is_never_an_article(path: str, never: bool) -> None:
    assert never_article(f"https://x.vn{path}") is never


PAGERS = {
    "numbers without marks": ("<b>1</b> <a href='/t?p=2'>2</a> <a href='/t?p=3'>3</a>", "/t", "/t?p=2"),
    "in the middle": ("<a href='/t'>1</a> <span class='active'>2</span> <a href='/t?p=3'>3</a>", "/t?p=2", "/t?p=3"),
    "only a word": ("<a href='/t/trang-3.html'>Trang sau »</a>", "/t/trang-2.html", "/t/trang-3.html"),
    "an arrow before the words": ("<a href='/t/page/2/'>← Bài cũ hơn</a>", "/t/", "/t/page/2/"),
    "the last page": ("<a href='/t'>1</a> <span class='current'>2</span>", "/t?p=2", None),
    "no pager": ("<a href='/khac'>Tiếp công dân</a>", "/t", None),
    "a script behind each number": (
        "<a href='#' class='on'>1</a> <a href='#' onclick=\"window.location.href='/t?trang=2'; return false\">2</a>",
        "/t",
        "/t?trang=2",
    ),
    "buttons": (
        "<button class=active>2</button><button onclick='location.assign(\"/t/trang-3.html\")'>3</button>",
        "/t/trang-2.html",
        "/t/trang-3.html",
    ),
    "a script that says next": (
        "<span onclick=\"document.location='?p=3'\">Trang sau</span>",
        "/t?p=2",
        "/t?p=3",
    ),
    "a function of the page": (
        "<script>function sang(so, loai) { window.location.href = '/t?trang=' + so + '&l=1'; }</script><b>1</b>"
        "<a href='javascript:sang(2)'>2</a> <a href='#' onclick='sang(3); return false'>3</a>",
        "/t",
        "/t?trang=2&l=1",
    ),
    "addresses beside the numbers": ("<b>1</b> <a href='#' data-href='/t?trang=2'>2</a>", "/t", "/t?trang=2"),
    "more": ("<a class=nut onclick=\"window.open('/t?trang=4', '_self')\">Xem thêm</a>", "/t?trang=3", "/t?trang=4"),
    "more of something else": ("<a href='/t?id=64'>Xem thêm</a> <a href='/k?trang=2'>Xem thêm</a>", "/t", None),
    "a list of addresses": (
        "<select onchange='location=this.value'><option value='/t?p=1'>Trang 1<option value='/t?p=2' selected>Trang 2"
        "<option value='/t?p=3'>Trang 3</select>",
        "/t?p=2",
        "/t?p=3",
    ),
    "a list of numbers": (
        "<select onchange=\"location.href='/t/'+this.options[this.selectedIndex].value+'.html'\"><option>1<option>2",
        "/t/1.html",
        "/t/2.html",
    ),
    "a list in a form": (
        "<form action='/t'><input type=hidden name=cm value=7><select name=trang onchange='this.form.submit()'>"
        "<option value=1 selected>1<option value=2>2</select></form>",
        "/t?cm=7",
        "/t?cm=7&trang=2",
    ),
    "a list of years": (
        "<select onchange='location=this.value'><option value='/t?nam=2024'>2024<option value='/t?nam=2025'>2025",
        "/t?nam=2024",
        None,
    ),
    "a list of months beside the last page": (
        "<a href='/t'>1</a> <b>2</b><select onchange='location=this.value'><option value='/t?m=1' selected>1"
        "<option value='/t?m=2'>2</select>",
        "/t?p=2",
        None,
    ),
    "numbers that are no digits": ("<a href='/t?p=2'>\u00b2</a> <a href='/t?p=3'>\u2462</a>", "/t", None),
    "a number without end": (f"<b>1</b> <a href='/t?p=2'>{'9' * 5000}</a>", f"/t?p={'9' * 5000}", None),
    "the next article is no next page": ("<a href='/bai-viet/mot-hai-ba'>Tiếp theo</a>", "/t/a/b", None),
}


@pytest.mark.parametrize(("body", "here", "following"), PAGERS.values(), ids=PAGERS)
def test_the_next_page(body: str, here: str, following: str | None) -> None:
    read = html(f"<div class='phan-trang'>{body}</div>", f"https://x.vn{here}")
    assert GENERIC.listing(read).next_page == (following and f"https://x.vn{following}")


def test_further_pages_of_a_post() -> None:
    read = page("newspaper", "https://barai.example.vn/lop-hoc-chu-khmer/")
    assert WORDPRESS.further_pages(read) == ("https://barai.example.vn/lop-hoc-chu-khmer/2/",)


def test_menus_are_no_articles() -> None:
    menu = (
        "<nav>"
        + "".join(f"<a href='/gioi-thieu-ve-co-quan-{n}.html'>Giới thiệu về cơ quan thứ {n}</a>" for n in range(9))
        + "</nav>"
    )
    assert GENERIC.listing(html(menu)).links == ()


def test_a_card_that_is_one_link_has_its_title_in_its_heading() -> None:
    cards = "".join(
        f"<div class=post-item><a href='/ngay-hoi-{n}/'><div><h5>Ngày hội bản Khằm lần {n}</h5><div>0{n}/02/2025</div>"
        "<p>Bà con cùng xuống đồng [...]</p></div></a></div>"
        for n in (1, 2, 3, 4)
    )
    read = html(f"<link href='/wp-content/t.css'><div id=list>{cards}</div>")
    assert [(link.title, link.listed_at) for link in WORDPRESS.listing(read).links] == [
        (f"Ngày hội bản Khằm lần {n}", f"2025-02-0{n}") for n in (1, 2, 3, 4)
    ]


def test_a_list_without_dates_does_not_take_the_clock_over_it() -> None:
    cells = "".join(
        f"<div><h4><a href='/tin/ngay-hoi-{n}.html'>Ngày hội bản Khằm lần {n}</a></h4></div>" for n in (5, 6, 7)
    )
    read = html(f"<p>Thứ ba, 03/06/2025</p>{cells}")
    assert [link.listed_at for link in NUKEVIET.listing(read).links] == [None, None, None]


def test_the_container_is_the_paragraphs_own_and_not_wider() -> None:
    prose = "".join(
        f"<p>Bà con bản Khằm gùi lúa về sân nhà văn hóa, <b>việc thứ {n}</b> của mùa.</p>" for n in range(5)
    )
    read = html(
        f"<div id='khung'><h1>Mừng cơm mới</h1><div id='nd'>{prose}</div><p class='byline'>Vi Văn Dậu</p></div>"
    )
    article = GENERIC.article(read)
    assert article is not None
    assert (article.body.get("id"), article.author) == ("nd", "Vi Văn Dậu")


def _walk(family: Family, start: str, files: dict[str, Path]) -> Iterator[str]:
    url: str | None = start
    seen: set[str] = set()
    while url and url in files and url not in seen:
        seen.add(url)
        listing = family.listing(parse(RawPage(url, files[url].read_bytes(), NOW)))
        yield from (link.url for link in listing.links)
        url = listing.next_page


@pytest.mark.parametrize("name", ["nukeviet", "wordpress"])
@pytest.mark.parametrize("as_family", [None, "generic"])
def test_every_article_of_the_gold_sites_is_found_from_the_home_page(
    gold: Path, name: str, as_family: str | None
) -> None:
    entries = json.loads((gold / name / "index_full.json").read_text(encoding="utf-8"))
    files = {e["url"]: gold / name / e["file"] for e in entries if e["kind"] in ("home", "list") and e["status"] == 200}
    home = next(e["url"] for e in entries if e["kind"] == "home")
    read = parse(RawPage(home, files[home].read_bytes(), NOW))
    family = FAMILIES[as_family] if as_family else recognise(read)
    found = {url for section in family.sections(read) for url in _walk(family, section, files)}
    assert set(json.loads((gold / name / "truth.json").read_text(encoding="utf-8"))) <= found

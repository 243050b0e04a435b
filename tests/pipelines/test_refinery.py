"""The refinery on pages of our own: every field of an article, and what never gets into one."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.page import RawPage
from pipelines.refinery import refine, refine_saved_text
from pipelines.template import LIMIT, Template, learn
from schemas.article import Accepted, Content
from schemas.outcome import Outcome

PAGES = Path(__file__).parent / "pages"
FETCHED = datetime(2025, 6, 3, 1, tzinfo=UTC)
LOCAL = timezone(timedelta(hours=7))
URLS = {
    "egov": "https://hdnd.example.vn/giam-sat/khao-sat-cho-noi-vam-say-418.html",
    "newspaper": "https://barai.example.vn/lop-hoc-chu-khmer/",
    "portal": "http://dantoc.example.vn/ChiTiet.aspx?ID=552",
}


def raw(body: str | bytes, url: str = "https://a.example.vn/tin/bai-1.html") -> RawPage:
    return RawPage(url, body.encode() if isinstance(body, str) else body, FETCHED, "text/html; charset=utf-8")


def content(*pages: RawPage, family: str | None = None, template: Template | None = None) -> Content:
    verdict = refine(pages, None, template, family=family)
    assert isinstance(verdict, Accepted), verdict
    return verdict.content


def fixture(name: str, family: str | None = None) -> Content:
    return content(raw((PAGES / f"{name}.html").read_bytes(), URLS[name]), family=family)


def paragraphs(inner: str, head: str = "", title: str = "Phiên chợ vùng cao mở lại") -> Content:
    body = f"<html><head><title>{title}</title>{head}</head><body class='single'><h1>{title}</h1>"
    return content(raw(f'{body}<div class="entry-content">{inner}{FILLER}</div></body></html>'), family="wordpress")


FILLER = "".join(
    f"<p>Câu chuyện thứ {n} của bà con bản Nà Lếch được ghi lại trong chuyến đi ấy.</p>" for n in ("hai", "ba")
)

FIELDS = {
    ("egov", "title"): "Thường trực HĐND tỉnh Thác Ngà khảo sát chợ nổi Vàm Sậy",
    ("egov", "lead"): "Đoàn đi từ lúc trời còn mù sương để nghe tiểu thương kể chuyện bến bãi.",
    ("egov", "authors"): ("Lâm Thị Sen",),
    ("egov", "source"): "Báo Thác Ngà",
    ("egov", "captions"): ("Ghe bán bầu bí trên chợ nổi Vàm Sậy.", "Bến Cây Bàng lúc sáu giờ sáng."),
    ("egov", "published_at"): datetime(2023, 7, 19, 8, 5, 44, tzinfo=LOCAL),
    ("egov", "updated_at"): datetime(2023, 7, 19, 15, 30, tzinfo=LOCAL),
    ("egov", "category"): "Giám sát",
    ("egov", "tags"): ("chợ nổi", "khảo sát"),
    ("newspaper", "title"): "Lớp học chữ Khmer ở chùa Ô Mịch",
    ("newspaper", "lead"): "Mỗi mùa hè, chánh điện lại rộn tiếng đánh vần của hơn bảy mươi em nhỏ trong phum.",
    ("newspaper", "authors"): ("Kim Sa Rin",),
    ("newspaper", "source"): "Ban Dân vận Tỉnh ủy Ba Rài",
    ("newspaper", "captions"): ("Giờ tập viết của lớp vỡ lòng.",),
    ("newspaper", "published_at"): datetime(2024, 6, 18, 9, 41, 7, tzinfo=LOCAL),
    ("portal", "title"): "Ban Dân tộc làm việc với làng dệt Pa Nâm",
    ("portal", "authors"): ("Hà Thị Mỵ",),
    ("portal", "captions"): ("Khung cửi của nhà ông Vi Văn Dậu.",),
    ("portal", "published_at"): datetime(2022, 3, 14, 16, 20, tzinfo=LOCAL),
}


# only a product says where it prints these
BY_PRODUCT = ("category", "tags")
ASKED = [(*key, None) for key in FIELDS] + [(*key, "generic") for key in FIELDS if key[1] not in BY_PRODUCT]


@pytest.mark.parametrize(("page", "name", "family"), ASKED)
def test_a_field(page: str, name: str, family: str | None) -> None:
    assert getattr(fixture(page, family), name) == FIELDS[page, name]


BODIES = {
    "egov": (
        "Chợ nổi Vàm Sậy có 64 ghe buôn thường xuyên, phần lớn của bà con ấp Bãi Giữa.",
        "Ba việc cần làm ngay",
        "Cắm lại phao luồng trước mùa nước đổ;",
        "Thu gom rác theo giờ cố định;",
        "Mở điểm sạc điện ở bến Cây Bàng.",
        "“Còn người bán thì còn chợ”, bà Hai Lụa nói.",
        "Năm | Số ghe",
        "2021 | 87",
        "2023 | 64",
        "Đoàn ghi nhận các kiến nghị theo Nghị quyết số 12/2022/NQ-HĐND ngày 8/7/2022.",
        "Kết thúc buổi khảo sát, đoàn đề nghị huyện báo cáo trước ngày 15 tháng sau./.",
    ),
    "newspaper": (
        "Sư cả Thạch Oai mở lớp từ năm 2009, ban đầu chỉ có mười một em.",
        "Sách vở do phật tử góp, bảng đen là cánh cửa cũ được sơn lại.",
        "Giữ chữ là giữ tiếng",
        "Theo Chỉ thị số 19-CT/TW, xã bố trí thêm kinh phí mua đèn và quạt cho lớp.",
    ),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("family", [None, "generic"])
def test_the_prose_is_whole_and_nothing_else_is_in_it(name: str, family: str | None) -> None:
    article = fixture(name, family)
    assert tuple(article.body.split("\n\n")) == BODIES[name]
    assert article.text == f"{article.lead}\n\n{article.body}"


def test_markdown_has_real_tables_lists_headings_and_links() -> None:
    lines = fixture("egov").markdown.split("\n")
    assert "| Năm | Số ghe |" in lines
    assert "| --- | --- |" in lines
    assert "- Thu gom rác theo giờ cố định;" in lines
    assert "### Ba việc cần làm ngay" in lines
    assert "> “Còn người bán thì còn chợ”, bà Hai Lụa nói." in lines
    assert "[Nghị quyết số 12/2022/NQ-HĐND](https://hdnd.example.vn/van-ban/nq-12.html)" in fixture("egov").markdown


def test_an_attachment_is_absolute_and_named() -> None:
    (attachment,) = fixture("egov").attachments
    assert attachment.url == "https://hdnd.example.vn/giam-sat/khao-sat-cho-noi-vam-say-418.html?download=1&id=0"
    assert (attachment.name, attachment.media_type) == ("bao-cao-khao-sat.pdf", "application/pdf")


LEAD = "<p><strong>Sau ba năm vắng khách, phiên chợ Nà Lếch lại họp đều vào sáng chủ nhật.</strong></p>"
SHAPES = {
    "a bold first paragraph is the lead": (
        LEAD,
        "lead",
        "Sau ba năm vắng khách, phiên chợ Nà Lếch lại họp đều vào sáng chủ nhật.",
    ),
    "a bold first word is not": (
        "<p><b>Một là</b>, phiên chợ Nà Lếch lại họp đều vào sáng chủ nhật hằng tuần.</p>",
        "lead",
        None,
    ),
    "a picture's letter": (
        "<p><img alt='B' src='/chu-b.png'>ản Nà Lếch có chợ từ năm 1990.</p>",
        "first",
        "Bản Nà Lếch có chợ từ năm 1990.",
    ),
    "a letter in its own tag": (
        "<p><span class='dropcap'>B</span>ản Nà Lếch có chợ từ năm 1990.</p>",
        "first",
        "Bản Nà Lếch có chợ từ năm 1990.",
    ),
    "lines broken by hand": ("Bản Nà Lếch có chợ.<br>Chợ họp sáng chủ nhật.", "first", "Bản Nà Lếch có chợ."),
    "a caption in italics under its picture": (
        "<p style='text-align:center'><img src='/a.jpg'></p><p align='center'><em>Cổng chợ Nà Lếch.</em></p>",
        "captions",
        ("Cổng chợ Nà Lếch.",),
    ),
    "a caption in a table around its picture": (
        "<table><tr><td><img src='/a.jpg'></td></tr><tr><td>Cổng chợ Nà Lếch.</td></tr></table>",
        "captions",
        ("Cổng chợ Nà Lếch.",),
    ),
    "the same caption twice": (
        "<figure><img src='/a.jpg'><figcaption>Cổng chợ.</figcaption></figure>" * 2,
        "captions",
        ("Cổng chợ.",),
    ),
    "a sub-heading after a picture is none": (
        "<p><img src='/a.jpg'></p><p style='text-align:center'><b>Chợ của ba bản</b></p>",
        "captions",
        (),
    ),
    "pictures are absolute": ("<p><img src='/a.jpg'></p>", "images", ("https://a.example.vn/a.jpg",)),
    "a layout table's cells are prose": (
        "<table><tr><td><p>Bản Nà Lếch có chợ.</p></td></tr></table>",
        "first",
        "Bản Nà Lếch có chợ.",
    ),
    "hidden text is not shown": (
        "<p style='display:none'>Mua bán ở đây</p>",
        "first",
        "Câu chuyện thứ hai của bà con bản Nà Lếch được ghi lại trong chuyến đi ấy.",
    ),
    "related titles under the text": (
        "",
        "last",
        "Câu chuyện thứ ba của bà con bản Nà Lếch được ghi lại trong chuyến đi ấy.",
    ),
    "undated stays undated": ("", "published_at", None),
}


@pytest.mark.parametrize(("inner", "name", "value"), SHAPES.values(), ids=SHAPES)
def test_a_shape_of_the_body(inner: str, name: str, value: object) -> None:
    article = paragraphs(inner)
    said = article.body.split("\n\n")
    found = said[0] if name == "first" else said[-1] if name == "last" else getattr(article, name)
    assert found == value


def test_a_lead_printed_again_is_kept_once() -> None:
    page = (PAGES / "egov.html").read_text(encoding="utf-8")
    lead = "Đoàn đi từ lúc trời còn mù sương để nghe tiểu thương kể chuyện bến bãi."
    again = page.replace('<div id="news-bodyhtml" class="bodytext">', f'<div id="news-bodyhtml"><p><b>{lead}</b></p>')
    article = content(raw(again, URLS["egov"]))
    assert article.text.count(lead) == 1
    assert article.lead == lead
    assert not article.body.startswith(lead)


def test_further_pages_are_one_article() -> None:
    second = (PAGES / "newspaper.html").read_text(encoding="utf-8").replace("Sư cả Thạch Oai mở lớp", "Năm nay lớp mở")
    pages = [raw((PAGES / "newspaper.html").read_bytes(), URLS["newspaper"]), raw(second, URLS["newspaper"] + "2/")]
    assert "Năm nay lớp mở từ năm 2009" in content(*pages).body


def test_lines_broken_by_a_pdf_are_rejoined() -> None:
    lines = [
        "Trong nhiều năm liền, việc giữ rừng đầu nguồn của bản Nà Lếch dựa vào",
        "hương ước do các già làng đặt ra và được con cháu trong bản một lòng",
        "tuân theo cho đến tận bây giờ, khi đường lớn đã mở qua đèo và khách",
        "lạ đã tìm đến mua gỗ, thuê đất, dựng quán, khiến nhiều nếp cũ",
        "đứng trước thử thách mà trước kia chưa ai trong bản từng nghĩ",
        "tới một lần nào.",
        "Bước sang năm mới, bản họp bàn sửa lại hương ước, ghi rõ từng khu",
        "rừng, từng khe nước và người chịu trách nhiệm trông coi mỗi nơi.",
    ]
    body = "".join(f"<div class='t'>{line}</div>" for line in lines)
    title = "Giữ rừng ở bản Nà Lếch"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div id='v'>{body}</div></body></html>"
    assert content(raw(page)).body.split("\n\n") == [" ".join(lines[:6]), " ".join(lines[6:])]


def mutated(cut: int, junk: bytes, at: int) -> bytes:
    body = (PAGES / "egov.html").read_bytes()
    at = at % len(body)
    return (body[:at] + junk + body[at:])[: len(body) - cut % len(body)]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 9000), st.binary(max_size=40), st.integers(0, 9000), st.sampled_from([None, "generic", "wordpress"])
)
def test_a_mutilated_page_ends_in_a_verdict(cut: int, junk: bytes, at: int, family: str | None) -> None:
    verdict = refine([raw(mutated(cut, junk, at), URLS["egov"])], None, None, family=family)
    assert verdict.outcome in ("accepted", "rejected")
    assert getattr(verdict, "reason", None) is not Outcome.EXTRACT_CRASH


def test_refining_twice_says_the_same() -> None:
    assert fixture("portal") == fixture("portal")


def _story(number: int) -> RawPage:
    place = ["Nà Lếch", "Pa Nâm", "Khằm", "Lè", "Vàm Sậy", "Ô Mịch", "Bưng Còng", "Tà Nung"][number]
    prose = "".join(
        f"<p>Người dân {place} kể việc thứ {n} của năm {2010 + number}, dài và có đầu có đuôi.</p>" for n in "1234"
    )
    chrome = f"<div class='zz'><p>Chuyên trang phối hợp cùng đài huyện, kỳ {number}</p></div>"
    return raw(
        f"<html><head><title>Chuyện ở {place}</title></head><body><div><h1>Chuyện ở {place}</h1>"
        f"<div>{prose}{chrome}</div></div></body></html>",
        f"https://a.example.vn/{number}.html",
    )


def test_template_memory_takes_what_recurs_and_only_that() -> None:
    template = learn(None, [_story(n) for n in range(8)])
    assert "Chuyên trang" in content(_story(3)).text
    article = content(_story(3), template=template)
    assert "Chuyên trang" not in article.text
    assert len(article.text.split("\n\n")) == 4
    assert article.template == template.version
    assert any(removed.rule == "template" for removed in article.removed)


def test_one_article_fetched_many_times_teaches_nothing() -> None:
    template = learn(None, [_story(2)] * 50)
    assert content(_story(2), template=template).text == content(_story(2)).text


def test_template_memory_is_independent_of_order_and_bounded() -> None:
    pages = [_story(n) for n in range(8)]
    assert learn(None, pages) == learn(None, pages[::-1])
    assert len(learn(None, pages).blocks) <= LIMIT


def test_a_page_saved_as_text() -> None:
    saved = "Trang chủ\nLễ mừng cơm mới ở bản Khằm\nCập nhật ngày: 05/11/2023 10:15\n" + "\n".join(
        f"Bà con bản Khằm gùi lúa về sân nhà văn hóa từ sáng sớm, mỗi nhà một gùi và kể chuyện mùa vụ thứ {n} của mình."
        for n in ("nhất", "hai", "ba")
    )
    verdict = refine_saved_text(saved, None, FETCHED)
    assert isinstance(verdict, Accepted)
    assert verdict.content.published_at == datetime(2023, 11, 5, 10, 15, tzinfo=LOCAL)

"""The documents that a page links or shows, in the ways of the products and of those who write by hand."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from pipelines.attachments import collect, linked, may_link
from pipelines.families import FAMILIES
from pipelines.page import RawPage

SITE = "https://hdnd.example.vn"
HERE = f"{SITE}/van-ban/nghi-quyet-77.html"
UUID = "0f1e2d3c-aaaa-4bbb-8ccc-001122334455"
PROSE = (
    "<p>"
    + "Tổ công tác đi khảo sát tuyến đường liên thôn, trao đổi với bà con về việc hiến đất mở đường. " * 4
    + "</p>"
)

DOCUMENTS = [
    ('<a href="/uploads/2024/nq-12.pdf">Nghị quyết 12</a>', "/uploads/2024/nq-12.pdf"),
    ('<a href="/Portals/0/Van Ban/Ke hoach 12.doc ">Kế hoạch</a>', "/Portals/0/Van Ban/Ke hoach 12.doc"),
    (
        '<a href="/Portals/0/BC%2045.signed.pdf?ver=2023-05-04-08">BC</a>',
        "/Portals/0/BC 45.signed.pdf?ver=2023-05-04-08",
    ),
    (
        '<a href="/LinkClick.aspx?fileticket=aB3xy&amp;tabid=57">Báo cáo</a>',
        "/LinkClick.aspx?fileticket=aB3xy&tabid=57",
    ),
    ('<a href="/Modules/DocumentDownload.ashx?documentid=3">Tải</a>', "/Modules/DocumentDownload.ashx?documentid=3"),
    ('<a href="/documents/20182/88/NQ+12.pdf?t=1752">Toàn văn</a>', "/documents/20182/88/NQ+12.pdf?t=1752"),
    (
        f'<a href="/documents/20182/0/NQ.docx/{UUID}?version=1.0">NQ</a>',
        f"/documents/20182/0/NQ.docx/{UUID}?version=1.0",
    ),
    (f'<a href="/documents/20182/0/Bao+cao/{UUID}">Báo cáo</a>', f"/documents/20182/0/Bao+cao/{UUID}"),
    ('<a href="/documents/d/guest/nghi-quyet-12-pdf">NQ</a>', "/documents/d/guest/nghi-quyet-12-pdf"),
    (
        '<a href="/c/document_library/get_file?uuid=0f1e&amp;groupId=2">PL</a>',
        "/c/document_library/get_file?uuid=0f1e&groupId=2",
    ),
    (
        '<a href="/_layouts/15/download.aspx?SourceUrl=%2FVB%2Fto.docx">TTr</a>',
        "/_layouts/15/download.aspx?SourceUrl=/VB/to.docx",
    ),
    ('<a href="/_layouts/15/WopiFrame.aspx?sourcedoc=%2FVB%2Fto.docx&amp;action=view">TTr</a>', "/VB/to.docx"),
    ('<a href="/Lists/VB/Attachments/12/Tờ trình.docx">Tờ trình</a>', "/Lists/VB/Attachments/12/Tờ trình.docx"),
    ('<a href="?download=1&amp;id=0">quyet-dinh.pdf</a>', "/van-ban/nghi-quyet-77.html?download=1&id=0"),
    ('<a href="/?wpdmdl=1234&amp;refresh=65ab">Tải xuống</a>', "/?wpdmdl=1234&refresh=65ab"),
    ('<a href="/download/1234/">Danh sách đại biểu (PDF)</a>', "/download/1234/"),
    ('<a href="/tep/1234" download>Danh sách</a>', "/tep/1234"),
    ('<a href="/van-ban/tai-file/889">Tải file đính kèm</a>', "/van-ban/tai-file/889"),
    ('<a href="/TepDinhKem/Get?fileName=bao-cao.docx">Báo cáo</a>', "/TepDinhKem/Get?fileName=bao-cao.docx"),
    ('<a href="/tai-lieu.aspx?f=/upload/a.pdf">Tài liệu</a>', "/upload/a.pdf"),
    ("<a href='\\upload\\vb\\nq-5.pdf'>NQ 5</a>", "/upload/vb/nq-5.pdf"),
    ('<a href="javascript:void(0)" onclick="window.open(\'/uploads/tb-7.pdf\')">Thông báo</a>', "/uploads/tb-7.pdf"),
    ("<a href=\"javascript:xemFile('/uploads/tb-8.doc')\">Thông báo 8</a>", "/uploads/tb-8.doc"),
    ('<a href="#" data-href="/uploads/tb-9.pdf">Xem</a>', "/uploads/tb-9.pdf"),
    (
        '<iframe src="https://docs.google.com/viewer?url=https%3A%2F%2Fhdnd.example.vn%2Fuploads%2Fa.pdf"></iframe>',
        "/uploads/a.pdf",
    ),
    ('<iframe src="//docs.google.com/gview?embedded=true&amp;url=https://hdnd.example.vn/b.pdf"></iframe>', "/b.pdf"),
    ('<iframe src="https://view.officeapps.live.com/op/embed.aspx?src=https://hdnd.example.vn/c.xlsx">', "/c.xlsx"),
    ('<iframe data-src="/pdfjs/web/viewer.html?file=%2Fuploads%2Fd.pdf#page=1"></iframe>', "/uploads/d.pdf"),
    ('<iframe src="about:blank" data-lazy-src="/uploads/e.pdf"></iframe>', "/uploads/e.pdf"),
    ('<iframe src="/ViewPDF.aspx?url=/upload/f.pdf"></iframe>', "/upload/f.pdf"),
    ('<object data="/g.pdf#toolbar=0" type="application/pdf"><a href="/g.pdf">Tải về</a></object>', "/g.pdf"),
    ('<embed src="/ViewFile.ashx?id=17" type="application/pdf">', "/ViewFile.ashx?id=17"),
    ('<div class="pdfemb-viewer" data-pdf-url="/wp-content/uploads/kh.pdf"></div>', "/wp-content/uploads/kh.pdf"),
    ('<div class="_df_book" source="/wp-content/uploads/so-tay.pdf"></div>', "/wp-content/uploads/so-tay.pdf"),
    ('<div id="xem"></div><script>PDFObject.embed("/uploads/hd-1.pdf", "#xem");</script>', "/uploads/hd-1.pdf"),
    ('<script>var options = {url: "/uploads/hd-2.pdf"};</script>', "/uploads/hd-2.pdf"),
]
NONE = [
    '<a href="/tin/cach-doc-file-pdf-123.html">Cách đọc file PDF</a>',
    '<a href="https://www.facebook.com/sharer/sharer.php?u=https://hdnd.example.vn/a.pdf">Chia sẻ</a>',
    '<a href="https://zalo.me/share?url=https://hdnd.example.vn/upload/a.pdf">Zalo</a>',
    '<a href="/dang-nhap.aspx?ReturnUrl=/uploads/a.pdf">Đăng nhập</a>',
    '<a href="/tim-kiem?q=bao-cao.pdf">Tìm</a>',
    '<a href="javascript:window.print()">In</a>',
    '<a href="/huong-dan-tai-ve-van-ban-12.html">Hướng dẫn</a>',
    '<a href="/download">Ứng dụng</a>',
    '<a href="?download=0&amp;id=3">Tin</a>',
    '<a href="mailto:vp@example.vn?subject=a.pdf">Thư</a>',
    '<a href="http://hdnd.example.vn:cong/a.pdf">Lỗi</a>',
    '<a href="/documents/20182/88117/anh.jpg?t=1"><img src="/documents/20182/88117/anh.jpg?t=1"></a>',
    f'<a href="/documents/20182/0/hinh.png/{UUID}?t=1">Ảnh</a>',
    '<a href="/uploads/anh-1.jpg" download>Tải ảnh</a>',
    '<iframe src="https://www.youtube.com/embed/abc"></iframe>',
    '<script src="/js/pdf.min.js"></script><script>lib.workerSrc = "/js/pdf.worker.js";</script>',
]


def page(markup: str) -> RawPage:
    body = f"""<html><head><meta charset="utf-8"><title>Ban hành nghị quyết</title></head><body><div class="noi-dung">
        <h1>Ban hành nghị quyết về đường liên thôn</h1><p>Ngày đăng: 05/03/2024</p><div class="detail">{PROSE}
        <p>{markup}</p>{PROSE}</div></div></body></html>"""
    return RawPage(HERE, body.encode(), datetime(2024, 3, 6, tzinfo=UTC))


@pytest.mark.parametrize(("markup", "url"), [*DOCUMENTS, *((markup, None) for markup in NONE)])
def test_what_a_page_links(markup: str, url: str | None) -> None:
    raw = page(markup)
    found = [unquote(one.url) for one in linked(raw, FAMILIES["generic"], "all")]
    assert found == ([f"{SITE}{url}"] if url else [])
    assert url is None or may_link(raw.body)


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (
            [("https://a.vn/1/phu-luc.pdf", "Năm 2024"), ("https://a.vn/2/phu-luc.pdf", "Năm 2025")],
            ["Năm 2024", "Năm 2025"],
        ),
        ([("https://a.vn/tin-1.html?download=1", "nq.pdf"), ("https://a.vn/up/nq.pdf", "")], ["nq.pdf"]),
        ([("https://a.vn/up/nq.pdf", "Nghị quyết"), ("https://a.vn/tin-1.html?download=1", "nq.pdf")], ["Nghị quyết"]),
        ([("http://a.vn/nq.pdf", ""), ("https://a.vn/nq.pdf#page=2", "Nghị quyết 6")], ["Nghị quyết 6"]),
        ([("https://a.vn/B%C3%A1o%20c%C3%A1o.pdf", "")], ["Báo cáo.pdf"]),
    ],
)
def test_one_document_under_two_addresses_is_one(found: list[tuple[str, str]], names: list[str]) -> None:
    assert [one.name for one in collect(found)] == names


def test_a_link_that_only_bids_to_click_is_named_for_its_file() -> None:
    raw = page('<a href="/up/to-trinh-9.docx">Tải về tại đây</a> <a href="/up/a.pdf" title="Tờ trình 10">Xem</a>')
    assert [one.name for one in linked(raw, FAMILIES["generic"], "all")] == ["to-trinh-9.docx", "Tờ trình 10"]

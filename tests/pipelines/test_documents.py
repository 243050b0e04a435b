"""Attached documents: what kind of file the bytes are, and what text is in them."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.demo.pdf import document as pdf
from pipelines import documents
from pipelines.attachments import ending, file_key, may_link, wanted
from schemas.article import Attachment

LINES = (
    "Điều 1. Thông qua kế hoạch nạo vét mương nội đồng của xã Vũng Sậy trong năm nay,",
    "giao Ủy ban nhân dân xã tổ chức thực hiện.",
    "Điều 2. Nghị quyết có hiệu lực từ ngày ký.",
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(inner: str, member: str = "word/document.xml") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr(member, f"<w:document {W}><w:body>{inner}</w:body></w:document>")
    return packed.getvalue()


def p(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t xml:space='preserve'>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def scan() -> bytes:
    """A PDF that is one picture."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /XObject << /I 4 0 R >> >> >>",
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
        b"\nstream\n\x80\nendstream",
        b"<< /Length 27 >>\nstream\nq 595 0 0 842 0 0 cm /I Do Q\nendstream",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer\n<< /Size 6 /Root 1 0 R >>\n%%EOF\n"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("body", "name", "extension"),
    [
        (pdf(LINES), "", "pdf"),
        (b"\r\n" + pdf(LINES), "van-ban.doc", "pdf"),
        (docx(p("a")), "", "docx"),
        (docx("", "xl/workbook.xml"), "", "xlsx"),
        (b"PK\x03\x04....", "", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "bieu-mau.xls", "xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "tai-ve", "doc"),
        (OLE + "Workbook".encode("utf-16-le"), "van-ban.doc", "xls"),
        (OLE + "WordDocument".encode("utf-16-le"), "tai-ve", "doc"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "ke-hoach.docx", "docx"),
        (b"{\\rtf1 x}", "", "rtf"),
        (b"Rar!\x1a\x07\x00", "", "rar"),
        (b"<html><title>404</title>", "van-ban.pdf", None),
        (b"", "van-ban.pdf", None),
    ],
)
def test_the_kind_of_a_file_is_in_its_bytes(body: bytes, name: str, extension: str | None) -> None:
    assert documents.sniff(body, name) == extension


def test_a_pdf_with_a_text_layer_is_read_as_paragraphs() -> None:
    found = documents.read(pdf(LINES))
    assert found is not None and not found.scanned
    assert (found.text or "").replace("\n\n", " ") == " ".join(LINES)


@pytest.mark.parametrize("number", ["1", "- 1 -"])
def test_the_number_of_a_page_is_no_text(number: str) -> None:
    found = documents.read(pdf((number, *LINES)))
    assert found is not None and (found.text or "").startswith("Điều 1.")


def test_a_docx_is_read_with_its_tables() -> None:
    table = f"<w:tbl><w:tr><w:tc>{p('Xã')}</w:tc><w:tc>{p('Số ', 'hộ')}</w:tc></w:tr></w:tbl>"
    found = documents.read(docx(p("Báo cáo", " tuần") + table + p("") + p("Hết")))
    assert found is not None
    assert found.text == "Báo cáo tuần\n\nXã | Số hộ\n\nHết"


MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
BOX = f"<w:txbxContent>{p('ĐẢNG BỘ XÃ')}</w:txbxContent>"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<w:p><w:del><w:r><w:delText>sai</w:delText></w:r></w:del><w:r><w:t>đúng</w:t></w:r></w:p>", "đúng"),
        ("<w:p><w:moveFrom><w:r><w:t>xưa</w:t></w:r></w:moveFrom><w:r><w:t>nay</w:t></w:r></w:p>", "nay"),
        (
            f"<w:p><w:r><mc:AlternateContent {MC}><mc:Choice>{BOX}</mc:Choice><mc:Fallback>{BOX}</mc:Fallback>"
            "</mc:AlternateContent></w:r><w:r><w:t>Số 5</w:t></w:r></w:p>",
            "Số 5\n\nĐẢNG BỘ XÃ",
        ),
        (
            f"<w:tbl><w:tr><w:tc>{p('A')}<w:tbl><w:tr><w:tc>{p('B')}</w:tc></w:tr></w:tbl></w:tc><w:tc>{p('C')}</w:tc>"
            "</w:tr></w:tbl>",
            "A B | C",
        ),
        (f"<w:tbl><w:tr><w:tc><w:p><w:r>{BOX}</w:r></w:p></w:tc></w:tr></w:tbl>", "ĐẢNG BỘ XÃ"),
        ("<w:p><w:r><w:t>một</w:t><w:br/><w:t>hai</w:t><w:tab/><w:t>ba</w:t></w:r></w:p>", "một\n\nhai ba"),
    ],
    ids=["deleted", "moved", "text box", "nested table", "box in a cell", "breaks"],
)
def test_the_words_of_a_docx_are_said_once(inner: str, text: str) -> None:
    found = documents.read(docx(inner))
    assert found is not None and found.text == text


def test_a_scan_is_told() -> None:
    found = documents.read(scan())
    assert found == documents.Document(extension="pdf", scanned=True)


@pytest.mark.parametrize(
    ("lines", "classified"),
    [
        (("TỈNH ỦY VŨNG SẬY", "MẬT", "BÁO CÁO", "tình hình quý một"), True),
        (("TỐI MẬT", "QUYẾT ĐỊNH"), True),
        (("KẾ HOẠCH", "bảo vệ bí mật nhà nước trong năm"), False),
        (("ĐÃ GIẢI MẬT", "MẬT", "BÁO CÁO"), False),
    ],
)
@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_a_secrecy_stamp_is_seen(kind: str, lines: tuple[str, ...], classified: bool) -> None:
    body = pdf(lines) if kind == "pdf" else docx("".join(map(p, lines)))
    found = documents.read(body)
    assert found is not None and found.classified is classified


@pytest.mark.parametrize(
    "form",
    [
        f"<w:tbl><w:tr><w:tc>{p('TỈNH ỦY')}</w:tc><w:tc>{p('MẬT')}</w:tc></w:tr></w:tbl>",
        p("TỈNH ỦY VŨNG SẬY        MẬT"),
    ],
    ids=["cell", "column"],
)
def test_a_stamp_beside_the_organ_is_seen(form: str) -> None:
    found = documents.read(docx(form + p("Nội dung")))
    assert found is not None and found.classified


BOMB = docx("<w:p/>" + " " * (documents.MAX_MARKUP + 10))
ENTITIES = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {x} "{("&" + y + ";") * 10}">' for x, y in zip("bcdefghi", "abcdefgh", strict=True))
    + "]>"
)


def entities() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("[Content_Types].xml", "")
        file.writestr("word/document.xml", f"{ENTITIES}<w:document {W}>{p('&i;')}</w:document>")
    return packed.getvalue()


LOCKED = pdf(LINES).replace(
    b"/Root 1 0 R",
    b"/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
    + b"ab" * 32
    + b"> /U <"
    + b"cd" * 32
    + b"> >> /ID [<00> <00>]",
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        LOCKED,
        entities(),
        docx(p("a"))[:-30],
        pdf(LINES)[:300],
        b"%PDF-1.7\n",
        docx("<w:p>" * 300),
        docx("", "word/a.xml"),
    ],
    ids=["bomb", "locked pdf", "entities", "zip cut", "pdf cut", "pdf empty", "broken xml", "no text part"],
)
def test_a_broken_document_is_kept_without_text(body: bytes) -> None:
    found = documents.read(body)
    assert found is not None and found.text is None


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([pdf(LINES), docx(p("Báo cáo")), scan()]), st.data())
def test_no_damage_raises(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=40))
    documents.read(whole[:at] + noise + whole[at + len(noise) :])


@pytest.mark.parametrize(
    ("url", "extension"),
    [
        ("https://a.vn/uploads/b%C3%A1o.PDF", "pdf"),
        ("https://a.vn/documents/10/20/bao-cao.docx/6a-7b?t=1", "docx"),
        ("https://a.vn/tai-ve?file=a.xls&id=3", "xls"),
        ("https://a.vn/tin-1.html", None),
        ("https://a.pdf.vn/tin", None),
    ],
)
def test_the_ending_of_a_url(url: str, extension: str | None) -> None:
    assert ending(url) == extension


@pytest.mark.parametrize(
    ("url", "choice", "fetched"),
    [
        ("https://a.vn/a.pdf", "all", True),
        ("https://a.vn/a.zip", "all", True),
        ("https://a.vn/a.zip", "documents", False),
        ("https://a.vn/a.odt", "documents", True),
        ("https://a.vn/tin-4.html?download=1&id=0", "documents", True),
        ("https://a.vn/a.pdf", "none", False),
    ],
)
def test_a_site_chooses_its_attachments(url: str, choice: str, fetched: bool) -> None:
    assert wanted(Attachment(url=url), choice) is fetched


@pytest.mark.parametrize(
    ("markup", "may"),
    [
        ('<a href="/uploads/a.PDF">', True),
        ('<a href="/tin-3.html?download=1&amp;id=0">', True),
        ('<a href="?id=0&amp;download=1">', True),
        ("<a href='/documents/20182/0/bao-cao/77'>", True),
        ('<a href="/tin-3.html">tài liệu</a>', False),
        ('<script src="/pdf.js"></script>', False),
    ],
)
def test_a_page_without_documents_is_not_parsed_for_them(markup: str, may: bool) -> None:
    assert may_link(markup.encode()) is may


def test_the_key_of_a_file_is_no_articles() -> None:
    assert file_key("https://www.a.vn/x.pdf#page=2") == "file:/x.pdf"

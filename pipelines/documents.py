"""Reading attached documents: what kind of file the bytes are, and the text of a PDF or DOCX by the text contract.

PDFium is not thread-safe and a broken file can end its process: `read` belongs in a refining process.
"""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from lxml import etree

from pipelines import text
from pipelines.attachments import ending
from pipelines.lines import rejoin
from pipelines.stamps import stamped_lines
from schemas.frozen import Frozen

MAX_PAGES = 500
"""Pages of a PDF that are read."""
MAX_TEXT = 4_000_000
"""Characters of text kept of one document."""
MAX_MARKUP = 48 * 2**20
"""Bytes that the text of a DOCX may unpack to."""
READ = frozenset({"pdf", "docx"})
"""The kinds whose text is read."""
_FEW_LETTERS = 20
"""Letters a page on average below which a PDF with pictures has no text layer worth the name: page numbers, stamps."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TWICE = ("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback", f"{_W}moveFrom", f"{_W}del")
"""What says again, for older readers, what stands beside it, or what the author moved away or struck out."""
_OFFICE = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_OPEN = ((b"opendocument.text", "odt"), (b"opendocument.spreadsheet", "ods"))
_OLD_OFFICE = {"WordDocument": "doc", "Workbook": "xls", "PowerPoint Document": "ppt"}
"""Names of the stream that makes an OLE container one of these."""


class Document(Frozen):
    """One attached file as it was read."""

    extension: str
    """By its bytes, not its name: `pdf`, `doc`, `docx`, `xls`, `xlsx`, `pptx`, `odt`, `ods`, `rtf`, `zip`, ..."""
    text: str | None = None
    """By the text contract, paragraphs joined by one blank line; None: no text layer, or a kind that is not read."""
    scanned: bool = False
    """Whether it is a PDF of pictures without a text layer."""
    classified: bool = False
    """Whether a secrecy stamp stands in its heading zone: never to be stored."""


def sniff(body: bytes, name: str = "") -> str | None:
    """The extension that the bytes deserve; None: no document at all (a web page, nothing).

    `name`: the file's name or URL, for an old Office file whose streams do not tell its kind.
    """
    head = body[:1024]
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(body)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _kind_of_ole(body, name)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(b"Rar!\x1a\x07"):
        return "rar"
    return "7z" if head.startswith(b"7z\xbc\xaf\x27\x1c") else None


def read(body: bytes, name: str = "") -> Document | None:
    """Read one document; None when the bytes are none. A file that cannot be read has no text, and says no more."""
    extension = sniff(body, name)
    if extension is None:
        return None
    lines: list[str] = []
    scanned = False
    try:
        if extension == "pdf":
            lines, scanned = _pdf(body)
        elif extension == "docx":
            lines = list(_docx(body))
    except (zipfile.BadZipFile, etree.XMLSyntaxError, zlib.error, KeyError, ValueError, EOFError):
        lines = []  # cut short or not what it claims to be: the file itself is kept
    except (NotImplementedError, RuntimeError, OSError):
        lines = []  # PDFium's word for any fault; zipfile's for an odd compression, a password, a broken stream
    whole, _ = text.mend_document("\n".join(lines))
    printed = [unicodedata.normalize("NFC", line) for line in whole.split("\n")]
    cleaned = [text.clean(line).text for line in printed]
    paragraphs = rejoin(cleaned) if extension == "pdf" else cleaned
    return Document(
        extension=extension,
        text=_joined(paragraphs) if not scanned else None,
        scanned=scanned,
        classified=stamped_lines(printed) or stamped_lines(cleaned),
    )


def _joined(paragraphs: Sequence[str]) -> str | None:
    """By the text contract: what was put together may need another look."""
    cleaned = (text.clean(paragraph).text for paragraph in paragraphs)
    return "\n\n".join(filter(None, cleaned))[:MAX_TEXT].rstrip() or None


def _pdf(body: bytes) -> tuple[list[str], bool]:
    """The lines of a PDF's text layer, a blank one between pages, and whether it is a scan without one."""
    import pypdfium2  # type: ignore[import-untyped]  # 8 MB that only a process with a PDF needs

    pages: list[list[str]] = []
    pictures = size = 0
    with pypdfium2.PdfDocument(body) as document:
        count = min(len(document), MAX_PAGES)
        for number in range(count):
            page = document[number]
            layer = page.get_textpage()
            said = layer.get_text_bounded()
            layer.close()
            size += len(said)
            pictures += any(True for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
            page.close()
            pages.append(_without_hyphens(said).splitlines())
            if size > MAX_TEXT:
                break
    lines = [line for number, page in enumerate(pages, 1) for line in (*_unnumbered(page, number), "")]
    letters = sum(map(str.isalpha, "".join(lines)))
    return lines, pictures > 0 and letters < _FEW_LETTERS * max(count, 1)


def _unnumbered(page: list[str], number: int) -> list[str]:
    """The lines of a page without its own number, over or under the text, perhaps between dashes (Decree 30/2020)."""
    filled = [at for at, line in enumerate(page) if line.strip()]
    if not filled:
        return page
    marks = {at for at in (filled[0], filled[-1]) if page[at].strip(" -–—") == str(number)}
    return [line for at, line in enumerate(page) if at not in marks]


def _without_hyphens(said: str) -> str:
    """PDFium writes U+FFFE or U+0002 where a line ends in a hyphen of its own."""
    return re.sub("[\ufffe\x02]\r?\n?", "-", said)


def _docx(body: bytes) -> Iterator[str]:
    """Paragraphs of a DOCX in order; a table's row is one, its cells joined by ` | `."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed, packed.open("word/document.xml") as stream:
        markup = stream.read(MAX_MARKUP + 1)
    if len(markup) > MAX_MARKUP:
        raise ValueError(f"the text unpacks to more than {MAX_MARKUP} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    document = etree.fromstring(markup, parser)
    etree.strip_elements(document, *_TWICE, with_tail=False)
    for node in document.iter(f"{_W}p", f"{_W}tr"):
        if next(node.iterancestors(f"{_W}tr"), None) is None:  # a row tells all that is in it
            yield from _row(node) if node.tag == f"{_W}tr" else _words(node).split("\n")


def _row(row: etree._Element) -> Iterator[str]:
    cells = (" ".join(_words(p) for p in cell.iter(f"{_W}p")).strip() for cell in row.iterchildren(f"{_W}tc"))
    yield " | ".join(cell for cell in cells if cell)


def _words(paragraph: etree._Element) -> str:
    """The text of one paragraph; deleted runs (tracked changes) are in other elements, text boxes are their own."""
    said: list[str] = []
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if next(node.iterancestors(f"{_W}p"), None) is not paragraph:
            continue
        if node.tag == f"{_W}t":
            said.append(node.text or "")
        else:
            said.append({"tab": " ", "br": "\n", "cr": "\n"}.get(etree.QName(node).localname, "-"))
    return "".join(said)


def _kind_of_zip(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "zip"
    for folder, extension in _OFFICE:
        if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
            return extension
    return next((extension for mark, extension in _OPEN if mark in body[:200]), "zip")


def _kind_of_ole(body: bytes, name: str) -> str:
    for stream, extension in _OLD_OFFICE.items():
        if stream.encode("utf-16-le") in body:
            return extension
    said = ending(name)
    return said if said in {"doc", "docx", "xls", "xlsx", "ppt", "pptx"} else "doc"  # a locked new one is in such too

"""The documents that an article links, as the article's own list."""

import mimetypes
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from pipelines import text
from pipelines.families import FAMILIES, Family
from pipelines.page import RawPage, parse
from pipelines.stamps import is_classified
from schemas.article import Attachment
from schemas.urls import canonical, url_key

_FILE_NAME = re.compile(r"[^\s/\\]+\.(?:pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)$", re.I)
_LABEL = re.compile(r"^(?:tập tin|tệp(?: tin)?|file|tài liệu)(?: đính kèm| kèm theo)?\s*:\s*", re.I)
_ENDING = re.compile(r"\.(pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)(?=$|[/?#&])", re.I)
_LINKED = tuple(
    re.compile(marks)
    for marks in (
        rb"\.(?:pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)(?![\w.-])",
        rb"download(?:(?:_id)?=\w|[\w-]*(?:\.(?:ashx|aspx|axd|php|jsp|do)\?|/\d)|(?<=\sdownload)[\s>=])",
        rb"file(?:ticket|(?<=getfile|iewfile|penfile)|(?<=get_file|iew_file|pen_file))",
        rb"/documents/[d\d]",
        rb"/tai-?(?:ve|file|xuong)",
        rb"wpdmdl",
        rb"application/pdf",
        rb"\((?:pdf|docx?|xlsx?)\)\s*<",
    )
)
"""Marks of a linked document in a page in lower case. Each begins with a fixed word, so that the scan jumps from one to
the next: together, and without regard to case, they cost ten times as much."""
DOCUMENTS = frozenset({"pdf", "doc", "docx", "xls", "xlsx", "odt", "rtf"})
"""What the site setting `attachments = "documents"` fetches; `"all"` fetches every kind named here."""
_TYPES = {
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".rar": "application/vnd.rar",
}


def collect(found: Iterable[tuple[str, str]]) -> tuple[Attachment, ...]:
    """Attachments from (absolute URL, printed name) pairs, once per URL, the longest name kept.

    Nothing is fetched: the media type is what the name's or the URL's ending says, None when neither says one.
    """
    names: dict[str, str] = {}
    urls: dict[str, str] = {}
    direct: dict[str, str] = {}
    counted: dict[str, str] = {}
    for url, printed_name in found:
        key, name = canonical(url).partition("://")[2], _LABEL.sub("", printed_name)
        # a download counter's address and the file's own are one document; two files of one name are two
        if own := _FILE_NAME.search(unquote(urlsplit(url).path)):
            key = counted.get(own[0].lower(), key)
            direct.setdefault(own[0].lower(), key)
        elif printed := _FILE_NAME.search(name):
            key = direct.get(printed[0].lower()) or counted.setdefault(printed[0].lower(), key)
        urls.setdefault(key, url)
        names[key] = max(names.get(key, ""), name, key=len)
    return tuple(
        Attachment(
            url=url,
            name=names[key] or _file_name(url),
            media_type=media_type(names[key]) or media_type(url) or media_type(f".{ending(url)}"),
        )
        for key, url in urls.items()
    )


def may_link(body: bytes) -> bool:
    """Whether a page may link a document at all: a scan of its bytes, far cheaper than parsing it."""
    lower = body.lower()
    return any(marks.search(lower) for marks in _LINKED)


def ending(url: str) -> str | None:
    """The extension of a document that a URL or a file name shows, also before a version's folder as Liferay has it
    (`/documents/1/2/bao-cao.pdf/<uuid>`); None: none."""
    found = _ENDING.findall(unquote(url))
    return found[-1].lower() if found else None


def wanted(attachment: Attachment, choice: str) -> bool:
    """Whether a site with the setting `attachments = choice` wants it; what shows no kind is asked to see."""
    if choice == "documents":
        return (ending(attachment.url) or ending(attachment.name or "") or "pdf") in DOCUMENTS
    return choice == "all"


def file_key(url: str) -> str:
    """The identity of an attachment on its site, apart from the keys of articles."""
    return f"file:{url_key(url)}"


def media_type(name: str) -> str | None:
    """The media type that a file name or a URL ends in."""
    path = urlsplit(name).path.lower() if "://" in name else name.lower()
    dot = path.rfind(".")
    return _TYPES.get(path[dot:]) or mimetypes.guess_type(path)[0] if dot >= 0 else None


def _file_name(url: str) -> str | None:
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or None


def linked(raw: RawPage, family: Family, choice: str) -> tuple[Attachment, ...]:
    """The documents that an article page links, as its record will name them; none for a page that is not read.

    The family tells the article from the site's chrome. A page under a secrecy stamp links none: what hangs on it is
    not to be fetched either.
    """
    if not may_link(raw.body) or is_classified(raw):
        return ()
    try:
        page = parse(raw)
        found = family.article(page) or FAMILIES["generic"].article(parse(raw))
    except Exception:  # the refinery will say what is wrong with the page
        return ()
    pairs = found.attachments if found else ()
    return tuple(one for one in collect((url, text.clean(name).text) for url, name in pairs) if wanted(one, choice))

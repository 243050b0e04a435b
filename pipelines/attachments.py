"""The documents that an article links, as the article's own list."""

import mimetypes
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from schemas.article import Attachment
from schemas.urls import canonical

_FILE_NAME = re.compile(r"[^\s/\\]+\.(?:pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)$", re.I)
_LABEL = re.compile(r"^(?:tập tin|tệp(?: tin)?|file|tài liệu)(?: đính kèm| kèm theo)?\s*:\s*", re.I)
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
    files: dict[str, str] = {}
    for url, printed_name in found:
        key, name = canonical(url), _LABEL.sub("", printed_name)
        if printed := _FILE_NAME.search(unquote(url.split("?")[0])) or _FILE_NAME.search(name):
            # a download counter's address and the file's own are one document
            key = files.setdefault(printed.group(0).lower(), key)
        urls.setdefault(key, url)
        names[key] = max(names.get(key, ""), name, key=len)
    return tuple(
        Attachment(
            url=urls[key], name=names[key] or _file_name(url), media_type=media_type(names[key]) or media_type(url)
        )
        for key, url in urls.items()
    )


def media_type(name: str) -> str | None:
    """The media type that a file name or a URL ends in."""
    path = urlsplit(name).path.lower() if "://" in name else name.lower()
    dot = path.rfind(".")
    return _TYPES.get(path[dot:]) or mimetypes.guess_type(path)[0] if dot >= 0 else None


def _file_name(url: str) -> str | None:
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or None

"""Where a page says its date: in labelled lines near the title, or in its address.

`read` takes one field that is known to be a date (`pipelines.instants`). Domain facts §4.12.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.instants import AGO, MONTH_WORDS, ZONE, ZONE_NOTE, Instant, day_of, read

__all__ = ["ZONE", "DatesFound", "Instant", "in_url", "is_date_line", "labelled", "read"]


@dataclass(frozen=True, slots=True)
class DatesFound:
    """What a page's lines say, each with the string it was read from.

    A page whose only date is an update has it as `published` too: on these products a lone "Cập nhật" is the day the
    article went up.
    """

    published: tuple[Instant, str] | None = None
    updated: tuple[Instant, str] | None = None


# --- addresses ------------------------------------------------------------------------------------------------------

_IN_URL = (
    re.compile(r"/(?P<y>(?:19|20)\d\d)[/-](?P<m>\d{1,2})[/-](?P<d>\d{1,2})(?=[/_-]|$)"),
    re.compile(r"/(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>(?:19|20)\d\d)(?=[/_-]|$)"),
    re.compile(r"/(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)(?=/|$)"),
)


def in_url(url: str) -> date | None:
    """The day in the path of an article's address (`/2024/02/11/`, `/portal/pages/2023-2-6/`); None when none is."""
    path = re.sub(r"^[a-z]+://[^/]*", "", url.split("?", 1)[0].split("#", 1)[0], flags=re.I)
    for pattern in _IN_URL:
        for match in pattern.finditer(path):
            try:
                return day_of(match.groupdict())
            except ValueError:
                continue
    return None


# --- lines near a title ---------------------------------------------------------------------------------------------

_UPDATED = re.compile(
    r"(?:thời gian |lần |ngày |giờ )?(?:cập nhật|sửa đổi|chỉnh sửa|sửa)(?: lần cuối| gần nhất| mới nhất| tin| bài)?"
    r"(?: vào)?(?: lúc| ngày)?\s*:?\s*|last (?:updated|modified)\s*(?:on|:)?\s*|updated(?: on)?\s*:?\s*"
)
_PUBLISHED = re.compile(
    r"(?:đã )?(?:(?:thời gian|ngày giờ|ngày|giờ|lúc)\s+)?"
    r"(?:đăng tải|đăng|xuất bản|phát hành|đưa tin|đưa|viết|tạo|gửi|post)(?: tin| bài| lên)?(?: vào)?"
    r"(?: lúc| ngày)?\s*:?\s*"
    r"|(?:ngày|thời gian|date)\s*:\s*|(?:posted|published)(?: on)?\s*:?\s*"
)
_WEEKDAY = r"(?:thứ\s*(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ\s*nhật|cn|t[2-7])"
_CLOCK = r"(?:lúc\s*)?\d{1,2}\s*(?:[:hg]|giờ)\s*\d\d(?:\s*(?::|phút)\s*\d\d)?\s*(?:phút|['’])?\s*(?:am|pm|sa|ch)?"
_CALENDAR = (
    rf"(?:ngày\s*)?(?:\d{{1,2}}\s*[/.-]\s*\d{{1,2}}\s*[/.-]\s*(?:19|20)\d\d|(?:19|20)\d\d-\d{{1,2}}-\d{{1,2}}"
    rf"|\d{{1,2}}\s*[,/-]?\s*(?:tháng|th\.?)\s*(?:\d{{1,2}}|{MONTH_WORDS})\s*[,/-]?\s*(?:năm\s*)?(?:19|20)\d\d"
    rf"|(?:tháng|th\.?)\s*(?:\d{{1,2}}|{MONTH_WORDS})\s+\d{{1,2}}\s*,?\s*(?:19|20)\d\d)"
)
_GAP = r"[\s,|–—-]*"
_STAMP = re.compile(
    rf"{_GAP}(?:{_WEEKDAY}{_GAP})?(?:{_CLOCK}{_GAP}(?:{_WEEKDAY}{_GAP})?{_CALENDAR}|{_CALENDAR}(?:{_GAP}{_CLOCK})?"
    rf"|{AGO.pattern}|hôm (?:qua|nay){_GAP}(?:{_CLOCK})?)\s*(?:{ZONE_NOTE.pattern})?"
)
_LINE_LIMIT = 140
_DATED = re.compile(r"\d|hôm ")


@dataclass(frozen=True, slots=True)
class _Stamp:
    """One date in a line: what its label says it is, and the string to read."""

    kind: str | None
    raw: str


def is_date_line(line: str, *, labelled: bool = False) -> bool:
    """Whether the whole line is a date with nothing but view counts and the like after it; `labelled`: with a label."""
    found = _stamps(line)
    return any(stamp.kind for stamp in found) if labelled else bool(found)


def with_labels(lines: Sequence[str]) -> list[str]:
    """The lines, where a label on a line of its own ("Đăng ngày") is put before the date on the next."""
    joined: list[str] = []
    for line in lines:
        if joined and _is_label(joined[-1]) and _stamps(line) and is_date_line(f"{joined[-1]} {line}", labelled=True):
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return joined


def _is_label(line: str) -> bool:
    low = line.casefold()
    return len(low) < 40 and any(label.fullmatch(low) for _, label in _LABELS)


def labelled(lines: Sequence[str], fetched_at: datetime, title: str | None = None) -> DatesFound:
    """The dates that the lines near a title print: labelled ones first, else the first line that is only a date.

    A bare date is a header clock, so not taken, when it stands before the line `title` (where that is given and
    among the lines), or when it is the day of `fetched_at` and does not stand, with a time, after that title. Dates
    inside prose, copyright years and dates of documents are not date lines.
    """
    at = next((n for n, line in enumerate(lines) if title and _same(line, title)), None)
    published: tuple[Instant, str] | None = None
    updated: tuple[Instant, str] | None = None
    bare: tuple[Instant, str] | None = None
    for n, line in enumerate(lines):
        for stamp in _stamps(line):
            moment = read(stamp.raw, fetched_at)
            if moment is None:
                continue
            if stamp.kind == "published":
                published = published or (moment, stamp.raw)
            elif stamp.kind == "updated":
                updated = updated or (moment, stamp.raw)
            elif not _is_clock(moment, fetched_at, before=at is not None and n < at, after=at is not None and n > at):
                bare = bare or (moment, stamp.raw)
    return DatesFound(published or bare or updated, updated)


def _same(line: str, title: str) -> bool:
    return " ".join(line.split()).casefold() == " ".join(title.split()).casefold()


def _is_clock(moment: Instant, fetched_at: datetime, *, before: bool, after: bool) -> bool:
    today = moment.value.date() == fetched_at.astimezone(ZONE).date()
    return before or (today and not (after and moment.has_time))


def _stamps(line: str) -> list[_Stamp]:
    """The dates of a line that holds nothing else; empty for prose."""
    text = " ".join(unicodedata.normalize("NFC", line).split())
    low = text.casefold()
    if not low or len(text) > _LINE_LIMIT or len(low) != len(text) or not (_DATED.search(low)):
        return []
    found: list[_Stamp] = []
    at = 0
    while at < len(low):
        start = at
        kind = None
        for name, label in _LABELS:
            if match := label.match(low, at):
                kind, at = name, match.end()
                break
        stamp = _STAMP.match(low, at)
        if stamp is None:
            return found if found and _TRAILER.match(low, start) else []
        found.append(_Stamp(kind, text[start : stamp.end()].strip(" |,-–—(")))
        at = stamp.end()
        at += len(_SEPARATOR.match(low, at)[0])  # type: ignore[index]
    return found


_LABELS: tuple[tuple[str, re.Pattern[str]], ...] = (("updated", _UPDATED), ("published", _PUBLISHED))
_SEPARATOR = re.compile(r"[\s|•·;,.()\[\]–—-]*")
_TRAILER = re.compile(
    r"(?:\d[\d.,]*\s*)?(?:lượt\s*(?:xem|đọc|truy cập)|đã xem|xem|đọc|views?|số lần|bình luận|phản hồi|tác giả"
    r"|người đăng|nguồn|bởi|by|in bài|in trang|cỡ chữ|chia sẻ|a[-+]|aa?$|\d[\d.,]*$|facebook|zalo|print|email)"
)

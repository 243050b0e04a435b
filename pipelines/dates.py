"""Where a page says its date: in labelled lines near the title, or in its address.

`read` takes one field that is known to be a date (`pipelines.instants`). Domain facts §4.12.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.instants import AGO, MONTH_WORDS, ZONE, ZONE_NOTE, Instant, day_of, read
from pipelines.names import is_vietnamese_name

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

_OF = r"(?:(?:tin bài|bài viết|bài|tin)\s+)?(?:(?:đã|được)\s+)?"
_UPDATED = re.compile(
    rf"{_OF}(?:thời gian |lần |ngày |giờ )?(?:cập nhật|sửa đổi|chỉnh sửa|sửa)"
    r"(?: (?:lần )?cuối(?: cùng)?| gần nhất| mới nhất| tin| bài)?"
    r"(?: vào)?(?: lúc| ngày)?\s*:?\s*|last (?:updated|modified)\s*(?:on|:)?\s*|updated(?: on)?\s*:?\s*"
)
_PUBLISHED = re.compile(
    r"(?:publish date|posted|published|created)(?: on)?\s*:?\s*"
    rf"|{_OF}(?:(?:thời gian|ngày giờ|ngày|giờ|lúc)\s+)?"
    r"(?:đăng tải|đăng|xuất bản|phát hành|đưa tin|đưa|viết|tạo|gửi|post|publish)(?: tin| bài| lên)?"
    r"(?: vào| trên)?(?: lúc| ngày)?\s*:?\s*"
    r"|(?:ngày|thời gian|date)\s*:\s*"
)
_WEEKDAY = r"(?:thứ\s*(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ\s*nhật|cn|t[2-7])"
_CLOCK = (
    r"(?:lúc\s*)?\d{1,2}\s*(?:[:hg]|giờ)\s*(?:\d\d|\d(?=\s*phút))(?:\s*(?::|phút)\s*\d\d)?\s*(?:phút|['’])?"
    r"\s*(?:[ap]m(?!\w)|[ap]\.m\.?|(?:sa|ch|sáng|chiều|tối)(?!\w))?"
)
_CALENDAR = (
    rf"(?:ngày\s*)?(?:\d{{1,2}}\s*[/.-]\s*\d{{1,2}}\s*[/.-]\s*(?:19|20)\d\d|(?:19|20)\d\d-\d{{1,2}}-\d{{1,2}}"
    rf"|\d{{1,2}}\s*[,/-]?\s*(?:tháng|th\.?)\s*(?:\d{{1,2}}|{MONTH_WORDS})\s*[,/-]?\s*(?:năm\s*)?(?:19|20)\d\d"
    rf"|(?:tháng|th\.?)\s*(?:\d{{1,2}}|{MONTH_WORDS})\s+\d{{1,2}}\s*,?\s*(?:19|20)\d\d"
    r"|\d{1,2}/\d{1,2}/\d\d(?![\d/]))"
)
_GAP = r"[\s,|–—-]*"
_STAMP = re.compile(
    rf"{_GAP}(?:{_WEEKDAY}{_GAP})?(?:{_CLOCK}{_GAP}(?:{_WEEKDAY}{_GAP})?{_CALENDAR}|{_CALENDAR}(?:{_GAP}{_CLOCK})?"
    rf"|{AGO.pattern}|hôm (?:qua|nay){_GAP}(?:{_CLOCK})?)\s*(?:{ZONE_NOTE.pattern})?"
)
_LINE_LIMIT = 140
_TICKING = timedelta(minutes=2)
"""A bare time so near the fetch is a clock."""
_DATED = re.compile(r"\d|hôm |trước")


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
    among the lines), when it is the minute of the fetch, or when it is the day of `fetched_at` and does not stand, with
    a time, after that title. Further down than the line after an update it is a related item's. Dates inside prose,
    copyright years and dates of documents are not date lines.
    """
    at = next((n for n, line in enumerate(lines) if title and _same(line, title)), None)
    published: tuple[Instant, str] | None = None
    updated: tuple[Instant, str] | None = None
    bare: tuple[Instant, str] | None = None
    near = len(lines)
    for n, line in enumerate(lines):
        for stamp in _stamps(line):
            moment = read(stamp.raw, fetched_at)
            if moment is None:
                continue
            if stamp.kind == "published":
                published = published or (moment, stamp.raw)
            elif stamp.kind == "updated":
                near = n + 1 if updated is None else near
                updated = updated or (moment, stamp.raw)
            elif n <= near and not _is_clock(
                moment, fetched_at, before=at is not None and n < at, after=at is not None and n > at
            ):
                bare = bare or (moment, stamp.raw)
    return DatesFound(published or bare or updated, updated)


def _same(line: str, title: str) -> bool:
    return " ".join(line.split()).casefold() == " ".join(title.split()).casefold()


def _is_clock(moment: Instant, fetched_at: datetime, *, before: bool, after: bool) -> bool:
    today = moment.value.date() == fetched_at.astimezone(ZONE).date()
    ticking = moment.has_time and abs(moment.value - fetched_at) < _TICKING
    return before or ticking or (today and not (after and moment.has_time))


def _stamps(line: str) -> list[_Stamp]:
    """The dates of a line that holds nothing else; empty for prose."""
    text = " ".join(unicodedata.normalize("NFC", line).split())
    low = text.casefold()
    if not low or len(text) > _LINE_LIMIT or len(low) != len(text) or not (_DATED.search(low)):
        return []
    found: list[_Stamp] = []
    at = _after_who(text, low, _VIEWS.match(low).end())  # type: ignore[union-attr]
    while at < len(low):
        start = at
        kind = None
        for name, label in _LABELS:
            if match := label.match(low, at):
                kind, at = name, match.end()
                break
        stamp = _STAMP.match(low, at)
        if stamp is None:
            return found if found and (_TRAILER.match(low, start) or is_vietnamese_name(text[start:])) else []
        found.append(_Stamp(kind, text[start : stamp.end()].strip(" |,-–—(")))
        at = stamp.end()
        at += len(_SEPARATOR.match(low, at)[0])  # type: ignore[index]
    bare = [stamp for stamp in found if stamp.kind is None]
    return found if len(bare) < 2 else []  # from one day to another: when something takes place


def _after_who(text: str, low: str, at: int) -> int:
    """Where a line goes on after the author or poster whom it names first ("Bởi Hoa Lâm | ...", "Hoa Lâm - ...")."""
    match = _WHO.match(low, at)
    if match is None or not (match["by"] or is_vietnamese_name(text[match.start("who") : match.end("who")])):
        return at
    if not match["by"] and "," in text[match.end("who") : match.end()]:
        return at  # a place and a day stand over and under documents
    return match.end()


_LABELS: tuple[tuple[str, re.Pattern[str]], ...] = (("updated", _UPDATED), ("published", _PUBLISHED))
_SEPARATOR = re.compile(r"[^\w©®“”\"]*")
_VIEWS = re.compile(
    r"[^\w©®“”\"–—-]*(?:(?:(?:lượt\s*(?:xem|đọc|truy cập)|đã xem|số lần xem|views?)\s*:?\s*\d[\d.,]*"
    r"|\d[\d.,]*\s*(?:lượt\s*(?:xem|đọc|truy cập)|views?))[^\w©®“”\"]*)?"
)
"""Icons and a view count before the date."""
_WHO = re.compile(
    r"(?P<by>(?:(?:bài |tin )?(?:được )?(?:đăng|viết|gửi|posted|written) )?(?:bởi|by)|người đăng|người viết|tác giả)?"
    r"\s*:?\s*(?P<who>[^\d|•·]{2,60}?)(?:\s*[|•·]\s*|\s+[-–—]\s+|,\s+|\s+(?=lúc\s|ngày\s|vào\s))(?=\W*\w*\s*\d|\W*\w+ )"
)
_TRAILER = re.compile(
    r"(?:\d[\d.,]*\s*)?(?:lượt\s*(?:xem|đọc|truy cập)|đã xem|xem|đọc|views?|số l(?:ần|ượt)|bình luận|phản hồi|tác giả"
    r"|người đăng|nguồn|bởi|by|in bài|in trang|cỡ chữ|chia sẻ|a[-+]|aa?$|\d[\d.,]*$|facebook|zalo|print|email)"
)

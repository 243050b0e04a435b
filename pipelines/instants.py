"""One date field read to a moment, in every format of domain facts §4.12. Day first; no date is None, never now."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_FIRST_YEAR = 1990
"""No site of these is older; a year before is a date in history, not a publication."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment as printed: aware, in Asia/Ho_Chi_Minh; at midnight when only the day was printed."""

    value: datetime
    has_time: bool


_ONES = (
    "một|giêng",
    "hai",
    "ba",
    "tư|bốn",
    "năm",
    "sáu",
    "bảy|bẩy",
    "tám",
    "chín",
    "mười",
    "mười một",
    "mười hai|chạp",
)
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {word: n for n, words in enumerate(_ONES, 1) for word in words.split("|")}
MONTH_WORDS = "|".join(sorted(_MONTHS, key=len, reverse=True))
_MONTH = rf"(?:tháng|th\.?)\s*(?P<mon>\d{{1,2}}|{MONTH_WORDS})(?!\w)"
_EN = rf"(?P<en>{'|'.join(_ENGLISH)})[a-z]*\.?"
_D, _M, _Y = r"(?:(?<![\d/.-])|(?<=:\d\d-))(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<y>(?:19|20)\d\d)(?!\d)"

_ISO = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
    r"(?:(?:t|\s+)(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:\.\d+)?)?\s*(?P<off>z|[+-]\d\d:?\d\d|[+-]\d\d(?!\d))?)?"
)
_NUKEVIET = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?P<off>\+07|ict)(?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d))?")
_DAYS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_D}\s*(?P<sep>[/.-])\s*{_M}\s*(?P=sep)\s*{_Y}",
        rf"{_D}\s*[,/-]?\s*{_MONTH}\s*[,/-]?\s*(?:năm)?\s*{_Y}",
        rf"{_MONTH}\s+{_D}\s*,?\s*(?:năm)?\s*{_Y}",
        rf"(?<!\d){_Y}\s*(?P<sep>[/.])\s*{_M}\s*(?P=sep)\s*(?P<d>\d{{1,2}})(?!\d)",
        rf"{_D}\s+{_EN},?\s+{_Y}",
        rf"(?<![a-z]){_EN}\s+{_D},?\s+{_Y}",
        rf"{_D}(?P<sep>[/.-]){_M}(?P=sep)(?P<yy>\d\d)(?![\d/.-])",
        rf"(?<![a-z]){_EN}\s+{_D}\s+\d\d:\d\d:\d\d\s+(?:ict\s+|\+0?7\S*\s+)?{_Y}",  # java.util.Date
    )
)
_TIME = re.compile(
    r"(?<![\d:/.-])(?P<H>\d{1,2})\s*(?:[:hg]|giờ)\s*(?P<M>\d\d|\d(?=\s*phút))(?:\s*(?:[:’']|phút)\s*(?P<S>\d\d)(?!\d))?(?!\d)"
    r"(?:\s*(?:phút|[’']))?\s*(?P<half>am|pm|sa|ch|sáng|trưa|chiều|tối|đêm)?(?!\w)"
    r"|(?<![\d:/.-])(?P<H2>\d{1,2})\s*(?:h|giờ)(?!\w)"
)
ZONE_NOTE = re.compile(r"[\[(]?\s*(?:gmt|utc)\s*\+\s*0?7(?::?00)?\s*[\])]?|\(giờ việt nam\)")
_COUNT = r"(\d{1,3}|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười)\s*(giây|phút|giờ|tiếng|ngày|hôm|tuần)"
AGO = re.compile(rf"(?:khoảng\s+)?(?:{_COUNT}(?:\s+(\d{{1,2}})\s*phút)?\s*trước|cách đây\s+{_COUNT})(?!\w)")
_UNITS = {"giây": "seconds", "phút": "minutes", "giờ": "hours", "tiếng": "hours", "ngày": "days", "hôm": "days",
          "tuần": "weeks"}  # fmt: skip
_EPOCH = re.compile(r"(?:/date\()?(?P<seconds>\d{10})(?P<thousandths>\d{3})?(?:\)/)?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(?=z|[+-]|$)")
_SLASHES = str.maketrans("／⁄∕：", "///:")
_LONGEST = 160


def read(raw: str, fetched_at: datetime) -> Instant | None:
    """The moment that a date field says; None when it says none, an impossible one, or one after `fetched_at` + 1 day.

    `fetched_at` is aware; relative forms ("3 giờ trước", "hôm qua") count from it. Labels, weekdays and zone notes do
    not matter. An offset is converted; without one the time is local. d/m/y always: 05/22/2022 is no date.
    """
    text = " ".join(unicodedata.normalize("NFC", raw).split()).casefold().translate(_SLASHES)
    if not text or len(text) > _LONGEST:
        return None
    if epoch := _EPOCH.fullmatch(text):
        text = datetime.fromtimestamp(int(epoch["seconds"]), UTC).isoformat().lower()
    text = _COMPACT.sub(r"\1-\2-\3t\4:\5", re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text))
    found = _absolute(text)
    if found is None:
        found = _relative(text, fetched_at.astimezone(ZONE))
    if found is None or found.value.year < _FIRST_YEAR or found.value > fetched_at + timedelta(days=1):
        return None
    return found


def _absolute(text: str) -> Instant | None:
    try:
        for pattern in (_NUKEVIET, _ISO):
            if match := pattern.search(text):
                return _iso(match, text)
        if re.match(r"[a-z]{3}, \d{1,2} [a-z]{3} \d{4} \d\d:\d\d", text):
            return _aware(parsedate_to_datetime(text))
        text = ZONE_NOTE.sub(" ", text)
        for pattern in _DAYS:
            if match := pattern.search(text):
                return _local(day_of(match.groupdict()), _around(text, match))
    except (ValueError, OverflowError):
        return None
    return None


def _around(text: str, match: re.Match[str]) -> str:
    """What stands before and after a day, where its time may be (between the day and the year in a Java date)."""
    within = re.search(r"\d\d:\d\d:\d\d", match[0])
    return f"{text[: match.start()]} {within[0] if within else '|'} {text[match.end() :].lstrip('-–t')}"


def day_of(part: dict[str, str | None]) -> date:
    """The day in the named groups of a match; ValueError when the calendar has no such day."""
    year = int(part.get("y") or 2000 + int(part.get("yy") or 0))
    if part.get("en"):
        month = _ENGLISH.index(part["en"] or "") + 1
    else:
        word = part.get("mon") or part.get("m") or ""
        month = int(word) if word.isdecimal() else _MONTHS[word]
    return date(year, month, int(part["d"] or 0))


def _iso(match: re.Match[str], text: str) -> Instant:
    part = match.groupdict()
    day = day_of(part)
    if part["H"] is None:
        return _local(day, ZONE_NOTE.sub(" ", _around(text, match)))
    moment = datetime(day.year, day.month, day.day, int(part["H"]), int(part["M"]), int(part["S"] or 0))
    offset = part["off"]
    if offset is None or offset in ("+07", "ict"):
        half = re.match(r"\s*(am|pm|sa|ch)(?!\w)", text[match.end() :])
        hour = _hour(moment.hour, half[1] if half else None)
        return Instant(moment.replace(hour=hour, tzinfo=ZONE), True)
    if offset == "z":
        return _aware(moment.replace(tzinfo=UTC))
    digits = offset[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return _aware((moment - shift if offset[0] == "+" else moment + shift).replace(tzinfo=UTC))


def _aware(moment: datetime) -> Instant:
    return Instant((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZONE), True)


def _local(day: date, rest: str) -> Instant:
    """`day` with the time of day in `rest`, if there is one."""
    match = _TIME.search(rest)
    if match is None:
        return Instant(datetime(day.year, day.month, day.day, tzinfo=ZONE), False)
    hour = _hour(int(match["H"] or match["H2"]), match["half"])
    moment = datetime(day.year, day.month, day.day, hour, int(match["M"] or 0), int(match["S"] or 0), tzinfo=ZONE)
    return Instant(moment, True)


def _hour(hour: int, half: str | None) -> int:
    """Twelve-hour clocks: SA and CH are what Vietnamese Windows prints for AM and PM."""
    if half in ("pm", "ch", "chiều", "tối") and hour < 12:
        return hour + 12
    if half in ("am", "sa", "đêm") and hour == 12:
        return 0
    return hour


def _relative(text: str, now: datetime) -> Instant | None:
    if match := AGO.search(text):
        count, unit = match[1] or match[4], match[2] or match[5]
        many = int(count) if count.isdecimal() else _MONTHS[count]
        then = now - timedelta(**{_UNITS[unit]: many}) - timedelta(minutes=int(match[3] or 0))
        if unit in ("ngày", "hôm", "tuần"):
            return _local(then.date(), "")
        return Instant(then.replace(second=0, microsecond=0), True)
    if re.search(r"(?:vừa xong|vừa mới|mới đây)$", text):
        return Instant(now.replace(second=0, microsecond=0), True)
    for word, days in (("hôm kia", 2), ("hôm qua", 1), ("hôm nay", 0)):
        if re.search(rf"(?<!\w){word}(?!\w)", text):
            return _local((now - timedelta(days=days)).date(), text)
    return None

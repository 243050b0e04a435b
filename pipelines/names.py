"""What a person's name, a pen name and an office look like in a Vietnamese byline (domain facts §4.11).

Pen names need no family name ("Phúc Bình", "Thu Sơn"), so the shape decides, and words that headings and organs are
made of and names are not.
"""

import re
import tomllib
from importlib.resources import files

from pipelines.syllables import is_syllable
from pipelines.text import fold
from schemas.provinces import PROVINCES

_U = "A-ZÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_INITIALS = re.compile(
    rf"(?:[{_U}]{{1,2}}\.\s?){{1,3}}[{_U}]{{1,2}}\.?|[{_U}]{{2,4}}|[{_U}]\.\s?[{_U}][a-zà-ỹđ]{{1,6}}"
)
_COLLECTIVE = re.compile(
    r"(?:ban|nhóm|tổ)\s+(?:biên tập|biên soạn|pv|phóng viên|ctv|cộng tác viên|tác giả|tuyên truyền)(?:\s+\S+){0,4}"
    r"|bbt|pv(?:\s*[-,]\s*ctv)?|phóng viên|nhóm pv"
)
CORRESPONDENT = re.compile(r"^(?:CTV|PV|BTV|Phóng viên|Cộng tác viên|Biên tập viên)[.:]?\s+(?=\S)")
_OFFICE = re.compile(
    r"(?i)(?:ban|văn phòng|vp\w*|sở|phòng|trung tâm|tt\w*|báo|tạp chí|cổng|website|tỉnh|thành (?:ủy|uỷ|phố|đoàn)"
    r"|huyện|thị (?:ủy|uỷ|xã|trấn)|quận|xã|phường|đảng|chi bộ|(?:ủy|uỷ) (?:ban|viên)|ubnd|hđnd|ubmttq|ubkt\w*|mttq"
    r"|mặt trận|đoàn (?:đbqh|đại biểu|thanh niên|tncs|khối|công tác)|liên đoàn|lđlđ|công an|bộ|chi cục|vụ"
    r"|học viện|đại học|tòa án|thanh tra|kho bạc|bảo hiểm|bhxh|bệnh viện|ngân hàng|bí thư|chủ (?:tịch|nhiệm)"
    r"|trưởng|(?:phó )?giám đốc|hiệu trưởng|giảng viên|chuyên viên|cán bộ|đại biểu|đbqh|thường (?:trực|vụ)"
    r"|ctv|pv|btv|cộng tác viên|phóng viên|biên tập viên|btg\w*|btc\w*|bch\w*|nhóm|thư ký|luật sư|nhà báo"
    r"|lữ đoàn|sư đoàn|trung đoàn|cơ quan|công ty|đ/c|ttxvn)(?!\w)"
)
_OFFICE_OR_NAME = re.compile(r"(?i)(?:nguyên|trường|khoa|viện|hội|phó|chánh|đài|tổ|cục)(?!\w)")
"""Pen names begin with these too ("Trường Giang", "Nguyên Đoan"); an office has a word in small letters."""
_SMALL_WORD = re.compile(r"\s[a-zà-ỹđ]")
_WORDS = tomllib.loads(files("pipelines").joinpath("names.toml").read_text(encoding="utf-8"))
_NO_INITIALS = frozenset(_WORDS["no_initials"].split())
_OF_HEADINGS = frozenset(_WORDS["of_headings"].split())
_FAMILY = frozenset(_WORDS["family"].split())
_PHRASES: tuple[str, ...] = tuple(_WORDS["phrases"])
_HIGHLAND_FIRST = frozenset(_WORDS["highland_first"].split())
_HIGHLAND_LAST = frozenset(_WORDS["highland_last"].split())
_APOSTROPHES = re.compile(r"['’‘ʼ`]")
_NEVER = frozenset(
    map(fold, (*_WORDS["never"], *(name for p in PROVINCES.values() for name in (p.name, p.successor_name))))
)
"""Phrases in capitals that no byline means as a person."""


def is_name(text: str) -> bool:
    """Whether `text` is written as one person's name: two to five words in capitals, with no office at the head.

    Pen names need no family name, so the shape decides: "Phúc Bình", "CTV Ngọc Sơn", "NGUYÊN ĐOAN", "H'Linh Niê".
    """
    bare = CORRESPONDENT.sub("", text.strip(), count=1)
    parts = bare.split()
    lone = len(parts) == 1 and bare == text.strip() and not _APOSTROPHES.search(bare)
    if not 1 <= len(parts) <= 5 or len(bare) > 40 or lone:
        return False
    return all(map(_is_name_word, parts)) and not is_office(bare) and not _is_heading(bare)


def _is_name_word(word: str) -> bool:
    head, apostrophe, rest = word.partition(found[0]) if (found := _APOSTROPHES.search(word)) else (word, "", "")
    if apostrophe:  # H'Hen, K'Brêu
        return len(head) <= 2 and head.isalpha() and head.isupper() and rest.isalpha()
    if "-" in word:  # Y-Ngói
        return word[:2] == "Y-" and _is_name_word(word[2:])
    letters = word.rstrip(".")
    return letters.isalpha() and letters[0].isupper() and (letters[1:].islower() or letters.isupper())


def _is_heading(text: str) -> bool:
    """Whether the words, all in capitals as they are, are those of a heading or an organ."""
    if fold(text) in _NEVER:
        return True
    low = text.lower()
    parts = low.split()
    telling = sum(part in _OF_HEADINGS for part in parts) + sum(phrase in low for phrase in _PHRASES)
    return telling > (1 if len(parts) > 2 and parts[0] in _FAMILY else 0)


def is_vietnamese_name(text: str) -> bool:
    """A name of Vietnamese syllables or of the peoples of the highlands: the stricter test, for bare lines in prose."""
    bare = CORRESPONDENT.sub("", text.strip(), count=1)
    parts = bare.split()
    if not is_name(text) or (len(parts) < 2 and not _APOSTROPHES.search(bare)):
        return False
    return all(map(is_syllable, parts)) or _is_highland(parts)


def _is_highland(parts: list[str]) -> bool:
    first, last = parts[0].lower(), parts[-1].lower()
    return (
        first in _HIGHLAND_FIRST
        or last in _HIGHLAND_LAST
        or _APOSTROPHES.search(parts[0]) is not None
        or any(part[:2] == "Y-" for part in parts)
    )


def is_pen_name(text: str) -> bool:
    """One capitalised syllable, which only its place can tell for a signature: "Hằng"."""
    low = text.lower()
    return (
        text.isalpha() and text.istitle() and is_syllable(text) and low not in _OF_HEADINGS and low not in _NO_INITIALS
    )


def is_collective(text: str) -> bool:
    """A pen name of several or of nobody: initials ("T.H", "TQ"), "BBT", "Nhóm PV"."""
    stripped = text.strip()
    if stripped.casefold() in _NO_INITIALS:
        return False
    return bool(_INITIALS.fullmatch(stripped) or _COLLECTIVE.fullmatch(stripped.casefold()))


def is_office(text: str) -> bool:
    """Whether `text` begins as an office, an organ or a function does."""
    if _OFFICE_OR_NAME.match(text):
        return _SMALL_WORD.search(text) is not None
    return _OFFICE.match(text) is not None

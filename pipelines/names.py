"""Who a byline names: people, collective pen names and offices told apart by their written shape (domain §4.11)."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from pipelines.syllables import is_syllable
from pipelines.text import fold
from schemas.provinces import PROVINCES


@dataclass(frozen=True, slots=True)
class Credit:
    """A byline read: names as printed, and the office or title that stood with them."""

    authors: tuple[str, ...]
    role: str | None = None


_U = "A-ZÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_INITIALS = re.compile(
    rf"(?:[{_U}]{{1,2}}\.\s?){{1,3}}[{_U}]{{1,2}}\.?|[{_U}]{{2,4}}|[{_U}]\.\s?[{_U}][a-zà-ỹđ]{{1,6}}"
)
_COLLECTIVE = re.compile(
    r"(?:ban|nhóm|tổ)\s+(?:biên tập|biên soạn|pv|phóng viên|ctv|cộng tác viên|tác giả|tuyên truyền)(?:\s+\S+){0,4}"
    r"|bbt|pv(?:\s*-\s*ctv)?|phóng viên|nhóm pv"
)
_PREFIX = re.compile(
    r"(?i:(?:(?:PGS|GS|TS|ThS|Th\.S|TSKH|BS|CKI{1,2}|CN|KS|LS|NCS|Dr)\.?[,\s]*)+(?<=[.\s])\s*"
    r"|(?:đồng chí|đ/c|ông|bà|nhà báo|nhà văn|nhà giáo|luật sư|tiến sĩ|thạc sĩ)\s+)"
)
_CORRESPONDENT = re.compile(r"(?:CTV|PV|BTV|Phóng viên|Cộng tác viên|Biên tập viên)[.:]?\s+(?=\S)")
_DID = re.compile(
    r"(?i)[\s,–-]*\((?:thực hiện|tổng hợp|t/?h|th|bt|s?t|biên tập|sưu tầm|lược ghi|ghi|lược thuật|giới thiệu|biên soạn"
    r"|theo\b.*?|tổng thuật|dịch)\)\s*$|\s+(?:thực hiện|tổng hợp|lược ghi|biên soạn|sưu tầm)\s*$"
)
_OFFICE_HEADS = frozenset(
    (
        *("báo", "ban", "sở", "đài", "cổng", "phòng", "bộ", "cục", "trường", "viện", "tạp", "trung", "đảng", "tỉnh"),
        *("huyện", "website", "ubnd", "hđnd", "ttxvn", "ubmttq", "mttq", "btv", "bch"),
    )
)
_OUTLETS = frozenset(("vov", "vtv", "ttx", "hết", "end", "ubnd", "hđnd", "mttq", "đbqh", "bch", "nnn", "ttđt"))
_NEVER = frozenset(
    fold(phrase)
    for phrase in (
        *(
            "Việt Nam",
            "Trung ương",
            "Tỉnh ủy",
            "Nhân dân",
            "Quốc hội",
            "Kính gửi",
            "Nơi nhận",
            "Hồ Chí Minh",
            "Trân trọng",
        ),
        *(province.name for province in PROVINCES.values()),
        *(province.successor_name for province in PROVINCES.values()),
    )
)
"""Phrases in capitals that no byline means as a person."""
_LOGIN = re.compile(
    r"(?i)[a-z0-9._@+-]*\d[a-z0-9._@+-]*|[a-z][a-z0-9._+-]*@\S+|admin\w*|(?:ban )?quản trị(?: viên| hệ thống| website)?"
    r"|quantri\w*|root|host|super ?user|user\w*|editor|author|biên tập viên|webmaster|bientap\w*|tin tức|unknown|khách"
    r"|guest"
)
_SITE = re.compile(
    r"(?i)https?://|www\.|trang (?:thông tin|tin)|cổng (?:thông tin|ttđt)|website|\.(?:vn|com|gov|org)\b"
)
_JOIN = re.compile(r"\s*(?:[–—&;/+|]|\s-\s|\bvà\b)\s*|\s+-|-\s+")


def is_name(text: str) -> bool:
    """Whether `text` is written as one person's name: two to five words in capitals, with no office at the head.

    Pen names need no family name, so the shape decides: "Phúc Bình", "CTV Ngọc Sơn", "NGUYÊN ĐOAN", "H'Linh Niê".
    """
    bare = _CORRESPONDENT.sub("", text.strip(), count=1)
    parts = bare.split()
    if not 1 <= len(parts) <= 5 or len(bare) > 40 or fold(bare) in _NEVER:
        return False
    if len(parts) == 1 and bare == text.strip():
        return False
    if parts[0].lower() in _OFFICE_HEADS:
        return False
    return all(_is_name_word(part) for part in parts)


def _is_name_word(word: str) -> bool:
    letters = word.replace("'", "").replace("’", "").rstrip(".")
    if not letters.isalpha() or not letters[0].isupper():
        return False
    return letters[1:].islower() or letters.isupper() or len(letters) == 1


def is_vietnamese_name(text: str) -> bool:
    """A name whose every word has the shape of a Vietnamese syllable: the stricter test, for bare lines in prose."""
    bare = _CORRESPONDENT.sub("", text.strip(), count=1)
    return 2 <= len(bare.split()) <= 5 and is_name(text) and all(map(is_syllable, bare.split()))


def is_collective(text: str) -> bool:
    """A pen name of several or of nobody: initials ("T.H", "TQ"), "BBT", "Nhóm PV"."""
    stripped = text.strip()
    if stripped.casefold() in _OUTLETS:
        return False
    return bool(_INITIALS.fullmatch(stripped) or _COLLECTIVE.fullmatch(stripped.casefold()))


def parse(text: str, *, strict: bool = False) -> Credit | None:
    """The names and the office in a byline without its label; None when it names nobody.

    `strict`: the text was found in prose, so only shapes that cannot be a phrase count.
    """
    rest = text.strip(" ,;:–-")
    if rest[:1] == "(" and rest[-1:] == ")":
        rest = rest[1:-1].strip()
    rest = _strip_deeds(rest)
    if strict and any(map(str.isdigit, rest)):
        return None
    rest, office = _cut_office(rest)
    known = is_vietnamese_name if strict else is_name
    names: list[str] = []
    roles: list[str] = [office] if office else []
    for chunk in _people(rest):
        _take(chunk, names, roles, known)
    if not names or (strict and len(names) > 4):
        return None
    return Credit(tuple(dict.fromkeys(names)), ", ".join(roles) or None)


def _people(text: str) -> list[str]:
    """The parts of a byline that may be people; a bare hyphen parts two only when both are names."""
    parts: list[str] = []
    for part in _JOIN.split(text):
        halves = re.split(r"[-–]", part)
        parts += halves if len(halves) > 1 and all(map(is_name, halves)) else [part]
    return [part.strip() if is_collective(part) else part.strip(" .") for part in parts]


def _strip_deeds(text: str) -> str:
    while (shorter := _DID.sub("", text).strip()) != text:
        text = shorter
    return text


def _cut_office(text: str) -> tuple[str, str | None]:
    """`Mai Hoa (Văn phòng Tỉnh ủy)`, `Hằng Nga-Ban Tuyên giáo`: the part before, and the office."""
    if match := re.fullmatch(r"([^()]+?)\s*[–-]?\s*\(([^()]{3,120})\)", text):
        return match[1], match[2].strip()
    if match := re.match(r"([^,–—-]+?)\s*[–—-]\s*(.+)$", text):
        after = match[2].strip()
        if is_name(match[1]) and not any(is_name(part) or is_collective(part) for part in _JOIN.split(after)):
            return match[1], after
    return text, None


def _take(chunk: str, names: list[str], roles: list[str], known: Callable[[str], bool]) -> None:
    for part in re.split(r"\s*,\s*", chunk):
        bare = _PREFIX.sub("", part, count=1)
        if not bare:
            continue
        if (known(bare) or is_collective(bare)) and not (names and roles):
            names.append(bare)
            if bare != part and (title := part[: len(part) - len(bare)].strip(" ,")):
                roles.append(title)
        else:
            roles.append(part)


def from_field(raw: str | None, site_names: Collection[str] = ()) -> Credit | None:
    """The author field of a page; None for the site's own name, a login or an address."""
    if raw is None or not (
        text := re.sub(r"(?i)^(?:tác giả(?: bài viết)?|người đăng|bài viết|by)\s*:?\s*", "", raw.strip())
    ):
        return None
    key = fold(text)
    if any(key == fold(site) or (len(key) > 12 and key in fold(site)) for site in site_names):
        return None
    if _LOGIN.fullmatch(text) or _SITE.search(text) or (text.isascii() and text.islower()):
        return None
    return parse(text) or (Credit((text,)) if _plausible(text) else None)


def _plausible(text: str) -> bool:
    """A field that is marked as the author and has no shape we know: one capitalised word, a foreign name."""
    return (
        len(text) <= 40 and text[0].isupper() and text.count(" ") <= 3 and text.split()[0].lower() not in _OFFICE_HEADS
    )

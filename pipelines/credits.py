"""A byline read: people, collective pen names, offices and outlets told apart (domain facts §4.11)."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from pipelines.names import is_collective, is_name, is_office, is_vietnamese_name
from pipelines.text import fold


@dataclass(frozen=True, slots=True)
class Credit:
    """A byline read: names as printed, the office or title that stood with them, and the outlet it was taken from."""

    authors: tuple[str, ...]
    role: str | None = None
    source: str | None = None


_DEGREE = r"(?:(?:Thiếu|Trung|Thượng|Đại) (?:úy|uý|tá|tướng)|PGS|GS|TS|ThS|Th\.S|TSKH|BS|CKI{1,2}|CN|KS|LS|NCS|Dr)"
_PREFIX = re.compile(
    rf"^(?i:(?:{_DEGREE}(?:\.|,?\s|,(?=\s)))(?:\s*{_DEGREE}[.,]?\s*)*\s*"
    r"|(?:đồng chí|đ/c|ông|bà|nhà báo|nhà văn|nhà thơ|nhà giáo|luật sư|tiến sĩ|thạc sĩ)\s+)"
)
_QUOTED_PERSON = re.compile(r"(?i)(?:đồng chí|đ/c|ông|bà|anh|chị|bác|cụ)\s")
_DEED = (
    r"thực hiện|tổng hợp|t\.?/?h|bt|s?t|biên tập|sưu tầm|lược ghi|ghi(?: chép)?|lược thuật|giới thiệu|biên soạn"
    r"|tổng thuật|(?:lược )?dịch"
)
_DEED_IN_BRACKETS = re.compile(_DEED, re.I)
_DEED_AFTER = re.compile(r"(?i)\s+(?:thực hiện|tổng hợp|lược ghi|ghi|biên soạn|sưu tầm)\s*$")
_BRACKETS = re.compile(r"\s*[–-]?\s*\(([^()]{1,120})\)")
_ACCORDING = re.compile(r"(?i)(?:theo|nguồn)\s*:?\s+(?P<said>.+)")
_OUTLET = re.compile(
    r"TTXVN|Vietnam\+|Vietnamplus|VOV\d?|VTV\d*|VGP|ĐCSVN|(?:Báo|Đài|Tạp chí|Cổng|TTX)\s.+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:vn|com|org|net)\S*"
)
_PICTURES = re.compile(r"(?i)\s*[,;.–—/-]?\s*\(?(?:ảnh|hình(?: ảnh)?|video|clip|đồ họa|ảnh và video)\s*:.*$")
_PARTS = re.compile(r"(\s*[–—&;+|/]\s*|\s+-\s*|-\s+|(?<!GS)\s*,(?!\s*TS\b)\s*|\s+và\s+)")
_TIGHT = re.compile(r"(?<!Y)-(?=\S)")
_CORRESPONDENT = frozenset(("CTV", "PV", "BTV"))
_LOGIN = re.compile(
    r"(?i)[a-z0-9._@+-]*\d[a-z0-9._@+-]*|[a-z][a-z0-9._+-]*@\S+|(?:super\s*)?(?:admin|user|host)\w*(?: account)?|root"
    r"|(?:ban |người )?quản trị(?: viên| hệ thống| website)?|quantri\w*|editor|author|biên tập viên(?: \d+)?|webmaster"
    r"|bientap\w*|tin tức|unknown|anonymous|test|khách|guest|n/a|(?:đang )?cập nhật|không rõ|khuyết danh|sưu tầm"
)
_SITE = re.compile(
    r"(?i)https?://|www\.|trang (?:thông tin|tin)|cổng (?:thông tin|ttđt)|website|\.(?:vn|com|gov|org)\b"
)
_LABEL = re.compile(
    r"(?i)^(?:tác giả(?: bài viết)?|(?:người|được|bài)?\s*(?:đăng|viết|gửi)(?: bởi)?|bài viết|by|bởi"
    r"|(?:tin|bài|ảnh)(?:\s*(?:,|và|&|-|–|/)\s*(?:tin|bài|ảnh|clip))*(?=\s*:))\s*(?::\s*|(?<=\w)\s+|$)"
)
_PHOTO_FIELD = re.compile(r"(?i)(?:ảnh|hình(?: ảnh)?|clip|video)\s*:")


@dataclass(slots=True)
class _Reading:
    """A byline while its parts are read from left to right."""

    strict: bool
    names: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    offices: list[str] = field(default_factory=list)
    source: str | None = None
    in_office: bool = False

    def person(self, part: str) -> bool:
        """Take `part` where it is somebody's name, a title before it kept as a role."""
        bare = _PREFIX.sub("", part, count=1)
        name = bare if is_collective(bare) else bare.strip(" .")
        if not (is_collective(name) or (is_vietnamese_name if self.strict else is_name)(name)):
            return False
        if name in _CORRESPONDENT and self.names:
            return False
        if title := part[: len(part) - len(bare)].strip(" ,"):
            self.titles.append(title)
        self.names.append(name)
        self.in_office = False
        return True

    def office(self, separator: str, part: str) -> None:
        if self.in_office and separator.strip() in (",", "và", "&", "-", "–"):
            self.offices[-1] += f"{separator}{part}"
        else:
            self.offices.append(part)
        self.in_office = True

    def done(self) -> Credit | None:
        if not self.names or (self.strict and not self._is_certain()):
            return None
        return Credit(tuple(dict.fromkeys(self.names)), ", ".join([*self.titles, *self.offices]) or None, self.source)

    def _is_certain(self) -> bool:
        return len(self.names) <= 4 and all(map(is_office, self.offices))


def parse(text: str, *, strict: bool = False) -> Credit | None:
    """The names, the office and the outlet in a byline without its label; None when it names nobody.

    `strict`: the text was found in prose, so only shapes that cannot be a phrase count.
    """
    rest = text.strip(" ,;:–-")
    if rest[:1] == "(" and rest[-1:] == ")" and rest.count("(") == 1:
        rest = rest[1:-1].strip()
    rest = _PICTURES.sub("", rest)
    reading = _Reading(strict)
    notes = [note.strip() for note in _BRACKETS.findall(rest)]
    rest = _DEED_AFTER.sub("", _BRACKETS.sub("", rest)).strip()
    if strict and (any(map(str.isdigit, rest)) or _QUOTED_PERSON.match(rest)):
        return None
    parts = _parts(rest)
    for at, (separator, part) in enumerate(parts):
        if separator.strip() == "/" and reading.names and _OUTLET.fullmatch(part):
            reading.source = part
            continue
        # within an office a name is a place, unless a title or an office of its own goes with it
        following = parts[at + 1][1] if at + 1 < len(parts) else ""
        own = not reading.in_office or _PREFIX.match(part) or (separator.strip() != "," and is_office(following))
        if not (own and reading.person(part)):
            if strict and not reading.names:
                return None
            reading.office(separator, part)
    for note in notes:
        if said := _ACCORDING.fullmatch(note):
            reading.source = reading.source or said["said"]
        elif not _DEED_IN_BRACKETS.fullmatch(note):
            reading.in_office = False
            reading.office("", note)
    return reading.done()


def _parts(text: str) -> list[tuple[str, str]]:
    """The parts of a byline, each with the separator before it; a tight hyphen parts what are two names or offices."""
    split = ["", *_PARTS.split(text)]
    found: list[tuple[str, str]] = []
    for separator, part in zip(split[::2], split[1::2], strict=True):
        left, _, right = part.partition("-")
        if right and _TIGHT.search(part) and is_name(left) and (is_name(right) or is_office(right)):
            found += [(separator, left), ("-", right)]
        elif part:
            found.append((separator, part))
    return found


def from_field(raw: str | None, site_names: Collection[str] = ()) -> Credit | None:
    """The author field of a page; None for the site's own name, a login or an address."""
    if raw is None or _PHOTO_FIELD.match(raw.strip()) or not (text := _LABEL.sub("", raw.strip())):
        return None
    key = fold(text)
    if any(key == fold(site) or (len(key) > 12 and key in fold(site)) for site in site_names):
        return None
    if _LOGIN.fullmatch(text) or _SITE.search(text) or (text.isascii() and text.islower()):
        return None
    return parse(text) or (Credit((text,)) if _is_plausible(text) else None)


def _is_plausible(text: str) -> bool:
    """A field that is marked as the author and has no shape we know: one capitalised word, a foreign name."""
    words = text.split()
    return len(text) <= 40 and len(words) <= 4 and not is_office(text) and all(map(_is_capitalised, words))


def _is_capitalised(word: str) -> bool:
    return word[0].isupper() and word.strip(".").replace("-", "").replace("'", "").isalpha()

"""The byline of an article: signature, byline and source lines lifted out of its prose (domain facts §4.11)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipelines import names
from pipelines.names import Credit
from pipelines.text import fold


@dataclass(frozen=True, slots=True)
class Byline:
    """Who wrote it and where it came from; `paragraphs` is the prose without the lines that said so."""

    authors: tuple[str, ...] = ()
    """Names only, as printed: "CTV Ngọc Sơn", "T.H"; office and degree are in `role`."""
    role: str | None = None
    source: str | None = None
    """Without its label."""
    paragraphs: tuple[str, ...] = ()


_WROTE = (
    r"(?:tác giả(?: bài viết)?|người viết|bài viết|thực hiện|biên soạn|tổng hợp"
    r"|(?:tin|bài|ảnh|clip|video|đồ họa|tin bài)(?:\s*(?:,|và|&|-|–|/)\s*(?:tin|bài|ảnh|clip|video|đồ họa))*)"
)
_AUTHOR_LINE = re.compile(rf"\(\s*{_WROTE}\s*:\s*(?P<inner>.{{2,160}}?)\s*\)|{_WROTE}\s*:\s*(?P<who>.{{2,160}})", re.I)
_BY_NAME = re.compile(r"\(?\s*tác giả", re.I)
_PHOTO_ONLY = re.compile(r"\(?\s*(?:ảnh|clip|video|đồ họa|ảnh và video)\s*:", re.I)
_SOURCE_LINE = re.compile(
    r"[(\[]?\s*(?:nguồn(?: tin| bài| ảnh)?|nguồn\s*/\s*tác giả|theo nguồn|trích nguồn|xuất xứ)\s*:\s*"
    r"(?P<from>.{2,160}?)\s*[)\]]?\.?",
    re.I,
)
_SOURCE_PHOTO = re.compile(r"[(\[]?\s*nguồn ảnh", re.I)
_ACCORDING = re.compile(
    r"\(\s*theo:?\s+(?P<a>[^()]{2,60})\)\.?|theo:?\s+(?P<b>[^.,;:()]{2,50}|\S+\.(?:vn|com)\S*)", re.I
)
_SENTENCE_END = r"(?:\./\.|[.!?…][”\"’)]*|/\.)"
_GLUED_SOURCE = re.compile(
    rf"(?P<prose>.*{_SENTENCE_END})\s*(?P<tail>[(\[]?\s*(?:Nguồn(?: tin)?\s*:|\(Theo\s|Theo:)\s*[^.]{{2,80}}"
    r"(?:\.(?:vn|com|org|net)\S*)?[)\]]?\.?)",
    re.S,
)
_LEAD_IN = re.compile(
    r"\(\s*(?P<a>[A-ZĐ][A-ZĐƯ]{1,7}(?:[-–][A-ZĐ]{2,6})?|[\w-]+(?:\.[\w-]+)*\.(?:vn|com|org|net))\s*\)\s*[-–—:]*\s*(?=\S)"
    r"|(?P<b>[A-ZĐƯ]{3,7}|[\w-]+(?:\.[\w-]+)*\.(?:vn|com|org|net))\s*[-–—]\s+(?=[^\W\d_][^\W\d_]*[a-zà-ỹđ])"
)
_PICTURES = re.compile(r"(?i)\s*[,;–-]\s*(?:ảnh|hình|video)\s*:.*$")
_OFFICE = re.compile(
    r"(?:Ban|Văn phòng|Sở|Phòng|Trung tâm|Đài|Báo|Tỉnh ủy|Thành ủy|Huyện ủy|Đảng ủy|Ủy ban|UBND|HĐND|UBMTTQ|Hội|Ủy viên"
    r"|Bí thư|Phó|Chủ tịch|Trưởng|Chánh|Giám đốc|Nguyên)\s[^.!?…:;]{3,95}"
)
_CLOSED = re.compile(r"\./\.$")
_NO_LEAD_IN = frozenset(
    (
        *("HĐND", "UBND", "UBMTTQ", "MTTQ", "ĐBQH", "BCH", "BTV", "BCĐ", "KTXH", "QPAN", "ANTT", "CLB", "THPT", "THCS"),
        *("HTX", "GDP", "GRDP", "PCI", "TNXP", "CCB", "LLVT", "BĐBP", "CAND", "QĐND", "CNXH", "TDTT", "VHTT"),
    )
)
_TAIL = 5


def split(
    paragraphs: Sequence[str],
    author_field: str | None = None,
    source_field: str | None = None,
    site_names: Collection[str] = (),
) -> Byline:
    """Authors, role and source of an article, and its prose without the lines that named them.

    `author_field` and `source_field` are what the product marks as such, labels cut or not. A person's signature
    under the text says more than a collective field ("Ban Biên tập"); otherwise the field wins. Never the site's
    name, a login or an address; a photographer is no author.
    """
    found = _Found(list(paragraphs))
    found.tail()
    found.head()
    field = names.from_field(author_field, site_names)
    signed = found.credit
    if signed and any(fold(author) == fold(site) for author in signed.authors for site in site_names):
        signed = None
    credit = _choose(field, signed) or Credit(())
    source = _unlabel(source_field) or found.source
    return Byline(credit.authors, credit.role, source, tuple(found.prose))


def _choose(field: Credit | None, signed: Credit | None) -> Credit | None:
    if field is None or signed is None:
        return field or signed
    collective = all(map(names.is_collective, field.authors))
    if collective and not all(map(names.is_collective, signed.authors)):
        return signed
    same = set(map(fold, field.authors)) & set(map(fold, signed.authors))
    return Credit(field.authors, field.role or (signed.role if same else None))


def _unlabel(source: str | None) -> str | None:
    if source is None or not source.strip():
        return None
    text = source.strip()
    match = _SOURCE_LINE.fullmatch(text)
    return (match["from"] if match else text).strip(" :–-") or None


class _Found:
    """What the paragraphs gave while byline lines are taken off them."""

    def __init__(self, prose: list[str]) -> None:
        self.prose = prose
        self.credit: Credit | None = None
        self.source: str | None = None

    def tail(self) -> None:
        """Lines after the prose, last first; then a signature glued to the last sentence."""
        for _ in range(_TAIL):
            if len(self.prose) < 2 or not self._line(self.prose[-1].strip(), last=True):
                break
            self.prose.pop()
        if self.prose:
            self._glued()

    def head(self) -> None:
        """A labelled byline above the prose, and the agency's mark at its beginning ("(BDO) -")."""
        for _ in range(2):
            if len(self.prose) > 1 and self._line(self.prose[0].strip(), last=False):
                self.prose.pop(0)
        if self.prose and (match := _LEAD_IN.match(self.prose[0])):
            mark = match["a"] or match["b"]
            if mark not in _NO_LEAD_IN and len(self.prose[0]) > match.end() + 30:
                self.source = self.source or mark
                self.prose[0] = self.prose[0][match.end() :]

    def _line(self, line: str, *, last: bool) -> bool:
        """Whether the whole line is a byline or source line; what it says is kept."""
        if len(line) > 200 or not line:
            return False
        if not _SOURCE_PHOTO.match(line) and (match := _SOURCE_LINE.fullmatch(line)):
            return self._sourced(match["from"])
        if (match := _AUTHOR_LINE.fullmatch(line)) and not _PHOTO_ONLY.match(line):
            credit = names.from_field(_who(match)) if _BY_NAME.match(line) else names.parse(_who(match))
            return self._credited(credit) or _BY_NAME.match(line) is not None
        if not last:
            return False
        if _PHOTO_ONLY.match(line) and len(line) < 80:
            return True
        if (match := _ACCORDING.fullmatch(line)) and _is_outlet(said := match["a"] or match["b"]):
            return self._sourced(said)
        return self.credit is None and self._signed(line)

    def _signed(self, line: str) -> bool:
        """A signature on a line of its own, perhaps with the office on one more line below it."""
        above = self.prose[-2].strip()
        if _OFFICE.fullmatch(line) and len(line) < 100:
            if names.is_vietnamese_name(above) and len(self.prose) > 2:
                self.prose.pop()
                self.credit = Credit((above,), line)
                return True
            return _CLOSED.search(above) is not None and self._credited(Credit((), line))
        if above.endswith((":", ",", ";")) or names.is_vietnamese_name(above):
            return False
        return self._credited(_signature(line))

    def _glued(self) -> None:
        last = self.prose[-1]
        if match := _GLUED_SOURCE.fullmatch(last):
            tail = match["tail"].strip()
            according = _ACCORDING.fullmatch(tail)
            source = _SOURCE_LINE.fullmatch(tail)
            said = source["from"] if source else (according["a"] or according["b"]) if according else None
            if said and self._sourced(said):
                last = self.prose[-1] = match["prose"].rstrip()
        if self.credit is not None:
            return
        for prose, tail in _sentence_tails(last):
            labelled = _AUTHOR_LINE.fullmatch(tail)
            credit = names.parse(_who(labelled)) if labelled and not _PHOTO_ONLY.match(tail) else _signature(tail)
            if credit and self._credited(credit):
                self.prose[-1] = prose
                return

    def _sourced(self, said: str) -> bool:
        self.source = self.source or _PICTURES.sub("", said).strip(" .:–-")
        return True

    def _credited(self, credit: Credit | None) -> bool:
        if credit is None:
            return False
        if self.credit is None:
            self.credit = credit
        return True


_END = re.compile(rf"{_SENTENCE_END}(?=\s)")


def _sentence_tails(paragraph: str) -> list[tuple[str, str]]:
    """(prose, what follows its last or last but one sentence end), for a signature with initials may hold stops."""
    ends = [match.end() for match in _END.finditer(paragraph)][-2:]
    return [(paragraph[:end], tail) for end in ends if 1 < len(tail := paragraph[end:].strip()) <= 120]


def _who(match: re.Match[str]) -> str:
    return match["who"] or match["inner"] or ""


def _signature(line: str) -> Credit | None:
    """A line that is nothing but who signed: names, pen names, names with an office."""
    if len(line) > 120 or re.search(r"[!?…”\":;]$", line) or (line.endswith(".") and not names.is_collective(line)):
        return None
    return names.parse(line, strict=True)


def _is_outlet(said: str) -> bool:
    words = said.split()
    return len(words) <= 6 and (words[0][0].isupper() or "." in said)

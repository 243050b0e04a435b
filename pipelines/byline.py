"""The byline of an article: signature, byline and source lines lifted out of its prose (domain facts §4.11)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pipelines import credits, names
from pipelines.credits import Credit
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
    r"(?:tác giả(?: bài viết)?|người viết|bài viết|thực hiện|biên soạn|tổng hợp|sưu tầm|lược ghi|tổng thuật"
    r"|ghi chép|bút ký|phóng sự|ký sự|tùy bút|tản văn|phỏng vấn"
    r"|(?:tin|bài|ảnh|clip|video|đồ họa|tin bài)(?:\s*(?:,|và|&|-|–|/)\s*(?:tin|bài|ảnh|clip|video|đồ họa))*)"
)
_AUTHOR_LINE = re.compile(
    rf"\(\s*{_WROTE}\s*:\s*(?P<inner>.{{2,160}}?)\s*\)|{_WROTE}\s*(?::|\s(?P<of>của)\s)\s*(?P<who>.{{2,160}})", re.I
)
_BY_NAME = re.compile(r"\(?\s*tác giả", re.I)
_OTHER_HANDS = re.compile(
    r"\(?\s*(?:ảnh|hình ảnh|clip|video|đồ họa|ảnh và video|biên tập|người biên tập|kỹ thuật|thiết kế|trình bày"
    r"|duyệt(?: tin)?|đăng tin|người (?:đăng|gửi|nhập)(?: tin)?)\s*:\s*(?P<who>.*)",
    re.I,
)
"""Who took the pictures or set the page: no author."""
_SOURCE_LINE = re.compile(
    r"[(\[]?\s*(?:nguồn(?: tin| bài| ảnh)?|nguồn\s*/\s*tác giả|theo nguồn|trích nguồn|xuất xứ"
    r"|link (?:gốc|nguồn|bài))\s*:\s*"
    r"(?P<from>.{2,160}?)\s*[)\]]?\.?|\(nguồn\s+(?P<in>[^():]{2,60})\)"
    r"|\(?nguồn\s+(?P<at>(?:https?://|www\.)?[\w-]+(?:\.[\w-]+)+[^\s)]*)\)?",
    re.I,
)
_SOURCE_PHOTO = re.compile(r"[(\[]?\s*nguồn ảnh", re.I)
_ACCORDING = re.compile(
    r"\(\s*theo:?\s+(?P<a>[^()]{2,60})\)\.?|theo:?\s+(?P<b>[^.,;:()]{2,50}|\S+\.(?:vn|com)\S*)", re.I
)
_SENTENCE_END = r"(?:\./\.|[.!?…][”\"’)]*|/\.)"
_GLUED_SOURCE = re.compile(
    rf"(?P<prose>.*{_SENTENCE_END})\s*(?P<tail>(?:[(\[]?\s*(?:Nguồn(?: tin)?\s*:|\(Theo\s|Theo:)|(?<=\./\.)\s*Theo\s)"
    r"\s*[^.]{2,80}(?:\.(?:vn|com|org|net)\S*)?[)\]]?\.?)",
    re.S,
)
_LEAD_IN = re.compile(
    r"[(\[]\s*(?P<a>[A-ZĐ][A-ZĐƯ]{1,7}(?:[-–][A-ZĐ]{2,6})?|[\w-]+(?:\.[\w-]+)*\.(?:vn|com|org|net))\s*[)\]]"
    r"\s*[-–—:]*\s*(?=\S)"
    r"|\(\s*(?P<c>[A-ZĐ][^()\d]{2,30})\)\s*[-–—]\s*(?=[^\W\d_])"
    r"|(?P<b>[A-ZĐƯ]{3,7}|[\w-]+(?:\.[\w-]+)*\.(?:vn|com|org|net))\s*[-–—]\s+(?=[^\W\d_][^\W\d_]*[a-zà-ỹđ])"
)
_PICTURES = re.compile(r"(?i)\s*[,;–-]\s*(?:ảnh|hình|video)\s*:.*$")
_ORGAN = re.compile(r"(?:Ban|Văn phòng|Sở|Phòng|Trung tâm|Ủy ban|Uỷ ban|Đảng (?:ủy|uỷ)|UBKT|UBND|HĐND|Báo|Đài|Hội)\s")
_DOES = re.compile(r"\s(?:đã|đang|sẽ|cần|phải|được|là|có|tổ chức|phối hợp|thực hiện|chỉ đạo|yêu cầu|tiếp tục)\s")
_OFFICE_LINE = re.compile(r"(?=.*\s[a-zà-ỹđ])[^.!?…:;]{3,100}")
_ENDED = re.compile(rf"{_SENTENCE_END}[”\"’)]*$")
_CLOSED = re.compile(r"\./\.$")
_SENTENCE = 20
"""Characters below which what stands before a signature is no sentence, but a title ("Đại tá, TS.")."""
_SIGNED = re.compile(r"\W*(?:đã ký|đóng dấu|đã ký, đóng dấu)\W*", re.I)
_PROSE = 60
"""Characters of a line that may be no more than an office's name."""
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
    field = credits.from_field(author_field, site_names)
    signed = found.credit
    if signed and any(fold(author) == fold(site) for author in signed.authors for site in site_names):
        signed = None
    credit = _choose(field, signed) or Credit(())
    source = _unlabel(source_field) or found.source or credit.source
    return Byline(credit.authors, credit.role, source, tuple(found.prose))


def lead_in(paragraph: str) -> tuple[str, str] | None:
    """The agency's mark at the head of a first paragraph or a lead ("(BDO) -"), and what follows it."""
    match = _LEAD_IN.match(paragraph)
    if match is None or len(paragraph) <= match.end() + 30:
        return None
    mark = (match["a"] or match["b"] or match["c"]).strip()
    return None if mark in _NO_LEAD_IN else (mark, paragraph[match.end() :])


def _choose(field: Credit | None, signed: Credit | None) -> Credit | None:
    if field is None or signed is None:
        return field or signed
    collective = all(map(names.is_collective, field.authors))
    if collective and not all(map(names.is_collective, signed.authors)):
        return signed
    same = set(map(fold, field.authors)) & set(map(fold, signed.authors))
    return Credit(field.authors, field.role or (signed.role if same else None), field.source or signed.source)


def _unlabel(source: str | None) -> str | None:
    if source is None or not source.strip():
        return None
    text = source.strip()
    match = _SOURCE_LINE.fullmatch(text)
    return ((match["from"] or match["in"] or match["at"]) if match else text).strip(" :–-") or None


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
        if self.prose and (marked := lead_in(self.prose[0])):
            self.source, self.prose[0] = self.source or marked[0], marked[1]

    def _line(self, line: str, *, last: bool) -> bool:
        """Whether the whole line is a byline or source line; what it says is kept."""
        if len(line) > 200 or not line:
            return False
        if not _SOURCE_PHOTO.match(line) and (match := _SOURCE_LINE.fullmatch(line)):
            return self._sourced(match["from"] or match["in"] or match["at"])
        if other := _OTHER_HANDS.fullmatch(line):
            return last and len(line) < 80 and other["who"][:1].isupper()
        if match := _AUTHOR_LINE.fullmatch(line):
            said = _who(match)
            credit = credits.from_field(said) if _BY_NAME.match(line) else credits.parse(said, strict=bool(match["of"]))
            return self._credited(credit) or (_BY_NAME.match(line) is not None and not match["of"])
        if not last:
            return False
        if (match := _ACCORDING.fullmatch(line)) and _is_outlet(said := match["a"] or match["b"]):
            shared = credits.parse(said, strict=True) if "/" in said else None
            return self._credited(shared) or self._sourced(said)
        return self.credit is None and self._signed(line)

    def _signed(self, line: str) -> bool:
        """A signature on a line of its own, perhaps with the office on one more line below it."""
        above = self.prose[-2].strip()
        closed = _CLOSED.search(above) is not None
        office = line[1:-1] if line[:1] == "(" and line[-1:] == ")" else line
        if _OFFICE_LINE.fullmatch(office) and names.is_office(office) and credits.parse(line) is None:
            named = credits.parse(above, strict=True)
            if named and len(self.prose) > 2 and _ends_prose(self.prose[-3]):
                self.prose.pop()
                return self._credited(replace(named, role=", ".join(filter(None, (named.role, office)))))
            alone = _ORGAN.match(office) and len(office) <= _PROSE and not _DOES.search(office) and _ENDED.search(above)
            return bool(closed or alone) and self._credited(Credit((), office))
        below_prose = _ends_prose(above) or _SOURCE_LINE.fullmatch(above) or _OTHER_HANDS.fullmatch(above)
        return bool(below_prose) and self._credited(_signature(line, closed=closed))

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
            labelled = _AUTHOR_LINE.fullmatch(tail) if not _OTHER_HANDS.match(tail) else None
            closed = _CLOSED.search(prose) is not None
            of = bool(labelled and labelled["of"])
            credit = credits.parse(_who(labelled), strict=of) if labelled else _signature(tail, closed=closed)
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
            self.source = self.source or credit.source
        return True


_END = re.compile(rf"{_SENTENCE_END}(?=\s)|(?:\./\.|(?<=[a-zà-ỹđ]{{2}})[.!?])(?=[^\W\d_])")


def _sentence_tails(paragraph: str) -> list[tuple[str, str]]:
    """(prose, what follows one of its last sentence ends), longest first: initials and degrees hold stops too."""
    ends = [match.end() for match in _END.finditer(paragraph)][-4:]
    tails = ((paragraph[:end], paragraph[end:].strip()) for end in ends if end > _SENTENCE)
    return [(prose, tail) for prose, tail in tails if 1 < len(tail) <= 120]


def _ends_prose(line: str) -> bool:
    """Whether a signature may stand below the line: it is no list's lead-in, no signer's office and no other name."""
    stripped = line.rstrip()
    if _ENDED.search(stripped):
        return True
    if (
        stripped.endswith((":", ",", ";"))
        or stripped.isupper()
        or _SIGNED.fullmatch(stripped)
        or names.is_vietnamese_name(stripped)
    ):
        return False
    listed = names.is_vietnamese_name(stripped.rpartition(":")[2])
    return not listed and (len(stripped) >= _PROSE or not names.is_office(stripped))


def _who(match: re.Match[str]) -> str:
    return match["who"] or match["inner"] or ""


_SAID = re.compile(r"[!?…“”\";]|:$|\./\.")
"""What stands in a sentence and in no signature."""


def _signature(line: str, *, closed: bool) -> Credit | None:
    """A line that is nothing but who signed: names, pen names, names with an office.

    `closed`: "./." stands above it, so even one word is a pen name.
    """
    if len(line) > 120 or _SAID.search(line) or (line.endswith(".") and not names.is_collective(line)):
        return None
    if re.match(r"[-–+•*]\s", line) and not re.search(r"\s[-–]$", line):
        return None  # one item of a list
    if closed and names.is_pen_name(line):
        return Credit((line,))
    return credits.parse(line, strict=True)


def _is_outlet(said: str) -> bool:
    words = said.split()
    return len(words) <= 6 and (words[0][0].isupper() or "." in said)

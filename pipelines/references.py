"""Numbered documents (số hiệu) that a text cites, by the grammar of domain facts §4.13, extended.

Written forms: `05-CT/TW`, `12/2023/NQ-HĐND`, `31/2024/QH15`, with separators lost, doubled or swapped as PDFs and
typists leave them; and the short form "Quyết định 217 của Bộ Chính trị". A count ("229 nghị quyết") is none.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from pipelines.marks import STROKES
from pipelines.text import fold
from schemas.article import DocumentRef

_HEADS = {
    "chương trình hành động": "CTr", "chương trình": "CTr", "nghị quyết": "NQ", "chỉ thị": "CT", "quyết định": "QĐ",
    "quy định": "QĐ", "quy chế": "QC", "kế hoạch": "KH", "đề án": "ĐA", "kết luận": "KL", "hướng dẫn": "HD",
    "thông báo": "TB", "báo cáo": "BC", "tờ trình": "TTr", "công văn": "CV", "nghị định": "NĐ", "thông tư": "TT",
    "công điện": "CĐ", "luật": "L", "pháp lệnh": "PL", "sắc lệnh": "SL", "quy trình": "QT",
}  # fmt: skip
KINDS = frozenset(_HEADS.values())
"""The kinds that have a name of their own in running text."""
_KINDS = (
    "NQLT|NQ|CTHĐ|CTPH|CTr|Ctr|CTR|CTrHĐ|CT|QĐi|QĐI|QyĐ|QyC|QĐ|QCPH|QC|QTr|QT|KHPH|KH|ĐA|KLTTr|KL|HDLN|HD|TBKL|TB|BC"
    "|TTLT|TTr|Ttr|TTR|TT|CV|NĐ|CĐ|ĐH|PA|SL|PL|VBHN|GM|Kl"
)
_ISSUING = (
    r"TWĐTN|TW|TU|BTCTW|BTGTW|BTGDVTW|BTGTU|BTGDVTU|BTCTU|BDVTW|BDVTU|BNCTW|BNCTU|UBKTTW|UBKTTU|VPTW|VPTU|BTG|BTV|BCĐ"
    r"|HU|ThU|ĐU|ĐUK|HĐND|UBND|TTg|CP|UBTVQH\d*|QH\d+|BTTTT|BNV|BTC|BCA|BQP|MTTW|MTTQ|ĐĐBQH"
)
_ANY_ISSUING = r"[A-ZĐƯ][A-ZĐƯa-z]{0,15}\d{0,2}"
_YEAR = r"\s?/\s?(?P<year{0}>(?:19|20)\d\d)"
_END = r"(?![A-Za-zĐđƯưÀ-ỹ])"
_NUMBER = re.compile(
    # the first digit is matched before what stands left of it: so the engine leaps from digit to digit
    rf"(?P<no>\d(?<![\d/.,]\d)(?<!\d-\d)\d{{0,4}}[a-z]?)(?:{_YEAR.format('')})?"
    r"(?:"
    rf"\s?[-–—/]?\s?(?P<kind>{_KINDS})\s?[-–—/]*\s?(?P<org>{_ISSUING})"
    rf"|[-–—/]{{1,2}}\s?(?P<kind2>{_KINDS})\s?[-–—/]{{1,2}}\s?(?P<org2>{_ANY_ISSUING})"
    r"|(?<=\d)/\s?(?P<org3>(?:UBTVQH|QH)\d{1,2})"
    rf")(?P<joint>(?:[-–]{_ANY_ISSUING})*){_END}"
)
_SPELLING = {"Ctr": "CTr", "CTR": "CTr", "Ttr": "TTr", "TTR": "TTr", "QĐI": "QĐi", "Kl": "KL"}
_ISSUERS = {
    "CP": "Chính phủ", "TTg": "Thủ tướng Chính phủ", "BTCTW": "Ban Tổ chức Trung ương",
    "BTGTW": "Ban Tuyên giáo Trung ương", "UBKTTW": "Ủy ban Kiểm tra Trung ương",
    "VPTW": "Văn phòng Trung ương Đảng", "BDVTW": "Ban Dân vận Trung ương", "BNCTW": "Ban Nội chính Trung ương",
}  # fmt: skip

_HEAD = "|".join(sorted((head.replace(" ", r"\s+") for head in _HEADS), key=len, reverse=True))
_DAY = r"(?P<d{0}>\d{{1,2}})\s?[/.-]\s?(?P<m{0}>\d{{1,2}})\s?[/.-]\s?(?P<y{0}>(?:19|20)\d\d)"
_WORDS = r"(?P<dw{0}>\d{{1,2}})\s+tháng\s+(?P<mw{0}>\d{{1,2}})\s+năm\s+(?P<yw{0}>(?:19|20)\d\d)"
_DATED = rf"(?:{_DAY.format('')}|{_WORDS.format('')})"
_AFTER = re.compile(
    rf"\s*[,(]?\s*(?:ban hành\s+|ra\s+|ký\s+)?(?:ngày\s*{_DATED}\)?|năm\s+(?P<only>(?:19|20)\d\d))?"
    r"\s*,?\s*(?:\(?kh(?:óa|oá)\s+[IVXL]+\)?\s*)?(?:của\s*(?P<of>[^\W\d_].*))?",
    re.I | re.S,
)
_BEFORE_DATE = re.compile(rf"(?:^|[.!?:;…”\"]\s*|\n)\s*(?:Ngày|Vào ngày)\s+{_DATED}\s*,?\s*[^.;:!?]{{0,120}}$", re.S)
_GIVEN = re.compile(
    r"\s(?:(?:đã|vừa|cũng)\s+)*(?:ban hành|ra|ký|thông qua|công bố|có|phê duyệt)\s+"
    rf"(?:(?:{_HEAD})(?:\s+làm việc|\s+liên tịch)?\s*)?(?:số\s*)?$",
    re.I,
)
_ORGANS = (
    r"Bộ Chính trị|Ban Bí thư(?: Trung ương(?: Đảng)?)?|(?:Ban Chấp hành|BCH) Trung ương(?: Đảng)?|Trung ương(?: Đảng)?"
    r"|(?:(?:Ban Thường vụ|BTV|Thường trực|Ban Chấp hành|BCH) )?(?:Tỉnh|Thành|Huyện|Thị|Quận|Đảng) (?:ủy|uỷ)"
    r"|(?:Ban Thường vụ|BTV|Ban Chấp hành|BCH) Đảng bộ(?: (?:tỉnh|thành phố|huyện|xã|phường))?"
    r"|(?:Ban (?:Tổ chức|Tuyên giáo(?: và Dân vận)?|Dân vận|Nội chính|Kinh tế)|Ủy ban Kiểm tra|Văn phòng)"
    r" (?:Trung ương(?: Đảng)?|(?:Tỉnh|Thành|Huyện) (?:ủy|uỷ))"
    r"|(?:Thủ tướng )?Chính phủ|(?:(?:Ủy|Uỷ) ban Thường vụ )?Quốc hội|Chủ tịch nước"
    r"|(?:Chủ tịch )?(?:HĐND|Hội đồng nhân dân|UBND|(?:Ủy|Uỷ) ban nhân dân) "
    r"(?:tỉnh|thành phố|huyện|thị xã|quận|xã|phường|TP)"
)
_MINISTRY = (
    r"Bộ (?:trưởng Bộ )?[A-ZĐ][^\W\d_]+"
    r"(?:(?: (?:và )?| - )(?:[A-ZĐ]\w+|học|tế|lực|tư|thôn|trường|thông|chính|vụ|an|phòng|tạo)){0,6}"
)
_PLACE = (
    r"(?:\s+(?!Về|Thực|Ban|Đảng|Quy|Khóa|Nghị|Chỉ|Kế|Trong|Đã|Theo|Tỉnh|Thành)"
    r"[A-ZĐÂÔƯ][^\W\d_]*(?:\s*-\s*[A-ZĐ][^\W\d_]+)?){0,4}"
)
_ISSUER = re.compile(rf"(?P<organ>(?i:{_ORGANS})(?!\w)|{_MINISTRY})(?P<place>{_PLACE})")
_BARE = re.compile(
    rf"(?P<no>\d(?<=\s\d)\d{{0,3}}[a-z]?)(?![\w/.–-])\s*,?\s*(?:ngày\s*{_DATED}\s*,?\s*)?của\s*(?P<of>[^\W\d_])", re.I
)
_HEAD_LAST = re.compile(rf"(?<!\w)(?P<head>{_HEAD})(?:\s+số)?\s+$", re.I)
_JOINED = re.compile(rf"\s*(?:,|và|;|,\s*và|hay|hoặc)\s*(?:(?:{_HEAD})\s*)?(?:số\s*)?", re.I)
_STATE = re.compile(r"(?:HĐND|UBND|TTg|CP|QH|UBTVQH|B(?:NV|TC|CA|QP|TTTT)$)")
_LIMIT = 160


@dataclass(frozen=True, slots=True)
class _Cited:
    """One number where it stands in the text."""

    start: int
    end: int
    ref: DocumentRef


def find(text: str) -> tuple[DocumentRef, ...]:
    """The numbered documents that `text` (NFC) cites, in order of first mention, once by (issuer, kind, number, year).

    `issuer` is as printed, without "khóa"; where only the suffix names it (CP, TTg, QH, ...) it is spelled out; for
    TU, HĐND and UBND without a printed issuer it is None, because every province has one.
    """
    even = text.translate(STROKES) if "Ð" in text or "Ɖ" in text else text
    numbered = (_numbered(even, match) for match in _NUMBER.finditer(even))
    cited = _shared([one for one in numbered if one is not None], even)
    spans = [range(one.start, one.end) for one in cited]
    for bare in _BARE.finditer(even):
        if not any(bare.start("no") in span for span in spans) and (one := _short(bare, even)):
            cited.append(one)
    cited.sort(key=lambda one: one.start)
    return _once([one.ref for one in cited])


def _numbered(text: str, match: re.Match[str]) -> _Cited | None:
    year = int(match["year"]) if match["year"] else None
    kind, org = match["kind"] or match["kind2"], match["org"] or match["org2"] or match["org3"]
    head = _head_before(text[max(0, match.start() - 40) : match.start()])
    if match["org3"]:
        if year is None or head is None:
            return None
        kind, number = _HEADS[head], f"{match['no']}/{year}/{org}"
    else:
        kind = _SPELLING.get(kind, kind)
        joint = re.sub("–", "-", match["joint"])
        if not re.search("[-–—/]", match[0]):
            return None
        number = _normal(match, year, kind, f"{org}{joint}")
    ref = DocumentRef(kind=kind, number=number, as_printed=match[0].strip(), year=year)
    after = _AFTER.match(text[match.end() : match.end() + _LIMIT])
    return _Cited(match.start(), match.end(), _with_facts(ref, org, after, text[: match.start()][-_LIMIT:]))


def _normal(match: re.Match[str], year: int | None, kind: str, org: str) -> str:
    """The number as its organ writes it: the Party 05-CT/TW (HD 36-HD/VPTW), the State 15/QĐ-UBND, with the year
    12/2023/NQ-HĐND (Decree 30/2020); a form printed whole is kept."""
    if year:
        return f"{match['no']}/{year}/{kind}{'/' if org.startswith('UBTVQH') else '-'}{org}"
    whole = re.match(rf"\w+([-/]){kind}([-/])", match[0])
    party = (whole[1], whole[2]) == ("-", "/") if whole and whole[1] != whole[2] else not _STATE.match(org)
    return f"{match['no']}-{kind}/{org}" if party else f"{match['no']}/{kind}-{org}"


def _head_before(before: str) -> str | None:
    match = re.search(rf"({_HEAD})(?:\s+\w+){{0,6}}?\s*(?:số\s*)?$", before, re.I)
    return " ".join(match[1].lower().split()) if match else None


def _with_facts(ref: DocumentRef, org: str, after: re.Match[str] | None, before: str) -> DocumentRef:
    day = _date_in(after) if after else None
    issuer = _issuer(after["of"]) if after and after["of"] else None
    if day is None and (dated := _BEFORE_DATE.search(before)):
        day = _date_in(dated)
    if issuer is None and (given := _GIVEN.search(before[-80:])):
        issuer = _last_issuer(before[: len(before) - len(given[0])])
    issuer = issuer or _ISSUERS.get(org) or _parliament(org)
    only = after["only"] if after and after["only"] else None
    year = ref.year or (day.year if day else None) or (int(only) if only else None)
    return ref.model_copy(update={"issuer": issuer, "date": day, "year": year})


def _parliament(org: str) -> str | None:
    if org.startswith("UBTVQH"):
        return "Ủy ban Thường vụ Quốc hội"
    return "Quốc hội" if re.fullmatch(r"QH\d+", org) else None


def _issuer(said: str) -> str | None:
    """The organ that a phrase after "của" begins with."""
    match = _ISSUER.match(said)
    return _spell(match) if match else None


def _last_issuer(before: str) -> str | None:
    """The organ that `before` ends with: who gave the document that follows."""
    found = list(_ISSUER.finditer(before))
    return _spell(found[-1]) if found and found[-1].end() >= len(before.rstrip()) else None


def _spell(match: re.Match[str]) -> str:
    place = match["place"] or ""
    return " ".join(f"{match['organ']}{place}".split())


def _date_in(match: re.Match[str]) -> date | None:
    part = match.groupdict()
    try:
        if part.get("d"):
            return date(int(part["y"]), int(part["m"]), int(part["d"]))
        if part.get("dw"):
            return date(int(part["yw"]), int(part["mw"]), int(part["dw"]))
    except ValueError:
        return None
    return None


def _short(bare: re.Match[str], text: str) -> _Cited | None:
    """`Quyết định 217 của Bộ Chính trị`: no suffix printed, so only with an issuer."""
    head = _HEAD_LAST.search(text[max(0, bare.start() - 40) : bare.start()])
    at = bare.start("of")
    issuer = _issuer(text[at : at + _LIMIT])
    if head is None or issuer is None:
        return None
    day = _date_in(bare)
    ref = DocumentRef(
        kind=_HEADS[" ".join(head["head"].lower().split())],
        number=bare["no"],
        as_printed=bare["no"],
        issuer=issuer,
        year=day.year if day else None,
        date=day,
    )
    return _Cited(bare.start("no"), bare.end("no"), ref)


def _shared(cited: list[_Cited], text: str) -> list[_Cited]:
    """An enumeration ("số 18-NQ/TW, 19-NQ/TW của ...") names its issuer once, for all of its numbers."""
    result = list(cited)
    for at in range(len(cited) - 2, -1, -1):
        this, following = result[at], result[at + 1]
        if this.ref.date or not _JOINED.fullmatch(text, this.end, following.start):
            continue
        same_organ = this.ref.number.rsplit("/", 1)[-1] == following.ref.number.rsplit("/", 1)[-1]
        if same_organ and this.ref.issuer is None:
            result[at] = replace(this, ref=this.ref.model_copy(update={"issuer": following.ref.issuer}))
    return result


def _once(refs: list[DocumentRef]) -> tuple[DocumentRef, ...]:
    """Each document once; a mention that says less joins the one that says more."""
    kept: list[DocumentRef] = []
    for ref in refs:
        for at, other in enumerate(kept):
            if _same(ref, other):
                kept[at] = _merged(other, ref)
                break
        else:
            kept.append(ref)
    return tuple(kept)


def _same(one: DocumentRef, two: DocumentRef) -> bool:
    if one.kind != two.kind or not _same_number(one.number, two.number):
        return False
    if one.year and two.year and one.year != two.year:
        return False
    return one.issuer is None or two.issuer is None or _same_issuer(one.issuer, two.issuer)


def _same_number(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    return short == long or (short.isalnum() and re.match(rf"{short}(?![\w])", long) is not None)


_PARTS = re.compile(r"^(?:ban thường vụ|btv|thường trực|ban chấp hành|bch)\s+(?=tỉnh|thành|huyện|đảng)")


def _same_issuer(one: str, two: str) -> bool:
    """A committee and its standing board are one issuer; "Tỉnh ủy" is that of the province named elsewhere."""
    first, second = (_PARTS.sub("", fold(name)) for name in (one, two))
    return first.startswith(second) or second.startswith(first)


def _merged(known: DocumentRef, more: DocumentRef) -> DocumentRef:
    number, printed = max(
        (known.number, known.as_printed), (more.number, more.as_printed), key=lambda pair: len(pair[0])
    )
    issuer = known.issuer if len(known.issuer or "") >= len(more.issuer or "") else more.issuer
    return known.model_copy(
        update={
            "number": number,
            "as_printed": printed if number != known.number else known.as_printed,
            "issuer": issuer,
            "year": known.year or more.year,
            "date": known.date or more.date,
        }
    )

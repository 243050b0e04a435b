"""Numbered documents (số hiệu) that a text cites, by the grammar of domain facts §4.13, extended.

Written forms: `05-CT/TW`, `12/2023/NQ-HĐND`, `31/2024/QH15`, with separators lost, doubled or swapped as PDFs and
typists leave them; and the short form "Quyết định 217 của Bộ Chính trị". A count ("229 nghị quyết") is none.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from pipelines import issuers
from pipelines.marks import STROKES
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
    "|TTLT|TTr|Ttr|TTR|TT|CV|NĐ|ND|QD|CĐ|ĐH|PA|SL|PL|VBHN|GM|Kl|QĐNS"
)
_ISSUING = (
    r"TWĐTN|TW|TU|BTCTW|BTGTW|BTGDVTW|BTGTU|BTGDVTU|BTCTU|BDVTW|BDVTU|BNCTW|BNCTU|UBKTTW|UBKTTU|VPTW|VPTU|BTG|BTV|BCĐ\d{0,3}"
    r"|HU|ThU|THU|ĐU|ĐUK|HĐND|HDND|UBND|TTg|TTG|CP|UBTVQH\d*|QH\d+|BTTTT|BNV|BTC|BCA|BQP|MTTW|MTTQ|ĐĐBQH"
)
_ANY_ISSUING = r"[A-ZĐƯ][A-ZĐƯa-z]{0,15}\d{0,2}"
_YEAR = r"\s?/\s?(?P<year{0}>(?:19|20)\d\d)"
_END = r"(?![A-Za-zĐđƯưÀ-ỹ])"
_NUMBER = re.compile(
    # the first digit is matched before what stands left of it: so the engine leaps from digit to digit
    rf"(?P<no>\d(?<![\d/.,]\d)(?<!\d-\d)\d{{0,4}}[a-z]?)(?:{_YEAR.format('')})?"
    r"(?:"
    rf"\s?[-–—/]?\s?(?P<kind>{_KINDS})\s?[-–—/\\]*\s?(?P<org>{_ISSUING})"
    rf"|[-–—/]{{1,2}}\s?(?P<kind2>{_KINDS}|LCT|L)\s?[-–—/]{{1,2}}\s?(?P<org2>{_ANY_ISSUING})"
    r"|(?<=\d)/\s?(?P<org3>(?:UBTVQH|QH)\d{1,2})"
    r"|(?<=\d)/\s?(?P<org4>[A-ZĐ]{2,8})\s?[-–]\s?(?P<unit>[A-ZĐ][A-ZĐa-z]{0,10})"
    rf")(?P<joint>(?:[-–]{_ANY_ISSUING})*){_END}"
)
_SPELLING = {"Ctr": "CTr", "CTR": "CTr", "Ttr": "TTr", "TTR": "TTr", "QĐI": "QĐi", "Kl": "KL", "ND": "NĐ", "QD": "QĐ",
             "TTG": "TTg", "THU": "ThU", "HDND": "HĐND"}  # fmt: skip
"""Kinds and suffixes as typists and titles in capitals leave them."""

_HEAD = "|".join(sorted((head.replace(" ", r"\s+") for head in _HEADS), key=len, reverse=True))
_DAY = r"(?P<d{0}>\d{{1,2}})\s?[/.-]\s?(?P<m{0}>\d{{1,2}})\s?[/.-]\s?(?P<y{0}>(?:19|20)\d\d)"
_WORDS = r"(?P<dw{0}>\d{{1,2}})\s+tháng\s+(?P<mw{0}>\d{{1,2}})\s+năm\s+(?P<yw{0}>(?:19|20)\d\d)"
_DATED = rf"(?:{_DAY.format('')}|{_WORDS.format('')})"
_AFTER = re.compile(
    rf"\s*[,(]?\s*(?:ban hành\s+|ra\s+|ký\s+)?(?:ngày\s*{_DATED}\)?|năm\s+(?P<only>(?:19|20)\d\d))?"
    r"\s*,?\s*(?:\(?kh(?:óa|oá)\s+[IVXL]+\)?\s*)?(?:của\s*(?P<of>[^\W\d_].*))?",
    re.I | re.S,
)
_BEFORE_DATE = re.compile(rf"(?:^|[.!?:;…”\"]\s*|\n)\s*(?:Vào )?[Nn]gày\s+{_DATED}\s*,?\s*[^.;:!?]{{0,120}}$", re.S)
_GIVEN = re.compile(
    r"\s(?:(?:đã|vừa|cũng)\s+)*(?:ban hành|ra|ký|thông qua|công bố|có|phê duyệt)\s+"
    rf"(?:(?:{_HEAD})(?:\s+làm việc|\s+liên tịch)?\s*)?(?:số\s*)?$",
    re.I,
)
_LIST = re.compile(
    rf"(?<!\w)(?P<head>{_HEAD})\s+(?:số\s*)?(?P<more>(?:\d{{1,4}}[a-z]?\s*(?:,\s*|và\s+|;\s*)+(?:(?P=head)\s+)?(?:số\s*)?)+)$",
    re.I,
)
"""Numbers that share the suffix, or the issuer, printed behind the last: "Nghị quyết số 18, 19 và 20-NQ/TW"."""
_LETTER = re.compile(r"(?:công văn|văn bản)(?:\s+\w+){0,4}?\s*(?:số\s*:?\s*)?$", re.I)
_PARTY = re.compile(r"(?!MT)(?:[A-ZĐ]{0,8}(?:TW|TU|HU|ThU|ĐU)|ĐUK|BTV|BTG|TWĐTN)$")
_BARE = re.compile(
    r"(?P<no>\d(?<=\s\d)\d{0,3}[a-z]?)(?:/(?P<year>(?:19|20)\d\d))?(?![\w/.–-])\s*,?\s*"
    rf"(?:ngày\s*{_DATED}\s*,?\s*)?của\s*(?P<of>[^\W\d_])",
    re.I,
)
_HEAD_LAST = re.compile(rf"(?<!\w)(?P<head>{_HEAD})(?:\s+số)?\s+$", re.I)
_JOINED = re.compile(
    rf"(?:\s*,?\s*ngày\s+{_DATED})?\s*(?:,|và|;|,\s*và|hay|hoặc)\s*(?:(?:{_HEAD})\s*)?(?:số\s*)?", re.I
)
_STATE = re.compile(r"(?:HĐND|UBND|TTg|CP|QH|UBTVQH|B(?:NV|TC|CA|QP|TTTT)$)")
_UNSUFFIXED = re.compile(r"\d+[a-z]?(?:/\d{4})?")
_NEAR = 60
"""Characters between two numbers of one enumeration, a day between them included."""
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
    cited: list[_Cited] = []
    for match in _NUMBER.finditer(even):
        if one := _numbered(even, match):
            cited += [*_before(one, even), one]
    cited = _shared(cited, even)
    spans = [range(one.start, one.end) for one in cited]
    for bare in _BARE.finditer(even):
        if not any(bare.start("no") in span for span in spans) and (one := _short(bare, even)):
            cited += [*_before(one, even), one]
    cited.sort(key=lambda one: one.start)
    return _once([one.ref for one in cited])


def _numbered(text: str, match: re.Match[str]) -> _Cited | None:
    year = int(match["year"]) if match["year"] else None
    kind, org = match["kind"] or match["kind2"], match["org"] or match["org2"] or match["org3"] or match["org4"]
    org = _SPELLING.get(org, org)
    before = text[max(0, match.start() - _LIMIT) : match.start()]
    if match["org3"]:
        if year is None:
            return None
        kind = _parliaments_kind(before, org)
        number = f"{match['no']}/{year}/{org}"
    elif match["org4"]:
        if not _LETTER.search(before[-60:]):
            return None
        kind, number = "CV", f"{match['no']}/{f'{year}/' if year else ''}{org}-{match['unit']}{match['joint']}"
    else:
        kind = _SPELLING.get(kind, kind)
        if not re.search(r"[-–—/\\]", match[0]) or _is_school_year(match["no"], year):
            return None
        number = _normal(match, year, kind, f"{org}{match['joint'].replace('–', '-')}")
    ref = DocumentRef(kind=kind, number=number, as_printed=match[0].strip(), year=year)
    after = _AFTER.match(text[match.end() : match.end() + _LIMIT])
    return _Cited(match.start(), match.end(), _with_facts(ref, org, after, before))


def _is_school_year(no: str, year: int | None) -> bool:
    return year is not None and no == str(year - 1)


def _normal(match: re.Match[str], year: int | None, kind: str, org: str) -> str:
    """The number as its organ writes it: the Party 05-CT/TW (HD 36-HD/VPTW), the State 15/QĐ-UBND, with the year
    12/2023/NQ-HĐND (Decree 30/2020); a form printed whole is kept where the organ does not tell."""
    printed = re.match(rf"\w+(?:/\d{{4}})?\s?([-–/]?)\s?{match['kind'] or match['kind2']}\s?([-–/]?)", match[0])
    first, second = (printed[1], printed[2].replace("–", "-")) if printed else ("", "")
    if year:
        joint = org.startswith("UBTVQH")  # both are printed, and right: NQLT/UBTVQH15-CP, NQLT-UBTVQH14-CP
        return f"{match['no']}/{year}/{kind}{(second or '/') if joint else '-'}{org}"
    party = _PARTY.match(org.split("-", 1)[0]) or (not _STATE.match(org) and (first, second) != ("/", "-"))
    return f"{match['no']}-{kind}/{org}" if party else f"{match['no']}/{kind}-{org}"


def _parliaments_kind(before: str, org: str) -> str:
    """What the National Assembly's number stands for: the last head word before it, else a law."""
    heads = re.findall(r"(?i)(?<!\w)(luật|nghị quyết|pháp lệnh)(?!\w)", before)
    return _HEADS[heads[-1].lower()] if heads else ("NQ" if org.startswith("UBTVQH") else "L")


def _before(cited: _Cited, text: str) -> list[_Cited]:
    """The bare numbers that share the suffix or issuer of the one they stand before: "số 18, 19 và 20-NQ/TW"."""
    at = max(0, cited.start - 80)
    match = _LIST.search(text[at : cited.start])
    if match is None or not cited.ref.number.startswith(no := re.match(r"\w+", cited.ref.number)[0]):  # type: ignore[index]
        return []
    found = []
    for more in re.finditer(r"\d+[a-z]?", match["more"]):
        if more[0] == no:
            continue
        start = at + match.start("more") + more.start()
        ref = cited.ref.model_copy(
            update={"number": more[0] + cited.ref.number[len(no) :], "as_printed": more[0], "date": None}
        )
        if "/" not in cited.ref.number or cited.ref.year is None or f"/{cited.ref.year}/" not in cited.ref.number:
            ref = ref.model_copy(update={"year": None})
        found.append(_Cited(start, start + len(more[0]), ref))
    return found


def _with_facts(ref: DocumentRef, org: str, after: re.Match[str] | None, before: str) -> DocumentRef:
    day = _date_in(after) if after else None
    issuer = issuers.first(after["of"]) if after and after["of"] else None
    if given := _GIVEN.search(before[-80:]):  # the day of a conference about it is not its own
        if day is None and (dated := _BEFORE_DATE.search(before)):
            day = _date_in(dated)
        issuer = issuer or issuers.last(before[: len(before) - len(given[0])])
    issuer = issuer or issuers.of_suffix(org)
    only = after["only"] if after and after["only"] else None
    year = ref.year or (day.year if day else None) or (int(only) if only else None)
    return ref.model_copy(update={"issuer": issuer, "date": day, "year": year})


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
    before = text[max(0, bare.start() - 60) : bare.start()]
    head = _HEAD_LAST.search(before[-40:]) or _LIST.search(before)
    at = bare.start("of")
    issuer = issuers.first(text[at : at + _LIMIT])
    if head is None or issuer is None or re.fullmatch(r"(?:19|20)\d\d", bare["no"]):
        return None
    day = _date_in(bare)
    printed = f"{bare['no']}/{bare['year']}" if bare["year"] else bare["no"]
    ref = DocumentRef(
        kind=_HEADS[" ".join(head["head"].lower().split())],
        number=printed,
        as_printed=printed,
        issuer=issuer,
        year=int(bare["year"]) if bare["year"] else day.year if day else None,
        date=day,
    )
    return _Cited(bare.start("no"), bare.start("no") + len(printed), ref)


def _shared(cited: list[_Cited], text: str) -> list[_Cited]:
    """An enumeration ("số 18-NQ/TW, 19-NQ/TW của ...") names its issuer once, first or last, for all of its numbers."""
    result = list(cited)
    steps = range(1, len(result))
    near = (at for at in steps if result[at].start - result[at - 1].end < _NEAR)
    joined = {at for at in near if _JOINED.fullmatch(text, result[at - 1].end, result[at].start)}
    for at in (at for at in reversed(steps) if at in joined):
        _lend(result, at, at - 1)
    for at in (at for at in steps if at in joined):
        _lend(result, at - 1, at)
    return result


def _lend(cited: list[_Cited], lender: int, borrower: int) -> None:
    """Give the issuer of one number to its neighbour; what has a day of its own may stand alone, unless of one kind."""
    known, other = cited[lender].ref, cited[borrower].ref
    same_organ = len({re.split("[-/]", ref.number)[-1] for ref in (known, other)}) == 1
    if same_organ and other.issuer is None and (other.date is None or other.kind == known.kind):
        cited[borrower] = replace(cited[borrower], ref=other.model_copy(update={"issuer": known.issuer}))


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
    return one.issuer is None or two.issuer is None or issuers.same(one.issuer, two.issuer)


def _same_number(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    return short == long or (_UNSUFFIXED.fullmatch(short) is not None and re.match(rf"{short}(?!\w)", long) is not None)


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

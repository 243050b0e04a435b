"""Stamps of secrecy and restriction over a text (DESIGN §6.10)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.blocks import Block
from pipelines.notices import own_lines
from pipelines.page import Page, RawPage, UnreadablePage, decode, is_file, parse
from schemas.outcome import Outcome


@dataclass(frozen=True)
class Refusal:
    """Why a page is no article to publish."""

    reason: Outcome
    detail: str


# as printed without its gaps; and as TCVN3 and VNI spell it, for a text in an old font among other texts
_STAMP = re.compile(
    r"\W*(?:(?:(?:mức)?độ(?:bảo)?mật|dấumật):?(?:(?:tuyệt|tối)?mật)|(?:TUYỆT|TỐI)?MẬT|(?:Tuyệt|Tối)mật"
    r"|(?:TUYÖT|TèI|TÈI)?MËT|(?:TUYEÄT|TOÁI)?MAÄT)\W*"
)
_LABEL = re.compile(r"^\W*((?:mức )?độ (?:bảo )?mật|dấu mật)\b", re.I)
_HALF = re.compile(r"\W*(?:TUYỆT|TỐI)\W*")
_GAP = re.compile(r"[\s.]+")
# how the letters of MẬT may stand in a page's source: plain, as entities, in the fonts of TCVN3 and VNI
_GAPS = r"(?:[ \t\r\n.\xa0]|&nbsp;|&#160;|</?[a-zA-Z][^<>]{0,80}>){0,8}"
_UPPER = "Ậ|&#7852;|&#[xX]1[eE][aA][cC];|&Acirc;&#803;|Ë|AÄ"
_LOWER = "ậ|&#7853;|&#[xX]1[eE][aA][dD];|&acirc;&#803;"
_CAPITALS = re.compile(f"M{_GAPS}(?:{_UPPER}){_GAPS}T")
_LAST = re.compile(f"{_GAPS}T")
# "mật" in small letters is part of many words: a stamp's follows "Tối", "Tuyệt" or "độ"
_SMALL = re.compile(rf"(?:T[^\s<>]{{1,8}}[it]|[Đđ][^\s<>]{{1,5}})(?:[ \t\r\n\xa0]|&nbsp;){{1,4}}[mM](?:{_LOWER})t")
_ENTITIES = ("&#78", "&#x1", "&#X1", "&#803")
_NEAR = 800
"""Characters around a letter that all the gaps of a stamp can take."""
_DECLASSIFIED = re.compile(r"^\W*(?:tài liệu |văn bản )?(?:đã |được |đã được )?giải mật\b", re.I)
_INTERNAL = re.compile(
    r"^\W*(?:(?:tài liệu|văn bản|thông tin|bản tin|nội san|ấn phẩm)\b[^.;]{0,40}?\W*)?(?:chỉ )?lưu hành nội bộ"
    r"(?: (?:trong|của) [^.;]{2,30})?(?:\W+không (?:được )?(?:phổ biến|sao chụp|đăng tải)[^.;]{0,30})?\W*$",
    re.I,
)
_COLUMNS = re.compile(r" \| |\t|\s{3,}")
_LINE = 60
"""Characters up to which a block may be a line of a heading."""
_HEADING_ZONE = 700
"""Characters of longer blocks after which the heading zone is over: a lead, and a box before the article."""


def is_classified(raw: RawPage) -> bool:
    """Whether the page bears a secrecy stamp in its heading zone. Cheap when no stamp can be in it."""
    if is_file(raw.body) or not _may_bear(decode(raw.body, raw.content_type)):
        return False
    try:
        return bears_stamp(parse(raw))
    except UnreadablePage:
        return False


def bears_stamp(page: Page) -> bool:
    """Whether the page, not pruned yet, bears a secrecy stamp in its heading zone."""
    if not _may_bear(page.html):
        return False
    refusal = stamped(own_lines(page))
    return refusal is not None and refusal.reason is Outcome.CLASSIFIED


def _may_bear(html: str) -> bool:
    """Whether the letters of a stamp are in the source. To look for its rarest letter first costs least."""
    for at in _places(html, "Ậ"):
        if _LAST.match(html, at + 1) and _CAPITALS.search(html, max(0, at - _NEAR), at + _NEAR):
            return True
    for at in _places(html, "ậ"):
        if (
            html[at - 1 : at] in ("m", "M")
            and html[at + 1 : at + 2] == "t"
            and _SMALL.search(html, max(0, at - 40), at + 3)
        ):
            return True
    odd = "Ë" in html or "Ä" in html or any(html.startswith(_ENTITIES, at - 1) for at in _places(html, "#"))
    return odd and (_CAPITALS.search(html) is not None or _SMALL.search(html) is not None)


def _places(html: str, letter: str) -> Iterator[int]:
    at = html.find(letter)
    while at >= 0:
        yield at
        at = html.find(letter, at + 1)


def stamped_lines(lines: Sequence[str]) -> bool:
    """Whether a secrecy stamp stands in the heading zone of a document given as its printed lines.

    A form puts the stamp beside the organ's name: cells of one row (` | `) and columns far apart are looked at alone.
    """
    blocks = [Block("paragraph", line, line, cells=(*_COLUMNS.split(line), line)) for line in lines]
    refusal = stamped(blocks)
    return refusal is not None and refusal.reason is Outcome.CLASSIFIED


def stamped(blocks: Sequence[Block]) -> Refusal | None:
    """The stamp that stands alone in the heading zone; "bí mật nhà nước" and what was declassified pass."""
    zone = _heading_zone(blocks)
    if any(_DECLASSIFIED.match(line) for line in zone):
        return None
    # a label and its value may stand in two cells, a stamp of two words on two lines
    for line, following in pairwise([*zone, ""]):
        if _is_stamp(line) or ((_LABEL.match(line) or _HALF.fullmatch(line)) and _is_stamp(f"{line} {following}")):
            return Refusal(Outcome.CLASSIFIED, f"the heading bears the stamp {line.strip()!r}")
    if any(_INTERNAL.match(line) for line in zone):
        return Refusal(Outcome.RESTRICTED, "the heading says that the text is for internal use")
    return None


def _is_stamp(line: str) -> bool:
    if len(line) > _LINE:
        return False
    bare = _GAP.sub("", line)
    return _STAMP.fullmatch(bare if not _LABEL.match(line) else bare.lower()) is not None


def _heading_zone(blocks: Sequence[Block]) -> list[str]:
    """The lines over a text: those before some length of prose, from the top and from each title."""
    zone: list[str] = []
    prose = 0
    for block in blocks:
        if block.kind == "heading" and block.level == 1:
            prose = 0
        if len(block.text) >= _LINE and block.link_share < 0.5:
            prose += len(block.text)
        if prose <= _HEADING_ZONE:
            zone.extend(block.cells or (block.text,))
    return zone

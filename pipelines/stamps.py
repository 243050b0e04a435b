"""Stamps of secrecy and restriction over a text (DESIGN §6.10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.blocks import Block
from pipelines.notices import own_lines
from pipelines.page import RawPage, UnreadablePage, parse
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
# how the letters of MẬT may stand in the bytes: NFC, decompositions, windows-1258, entities, TCVN3, VNI; UTF-16 apart
_GAPS = rb"(?:[ \t\r\n.]|\xc2?\xa0|&nbsp;|&#160;|</?[a-zA-Z][^<>]{0,80}>){0,8}"
_UPPER = (
    rb"\xe1\xba\xac|\xc3\x82\xcc\xa3|\xe1\xba\xa0\xcc\x82|A\xcc\x82\xcc\xa3|A\xcc\xa3\xcc\x82|\xc2\xf2"
    rb"|&#7852;|&#[xX]1[eE][aA][cC];|&Acirc;&#803;|\xc3\x8b|\xcb|A\xc3\x84|A\xc4"
)
_LOWER = (
    rb"\xe1\xba\xad|\xc3\xa2\xcc\xa3|\xe1\xba\xa1\xcc\x82|a\xcc\x82\xcc\xa3|a\xcc\xa3\xcc\x82|\xe2\xf2"
    rb"|&#7853;|&#[xX]1[eE][aA][dD];|&acirc;&#803;"
)
_CAPITALS = re.compile(b"M" + _GAPS + b"(?:" + _UPPER + b")" + _GAPS + b"T")
# "mật" in small letters is part of many words: a stamp's follows "Tối", "Tuyệt" or "độ"
_BLANK = rb"(?:[ \t\r\n]|\xc2?\xa0|&nbsp;){1,4}"
_SMALL = re.compile(rb"T[^\s<>]{1,8}[it]" + _BLANK + b"[mM](?:" + _LOWER + b")t")
_LABELLED = re.compile(rb"\xc4[\x90\x91][^\s<>]{1,5}" + _BLANK + b"[mM](?:" + _LOWER + b")t")
_STAMP_WIDE = tuple(word.encode(charset) for word in ("MẬT", "M Ậ T") for charset in ("utf-16-le", "utf-16-be"))
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
    """Whether the page bears a secrecy stamp in its heading zone. Cheap when no stamp can be in the bytes."""
    if not _may_bear(raw.body):
        return False
    try:
        page = parse(raw)
    except UnreadablePage:
        return False
    refusal = stamped(own_lines(page))
    return refusal is not None and refusal.reason is Outcome.CLASSIFIED


def _may_bear(body: bytes) -> bool:
    """Whether the letters of a stamp are in the bytes. A pattern with a plain letter in front is the fastest search."""
    if _CAPITALS.search(body) is not None:
        return True
    if _SMALL.search(body) is not None or _LABELLED.search(body) is not None:
        return True
    return b"\0" in body and any(needle in body for needle in _STAMP_WIDE)


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

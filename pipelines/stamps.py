"""Stamps of secrecy and restriction over a text (DESIGN §6.10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.blocks import Block, Reader
from pipelines.page import RawPage, UnreadablePage, parse
from schemas.outcome import Outcome


@dataclass(frozen=True)
class Refusal:
    """Why a page is no article to publish."""

    reason: Outcome
    detail: str


_STAMP = re.compile(r"^[\[(<«|\s]*(?:độ mật\s*:?\s*)?(TUYỆT|TỐI)?\s*M\s?Ậ\s?T[\])>»|\s.]*$")
# how the letter of MẬT may stand in the bytes: NFC, three decompositions, windows-1258, entities, UTF-16
_STAMP_LETTERS: tuple[bytes, ...] = (
    b"\xe1\xba\xac",
    b"\xc3\x82\xcc\xa3",
    b"\xe1\xba\xa0\xcc\x82",
    b"A\xcc\x82\xcc\xa3",
    b"A\xcc\xa3\xcc\x82",
)
_STAMP_LETTERS += (b"\xc2\xf2", b"&#7852;", b"&#x1eac;", b"&#x1EAC;", b"&Acirc;&#803;")
_STAMP_BYTES = re.compile(b"M ?(?:" + b"|".join(map(re.escape, _STAMP_LETTERS)) + b") ?T")
_STAMP_WIDE = tuple("MẬT".encode(charset) for charset in ("utf-16-le", "utf-16-be"))
_INTERNAL = re.compile(r"^\W*((tài liệu|văn bản|thông tin)\s+)?(chỉ\s+)?lưu hành nội bộ\W*$", re.I)
_COLUMNS = re.compile(r" \| |\t|\s{3,}")
_LINE = 60
"""Characters up to which a block may be a line of a heading."""
_HEADING_ZONE = 700
"""Characters of longer blocks after which the heading zone is over: a lead, and a box before the article."""


def is_classified(raw: RawPage) -> bool:
    """Whether the page bears a secrecy stamp in its heading zone. Cheap when no stamp can be in the bytes."""
    wide = b"\0" in raw.body and any(needle in raw.body for needle in _STAMP_WIDE)
    if not wide and _STAMP_BYTES.search(raw.body) is None:
        return False
    try:
        page = parse(raw)
    except UnreadablePage:
        return False
    body = page.tree.find("body")
    refusal = stamped(Reader("").read(body if body is not None else page.tree).blocks)
    return refusal is not None and refusal.reason is Outcome.CLASSIFIED


def stamped_lines(lines: Sequence[str]) -> bool:
    """Whether a secrecy stamp stands in the heading zone of a document given as its printed lines.

    A form puts the stamp beside the organ's name: cells of one row (` | `) and columns far apart are looked at alone.
    """
    blocks = [Block("paragraph", line, line, cells=(*_COLUMNS.split(line), line)) for line in lines]
    refusal = stamped(blocks)
    return refusal is not None and refusal.reason is Outcome.CLASSIFIED


def stamped(blocks: Sequence[Block]) -> Refusal | None:
    """The stamp that stands alone in the heading zone; "bí mật nhà nước" and what was declassified pass."""
    zone: list[str] = []
    prose = 0
    for block in blocks:
        if len(block.text) >= _LINE and block.link_share < 0.5:
            prose += len(block.text)
            if prose > _HEADING_ZONE:
                break
        zone.extend(block.cells or (block.text,))
    if any(re.search(r"giải mật", line, re.I) for line in zone):
        return None
    for before, line in zip(["", *zone], zone, strict=False):
        if _STAMP.match(line) and not re.search(r"giải\s*$", before, re.I):
            return Refusal(Outcome.CLASSIFIED, f"the heading bears the stamp {line.strip()!r}")
    if any(_INTERNAL.match(line) for line in zone):
        return Refusal(Outcome.RESTRICTED, "the heading says that the text is for internal use")
    return None

"""Lines broken by a PDF, put together again to paragraphs (domain facts §4.8)."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipelines.syllables import is_syllable

_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+[^\W\d_a-zà-ỹđ]")
_PROVISION = re.compile(r"Điều \d{1,3}[a-zđ]?\.\s+[^\W\d_]")
_ITEM = re.compile(r"(?:[-–—•*+▪●○]\s|\(?[a-zđ]\)\s|\(?\d{1,2}[.)]\s|[IVX]{1,5}\.\s)")
_ENDED = re.compile(r"(?:[.!?…]|[.!?…;,][”\"’)\]]|\./\.)[”\"’)\]]*$")
_MERELY_QUOTED = re.compile(r"[;,][”\"’)\]]+$")
_PAUSED = re.compile(r"[:;][”\"’)\]]*$")
_HANGING = re.compile(
    r"(?i)(?:của|và|với|cho|về|các|những|trong|ở|từ|đến|là|tại|theo|do|bởi|tỉnh|huyện|xã|thành phố|,|–|-)$"
)

_AREA = re.compile(r"(?i)(?:tỉnh|huyện|xã|thành phố)$")


def is_broken(lines: Sequence[str]) -> bool:
    """Whether `lines` (blank ones included) are the lines of a PDF: many run on into a next one in small letters."""
    pairs = [(a, b) for a, b in pairwise(lines) if a.strip() and b.strip()]
    running = sum(1 for a, b in pairs if b.strip()[0].islower() and not _ENDED.search(a.rstrip()))
    return running >= 4 and running >= 0.25 * len(pairs)


def rejoin(lines: Sequence[str]) -> list[str]:
    """Paragraphs from the lines of a PDF, from which chrome was already taken out.

    A break falls between two syllables, so lines are joined by one space. A paragraph ends where a sentence does and
    the next line begins in capitals, a heading or a list item; not inside an open quotation. A blank line ends it
    too, unless the sentence plainly goes on.
    """
    kept = without_page_numbers([line.strip() for line in lines])
    width = _width(kept)
    paragraphs: list[str] = []
    current: list[str] = []
    blank = False
    for at, line in enumerate(kept):
        if not line:
            blank = True
            continue
        if current and _parts(current, line, kept[at:], width, blank):
            paragraphs.append(" ".join(current))
            current = []
        current.append(line)
        blank = False
    if current:
        paragraphs.append(" ".join(current))
    return paragraphs


def without_page_numbers(lines: Sequence[str]) -> list[str]:
    """The lines without numbers that stand alone and go up one by one from beyond 3: those of the pages.

    Numbers from 1 on may be a table's or a list's.
    """
    alone = [(at, int(line)) for at, line in enumerate(lines) if line.isdecimal() and len(line) < 4]
    pages: set[int] = set()
    chain: list[tuple[int, int]] = []
    for at, number in [*alone, (len(lines), -1)]:
        if chain and number == chain[-1][1] + 1:
            chain.append((at, number))
            continue
        if len(chain) > 1 and chain[0][1] > 3:
            pages.update(place for place, _ in chain)
        chain = [(at, number)]
    return [line for at, line in enumerate(lines) if at not in pages]


def _parts(current: list[str], line: str, ahead: Sequence[str], width: int | None, blank: bool) -> bool:
    """Whether a new paragraph begins with `line`, the first of `ahead`."""
    last = current[-1]
    if _HEADING.match(line) or _PROVISION.match(line):
        return not _HANGING.search(last)
    if _in_capitals(line) != _in_capitals(last):
        return not _HANGING.search(last) and line[0].isupper()
    ended = _ENDED.search(last) is not None
    if _ITEM.match(line) and (ended or _PAUSED.search(last) or _PROVISION.match(current[0])):
        return not _HANGING.search(last)
    if not line[0].isupper() and line[0] not in "“\"‘'([–-":
        return False
    if _HEADING.match(current[0]) and not ended and (not _HANGING.search(last) or _opens(last, line)):
        return True
    if blank and not ended:
        return not _HANGING.search(last) and not line[0].islower()
    if not ended or (_MERELY_QUOTED.search(last) and not blank):
        return False
    return (blank or _deliberate(last, line, width)) and not _inside_quotation(current, ahead)


def _in_capitals(line: str) -> bool:
    """A heading in capitals: words, not the abbreviations ("UBND, HĐND") that any line may consist of."""
    found = line.split()
    return len(found) > 1 and line.isupper() and all(is_syllable(word.strip(",.:;–-()")) for word in found)


def _opens(last: str, line: str) -> bool:
    """Whether `line` opens a sentence and does not go on with the name that "xã", "tỉnh" at the end of `last` began."""
    following = line.split(" ", 2)[1:2]
    return _AREA.search(last) is not None and bool(following) and following[0].islower()


def _deliberate(last: str, line: str, width: int | None) -> bool:
    """Whether the break after `last` was not forced by the right margin: the next word would still have fitted."""
    if width is None or len(last) > width + 3:
        return True
    return len(last) + 1 + len(line.split(" ", 1)[0]) <= width


def _width(lines: Sequence[str]) -> int | None:
    """The right margin in characters, where enough lines share one."""
    lengths = Counter(len(line) for line in lines if len(line) >= 40)
    if not lengths:
        return None
    best = max(lengths, key=lambda n: sum(lengths[n - k] for k in range(8)))
    shared = sum(lengths[best - k] for k in range(8))
    return best if shared >= 8 else None


def _inside_quotation(current: Sequence[str], ahead: Sequence[str]) -> bool:
    """Whether a quotation opened in this paragraph is closed later, before another opens."""
    said = next((sign for line in reversed(current) for sign in reversed(line) if sign in "“”"), "")
    if said != "“":
        return False
    return next((sign for line in ahead[:40] for sign in line if sign in "“”"), "") == "”"

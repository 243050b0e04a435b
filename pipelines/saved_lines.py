"""What each line of a page saved as text is: title, date, caption, name, chrome, or a paragraph of the article."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from pipelines import boilerplate, credits, dates, names, text
from pipelines.boilerplate import is_prose
from pipelines.saved_extent import extent
from schemas.article import Removed

_CAPTION = re.compile(
    r"[^.!?]{0,300}[.,(–-]?\s*\(?(?:Ảnh|ẢNH)(?: minh họa| tư liệu)?\s*:\s*[^.:]{2,40}\)?\.?"
    r"|(?:Quang cảnh|Toàn cảnh|Các đại biểu (?:dự|tham dự|chụp ảnh))\s[^.!?;:]{3,140}\.?"
    r"|(?:Đồng chí|Ông|Bà)\s[^.!?;:]{3,120}\sphát biểu tại\s[^.!?;:,]{3,60}\.?"
)
"""What is written under pictures: a credit at its end, or one of the set phrases, as a line of its own."""
_LETTER = re.compile(r"\w")
_BY = re.compile(r"(?i:(?:đăng |viết )?bởi|by|tác giả(?: bài viết)?\s*:?|người đăng\s*:?)")
_NOTHING = re.compile(
    rf"{_BY.pattern}|(?i:posted (?:on|in)|đăng (?:ngày|lúc|trong))\s*:?"
    r"|(?i:(?:(?:chuyên|danh) mục|thể loại)\s*:.*)|[\d.,\s]+"
)
"""A label whose fact stands on the next line, a category, or a bare count."""
_BY_NAME = re.compile(r"(?<!\w)(?i:bởi|by|tác giả)\s*:?\s*([^\W\d_][^\d|,;:(–—-]{2,40})")
_BAR = re.compile(r"\s*[|•·]\s*")
_NAMED = re.compile(r"(?i)(?:tác giả|người (?:đăng|viết)|nguồn(?: tin)?|bởi|by)\s*:?\s*\S.{1,60}")
_LABEL = 40
"""Characters of the longest name of a category beside the date."""
_SITE_NAME = re.compile(r"(?i)(?:trang|cổng) (?:thông tin|tin|ttđt)\b|chúng tôi trên mạng|thông tin liên hệ")
TITLE = 15
"""Characters of the shortest line that is taken for a title."""
_NEAR = 6
"""Lines over the first prose among which the title is looked for where no date marks it."""
_REPEAT = 40
"""Characters of the shortest line whose immediate repeat makes it a caption (domain facts §4.10)."""


class SavedLines:
    """The clean lines of a saved page, blank ones included, and what they turned out to be.

    The attributes are filled by `read`.
    """

    def __init__(self, lines: Sequence[str], fetched_at: datetime) -> None:
        self.lines = lines
        self.fetched_at = fetched_at
        self.title: str | None = None
        self.lead: str | None = None
        self.author: str | None = None
        self.paragraphs: list[str] = []
        self.captions: list[str] = []
        self.found = dates.DatesFound()
        self.removed: list[Removed] = []
        self.dropped: list[tuple[str, str]] = []

    def read(self) -> None:
        """One line, one paragraph."""
        pieces = [piece for line in self.lines if _LETTER.search(line) for piece in _pieces(line)]
        filled = self.within(dates.with_labels(pieces))
        sifted = boilerplate.sift(filled)
        self.removed += sifted.removed
        lines = self._without_captions([filled[at] for at in sifted.kept])
        title = _title_over_date(lines)
        start = _first_prose(lines, -1 if title is None else title)
        if start is None:
            return
        if title is None:
            title = _title_over_prose(lines, start)
        top = -1 if title is None else title
        self.title = None if title is None else lines[title]
        self.found = dates.labelled(lines[max(0, top - 2) : start + 1], self.fetched_at, self.title)
        if self.found.published is None:
            self.found = dates.labelled([s for s in filled if dates.is_date_line(s, labelled=True)], self.fetched_at)
        self.dropped += [("above-title", line) for line in lines[: max(0, top)]]
        self._below_title(lines, top, start)
        self.author = self.author or _author_after_label(filled)

    def within(self, lines: Sequence[str]) -> list[str]:
        """The lines up to the article's end."""
        found = extent(lines)
        self.dropped += found.dropped
        return [lines[at] for at in found.kept]

    def _below_title(self, lines: Sequence[str], title: int, start: int) -> None:
        """What follows the title: dates and a name beside them are facts, the rest is the article."""
        last = max(at for at, line in enumerate(lines) if is_prose(line) or at == start)
        facts = max((at for at in range(title + 1, start) if _is_fact(lines[at])), default=title)
        dated: int | None = None
        for at in range(title + 1, len(lines)):
            line = lines[at]
            if (at < start or at > last) and dates.is_date_line(line):
                self.dropped.append(("date-line", line))
                if at < start:
                    dated = at
                    self.author = self.author or _author_beside_date(line)
            elif at < start and self.title and text.fold(line) == text.fold(self.title):
                self.dropped.append(("repeated-title", line))
            elif at < start and (_NOTHING.fullmatch(line) or (at < facts and len(line) < _LABEL and _open(line))):
                self.dropped.append(("beside-date", line))
            elif at < start and self.author is None and names.is_vietnamese_name(line):
                self.author = line
            else:
                self.paragraphs.append(line)
        if dated is not None and self._pictured == 1 and self.paragraphs:
            self.lead = self.paragraphs[0]

    def _without_captions(self, lines: Sequence[str]) -> list[str]:
        """Adjacent repeats are a picture's caption and its hidden copy: kept once, as a caption; credited ones too."""
        rest: list[str] = []
        self._pictured: int | None = None
        """Long lines that stand before the first picture."""
        at = 0
        while at < len(lines):
            line, repeats = lines[at], 1
            while at + repeats < len(lines) and lines[at + repeats] == line:
                repeats += 1
            if (repeats > 1 and len(line) >= _REPEAT and rest) or _CAPTION.fullmatch(line):
                if self._pictured is None:
                    self._pictured = sum(map(is_prose, rest))
                self.captions.append(line)
                self.dropped += [("repeated-caption", line)] * (repeats - 1)
            else:
                rest += lines[at : at + repeats]
            at += repeats
        self.captions = list(dict.fromkeys(self.captions))
        return rest


def _pieces(line: str) -> list[str]:
    """A line of dates, counts and tools between bars as lines of their own; any other line as it is."""
    pieces = [piece for piece in _BAR.split(line) if piece] if "|" in line or "•" in line or "·" in line else []
    if len(pieces) < 2 or not all(_is_fact(p) or boilerplate.match(p) or _NAMED.fullmatch(p) for p in pieces):
        return [line]
    return pieces


def _is_fact(line: str) -> bool:
    """What products print between a title and the text: a date, a label for a name, a count."""
    return bool(dates.is_date_line(line) or _NOTHING.fullmatch(line))


def _open(line: str) -> bool:
    """Whether the line does not end as a sentence or an address to the reader does."""
    return line[-1] not in ".!?…:;," and not names.is_vietnamese_name(line)


def _first_prose(lines: Sequence[str], title: int) -> int | None:
    """The first line of prose below the title; in a very short article a shorter sentence will do."""
    below = range(title + 1, len(lines))
    long = next((at for at in below if is_prose(lines[at])), None)
    if long is not None:
        return long
    return next((at for at in below if at and len(lines[at]) > 50 and lines[at].endswith((".", "!", "…"))), None)


def _may_be_title(line: str) -> bool:
    if is_prose(line) or len(line) < TITLE or line[0] in "•-–+*>»(" or line[-1] in ".:;,":
        return False
    return not (dates.is_date_line(line) or names.is_vietnamese_name(line) or _SITE_NAME.match(line))


def _title_over_date(lines: Sequence[str]) -> int | None:
    """The line directly over a date line; among several such pairs the one with the most prose below it."""
    pairs: list[int] = []
    above: int | None = None
    for at, line in enumerate(lines):
        if dates.is_date_line(line):
            if above is not None and above not in pairs[-1:] and _may_be_title(lines[above]):
                pairs.append(above)
        elif not names.is_vietnamese_name(line):
            above = at
    if not pairs:
        return None
    prose = [sum(len(s) for s in lines[a:b] if is_prose(s)) for a, b in pairwise([*pairs, len(lines)])]
    best = max(range(len(pairs)), key=lambda n: prose[n])
    return pairs[best] if prose[best] or len(pairs) == 1 else None


def _title_over_prose(lines: Sequence[str], start: int) -> int | None:
    """The longest of the few lines over the first prose, up to a menu; of the lines there when all are short."""
    near = [at for at in range(max(0, start - _NEAR), start) if lines[at][0] not in "•>»"]
    likely = [at for at in near if _may_be_title(lines[at])]
    if likely:
        return max(likely, key=lambda at: len(lines[at]))
    short = [at for at in near if not dates.is_date_line(lines[at]) and lines[at][-1] not in ".:;,"]
    return short[-1] if short else None


def _author_beside_date(line: str) -> str | None:
    """The name in a date line ("Bởi Phúc Lâm - 24/09/2024")."""
    found = _BY_NAME.search(line)
    return found[1].strip() if found and names.is_vietnamese_name(found[1]) else None


def _author_after_label(lines: Sequence[str]) -> str | None:
    """The name on the line after a label of its own ("bởi", "Tác giả")."""
    for label, line in pairwise(lines):
        if _BY.fullmatch(label) and len(line) < 80 and credits.from_field(line):
            return line
    return None

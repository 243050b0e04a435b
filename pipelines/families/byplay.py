"""What a template prints between the headline and the text and under it: dates, views, categories, font tools.

A line of them has many pieces (`14/03/2024 | Lượt xem: 41 | Chuyên mục: Tin tức`), each in an element of its own or
between bars; no rule knows the whole line, but each piece is known. A line goes only when every piece of it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from pipelines import boilerplate, dates
from pipelines.blocks import BLOCKS, hidden
from pipelines.families.links import squeeze

_HEAD, _TAIL = 10, 12
"""Lines that are looked at before and after the text."""
_CELL = 60
_NAME = 40
"""Characters of a link, at most, that names the section beside the date."""
_PROSE = 90
_SENTENCE = re.compile(r"[.!?…][”\"’)\]]*$")
_BETWEEN = re.compile(r"(\s*[|•·]\s*|\s{3,}|\s[-–]\s(?=[^:\d]{3,25}:))")
_FRAME = " \t\r\n()[]{}|•·-–—:;,»«>"
_MARKS = re.compile(r"[\d.,/★☆%+\s]*(?:trang)?|[A-Za-z]|A{2,3}")
_LABEL = re.compile(
    r"(?:số )?(?:lượt|lần) (?:xem|đọc|truy cập)|(?:đã )?xem|views?|hits|(?:chuyên|danh) mục|thể loại|(?:thuộc )?mục"
    r"|(?:được )?đăng (?:bởi|trong)|người (?:đăng|đưa tin|gửi|cập nhật)|posted (?:by|in)"
    r"|(?:đánh giá|bình chọn)(?: bài viết| kết quả)?|xếp hạng|cỡ chữ|chia sẻ|bình luận|phản hồi|ý kiến"
    r"|(?:lượt )?tải(?: xuống| về)?",
    re.I,
)
_OPEN = re.compile(r"(?:bởi|by|in|trong|views?|hits)\W*$", re.I)
"""Labels that their value follows without a colon."""
_CATEGORY = re.compile(r"(?:chuyên|danh) mục|thể loại|(?:thuộc )?mục", re.I)
_CREDIT = re.compile(r"\W*(?:tác giả|nguồn|theo|bút danh|người viết|(?:tin|bài)\b[^:]{0,20})[^:]{0,20}:", re.I)


@dataclass
class Byplay:
    """What the lines that were cut have said."""

    dates: list[str] = field(default_factory=list)
    """Date lines, with their labels."""
    category: str | None = None


@dataclass
class _Piece:
    node: HtmlElement
    tail: bool
    words: str
    linked: bool


def cut_byplay(body: HtmlElement) -> Byplay:
    """Take the lines that are nothing but such pieces from the beginning and the end of an article's container."""
    found = Byplay()
    lines = [line for line in _lines(body) if any(piece.words.strip() for piece in line)]
    prose = [at for at, line in enumerate(lines) if _is_prose(line)]
    first, last = (prose[0], prose[-1]) if prose else (len(lines), len(lines))
    for at in range(min(first, _HEAD)):
        _cut(lines[at], found)
    for at in range(max(last + 1, len(lines) - _TAIL, first), len(lines)):
        _cut(lines[at], Byplay())
    return found


def is_dated(line: str) -> bool:
    """Whether a line is nothing but byplay and one of its pieces a date."""
    found = Byplay()
    parts = _BETWEEN.split(line)
    return _known([part.strip(_FRAME) for part in parts], parts, found) is not None and bool(found.dates)


def is_byplay(line: str) -> bool:
    """Whether a line is nothing but byplay."""
    parts = _BETWEEN.split(line)
    return _known([part.strip(_FRAME) for part in parts], parts, Byplay()) is not None


def _is_prose(line: list[_Piece]) -> bool:
    words = squeeze("".join(piece.words for piece in line if not piece.linked))
    return len(words) >= _PROSE or (len(words) >= 50 and _SENTENCE.search(words) is not None)


def _lines(root: HtmlElement) -> Iterator[list[_Piece]]:
    """The text nodes of the container, line by line: a block and a `br` begin a new one."""
    line: list[_Piece] = []
    stack: list[tuple[HtmlElement, bool, bool]] = [(root, False, False)]
    while stack:
        node, left, linked = stack.pop()
        breaks = node.tag in BLOCKS or node.tag in ("br", "img")
        if node.tag in ("td", "th", "img"):
            # a label and its number stand in cells of one row, an icon before its label
            breaks = sum(len(piece.words.strip()) for piece in line) > _CELL
        if breaks and line:
            yield line
            line = []
        if left:
            if node.tail and node is not root:
                line.append(_Piece(node, True, node.tail, linked))
            continue
        stack.append((node, True, linked))
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "select", "textarea") or hidden(node):
            continue
        linked = linked or node.tag == "a"
        if node.text:
            line.append(_Piece(node, False, node.text, linked))
        stack.extend((child, False, linked) for child in reversed(node))
    if line:
        yield line


def _cut(line: list[_Piece], found: Byplay) -> None:
    """Empty the pieces of a line of byplay, but for those that name who wrote it."""
    parts = [(piece, part) for piece in line for part in _BETWEEN.split(piece.words)]
    said = [part.strip(_FRAME) for _, part in parts]
    linked = [piece.linked for piece, _ in parts]
    known = _known(said, [part for _, part in parts], found, linked)
    if known is None:
        return
    for piece in line:
        kept = " ".join(part for (owner, part), gone in zip(parts, known, strict=True) if owner is piece and not gone)
        if piece.tail:
            piece.node.tail = kept
        else:
            piece.node.text = kept


def _known(said: list[str], raw: list[str], found: Byplay, linked: Sequence[bool] = ()) -> list[bool] | None:
    """Which parts are byplay; None where one is neither that nor a credit, or where none is more than a sign."""
    gone = [True] * len(said)
    parts = [at for at, words in enumerate(said) if words]
    strong = False
    skip = 0
    dated: list[str] = []
    category = section = None
    for n, at in enumerate(parts):
        if skip:
            skip -= 1
            continue
        words = said[at]
        after = said[parts[n + 1]] if n + 1 < len(parts) else ""
        labelled = raw[at].rstrip().endswith(":") or _OPEN.search(words) is not None
        if dates.is_date_line(words):
            dated.append(words)
        elif after and dates.is_date_line(f"{words}: {after}", labelled=True):
            dated.append(f"{words}: {after}")
            skip = 1
        elif _CREDIT.match(f"{words}:" if labelled else words):
            gone[at] = False
            if labelled and after:
                gone[parts[n + 1]], skip = False, 1
            continue
        elif _LABEL.fullmatch(words):
            skip = int(labelled and 0 < len(after) <= 60)
            if skip and _CATEGORY.fullmatch(words):
                category = after
        elif (cut := re.match(rf"({_LABEL.pattern})\s*:\s*(.{{1,60}})$", words, re.I)) is not None:
            category = cut.group(2) if _CATEGORY.fullmatch(cut.group(1)) else category
        elif (rule := boilerplate.match(words)) is None or rule.where in ("list", "end") or rule.id == "attached":
            if not _MARKS.fullmatch(words):
                if not (linked and linked[at] and len(words) <= _NAME):
                    return None
                section = section or words
            continue
        strong = True
    if not strong:
        return None
    found.dates.extend(dated)
    if section and not dated:
        return None  # a link alone may be the author's
    found.category = found.category or category or section
    return gone

"""What a page says of itself instead of an article: not here, not yet, not now, not for you (notices.toml)."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lxml.html import HtmlElement

from pipelines.blocks import Block, Reader, _Style
from pipelines.families.chrome import is_chrome
from pipelines.page import Page
from pipelines.text import fold
from schemas.outcome import Outcome

PARAGRAPH = 120
"""Characters from which a line is prose and no notice's."""
_LONGEST = 240
"""Characters of the longest line that is read for a notice."""
_SHARE = 0.85
"""Share of a notice's words that are in the vocabulary of notices."""
_WORD = re.compile(r"[^\W\d_]+")
# a figure tells something, but for a status code and the seconds to wait
_FIGURE = re.compile(r"(?<!\d)(?![45]\d\d(?!\d))\d+(?!\d)(?!\s*(?:giây|phút|s\b))")
_IMPRINT = re.compile(
    r"giấy phép (?:số|thiết lập)|cơ quan chủ quản|bản quyền|copyright|chịu trách nhiệm (?:chính|nội dung|xuất bản)"
    r"|ghi rõ nguồn|powered by|thiết kế bởi",
    re.I,
)
_ASIDE = re.compile(r"(^|[\s_-])(comments?|binh-?luan|sidebar|widget|copyright|counter)([\s_-]|$)", re.I)


@dataclass(frozen=True, slots=True)
class Notice:
    """One kind of notice."""

    outcome: Outcome
    pattern: re.Pattern[str]
    says: tuple[str, ...]
    keeps: tuple[str, ...]


@cache
def kinds() -> tuple[Notice, ...]:
    """The kinds of notices, in the order in which they are tried."""
    return tuple(
        Notice(Outcome(kind["outcome"]), re.compile(kind["pattern"]), tuple(kind["says"]), tuple(kind["keeps"]))
        for kind in _data()["notice"]
    )


def is_imprint(line: str) -> bool:
    """Whether a line says who runs the site: its length is no sign of prose."""
    return _IMPRINT.search(line) is not None


def of_line(line: str) -> Outcome | None:
    """The outcome that a line announces, or None: it tells something."""
    if len(line) > _LONGEST:
        return None
    said = fold(line)
    if _FIGURE.search(said):
        return None
    words = _WORD.findall(said)
    if sum(word in _vocabulary() for word in words) < _SHARE * len(words):
        return None
    return next((kind.outcome for kind in kinds() if kind.pattern.search(said)), None)


def of_lines(lines: Iterable[str]) -> Outcome | None:
    """What lines announce that hold a notice and tell nothing beside it."""
    found: Outcome | None = None
    for line in lines:
        if (outcome := of_line(line)) is not None:
            found = found or outcome
        elif len(line) >= PARAGRAPH or (len(line.split()) > 4 and _FIGURE.search(line)):
            return None
    return found


def of_page(page: Page) -> Outcome | None:
    """What the page announces in its own lines, when none of them is prose.

    To be asked of a page whose tree no family has pruned.
    """
    found: Outcome | None = None
    for block in own_lines(page):
        if (outcome := of_line(block.text)) is not None:
            found = found or outcome
        elif len(block.text) >= PARAGRAPH and not is_imprint(block.text):
            return None
    return found


def own_lines(page: Page) -> list[Block]:
    """The visible lines of a page that lead nowhere, without menus, headers, footers and boxes beside the content.

    Tables are read cell by cell: old pages are laid out with them.
    """
    body = page.tree.find("body")
    blocks = _Lines("").read(body if body is not None else page.tree).blocks
    return [block for block in blocks if block.link_share < 0.5]


class _Lines(Reader):
    def read(self, container: HtmlElement) -> "_Lines":
        # not by `_walk`: a theme names the whole body "search" or "has-header"
        self._children(container, _Style())
        self._flush(_Style())
        return self

    def _walk(self, node: HtmlElement, style: _Style) -> None:
        if isinstance(node.tag, str):
            if is_chrome(node) or node.tag == "aside" or _ASIDE.search(node.get("class") or ""):
                return
            if node.tag == "table":
                self._flush(style)
                self._children(node, style)
                self._flush(style)
                return
        super()._walk(node, style)


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(fold(_data()["words"]).split())


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("pipelines").joinpath("notices.toml").read_text(encoding="utf-8"))

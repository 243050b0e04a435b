"""The blocks of an article container, in order: paragraphs, headings, list items, table rows, captions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NamedTuple

from lxml.html import HtmlElement

from pipelines import text
from pipelines.html_tables import CAPTION_LENGTH, data_rows, frames_pictures
from pipelines.page import absolute
from schemas.article import Mended

Kind = Literal["paragraph", "heading", "item", "quote", "row", "caption"]

_SKIPPED = frozenset(
    word
    for line in (
        "script style noscript template svg iframe object embed video audio select textarea input button canvas",
        "map head title link meta",
    )
    for word in line.split()
)
BLOCKS = frozenset(
    word
    for line in (
        "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure",
        "footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr",
        "ul caption html",
    )
    for word in line.split()
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BOLD, _ITALIC = frozenset({"b", "strong"}), frozenset({"i", "em", "cite"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(px|pt|em)?\s*(;|$)", re.I)
_HIDDEN_CLASS = re.compile(r"(^|\s)(hidden|hide|d-none|sr-only|screen-reader-text|visually-hidden)(\s|$)")
_CAPTION_CLASS = re.compile(
    r"(^|[\s_-])(caption\w*|wp-caption-text|chu-?thich(-?anh)?|photocms_caption|pcaption|img-?(desc|note|caption)\w*"
    r"|image-?(desc|note|caption)\w*|pic-?(desc|note)\w*|photo-?(desc|note)\w*)([\s_-]|$)",
    re.I,
)
_ALIGN = re.compile(r"text-align\s*:\s*(\w+)", re.I)
_ALIGN_CLASS = re.compile(r"(?:^|[\s-])(?:text-?|align-?|has-text-align-)(right|center|end)(?=\s|$)", re.I)
_WEIGHT = re.compile(r"font-weight\s*:\s*(bold|bolder|[6-9]00)", re.I)
_BOLD_CLASS = re.compile(r"(^|[\s_-])((font-weight-|font-|fw-|text-)?(semi)?bold|fw-[67]00)(\s|$)", re.I)
_STYLE = re.compile(r"font-style\s*:\s*(italic|oblique)", re.I)
_PHOTO_CREDIT = re.compile(r"^\(?(ảnh|trong ảnh|nguồn ảnh|photo)\b|\bảnh\s*:\s*[^.]{2,60}\)?\.?$", re.I)
_DOCUMENT = re.compile(r"\.(pdf|docx?|xlsx?|pptx?|rtf|odt|ods|zip|rar|7z)(\?|$)|[?&]download=", re.I)
_LETTER_FILE = re.compile(r"[_-]([A-ZĐ])\.\w{3,4}$")


@dataclass(frozen=True)
class Block:
    """One block of the container, clean. `markdown` is its inline form, without list or heading marks."""

    kind: Kind
    text: str
    markdown: str
    bold: bool = False
    italic: bool = False
    align: str = ""
    link_share: float = 0.0
    """Share of the characters that lead to other pages; links to documents do not count."""
    line: bool = False
    """Whether the block ended at a line break and not at a paragraph's end."""
    level: int = 0
    """Depth of a heading or list, from 1."""
    ordered: bool = False
    cells: tuple[str, ...] = ()
    table: int = 0
    """Which table a row belongs to."""
    mended: tuple[Mended, ...] = ()


@dataclass
class _Run:
    text: str
    bold: bool
    italic: bool
    href: str | None


class _Style(NamedTuple):  # a dataclass is replaced at many times the cost, and every tag asks for that
    bold: bool = False
    italic: bool = False
    href: str | None = None
    align: str = ""
    caption: bool = False
    kind: Kind = "paragraph"
    level: int = 0
    ordered: bool = False


@dataclass
class Reader:
    """Walks a container once. `blocks` and `images` (absolute URLs) are the result."""

    base_url: str
    blocks: list[Block] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    _runs: list[_Run] = field(default_factory=list)
    _after_image: bool = False
    _tables: int = 0

    def read(self, container: HtmlElement) -> "Reader":
        """Read the whole container; returns itself."""
        self._walk(container, _Style())
        self._flush(_Style())
        return self

    def _walk(self, node: HtmlElement, style: _Style) -> None:
        tag = node.tag
        if not isinstance(tag, str) or tag in _SKIPPED or hidden(node):
            return
        if tag == "br":
            self._flush(style, line=True)
        elif tag == "img":
            self._image(node, style)
        elif tag == "table" and (rows := data_rows(node)):
            self._flush(style)
            self._rows(rows)
        elif "wp-block-file__button" in (node.get("class") or ""):
            return
        elif tag in BLOCKS or "-" in tag:  # an element of the page's own making holds what it likes
            self._flush(style)
            inner = self._inner(node, style)
            self._children(node, inner)
            self._flush(inner)
        else:
            self._children(node, self._inline(node, style))

    def _children(self, node: HtmlElement, style: _Style) -> None:
        self._say(node.text, style)
        for child in node:
            self._walk(child, style)
            self._say(child.tail, style)

    def _say(self, words: str | None, style: _Style) -> None:
        if words:
            self._runs.append(_Run(words, style.bold, style.italic, style.href))

    def _inner(self, node: HtmlElement, style: _Style) -> _Style:
        tag, css, names = node.tag, node.get("style") or "", node.get("class") or ""
        align = (node.get("align") or _align(css, names)).lower() or ("center" if tag == "center" else "")
        align = "right" if align == "end" else align
        if align and align != style.align:
            style = style._replace(align=align)
        if tag in _HEADINGS:
            return style._replace(kind="heading", level=int(tag[1]))
        if tag in ("ul", "ol"):
            return style._replace(level=style.level + 1 if style.kind == "item" else 1, ordered=tag == "ol")
        if tag == "li":
            return style._replace(kind="item", level=max(style.level, 1))
        if tag == "blockquote":
            return style._replace(kind="quote")
        is_table_of_pictures = tag == "table" and next(node.iter("img"), None) is not None and frames_pictures(node)
        if tag == "figcaption" or is_table_of_pictures or (names and _captions(names)):
            return style._replace(caption=True)
        return self._inline(node, style)

    @staticmethod
    def _inline(node: HtmlElement, style: _Style) -> _Style:
        tag, css, names = node.tag, node.get("style"), node.get("class")
        bold = style.bold or tag in _BOLD or bool(css and _weighs(css)) or bool(names and _embolden(names))
        italic = style.italic or tag in _ITALIC or bool(css and _slants(css))
        href = node.get("href") if tag == "a" else None
        caption = style.caption or bool(names and _captions(names))
        if (bold, italic, caption) == (style.bold, style.italic, style.caption) and not href:
            return style
        return style._replace(bold=bold, italic=italic, href=href or style.href, caption=caption)

    def _image(self, node: HtmlElement, style: _Style) -> None:
        source = node.get("data-src") or node.get("data-lazy-src") or node.get("src") or ""
        letter = _drop_cap(node, source)
        if letter:
            self._say(letter, style)
            return
        url = absolute(self.base_url, source) if source and not source.startswith("data:") else None
        if url and url not in self.images:
            self.images.append(url)
        self._flush(style)
        self._after_image = True

    def _flush(self, style: _Style, line: bool = False) -> None:
        runs, self._runs = self._runs, []
        raw = "".join(run.text for run in runs)
        if not raw or raw.isspace():
            return
        cleaned = text.clean(raw)
        if not cleaned.text:
            return
        said = [run for run in runs if run.text.strip("\xa0 \t\r\n:.,;–-")]
        bold = bool(said) and all(run.bold for run in said)
        italic = bool(said) and all(run.italic for run in said)
        block = Block(
            kind=style.kind,
            text=cleaned.text,
            markdown=_markdown(runs, self.base_url, cleaned.text),
            bold=bold,
            italic=italic,
            align=style.align,
            link_share=_link_share(runs),
            line=line,
            level=style.level,
            ordered=style.ordered,
            mended=cleaned.mended,
        )
        if self._is_caption(block, style):
            block = replace(block, kind="caption")
        self._after_image = False
        self.blocks.append(block)

    def _is_caption(self, block: Block, style: _Style) -> bool:
        if len(block.text) > CAPTION_LENGTH or style.kind in ("heading", "item"):
            return style.caption and len(block.text) <= CAPTION_LENGTH
        if style.caption:
            return True
        if not self._after_image:
            return False
        credited = len(block.text) < 200 and _PHOTO_CREDIT.search(block.text) is not None
        centred = block.align == "center" and not block.bold and len(block.text) <= 250
        return credited or centred or (block.italic and len(block.text) <= 250)

    def _rows(self, rows: list[list[HtmlElement]]) -> None:
        self._tables += 1
        for row in rows:
            cells = []
            for cell in row:
                inner = Reader(self.base_url).read(cell)
                cells.append(" ".join(block.text for block in inner.blocks))
                self.images.extend(url for url in inner.images if url not in self.images)
            if any(cells):
                words = text.clean(" | ".join(cells)).text
                self.blocks.append(Block("row", words, words, cells=tuple(cells), table=self._tables))
        self._after_image = False


def hidden(node: HtmlElement) -> bool:
    """Whether a browser would not show the element."""
    css = node.get("style")
    if css and _is_undisplayed(css):
        return True
    names = node.get("class")
    return bool(names and _hides(names)) or node.get("hidden") is not None


# a site has few class and style attributes, and every page repeats them
@lru_cache(maxsize=4096)
def _is_undisplayed(css: str) -> bool:
    return _HIDDEN.search(css) is not None


@lru_cache(maxsize=4096)
def _weighs(css: str) -> bool:
    return _WEIGHT.search(css) is not None


@lru_cache(maxsize=4096)
def _slants(css: str) -> bool:
    return _STYLE.search(css) is not None


@lru_cache(maxsize=4096)
def _align(css: str, names: str) -> str:
    found = _ALIGN.search(css) or _ALIGN_CLASS.search(names)
    return found.group(1) if found else ""


@lru_cache(maxsize=4096)
def _hides(names: str) -> bool:
    return _HIDDEN_CLASS.search(names) is not None


@lru_cache(maxsize=4096)
def _embolden(names: str) -> bool:
    return _BOLD_CLASS.search(names) is not None


@lru_cache(maxsize=4096)
def _captions(names: str) -> bool:
    return _CAPTION_CLASS.search(names) is not None


def plain(node: HtmlElement) -> str:
    """The visible text of an element on one line, clean."""
    return " ".join(block.text for block in Reader("").read(node).blocks)


def _drop_cap(node: HtmlElement, source: str) -> str | None:
    """The letter that a small picture at the start of a paragraph stands for."""
    tail = (node.tail or "").lstrip()
    if not tail or not tail[0].islower():
        return None
    alt = (node.get("alt") or "").strip()
    if len(alt) == 1 and alt.isalpha():
        return alt.upper()
    found = _LETTER_FILE.search(source)
    return found.group(1) if found else None


def _link_share(runs: Iterable[_Run]) -> float:
    total = linked = 0
    for run in runs:
        size = len(run.text.strip())
        total += size
        if run.href and not _DOCUMENT.search(run.href):
            linked += size
    return linked / total if total else 0.0


def _markdown(runs: list[_Run], base_url: str, words: str) -> str:
    """The runs with emphasis and links; `words` itself when there is none."""
    if not any(run.bold or run.italic or run.href for run in runs):
        return words
    merged: list[_Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last and (last.bold, last.italic, last.href) == (run.bold, run.italic, run.href):
            last.text += run.text
        else:
            merged.append(_Run(run.text, run.bold, run.italic, run.href))
    return text.clean("".join(_mark(run, base_url) for run in merged)).text


def _mark(run: _Run, base_url: str) -> str:
    core = run.text.strip()
    if not core:
        return run.text
    before = " " if run.text[0].isspace() or run.text[0] == "\xa0" else ""
    after = " " if run.text[-1].isspace() or run.text[-1] == "\xa0" else ""
    url = absolute(base_url, run.href) if run.href else None
    if url:
        core = f"[{core}]({url.replace(' ', '%20')})"
    mark = "***" if run.bold and run.italic else "**" if run.bold else "*" if run.italic else ""
    return f"{before}{mark}{core}{mark}{after}"

"""From an article container to its blocks: ours are read first, trafilatura's reading decides about the doubtful.

trafilatura drops prose on these sites (lists, sub-headings, one-line paragraphs) and we would keep chrome; so a block
that both keep stays, and a block that only we see stays unless it looks like chrome. Its vote is taken where a block
is in doubt, once for the whole container: most articles have no such block, and it costs more than all else together.
Text and Markdown come from the same blocks, so one extraction serves both.
"""

import logging
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import trafilatura
from lxml.html import Element, HtmlElement

from pipelines import text
from pipelines.blocks import Block, Reader

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every short text; we keep those

_SPACES = re.compile(r"[\s|]+")
_SENTENCE_END = re.compile(r"[.!?:;…”\"/)\]]$")
_RELATED = re.compile(
    r"^\W*((các |những )?(tin|bài)( viết)? (liên quan|khác|mới( hơn| nhất)?|cũ hơn|cùng (chuyên )?mục)|xem thêm"
    r"|đọc thêm|có thể bạn quan tâm|mời (bạn )?(xem|đọc))\W*$",
    re.I,
)


_LINKED = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
_PAGER = re.compile(r"^(trang\s*:?)?[\s\d«»‹›|….]+$", re.I)
_ATTACHED = re.compile(
    r"^\W*((tài liệu|file|tệp|tập tin|văn bản)( tin)? (kèm theo|đính kèm)(?-i:(?![a-zà-ỹ]))"
    r"|(xem|tải)( chi tiết| nội dung| toàn văn| về)*( tại| trong| ở| theo)?"
    r" (file|tệp|tập tin|văn bản) (đính kèm|kèm theo)"
    r"|tải (về|xuống)\W*(:.*)?$)",
    re.I,
)
_POINTER = re.compile(
    r"^(?:[>»→*•-]{1,3}\s*"
    r"|(?:xem thêm|đọc thêm|mời (?:bạn )?(?:xem|đọc)(?: thêm)?|(?:tin|bài)(?: viết)? liên quan)\s*:\s*)+\S",
    re.I,
)
_HEAD_OF_FILES = re.compile(r"\W*((các )?(tài liệu|file|tệp|tập tin|văn bản)( tin)? (kèm theo|đính kèm))\W*", re.I)
_ALL_LINK = 0.95
"""Share of a block's characters from which it is nothing but a link to another page."""


@dataclass(frozen=True)
class Extracted:
    """What a container says: blocks in order without captions, the captions and pictures beside them."""

    blocks: tuple[Block, ...]
    captions: tuple[str, ...]
    images: tuple[str, ...]
    restored: int = 0
    """Blocks that trafilatura would have lost; counted where its vote was taken."""
    refused: int = 0
    """Blocks that only looked like chrome and that trafilatura did not keep either."""
    teasers: int = 0
    """Links to other pages that are each followed by a text: the items of a listing."""


def extract(container: HtmlElement, base_url: str, *, compare: bool = False) -> Extracted:
    """Read a pruned article container. Deterministic; the container is left as it was.

    `compare`: take trafilatura's vote also where no block is in doubt, to count what it would have lost.
    """
    reader = Reader(base_url).read(container)
    suspects = _suspects(reader.blocks)
    doubtful = any(s and b.link_share < _ALL_LINK for b, s in zip(reader.blocks, suspects, strict=True))
    heard = _trafilatura(container) if doubtful or compare else None
    kept: list[Block] = []
    captions: dict[str, None] = {}
    restored = refused = 0
    files = False
    for block, chrome in zip(reader.blocks, suspects, strict=True):
        if block.kind == "caption":
            captions[block.text] = None
            continue
        lost = heard is not None and _key(block.text) not in heard
        files = _HEAD_OF_FILES.fullmatch(block.text) is not None or (files and _is_file(block))
        if (chrome and (lost or block.link_share >= _ALL_LINK)) or _label(block) or (files and _is_file(block)):
            refused += 1
            continue
        restored += lost
        kept.append(block)
    return Extracted(
        tuple(_rejoined(kept)), tuple(captions), tuple(reader.images), restored, refused, _teasers(reader.blocks)
    )


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown: headings, nested lists, quotes, real tables."""
    parts: list[str] = []
    previous: Block | None = None
    number = 0
    widths = _widths(blocks)
    for block in blocks:
        glue = "\n\n"
        if previous is not None and block.kind == previous.kind and block.kind in ("item", "row"):
            glue = "\n" if block.kind == "item" or block.table == previous.table else glue
        if block.kind == "heading":
            line = f"{'#' * max(block.level, 2)} {block.text}"
        elif block.kind == "item":
            number = number + 1 if previous is not None and previous.kind == "item" else 1
            mark = f"{number}." if block.ordered else "-"
            line = f"{'  ' * (block.level - 1)}{mark} {block.markdown}"
        elif block.kind == "quote":
            line = f"> {block.markdown}"
        elif block.kind == "row":
            line = _row(block, first=glue == "\n\n", width=widths[block.table])
        else:
            line = _escaped(block.markdown)
        parts.append(line if previous is None else glue + line)
        previous = block
    return "".join(parts)


def _widths(blocks: Sequence[Block]) -> dict[int, int]:
    """Cells of the longest row of each table."""
    widths: dict[int, int] = {}
    for block in blocks:
        if block.kind == "row":
            widths[block.table] = max(widths.get(block.table, 0), len(block.cells))
    return widths


def _row(block: Block, first: bool, width: int) -> str:
    cells = [*(cell.replace("|", "\\|") for cell in block.cells), *[""] * (width - len(block.cells))]
    line = f"| {' | '.join(cells)} |"
    return f"{line}\n|{' --- |' * width}" if first else line


def _escaped(line: str) -> str:
    # a paragraph that begins like a list or a heading is none
    return re.sub(r"^([#+>-]|\d+[.)])(?=\s)", lambda m: m.group(1)[:-1] + "\\" + m.group(1)[-1], line)


def _trafilatura(container: HtmlElement) -> str:
    """Everything that trafilatura keeps of the container, as one key without spaces."""
    tree, body, article = Element("html"), Element("body"), Element("article")
    tree.append(body)
    body.append(article)
    article.append(deepcopy(container))
    try:
        found = trafilatura.bare_extraction(tree, fast=True, favor_recall=True, include_comments=False)
    except Exception:  # a library's fault on one odd page costs its vote, not the page
        return ""
    if found is None or isinstance(found, dict):
        return ""
    return _key("".join(text.clean(line).text for line in (found.text or "").splitlines()))


def _key(words: str) -> str:
    return _SPACES.sub("", words)


def _label(block: Block) -> bool:
    """Whether the block is a pager, or only says that a document is attached (which the attachments tell)."""
    if block.kind == "paragraph" and _PAGER.match(block.text) and len(block.text) < 40:
        return True
    if block.kind == "paragraph" and block.link_share >= 0.5 and _POINTER.match(block.text):
        return True
    return "](" in block.markdown and len(block.text) < 90 and _ATTACHED.match(block.text) is not None


def _is_file(block: Block) -> bool:
    """Whether the block is little but the link of a document; below the head of such a list it is an attachment."""
    linked = sum(len(words) for words in _LINKED.findall(block.markdown))
    return block.link_share < 0.5 and linked >= 0.6 * len(block.text)


def _suspects(blocks: Sequence[Block]) -> list[bool]:
    """Which blocks look like chrome: lists of links to other pages, and the headings over them."""
    linky = [block.link_share >= 0.8 and not _SENTENCE_END.search(block.text) for block in blocks]
    result = list(linky)
    for index, block in enumerate(blocks):
        if _RELATED.match(block.text) and all(linky[index + 1 : index + 2]):
            result[index] = True
        alone = not any(linky[max(index - 1, 0) : index]) and not any(linky[index + 1 : index + 2])
        if linky[index] and alone and block.kind in ("paragraph", "row", "heading") and index < len(blocks) - 1:
            # one linked line in the midst of the prose is the author's
            result[index] = index > 0 and _RELATED.match(blocks[index - 1].text) is not None
    return result


def _teasers(blocks: Sequence[Block]) -> int:
    count, pending = 0, False
    for block in blocks:
        if block.link_share >= 0.8 and len(block.text) >= 20:
            pending = True
        elif pending and len(block.text) >= 60:
            count, pending = count + 1, False
    return count


def _rejoined(blocks: list[Block]) -> list[Block]:
    """Runs of lines that a PDF broke, made paragraphs again; every other block as it is."""
    result: list[Block] = []
    run: list[Block] = []
    for block in [*blocks, None]:
        if block is not None and block.kind == "paragraph":
            run.append(block)
            continue
        result.extend(_paragraphs(run))
        run = []
        if block is not None:
            result.append(block)
    return result


def _paragraphs(run: list[Block]) -> list[Block]:
    if not text.is_broken([block.text for block in run]):
        return run
    by_text = {block.text: block for block in run}
    plain = Block("paragraph", "", "")
    return [
        by_text.get(line) or replace(plain, text=line, markdown=line) for line in text.rejoin([b.text for b in run])
    ]

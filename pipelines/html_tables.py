"""Tables of data, told from tables that only lay out a page or frame a picture."""

from lxml.html import HtmlElement

_BEFORE = 60
CAPTION_LENGTH = 400
"""Longest caption, characters; a longer text beside a picture is prose."""


def data_rows(table: HtmlElement) -> list[list[HtmlElement]]:
    """The rows of a table of data; empty for a layout table, whose cells are read as blocks."""
    if next(table.iterdescendants("table"), None) is not None or frames_pictures(table):
        return []
    rows = [[c for c in row if c.tag in ("td", "th")] for row in table.iter("tr")]
    rows = [row for row in rows if row]
    if not rows or max(map(len, rows)) < 2:
        return []
    sizes = [len("".join(cell.itertext()).strip()) for row in rows for cell in row]
    paragraphs = max(sum(1 for _ in cell.iter("p", "div", "li")) for row in rows for cell in row)
    prose = max(sizes) > 600 or (paragraphs > 6 and max(sizes) > 300)
    return [] if prose and (len(rows) <= 3 or "border" not in table.attrib) else rows


def frames_pictures(table: HtmlElement) -> bool:
    """Whether the table only frames pictures with their captions."""
    pictures = sum(1 for _ in table.iter("img"))
    # a frame holds no other table
    if not pictures or next(table.iterdescendants("table"), None) is not None:
        return False
    cells = list(table.iter("td", "th"))
    said = [words for cell in cells if (words := " ".join("".join(cell.itertext()).split()))]
    if len(said) > pictures or any(len(words) > CAPTION_LENGTH for words in said):
        return False
    return not any(_tells_before_its_picture(cell) for cell in cells)


def _tells_before_its_picture(cell: HtmlElement) -> bool:
    """Whether a sentence stands before the first picture of the cell, as in a page's column and in no frame."""
    if next(cell.iterdescendants("img"), None) is None:
        return False
    size = len((cell.text or "").strip())
    for node in cell.iterdescendants():
        if node.tag == "img":
            break
        size += len((node.text or "").strip()) if isinstance(node.tag, str) else 0
        # what follows an element that holds the picture is not before it
        size += len((node.tail or "").strip()) if next(node.iter("img"), None) is None else 0
    return size > _BEFORE

"""What a page shows besides its article, line by line; for `explain`, that must account for all of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from pipelines import text
from pipelines.blocks import hidden

OUTSIDE = "outside"
"""The rule of what stands outside the element that holds the article."""
PRUNED = "pruned"
"""The rule of what the family cut out of that element: its chrome by marks, related lists."""

_INLINE = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "kbd", "label", "mark", "q"),
        *("s", "small", "span", "strong", "sub", "sup", "u"),
    )
)
_UNSEEN = frozenset(
    ("script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea", "head", "title")
)
_PROSE = 40
"""Characters from which a line is prose enough to tell where the article stands."""


@dataclass(frozen=True)
class Line:
    """A line as a reader of the page sees it, clean."""

    text: str
    node: HtmlElement
    """The element that it begins in."""


def visible(tree: HtmlElement) -> Iterator[Line]:
    """The lines of a page in document order; an element that is no inline one, and `<br>`, ends a line."""
    said: list[str] = []
    begun = tree
    walk = etree.iterwalk(tree, events=("start", "end"))
    for event, node in walk:
        if event == "start":
            unseen = not isinstance(node.tag, str) or node.tag in _UNSEEN or hidden(node)
            if node.tag not in _INLINE:
                yield from _line(said, begun)
                said, begun = [], node
            if unseen:
                walk.skip_subtree()
            elif node.text:
                said.append(node.text)
        else:
            if node.tag not in _INLINE:
                yield from _line(said, begun)
                said, begun = [], node.getparent() if node.getparent() is not None else node
            if node.tail and node is not tree:
                said.append(node.tail)
    yield from _line(said, begun)


def _line(said: list[str], node: HtmlElement) -> Iterator[Line]:
    words = text.clean("".join(said)).text
    if any(map(str.isalnum, words)):
        yield Line(words, node)


def around(tree: HtmlElement, is_kept: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Rule (`outside` or `pruned`) and text of each line that is not kept.

    Args:
        tree: the whole page, not pruned.
        is_kept: whether a line's words are the article's, in its text or as a field.
    """
    lines = list(visible(tree))
    kept = [is_kept(line.text) for line in lines]
    prose = [line.node for line, own in zip(lines, kept, strict=True) if own and len(line.text) >= _PROSE]
    inside = set(_common(prose).iter()) if prose else set()
    for line, own in zip(lines, kept, strict=True):
        if not own:
            yield (PRUNED if line.node in inside else OUTSIDE), line.text


def _common(nodes: Iterable[HtmlElement]) -> HtmlElement:
    """The deepest element that holds them all."""
    chains = [[*reversed(list(node.iterancestors())), node] for node in nodes]
    common = chains[0][0]
    for level in zip(*chains, strict=False):
        if any(node is not level[0] for node in level):
            break
        common = level[0]
    return common

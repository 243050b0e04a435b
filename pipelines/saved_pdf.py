"""The lines of a PDF in a page saved as text, as document sharing sites print them (domain facts §4.8)."""

from collections.abc import Sequence

from pipelines import boilerplate, dates, text
from pipelines.saved_lines import TITLE, SavedLines

_WAY = 8
"""Lines of the block at the head of a PDF's text that ends with its title."""
_BEHIND = frozenset(("share", "imprint", "address", "tags", "see-also"))
"""Rules, beside those of heads, that end the lines of a PDF."""


class PdfLines(SavedLines):
    """The clean lines of such a page: broken anywhere, with boxes and numbers of pages between them."""

    def read(self) -> None:
        """Chrome out first, for it may stand in the middle of a sentence, then the lines together."""
        filled = [at for at, line in enumerate(self.lines) if line]
        sifted = boilerplate.sift([self.lines[at] for at in filled], broken=True)
        self.removed += sifted.removed
        gone = {filled[at] for at in set(range(len(filled))) - set(sifted.kept)}
        labels = {at for at in filled if dates.is_date_line(self.lines[at], labelled=True)}
        self.found = dates.labelled([self.lines[at] for at in sorted(labels)], self.fetched_at)
        self.dropped += [("date-line", self.lines[at]) for at in sorted(labels - gone)]
        rest = [line for at, line in enumerate(self.lines) if at not in gone | labels]
        end, title = _tail(rest), _headline(rest)
        start = 0
        if title is not None:
            self.title, start = rest[title], title + 1
            self.dropped += [("above-title", line) for line in rest[:title] if line]
        self.dropped += [("after-article", line) for line in rest[end:] if line]
        joined = self.within(text.rejoin(rest[start:end]))
        sifted = boilerplate.sift(joined)
        self.removed += sifted.removed
        self.paragraphs = [joined[at] for at in sifted.kept]


def _headline(lines: Sequence[str]) -> int | None:
    """The title over lines of a PDF: the last of a few set apart by a blank one, no sentence, no heading of a section.

    What stands over it there is the way to the page ("Trang chủ", "Luận văn").
    """
    first = next((at for at, line in enumerate(lines) if line), len(lines))
    end = next((at for at in range(first, len(lines)) if not lines[at]), len(lines))
    if not first < end <= min(first + _WAY, len(lines) - 1):
        return None
    line = lines[end - 1]
    if len(line) < TITLE or line[-1] in ".:;," or line[0].isdigit() or any(s[0].islower() for s in lines[first:end]):
        return None
    return end - 1


def _tail(lines: Sequence[str]) -> int:
    """Where chrome begins behind the lines of a PDF: none of them goes on in small letters after it."""
    running = max((at for at, line in enumerate(lines) if line[:1].islower()), default=-1)
    for at in range(running + 1, len(lines)):
        rule = boilerplate.match(lines[at]) if lines[at] else None
        if rule is not None and (rule.where == "end" or rule.id in _BEHIND):
            return at
    return len(lines)

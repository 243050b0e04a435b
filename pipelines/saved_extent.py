"""How far the article goes on a page saved as text: chrome is weighed against prose, and a byline closes it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import boilerplate, byline, dates
from pipelines.boilerplate import Rule, is_prose

_SENTENCE = 50
"""Characters of the shortest line that counts as a sentence of the article."""
_MOST = 400
"""Characters that one paragraph counts for at most: a long imprint is no article."""
_CHROME = 80
"""Characters of prose that a line of chrome outweighs."""
_READERS = 600
"""Characters by which what stands behind "Ý kiến bạn đọc" must outweigh what stands before it."""
_PASSED = frozenset(("picture-name", "voice", "whole-document", "pager"))
"""Rules whose lines also stand between the paragraphs of an article and its byline."""
_FOOTER = frozenset(("address", "imprint", "session", "site-name", "no-script", "comment-form"))
"""Rules whose lines may be as long as prose."""
_NOTE = re.compile(r"[\[(]\d{1,2}[\])]|(?:Tài liệu tham khảo|TÀI LIỆU THAM KHẢO|Chú thích|Ghi chú)\s*:?$")
_RESCUED = 8
"""Lines after the end among which a labelled byline is still looked for, behind a share bar or a rating."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The lines of a page, by index, that are the article or stand over it, and the rest with its rules."""

    kept: tuple[int, ...]
    """In order, but for a byline over footnotes: it comes after them."""
    dropped: tuple[tuple[str, str], ...]


def extent(lines: Sequence[str]) -> Extent:
    """Cut what follows the article. What stands over it stays: the title is there."""
    rules = [_rule(line) for line in lines]
    last = _last(lines, rules)
    if last is None:
        return Extent(tuple(range(len(lines))), ())
    end = _end(lines, rules, last)
    kept = [*_notes_first(lines, end), *_bylines(lines, rules, end)]
    dropped: list[tuple[str, str]] = []
    why = "after-article"
    for at in range(end, len(lines)):
        why = rules[at].id if rules[at] else why  # type: ignore[union-attr]
        if at not in kept:
            dropped.append((why, lines[at]))
    return Extent(tuple(kept), tuple(dropped))


def _rule(line: str) -> Rule | None:
    rule = boilerplate.match(line)
    return None if rule is None or (is_prose(line) and rule.id not in _FOOTER) else rule


def is_sentence(line: str) -> bool:
    """A shorter paragraph of the author's: it ends as a sentence does."""
    return len(line) >= _SENTENCE and line.rstrip('”"’)]').endswith((".", "!", "?", "…", ";", ":"))


def _last(lines: Sequence[str], rules: Sequence[Rule | None]) -> int | None:
    """The last line of the run with the most prose, chrome inside counted against it (a maximum segment)."""
    last: int | None = None
    best = score = margin = 0
    headed = False
    weights = [0 if rules[at] else _weight(line) for at, line in enumerate(lines)] + [0]
    for at, rule in enumerate(rules):
        if rule is not None and rule.firm:
            headed = headed or best > 0
            if best and rule.id == "comments" and not weights[at + 1]:
                margin = _READERS  # a word of the share bar has the text right under it
            score = 0
        elif rule is not None or _is_labelled(lines, at):
            score = max(0, score - (0 if rule and rule.id in _PASSED else _CHROME))
        elif not headed or any(weights[max(0, at - 1) : at] + weights[at + 1 : at + 2]):
            score += weights[at]  # behind such a head a text that stands alone is a teaser or a reader's
        if score > best + margin:
            best, last = score, at
    return last


def _weight(line: str) -> int:
    return min(len(line), _MOST) if is_prose(line) else len(line) // 2 if is_sentence(line) else 0


def _end(lines: Sequence[str], rules: Sequence[Rule | None], last: int) -> int:
    """The index behind the article: its shorter lines and its byline follow the last prose, up to chrome."""
    signed = False
    end = last + 1
    for at in range(last + 1, len(lines)):
        rule = rules[at]
        if rule is not None and rule.id in _PASSED:
            continue
        if rule is not None:
            break
        if not (dates.is_date_line(lines[at]) or _twin(lines, at)):
            if signed and not _signs(lines, at):
                break
            signed = signed or _signs(lines, at)
        end = at + 1
    return end


def _notes_first(lines: Sequence[str], end: int) -> list[int]:
    """The lines up to `end`, a signature that stands over the footnotes put under them."""
    notes = end
    while notes > 1 and _NOTE.match(lines[notes - 1]):
        notes -= 1
    signed = notes
    while notes < end and signed > 1 and notes - signed < 3 and _signs(lines, signed - 1):
        signed -= 1
    return [*range(signed), *range(notes, end), *range(signed, notes)]


def _twin(lines: Sequence[str], at: int) -> bool:
    """Whether the line is printed twice in a row: a picture's caption."""
    return lines[at] == lines[at - 1] or lines[at] == lines[min(at + 1, len(lines) - 1)] != lines[at - 1]


def _signs(lines: Sequence[str], at: int) -> bool:
    """Whether the line would be taken off as a signature, a byline or a source line."""
    above = lines[at - 1] if at else "…"
    return len(byline.split(("…", above, lines[at])).paragraphs) < 3


def _is_labelled(lines: Sequence[str], at: int) -> bool:
    return ":" in lines[at][:30] and len(lines[at]) <= 200 and _signs(lines, at)


def _bylines(lines: Sequence[str], rules: Sequence[Rule | None], end: int) -> list[int]:
    """Labelled bylines a little behind the end; a firm head comes before other people's."""
    found: list[int] = []
    for at in range(end, min(end + _RESCUED, len(lines))):
        rule = rules[at]
        if rule is not None and rule.firm:
            break
        if rule is None and _is_labelled(lines, at):
            found.append(at)
    return found

"""Lines that are no article, dropped by named rules (boilerplate.toml). Never a line inside the author's prose."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pipelines.text import fold
from schemas.article import Removed

Where = Literal["line", "edge", "end", "list"]

_COUNTER = (
    r"đang (?:truy cập|online|trực tuyến|xem)|máy chủ tìm kiếm|khách(?: viếng thăm| truy cập| trực tuyến| thăm)?"
    r"|trực tuyến|thành viên(?: online| trực tuyến)?"
    r"|hôm (?:nay|qua)|(?:trong )?(?:tuần|tháng|năm) (?:này|nay|trước|hiện tại|qua)"
    r"|trong (?:ngày|tuần)|tất cả|tổng(?: cộng)?(?: số)?(?: lượt)?(?: truy cập| người truy cập)?"
    r"|(?:số )?(?:lượt|người)(?: đang)?(?: truy cập| trực tuyến| online)(?: hôm nay| hiện tại)?|truy cập(?: hôm nay)?"
    r"|online|trực tuyến|today|yesterday|total|visitors?|members?"
)
_LONGEST = 200
"""Characters of the longest line that a rule may drop."""
_PROSE = 100
_SENTENCE = re.compile(r"(?:[.!?…:;]|\./\.)[”\"’)\]]*$")
_BULLET = re.compile(r"^[\s•·▪●○◦■□➤►*+–—-]+(?=\S)")
_CLOSING = re.compile(r"[\s.…!:]+$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of boilerplate.toml."""

    id: str
    why: str
    where: Where
    pattern: str
    drops: tuple[str, ...]
    keeps: tuple[str, ...]
    raw: bool = False
    firm: bool = False
    """An `end` rule that, on a page saved as text, outweighs the prose that stands before it."""
    loose: bool = False
    """Words that a line broken by a PDF may consist of."""
    box: bool = False
    """Head of a box of its own: on a captured page the element that it begins goes with it."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is left of the blocks, by index, and what each rule dropped."""

    kept: tuple[int, ...]
    removed: tuple[Removed, ...]
    dropped: tuple[tuple[str, str], ...] = ()
    """The same one by one: rule and text, in order."""


@cache
def rules() -> tuple[Rule, ...]:
    """The rules in the order of the file, the first that matches wins."""
    data = tomllib.loads(files("pipelines").joinpath("boilerplate.toml").read_text(encoding="utf-8"))
    return tuple(
        Rule(**{**entry, "drops": tuple(entry["drops"]), "keeps": tuple(entry["keeps"])}) for entry in data["rule"]
    )


@cache
def _matchers() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """All folded patterns as one, all raw ones as one; a group's name is `r` and the rule's index."""

    def one(raw: bool) -> re.Pattern[str]:
        parts = [
            f"(?P<r{at}>{rule.pattern if raw else fold(rule.pattern.replace('{counter}', _COUNTER))})"
            for at, rule in enumerate(rules())
            if rule.raw is raw
        ]
        return re.compile("|".join(parts))

    return one(False), one(True)


def match(line: str) -> Rule | None:
    """The first rule whose shape the whole line has; where it stands is for `sift` to judge."""
    if len(line) > _LONGEST:
        return None
    bare = _BULLET.sub("", line.strip())
    folded, raw = _matchers()
    key = _CLOSING.sub("", fold(bare))
    found = folded.fullmatch(key) or raw.fullmatch(bare) or (folded.fullmatch(fold(line)) if bare != line else None)
    return rules()[int((found.lastgroup or "r0")[1:])] if found else None


def is_prose(block: str) -> bool:
    """A long block that ends as a sentence does: the author's own text, which no rule drops."""
    return len(block) > _LONGEST or (len(block) >= _PROSE and _SENTENCE.search(block) is not None)


def sift(blocks: Sequence[str], *, broken: bool = False) -> Sifted:
    """The clean `blocks` of a page (paragraphs or lines, in order) without those that a rule drops.

    `broken`: the blocks are lines of a PDF, of which any two words may be one; loose rules wait until the lines are
    joined.
    """
    matched = [None if is_prose(block) else match(block) for block in blocks]
    if broken:
        matched = [None if rule is None or rule.loose else rule for rule in matched]
    end = _end(blocks, matched)
    dropped = {at: matched[at] or matched[end] for at in range(end, len(blocks))}
    prose = [at for at in range(end) if is_prose(blocks[at])]
    first, last = (prose[0], prose[-1]) if prose else (end, -1)
    for at, rule in enumerate(matched[:end]):
        if rule is None or at in dropped:
            continue
        if rule.where in ("line", "end") or at < first or at > last:
            dropped[at] = rule
        if rule.where == "list":
            dropped.update(dict.fromkeys(_box(blocks[:end], matched, at), rule))
    kept = tuple(at for at in range(end) if at not in dropped)
    gone = tuple((rule.id, blocks[at]) for at, rule in sorted(dropped.items(), key=lambda pair: pair[0]) if rule)
    return Sifted(kept, removed(gone), gone)


def _end(blocks: Sequence[str], matched: Sequence[Rule | None]) -> int:
    """Index of the head that ends the article, no prose following it; the number of blocks when none does."""
    last = max((at for at, block in enumerate(blocks) if is_prose(block)), default=0)
    heads = (at for at, rule in enumerate(matched) if rule is not None and rule.where == "end" and at > last)
    return next(heads, len(blocks))


def _box(blocks: Sequence[str], matched: Sequence[Rule | None], head: int) -> range:
    """The lines of a box of links: to the line that closes it, else while they are bulleted or no sentence."""
    for at in range(head + 1, min(head + 15, len(blocks))):
        rule = matched[at]
        if rule is not None and rule.id == "whole-document":
            return range(head, at)
        if is_prose(blocks[at]):
            break
    at = head + 1
    while at < len(blocks) and _is_link(blocks[at]):
        at += 1
    return range(head, at)


def _is_link(block: str) -> bool:
    if is_prose(block) or block[:1].islower():
        return False
    bulleted = _BULLET.match(block) is not None
    return bulleted or (len(block) >= 25 and _SENTENCE.search(block) is None and not block[:1].isdigit())


def removed(dropped: Iterable[tuple[str, str]]) -> tuple[Removed, ...]:
    """The log of (rule, text) pairs: one entry a rule, in order of first use."""
    texts: dict[str, list[str]] = {}
    for rule, text in dropped:
        texts.setdefault(rule, []).append(text)
    return tuple(
        Removed(rule=rule, count=len(found), hash=hashlib.sha256("\n".join(found).encode()).hexdigest()[:16])
        for rule, found in texts.items()
    )

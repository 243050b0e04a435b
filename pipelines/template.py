"""Template memory: blocks that a site prints around many different articles are its chrome (DESIGN §6.3).

Pages of one text (a twin, a re-fetch, an edited version) count once, also over the nights: the memory keeps a sketch of
the texts that it has counted. What an author may well repeat (a signature, a formula of law) is never taken for chrome.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from zlib import crc32

from pydantic import Field

from pipelines import boilerplate, text
from pipelines.blocks import Reader
from pipelines.families import FAMILIES, recognise
from pipelines.page import RawPage, UnreadablePage, parse
from schemas.frozen import Frozen
from schemas.urls import url_key

SEEN_ENOUGH = 4
"""Distinct main texts around which a block must have stood to be chrome."""
SHARE = 0.5
"""And the share of all distinct main texts; of a block that reads as a sentence or as a name, `PROSE_SHARE`."""
PROSE_SHARE = 0.8
NEW_ENOUGH, NEW_SHARE = 10, 0.95
"""After a redesign: of how many texts since a block was first seen (a sentence: twice as many), and of which share."""
LIMIT = 2000
"""Blocks remembered; the rarest are forgotten first."""
KNOWN = 300
"""Main texts remembered; the oldest are forgotten first, long after their counts have faded."""
HALF_LIFE = 100
"""New texts after which an old count is worth half: what a redesign took away fades, a quiet month forgets nothing."""
_SKETCH = 24
_COMPARED = 4
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_FORMULA = re.compile(
    r"(căn cứ|xét|theo đề nghị|điều 0|chương [0ivx]+|kính gửi|nơi nhận|quyết (nghị|định))(?=[\s:,;.]|$)"
)
"""Formulas of law: they recur because authors must write so (after folding)."""
_LABEL = "(tin|bài|ảnh|nguồn|theo|thực hiện|biên tập|tác giả|người viết|người đăng)"
_BYLINE = re.compile(rf"{_LABEL}([\s,&+-]+(và\s+)?{_LABEL})*\s*:\s*\S.{{0,80}}")


class Known(Frozen):
    """A main text that was counted: its address, title and sketch."""

    url: str
    """First 12 hex digits of the hash of its URL key; empty when it had none."""
    title: str
    """First 12 hex digits of the hash of its title, folded; empty when it had none."""
    sketch: tuple[int, ...]
    """The smallest hashes of its four-word runs."""


class Template(Frozen):
    """What was learned of one site: how often each masked block stood beside a different main text."""

    version: str = "0"
    """Hash of the content: equal memories have equal versions."""
    blocks: Mapping[str, float] = Field(default_factory=lambda: MappingProxyType({}))
    """Count by block key (16 hex digits of the masked block's hash)."""
    texts: float = 0.0
    """Distinct main texts seen, decayed alike."""
    since: Mapping[str, float] = Field(default_factory=lambda: MappingProxyType({}))
    """Those seen since a block was first, where they are fewer than all."""
    known: tuple[Known, ...] = ()
    """The latest of them, oldest first."""

    def is_chrome(self, line: str) -> bool:
        """Whether the line recurs around different articles often enough to be the site's, not an author's."""
        key = block_key(line)
        count = self.blocks.get(key, 0.0)
        if count < SEEN_ENOUGH or _is_authors(line):
            return False
        doubtful = _is_sentence(line) or _is_name(line)
        if count >= (PROSE_SHARE if doubtful else SHARE) * self.texts:
            return True
        since = self.since.get(key, self.texts)
        return since >= NEW_ENOUGH * (1 + doubtful) and count >= NEW_SHARE * since


def block_key(line: str) -> str:
    """The key of a block: folded, digits masked, so that a counter is one block whatever it counts."""
    return hashlib.sha256(_masked(line).encode()).hexdigest()[:16]


def learn(template: Template | None, pages: Sequence[RawPage], family: str | None = None) -> Template:
    """The template after a window of pages of one site (at most some 200); pure and independent of their order.

    Pages that are no articles, or of a text that was counted before, teach nothing. `family` as `refine` takes it.
    """
    before = template or Template()
    views = [view for view in (_view(raw, family) for raw in pages) if view is not None]
    texts, met = _distinct(views, before.known)
    if not texts:
        return before
    faded = 0.5 ** (len(texts) / HALF_LIFE)
    counts = {key: count * faded for key, count in before.blocks.items()}
    fresh = Counter(key for views in texts for key in {key for view in views for key in view.keys})
    for key in _borrowed(texts, fresh):
        fresh[key] = min(fresh[key], 1)
    for key, count in fresh.items():
        counts[key] = counts.get(key, 0.0) + count
    rounded = ((key, round(count, 4)) for key, count in counts.items() if count >= 0.5)
    kept = dict(sorted(rounded, key=lambda item: (-item[1], item[0]))[:LIMIT])
    total = round(before.texts * faded + len(texts), 4)
    ages = {key: round(before.since.get(key, before.texts) * faded * (key in before.blocks), 4) for key in kept}
    since = {key: age + len(texts) for key, age in ages.items() if age < 0.9 * before.texts * faded}
    # a text that comes again and again is not forgotten, or it would be counted again
    again = [known for at, known in enumerate(before.known) if at in met]
    others = [known for at, known in enumerate(before.known) if at not in met]
    known = (*others, *again, *(views[0].known for views in texts))[-KNOWN:]
    content = (sorted(kept.items()), total, sorted(since.items()), known)
    version = hashlib.sha256(repr(content).encode()).hexdigest()[:12]
    return Template(version=version, blocks=kept, texts=total, since=since, known=known)


@dataclass(frozen=True)
class _View:
    """What one page teaches: its blocks as printed, which of them are prose, and the text that it is a page of."""

    lines: tuple[str, ...]
    known: Known

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(map(block_key, self.lines))


def _view(raw: RawPage, family: str | None) -> _View | None:
    try:
        page = parse(raw)
    except UnreadablePage:
        return None
    body = page.tree.find("body")
    lines = _texts(Reader(page.base_url).read(body if body is not None else page.tree))
    # after the reading: a family prunes the tree
    product = FAMILIES.get(family or "") or recognise(page)
    found = product.article(page) or (FAMILIES["generic"].article(page) if product.name != "generic" else None)
    if found is None:
        return None
    own = _texts(Reader("").read(found.body))
    address = "" if raw.url == "about:blank" else _hashed(url_key(raw.url))
    title = text.fold(found.title or "")
    return _View(lines, Known(url=address, title=_hashed(title) if title else "", sketch=_sketch(own)))


def _hashed(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def _texts(reader: Reader) -> tuple[str, ...]:
    return tuple(block.text for block in reader.blocks if block.text)


def _distinct(views: Sequence[_View], before: Sequence[Known]) -> tuple[list[list[_View]], set[int]]:
    """The pages by text, without the texts that were counted before, and which of those were met again."""
    groups: list[list[_View]] = []
    met: set[int] = set()
    for view in sorted(views, key=lambda v: (v.known.sketch, v.known.url, v.known.title, v.lines)):
        counted = {at for at, known in enumerate(before) if _same(view.known, known)}
        met |= counted
        if counted:
            continue
        for group in groups:
            if any(_same(view.known, other.known) for other in group[:_COMPARED]):
                group.append(view)
                break
        else:
            groups.append([view])
    return groups, met


def _same(one: Known, other: Known) -> bool:
    if one.url and one.url == other.url:
        return True
    alike = _likeness(one.sketch, other.sketch)
    return alike >= 0.7 or (alike >= 0.4 and bool(one.title) and one.title == other.title)


def _likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of four-word runs that two texts have in common, estimated from their smallest hashes."""
    both = sorted({*one, *other})[:_SKETCH]
    return len({*one} & {*other} & {*both}) / len(both) if both else 1.0


def _sketch(lines: Sequence[str]) -> tuple[int, ...]:
    words = text.fold(" ".join(lines)).split()  # numbers count: notices of two months differ in little else
    runs = (" ".join(words[at : at + 4]) for at in range(max(len(words) - 3, 1)))
    return tuple(sorted({crc32(run.encode()) for run in runs})[:_SKETCH])


def _borrowed(texts: Sequence[Sequence[_View]], fresh: Counter[str]) -> Iterator[str]:
    """Keys of sentences that one article owns and other pages only quote, as a box of the latest news does its lead.

    Sentences of the site's own keep their place before or after every article; a quoted one leaves it on one page.
    """
    places: dict[str, Counter[int]] = {}
    for views in texts:
        for key, place in {pair for view in views for pair in _places(view, fresh)}:
            places.setdefault(key, Counter())[place] += 1
    for key, where in places.items():
        (usual, most), *_ = where.most_common(1)
        elsewhere = where.total() - most
        if usual != 0 and 0 < elsewhere <= 2 and elsewhere * 4 < where.total():
            yield key


def _places(view: _View, fresh: Counter[str]) -> Iterator[tuple[str, int]]:
    """Each recurring sentence of the page and whether it stands before (-1), in (0) or after (1) what is its own."""
    sentences = [at for at, line in enumerate(view.lines) if len(line) >= 60 and line.rstrip('”" ')[-1:] in ".!?…"]
    own = [at for at in sentences if fresh[view.keys[at]] == 1]
    if own:
        for at in sentences:
            if fresh[view.keys[at]] >= SEEN_ENOUGH:
                yield view.keys[at], int(at > own[-1]) - int(at < own[0])


def _masked(line: str) -> str:
    return _DIGITS.sub("0", text.fold(text.clean(line).text))


def _is_authors(line: str) -> bool:
    """Whether an author may well repeat the line in many articles: a formula of law, a byline, a row of numbers."""
    masked = _masked(line)
    if not any(char.isalpha() for char in masked):
        return "|" in masked or ";" in masked
    return _FORMULA.match(masked) is not None or _BYLINE.fullmatch(masked) is not None


def _is_sentence(line: str) -> bool:
    """Whether the line reads as prose, be it short: what a site prints, it prints everywhere."""
    return boilerplate.is_prose(line) or line.rstrip('”" )')[-1:] in (".", "!", "?", "…", ":", ";")


def _is_name(line: str) -> bool:
    """Whether the line may be a signature: two to five words, all capitalised."""
    words = line.strip(" ./").split()
    return 2 <= len(words) <= 5 and all(word[0].isupper() for word in words)

"""How like two texts are, and the signatures by which like texts are found without comparing all with all.

MinHash (rensa) only proposes: two texts are candidates when a band of their signatures is the same. What they are to
each other is then decided on the words themselves. Provincial news is full of formulas ("Phát biểu tại buổi làm việc,
đồng chí ... nhấn mạnh"), and a notice from a form shares nine words in ten with the same notice of another commune:
so it is not the share of common words that decides alone, but whether the facts between them (numbers, names) were
swapped for others. Case and the place of a tone do not count, the tones themselves do. Thresholds:
docs/decisions/2026-11-25-clusters.md, `python -m benchmarks.clusters`.
"""

import hashlib
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import rensa

from pipelines.text import fold
from schemas.clusters import Likeness

SHINGLE = 5
"""Words of a shingle that texts are compared by."""
SIGNED = 8
"""Words of a shingle that is signed: longer, so that formulas are rarely shared and excerpts still are."""
BANDS, ROWS = 48, 2
FEWEST = 40
"""Words below which a text is not signed: a notice of two lines is the same everywhere and says nothing."""
WHOLE = 0.75
"""Words of the shorter text for one of the longer, from which on it is the whole text and not an excerpt."""
COPIED, EDITED, EXCERPTED = 0.95, 0.5, 0.6
"""Share of the shorter text's shingles that the longer one holds: at least, of a copy, a light edit, an excerpt."""
PASSAGE = 25
"""Words of the longest common run of an excerpt, at least."""
SWAPPED = 1.5
"""Gaps with facts swapped for others, for 100 common words, at most."""
MANY = 3
"""So many are too many where they are most of what differs."""
ALGORITHM = f"rensa{rensa.RMinHash.ALGORITHM_VERSION}-fold1-{SIGNED}w-{BANDS}x{ROWS}"
"""Signatures of another name cannot be compared with ours."""

_SEED = 42
_WORD = re.compile(r"(^|[.!?…:;\n“\"](?=\W))?\W*(\w+)")


@dataclass(frozen=True)
class Words:
    """A text as it is compared: folded words, and which of them are facts (a number, or a name within a sentence)."""

    words: tuple[str, ...]
    facts: tuple[bool, ...]

    @cached_property
    def shingles(self) -> frozenset[tuple[str, ...]]:
        """Its shingles; of a text shorter than one, the whole text."""
        return frozenset(_shingles(self.words, SHINGLE))

    @cached_property
    def known(self) -> frozenset[str]:
        """Its words."""
        return frozenset(self.words)


@dataclass(frozen=True)
class Compared:
    """What two texts have in common."""

    kind: Likeness
    jaccard: float
    contained: float
    """Share of the shorter text's shingles that the longer one holds."""


def read(text: str) -> Words:
    """The text as it is compared."""
    words, facts = [], []
    for match in _WORD.finditer(text):
        start, word = match.groups()
        words.append(_key(word))
        facts.append(_is_fact(word, start is not None))
    return Words(tuple(words), tuple(facts))


@lru_cache(maxsize=50_000)
def _key(word: str) -> str:
    return fold(word).lstrip("0") or word


def _is_fact(word: str, starts: bool) -> bool:
    """A number, or a name: an abbreviation (UBND) and the first word of a sentence say nothing."""
    if not word.isalpha():
        return True
    return not starts and word[0].isupper() and (len(word) == 1 or not word.isupper())


def sign(texts: Sequence[Words]) -> list[tuple[int, ...]]:
    """The bands of each text's signature, 64 bits signed each; none for a text of fewer than `FEWEST` words."""
    sets = [[" ".join(one) for one in _shingles(text.words, SIGNED)] for text in texts]
    digests = rensa.RMinHash.digests_from_token_sets(sets, BANDS * ROWS, _SEED)
    return [_bands(digest) if len(text.words) >= FEWEST else () for text, digest in zip(texts, digests, strict=True)]


def compare(one: Words, other: Words) -> Compared | None:
    """How one of the two repeats the other; None when they are two texts, however many formulas they share."""
    short, long = sorted((one, other), key=lambda text: len(text.words))
    common = len(short.shingles & long.shingles)
    contained = common / len(short.shingles)
    if contained < EDITED:
        return None
    runs = _runs(short.words, long.words)
    if not runs or _are_others(short, long, runs):
        return None
    kind: Likeness
    if len(short.words) >= WHOLE * len(long.words):
        kind = "copy" if contained >= COPIED else "light_edit"
    elif contained >= EXCERPTED and max(length for _, _, length in runs) >= PASSAGE:
        kind = "excerpt"
    else:
        return None
    return Compared(kind, common / len(short.shingles | long.shingles), contained)


def _shingles(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(size)), strict=False) if len(words) >= size else iter([tuple(words)])


def _bands(digest: Sequence[int]) -> tuple[int, ...]:
    rows = (array("I", [band, *digest[band * ROWS : (band + 1) * ROWS]]).tobytes() for band in range(BANDS))
    return tuple(int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "little", signed=True) for row in rows)


def _runs(short: Sequence[str], long: Sequence[str]) -> list[tuple[int, int, int]]:
    """Common runs of at least a shingle, in the order of `short`: where in each, and how many words."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, shingle in enumerate(_shingles(long, SHINGLE)):
        places.setdefault(shingle, []).append(place)
    runs = []
    here, after = 0, 0
    heads = list(_shingles(short, SHINGLE))
    while here < len(heads):
        found = places.get(heads[here])
        if found is None:
            here += 1
            continue
        there = next((place for place in found if place >= after), found[0])
        length = 0
        while (
            here + length < len(short) and there + length < len(long) and short[here + length] == long[there + length]
        ):
            length += 1
        runs.append((here, there, length))
        here, after = here + length, there + length
    return runs


def _are_others(short: Words, long: Words, runs: Sequence[tuple[int, int, int]]) -> bool:
    """Whether it is facts by which the texts differ: in the gaps between two runs that follow each other in both."""
    gaps = swapped = 0
    for (here, there, length), (next_here, next_there, _) in pairwise(runs):
        ours, theirs = slice(here + length, next_here), slice(there + length, next_there)
        if next_there > there:
            gaps += 1
            swapped += _foreign(short, ours, long) and _foreign(long, theirs, short)
    together = sum(length for _, _, length in runs)
    return 100 * swapped > SWAPPED * together or (swapped >= MANY and 2 * swapped > gaps)


def _foreign(text: Words, gap: slice, other: Words) -> bool:
    pairs = zip(text.words[gap], text.facts[gap], strict=True)
    return any(fact and word not in other.known for word, fact in pairs)

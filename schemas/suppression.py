"""What was taken down, told by hashes: enough to know it again, and nothing to read.

Ids and URLs can be guessed by whoever has them in mind, which is what a reader's tool needs. Phrases overlap, so that
who knows ten words could find the next by trying; they are kept below the raw prefix, which readers cannot read.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from pydantic import AwareDatetime

from schemas.frozen import Frozen
from schemas.urls import unpack_hashes, url_hash

WORDS = 10
"""Words in a row that make a phrase: an excerpt cut anywhere holds some, a person's title with his office seldom."""
SHORTEST = 5
"""Words of the shortest sentence that is known by itself; phrases of its length are looked for."""
REPEATED = 0.4
"""Share of phrases, of what was taken down or of the text itself, from which a text is the same one again. Every
twentieth word changed leaves 0.6; of two reports made from one form, 30 % of whose blocks are equal, less than 0.3."""

_LETTER = "[^\\W_]|[\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b\u00ad\u200b-\u200d\u2060\ufeff]"
_WORD = re.compile(f"(?:{_LETTER})+")
_SENTENCE = re.compile(r"(?<=[.!?…:;])\s+|\n+")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff")) | {ord(d): "đ" for d in "ðɖ"}


class Suppression(Frozen):
    """One takedown, in `suppressed/index.json` below the clean prefix."""

    site: str
    at: AwareDatetime
    reason: str
    """A code of the operator's (`court`, `privacy`, ...): never a name."""
    articles: tuple[str, ...] = ()
    """`name_hash` of each article id."""
    urls: str = ""
    """`schemas.urls.pack_hashes` of the site's URL keys."""
    documents: tuple[str, ...] = ()
    """SHA-256 of each file, as it is."""
    done: bool = False
    """Every step has been taken; else `tintinh takedown` with the same name goes on."""


class Phrases(Frozen):
    """The phrases of one takedown, in `suppressed/phrases.json` below the raw prefix."""

    article: str
    """`name_hash` of the article's id."""
    widths: tuple[int, ...]
    """Numbers of words of the phrases."""
    hashes: str
    """`schemas.urls.pack_hashes` of the phrases."""
    of: int = 0
    """How many phrases it had, with the formulas that `hashes` leaves out; 0: none was left out."""


class SuppressionIndex(Frozen):
    """`suppressed/index.json`."""

    suppressions: tuple[Suppression, ...] = ()


class PhraseIndex(Frozen):
    """`suppressed/phrases.json`."""

    phrases: tuple[Phrases, ...] = ()


@dataclass(frozen=True)
class Suppressed:
    """All that was taken down. Empty where nothing was."""

    suppressions: tuple[Suppression, ...] = ()
    phrases: tuple[Phrases, ...] = field(default=(), repr=False)
    """Empty also where only the clean prefix was read."""

    def about(self, *sites: str) -> "Suppressed":
        """The same list, with the texts of these sites alone: others may go on showing the same."""
        names = {one for s in self.suppressions if s.site in sites for one in s.articles}
        return Suppressed(self.suppressions, tuple(one for one in self.phrases if one.article in names))

    def article(self, article_id: str) -> bool:
        """Whether the article with this id was taken down."""
        return bool(self._articles) and name_hash(article_id) in self._articles

    def url(self, site: str, url_key: str) -> bool:
        """Whether what is at a URL (by its key) of a site was."""
        return url_hash(url_key) in self.urls(site)

    def urls(self, site: str) -> frozenset[int]:
        """The `url_hash`es of a site that are not to be asked."""
        return self._urls.get(site, frozenset())

    def document(self, sha256: str) -> bool:
        """Whether the file with this SHA-256 (hex) was."""
        return sha256 in self._documents

    def repeats(self, text: str) -> bool:
        """Whether a text is, by a large share, one that was taken down, or holds one. Needs `phrases`."""
        if not self.phrases:
            return False
        own = set(phrase_hashes(list(words(text)), WORDS))
        hits = own & self._known
        return bool(hits) and (len(hits) >= REPEATED * len(own) or self._hold(hits))

    def holds(self, said: Sequence[str]) -> bool:
        """Whether a page, the words of its text, holds a large share of one that was taken down. Needs `phrases`."""
        return bool(self.phrases) and self._hold(self._known.intersection(phrase_hashes(said, WORDS)))

    def _hold(self, hits: frozenset[int] | set[int]) -> bool:
        return bool(hits) and any(len(hits & one) >= REPEATED * size for one, size in self._texts)

    def found(self, said: Sequence[str], own: Collection[int] = frozenset()) -> list[tuple[int, int]]:
        """The stretches of `said`, words as `words` gives them, that were taken down: begin and end, joined, in order.

        `own`: `runs` of what the page says itself: their words stay. Needs `phrases`."""
        known = self._known
        hits = {
            word
            for width in self._widths
            for at, phrase in enumerate(phrase_hashes(said, width))
            if phrase in known
            for word in range(at, at + width)
        }
        if hits and own:
            for at, run in enumerate(phrase_hashes(said, SHORTEST)):
                if run in own:
                    hits.difference_update(range(at, at + SHORTEST))
        joined: list[tuple[int, int]] = []
        for word in sorted(hits):
            if joined and word == joined[-1][1]:
                joined[-1] = (joined[-1][0], word + 1)
            else:
                joined.append((word, word + 1))
        return joined

    @cached_property
    def _articles(self) -> frozenset[str]:
        return frozenset(one for s in self.suppressions for one in s.articles)

    @cached_property
    def _documents(self) -> frozenset[str]:
        return frozenset(one for s in self.suppressions for one in s.documents)

    @cached_property
    def _urls(self) -> Mapping[str, frozenset[int]]:
        sites = {s.site for s in self.suppressions}
        return {k: frozenset().union(*(unpack_hashes(s.urls) for s in self.suppressions if s.site == k)) for k in sites}

    @cached_property
    def _texts(self) -> tuple[tuple[frozenset[int], int], ...]:
        """The phrases of each, and how many it had with the formulas."""
        known = ((unpack_hashes(one.hashes), one.of) for one in self.phrases)
        return tuple((hashes, max(of, len(hashes))) for hashes, of in known if hashes)

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset[int]().union(*(hashes for hashes, _ in self._texts))

    @cached_property
    def _widths(self) -> tuple[int, ...]:
        return tuple(sorted({width for one in self.phrases for width in one.widths}))


def name_hash(article_id: str) -> str:
    """What an index tells of an article's id."""
    return hashlib.sha256(f"tintinh\0{article_id}".encode()).hexdigest()


def words(text: str) -> Iterator[str]:
    """The words of a text as they are compared: NFC, case and the place of the tone folded, tones kept, punctuation
    dropped."""
    return (word_key(match[0]) for match in _WORD.finditer(text))


@lru_cache(maxsize=50_000)
def word_key(word: str) -> str:
    """The form of a word in which `hoà`, `hòa` and `HÒA` are one."""
    letters = unicodedata.normalize("NFD", word.casefold().translate(_UNSEEN))
    tones = "".join(filter(_TONES.__contains__, letters))
    return unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES)) + tones


def phrase_hashes(said: Sequence[str], width: int) -> Iterator[int]:
    """64 bits of each run of `width` words, in order."""
    return (_bits(said[at : at + width]) for at in range(len(said) - width + 1))


def runs(text: str) -> frozenset[int]:
    """Every `SHORTEST` words in a row of what a page says itself."""
    return frozenset(phrase_hashes(list(words(text)), SHORTEST))


def phrases(parts: Iterable[str]) -> dict[int, int]:
    """The phrases of an article by hash, with their number of words: every ten words in a row of its `parts` (title,
    lead, text, captions), and each shorter sentence of five words or more."""
    found: dict[int, int] = {}
    for part in parts:
        found.update(dict.fromkeys(phrase_hashes(list(words(part)), WORDS), WORDS))
        for sentence in _SENTENCE.split(part):
            said = list(words(sentence))
            if SHORTEST <= len(said) < WORDS:
                found[_bits(said)] = len(said)
    return found


def _bits(said: Sequence[str]) -> int:
    return url_hash(" ".join(said))

"""Blanking what was taken down in the source of another page: a listing's teaser, a feed's item, a box of related news.

Works on the source as it is (HTML, XML, JSON, plain text) and touches nothing but the words themselves, so that what
remains is the page that the site sent. Pure; one scan of the source.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from html import unescape

from schemas.suppression import SHORTEST, Suppressed, word_key

BLANK = "█"
"""Stands for a word that was taken down."""

_AMP = r"&(?:amp;)*"
_HEX = r"x0*(?:[3-7][0-9a-f]|[c-f][0-9a-f]|1[0-9a-f]{2}|1e[a-f][0-9a-f]|3[0-2][0-9a-f])"
_DECIMAL = r"0*(?:4[89]|5[0-7]|6[5-9]|[7-9]\d|1[01]\d|12[0-2]|19[2-9]|2\d\d|[34]\d\d|7[6-9]\d|80\d|7[89]\d\d)"
_CODE = rf"\#(?:{_HEX}|{_DECIMAL})"
"""Character references of Latin letters, digits and combining tones; not of quotes, dashes and blanks."""
_NAMED = r"(?:[a-z]{1,2}(?:grave|acute|circ|tilde|breve|horn|strok)|eth)"
_LETTER = rf"""[^\W_]|[\u0300-\u0323\u031b\u00ad\u200b-\u200d\u2060\ufeff]|{_AMP}(?:{_CODE}|{_NAMED});"""
_LETTER += r"|\\u(?:00[3-7c-f][0-9a-f]|0[13][0-9a-f]{2}|1e[a-f][0-9a-f])"
_INLINE = rf"(?:<|{_AMP}lt;)/?(?:b|i|u|em|strong|font)(?:\s[^<>&]*)?(?:>|{_AMP}gt;)"
_WORD = rf"(?:{_LETTER})+(?:(?:{_INLINE})+(?:{_LETTER})+)*"
_ESCAPED_TAG = rf"{_AMP}lt;[/a-z](?:[^<>&]|&(?!(?:amp;)*[lg]t;))*{_AMP}gt;"
_TOKEN = re.compile(
    rf"(?P<tag><[/a-z][^<>]*>|{_ESCAPED_TAG})|(?P<word>{_WORD})|{_AMP}\#?\w{{1,8}};|\\(?:u[0-9a-f]{{4}}|.)", re.I
)
_MARKUP = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})", re.I)


@dataclass
class _Run:
    """Words that stand in a row, and where in the source."""

    words: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def add(self, match: re.Match[str]) -> None:
        self.words.append(_key(match["word"]))
        self.places.append(match.span())


def redact(source: str, suppressed: Suppressed, own: Collection[int] = frozenset()) -> str | None:
    """The source with every stretch of words that was taken down blanked; None where there is none.

    `own`: `schemas.suppression.runs` of what the page says itself, which stays.
    """
    places = [
        place
        for run in _runs(source)
        for begin, end in suppressed.found(run.words, own)
        for place in run.places[begin:end]
    ]
    if not places:
        return None
    pieces, at = [], 0
    for begin, end in sorted(places):
        pieces += [source[at:begin], BLANK]
        at = end
    return "".join(pieces) + source[at:]


def shown(source: str) -> list[str]:
    """The words of a page's text as they are compared, its chrome among them."""
    return next(_runs(source)).words


def _runs(source: str) -> Iterator[_Run]:
    """The text, and then the attributes of each tag that may hold a sentence."""
    text, tags = _Run(), []
    for match in _TOKEN.finditer(source):
        if match.lastgroup == "word":
            text.add(match)
        elif match.lastgroup == "tag" and match[0].count(" ") >= SHORTEST:
            tags.append(match.span())
    yield text
    for begin, end in tags:
        run = _Run()
        for match in _TOKEN.finditer(source, begin + 1, end):
            if match.lastgroup == "word":
                run.add(match)
        yield run


def _key(word: str) -> str:
    while "&" in word and (read := unescape(word)) != word:
        word = read
    if "<" in word:
        word = _MARKUP.sub("", word)
    if "\\" in word:
        word = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), word)
    return word_key(word)

"""The text contract (docs/text.md): what a string looks like once it is clean, and the key it is compared by.

Pure functions. `mend_document` is for a whole page before anything else, `clean` for one paragraph or line after,
`fold` for a key, `rejoin` for the lines of a PDF.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipelines import encodings, marks
from pipelines.lines import is_broken, rejoin
from pipelines.syllables import TONES, is_syllable, share, words
from schemas.article import Mended

__all__ = ["Cleaned", "clean", "fold", "is_broken", "looks_vietnamese", "mend_document", "rejoin"]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A clean paragraph or line, and what was mended in it."""

    text: str
    mended: tuple[Mended, ...] = ()


# Soft hyphen, zero-width and direction marks, byte order mark, control characters that are no white space.
_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_GONE = re.compile(f"[{_INVISIBLE}]")
_WHITE = "\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space but the blank."""
_DIRTY = re.compile(f"[{_WHITE}{_INVISIBLE}{marks.SUSPECT}ÐƉðɖ]")


def clean(s: str) -> Cleaned:
    """One paragraph or line by the contract: NFC, marks mended, invisible characters gone, white space collapsed.

    Idempotent; the author's own words and typos stay. Never NFKC, which would turn an ellipsis into three dots.
    """
    if _DIRTY.search(s) is None and "  " not in s and s == s.strip(" ") and unicodedata.is_normalized("NFC", s):
        return Cleaned(s)
    text, mended = marks.mend(unicodedata.normalize("NFC", _squeeze(s)))
    return Cleaned(text, tuple(mended))


def _squeeze(s: str) -> str:
    return " ".join(_GONE.sub("", s).split())


# --- whole documents ------------------------------------------------------------------------------------------------

_MOJIBAKE = re.compile("á[»º]|Ä[‘\x90\x91ƒ\x83\x82‚]|Æ[°¡\xa0¯]|Ã[\x80-\xbf ]|â€|Â[\xa0\xab\xbb]")


def mend_document(s: str) -> tuple[str, tuple[Mended, ...]]:
    """A whole document with a wrong decoding undone: UTF-8 read as Windows-1252, TCVN3 (ABC) and VNI fonts.

    Right text comes back unchanged, after three scans and no allocation. To be called before `clean`, which drops the
    soft hyphen (the letter ư in TCVN3) and the C1 controls (half of Đ in mojibake).
    """
    if len(_MOJIBAKE.findall(s)) >= 2:
        mended = _undo_mojibake(s)
        if mended != s:
            return mended, (_repair("mojibake", s, mended),)
    for rule, suspicious, convert in _FONTS:
        if suspicious(s) and share(s) < 0.75:
            mended = convert(s)
            if share(mended) >= max(0.75, share(s) + 0.2):
                return mended, (_repair(rule, s, mended),)
    return s, ()


def _undo_mojibake(s: str) -> str:
    """Line by line, because a page may mix right and wrong lines.

    `ftfy.fix_encoding` is right for Vietnamese, lost non-breaking spaces included; `ftfy.fix_text` is not: it
    straightens curly quotes and rewrites what the author typed.
    """
    from ftfy import fix_encoding

    # not splitlines: 0x85 ends a line for it, and is half a letter here
    return "\n".join(fix_encoding(line) if _MOJIBAKE.search(line) else line for line in s.split("\n"))


def _many_tcvn3_marks(s: str) -> bool:
    return sum(map(s.count, encodings.TCVN3_MARKS)) * 40 > len(s)


def _many_vni_marks(s: str) -> bool:
    return encodings.VNI_MARKS.search(s) is not None and len(encodings.VNI_MARKS.findall(s)) * 25 > len(s)


_FONTS: tuple[tuple[str, Callable[[str], bool], Callable[[str], str]], ...] = (
    ("tcvn3", _many_tcvn3_marks, encodings.from_tcvn3),
    ("vni", _many_vni_marks, encodings.from_vni),
)


def _repair(rule: str, before: str, after: str) -> Mended:
    return Mended(rule=rule, found=" ".join(before.split())[:60], became=" ".join(after.split())[:60])


# --- keys -----------------------------------------------------------------------------------------------------------


def _moves() -> dict[str, str]:
    """Spellings that differ only in where the tone stands, to the one that keys use: hòa, hoàn, thủy, quý, kĩ."""
    table: dict[str, str] = {}

    def add(old: str, new: str) -> None:
        table[unicodedata.normalize("NFC", old)] = unicodedata.normalize("NFC", new)

    for tone in TONES:
        for first, second in ("oa", "oe", "uy"):
            add(f"{first}{second}{tone}", f"{first}{tone}{second}")
            add(f"{first}{tone}{second}+", f"{first}{second}{tone}")
        for vowel in "aăâeêiôơy":
            add(f"qu{tone}{vowel}", f"qu{vowel}{tone}")
        for consonant in "hklmst":
            add(f"{consonant}y{tone}", f"{consonant}i{tone}")
    return table


def _alternatives(*keys: str) -> str:
    return "|".join(keys)


_MOVES = _moves()
_QU = _alternatives(*(key for key in _MOVES if key.startswith("q")))
_OPEN = _alternatives(*(key for key in _MOVES if key[0] in "ou" and not key.endswith("+")))
_CLOSED = _alternatives(*(key[:-1] for key in _MOVES if key.endswith("+")))
_ALONE = _alternatives(*(key for key in _MOVES if key[0] in "hklmst"))
_L = r"[^\W\d_]"
_FOLD = re.compile(rf"{_QU}|(?<!q)(?:{_OPEN})(?!{_L})|(?<!q)(?:{_CLOSED})(?={_L})|(?<!{_L})(?:{_ALONE})(?!{_L})")


def fold(s: str) -> str:
    """The key by which two strings are compared: case, tone placement and white space do not count, tones do.

    hoà = hòa, uỷ = ủy, thuý = thúy, kỹ = kĩ; "quý" keeps its tone where it is.
    """
    return " ".join(filter(None, map(_fold_word, s.split())))


@lru_cache(maxsize=50_000)
def _fold_word(word: str) -> str:
    key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", _GONE.sub("", word)).casefold())
    return _FOLD.sub(_move, key.translate(marks.STROKES))


def _move(match: re.Match[str]) -> str:
    return _MOVES.get(match[0]) or _MOVES[f"{match[0]}+"]


_MARKED = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9àáãèéìíòóõùúýĩũÀÁÃÈÉÌÍÒÓÕÙÚÝĨŨ]")


_SAMPLE = 100
"""Words, evenly spread over a text, that tell its language."""


@lru_cache(maxsize=20_000)
def _is_marked(word: str) -> bool:
    return _MARKED.search(word) is not None


def looks_vietnamese(s: str) -> bool:
    """Whether `s` reads as Vietnamese: most words have its syllable shape, and a fair share carry its letters."""
    found = words(unicodedata.normalize("NFC", s))
    if not found:
        return False
    found = found[:: 1 + len(found) // _SAMPLE]
    shaped = sum(map(is_syllable, found))
    marked = sum(map(_is_marked, found))
    return shaped >= 0.6 * len(found) and marked >= 0.25 * len(found)

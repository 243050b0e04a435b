"""Tone marks on the wrong letter and look-alikes of Đ: what a PDF or a typist broke, mended where it is Vietnamese.

NFC alone repairs none of these: there is no composed letter for a dot below c. A word is only mended when the result
has the shape of a Vietnamese syllable, so Muñoz, Gdańsk, Ivanić and Ðura stay as they are.
"""

import difflib
import re
import unicodedata

from pipelines.syllables import TONES, is_syllable
from schemas.article import Mended

STROKES = str.maketrans("ÐƉðɖ", "ĐĐđđ")
"""The Icelandic and African letters that look like Đ."""
_CONSONANTS = "ćĉċčǵĝḱĺḿńňñǹṇṕŕśẃẍźḥḳḷṃṛṣṭṿẉẓṽĆŃŇÑǸṆḾṂÇçḤṬ"
SUSPECT = f"\u0300-\u036f{_CONSONANTS}ı"
"""Body of a character class: NFC text without any of these has every tone mark on a vowel."""

_ROUNDS = 30
"""More repairs than any real line needs; a hostile one ends too."""
_SUSPECT = re.compile(f"[{SUSPECT}]")
_TONE_FIRST = re.compile("([aeoAEO])([\u0300\u0301\u0303\u0309])([\u0302\u0306])")
_TWICE = re.compile(f"([{TONES}])([\u0302\u0306\u031b]*)\\1+")
_DOTLESS = re.compile(f"ı(?=[{TONES}])")
_TOKEN = re.compile(
    rf"(?:[^\W\d_][\u0300-\u036f]*)+"
    rf"(?: [{TONES}](?:[^\W\d_][\u0300-\u036f]*)*)?"
    r"(?: [hg](?![\w\u0300-\u036f]))?"
)
_MISPLACED = re.compile(f"([^aeiouyAEIOUY\\W\u0300-\u036f]|[ ])([{TONES}])")
_VOWEL = re.compile("(?i)[aeiouy][\u0302\u0306\u031b]*")
_CLUSTER = re.compile("(?i)(?:(?<=q)u|^gi(?=[aeouy]))?((?:[aeiouy][\u0302\u0306\u031b]*)+)")
_STROKE = re.compile("[ÐƉðɖ]")
_STROKED = re.compile(r"(?<![^\W_])[^\W_]*[ÐƉðɖ][^\W_]*")
_ABBREVIATION = re.compile(r"[A-ZĐƯĂÂÊÔƠ0-9]{1,9}i?")


def mend(text: str) -> tuple[str, list[Mended]]:
    """`text` (NFC) with stray marks and look-alikes put right, and the words that changed."""
    log: list[Mended] = []
    if _SUSPECT.search(text):
        mended = _steady(text)
        log += _differences(text, mended)
        text = mended
    if _STROKE.search(text):
        text = _STROKED.sub(lambda match: _stroke(match[0], log), text)
    return text, log


def _steady(text: str) -> str:
    """The text mended until nothing changes: a repair may bring two halves of another together."""
    for _ in range(_ROUNDS):
        loose = _DOTLESS.sub("i", unicodedata.normalize("NFD", text))
        loose = _TWICE.sub(r"\1\2", _TONE_FIRST.sub(r"\1\3\2", loose))
        mended = unicodedata.normalize("NFC", _TOKEN.sub(_home, loose))
        if mended == text:
            break
        text = mended
    return text


def _home(match: re.Match[str]) -> str:
    """One word (NFD), perhaps torn before its last h or g, with the tone mark back on its vowel."""
    token = match[0]
    stray = _MISPLACED.findall(token)
    if len(stray) != 1:
        return token
    bare, tone = _MISPLACED.sub(r"\1", token), stray[0][1]
    whole = _place(bare.replace(" ", ""), tone)
    if whole is not None or " " not in bare:
        return whole or token
    first, _, rest = bare.partition(" ")
    alone = _place(first, tone) if len(first) < token.index(tone) + 1 else None
    return token if alone is None else f"{alone} {rest}".rstrip()


def _place(word: str, tone: str) -> str | None:
    """`word` (NFD, toneless) with `tone` on its nucleus; None when that makes no Vietnamese syllable."""
    cluster = _CLUSTER.search(word)
    if cluster is None or any(mark in word for mark in TONES):
        return None
    vowels = list(_VOWEL.finditer(cluster[1]))
    marked = [vowel for vowel in vowels if len(vowel[0]) > 1]
    closed = cluster.end() < len(word)
    first = len(vowels) == 1 or (len(vowels) == 2 and not closed)
    nucleus = marked[-1] if marked else vowels[0 if first else 1]
    at = cluster.start(1) + nucleus.end()
    placed = word[:at] + tone + word[at:]
    return placed if is_syllable(unicodedata.normalize("NFC", placed)) else None


def _differences(before: str, after: str) -> list[Mended]:
    old, new = before.split(" "), after.split(" ")
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        Mended(rule="tone-mark", found=" ".join(old[i:j]), became=" ".join(new[k:m]))
        for tag, i, j, k, m in changes
        if tag != "equal"
    ]


def _stroke(word: str, log: list[Mended]) -> str:
    became = word.translate(STROKES)
    if not (is_syllable(became) or _ABBREVIATION.fullmatch(became)):
        return word
    log.append(Mended(rule="d-stroke", found=word, became=became))
    return became

"""The shape of a Vietnamese syllable: what the language allows, not what a dictionary lists.

A written syllable is an optional initial, a rime and one tone (five marks, or none). The rimes below are those of
the standard orthography; syllables closed by c, ch, p or t take only the acute or the dot.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice

TONES = "\u0300\u0301\u0303\u0309\u0323"
"""Grave, acute, tilde, hook, dot below, as combining marks."""
_TONE = re.compile(f"[{TONES}]")

_INITIALS = "ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx]"
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt ăk ak â âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oem oen oeo oet oi om on ong ooc oong
op ot ô ôc ôi ôm ôn ông ôông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uên uênh uêt uêu ui um un ung uơ uôc uôi uôm uôn uông uôt up ut
uy uya uych uyên uyêt uyn uynh uyp uyt uyu
ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu yt
"""
_AFTER_QU = """
a ac ach ai am an ang anh ao at au ay ăc ăm ăn ăng ăp ăt âc ân âng ât ây e en eo et ê êch ên ênh êt êu
i ich in inh it iu ôc ơ ơi ơn y ych yên yêt yn ynh yt
"""
_AFTER_GI = """
a ac ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây e em en eo ep et ê êc êm
ên êng êp êt êu i in o oc oi on ong ot ô ôc ôi ôm ôn ông ôt ơ ơi ơn u ua uc uôc ui um un ung up uôi ut ư ưa ưc
ưng ươc ươi ương
"""


def _shape() -> re.Pattern[str]:
    def choice(rimes: str) -> str:
        return "|".join(sorted(rimes.split(), key=len, reverse=True))

    others = _INITIALS.replace("qu|", "").replace("gi|", "")
    return re.compile(rf"(?:qu(?:{choice(_AFTER_QU)})|gi(?:{choice(_AFTER_GI)})?|(?:{others})?(?:{choice(_RIMES)}))")


_SHAPE = _shape()
_STOP = re.compile(r"(?:ch|[cpt])$")
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether `word` (NFC, any case) has the shape of one Vietnamese syllable; a shape, not a meaning."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    tones = _TONE.findall(decomposed)
    if len(tones) > 1:
        return False
    bare = unicodedata.normalize("NFC", _TONE.sub("", decomposed))
    if not _SHAPE.fullmatch(bare):
        return False
    return not (tones and tones[0] not in "\u0301\u0323" and _STOP.search(bare))


def words(text: str, limit: int = 400) -> list[str]:
    """The first `limit` words of `text`: unbroken runs of letters."""
    if len(text) <= 8 * limit:
        return _WORD.findall(text)[:limit]
    return [match[0] for match in islice(_WORD.finditer(text), limit)]


def share(text: str, limit: int = 400) -> float:
    """Share of the first `limit` words that have the shape of a Vietnamese syllable; 0 when there is no word."""
    found = words(text, limit)
    return sum(map(is_syllable, found)) / len(found) if found else 0.0

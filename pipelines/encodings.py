"""Vietnamese before Unicode: Windows-1258, and the two font encodings as they look when read as Windows-1252.

TCVN3 (ABC, the `.VnTime` fonts): one byte a letter; capitals with marks exist only as a second font (`.VnTimeH`), so a
word in capitals arrives with its marked letters small. VNI (`VNI-Times`): a base letter followed by a mark.
Tables: TCVN 5712:1993 (VN3) and the VNI Windows encoding.
"""

import re
import unicodedata
from itertools import islice

from pipelines.syllables import is_syllable

_TCVN3_BYTES = """
A1Ă A2Â A3Ê A4Ô A5Ơ A6Ư A7Đ A8ă A9â AAê ABô ACơ ADư AEđ B5à B6ả B7ã B8á B9ạ BBằ BCẳ BDẵ BEắ C6ặ C7ầ C8ẩ C9ẫ
CAấ CBậ CCè CEẻ CFẽ D0é D1ẹ D2ề D3ể D4ễ D5ế D6ệ D7ì D8ỉ DCĩ DDí DEị DFò E1ỏ E2õ E3ó E4ọ E5ồ E6ổ E7ỗ E8ố E9ộ
EAờ EBở ECỡ EDớ EEợ EFù F1ủ F2ũ F3ú F4ụ F5ừ F6ử F7ữ F8ứ F9ự FAỳ FBỷ FCỹ FDý FEỵ
"""
_TCVN3 = {int(entry[:2], 16): entry[2:] for entry in _TCVN3_BYTES.split()}

_VNI_PAIRS = """
aù á aø à aû ả aõ ã aï ạ aê ă aé ắ aè ằ aú ẳ aü ẵ aë ặ aâ â aá ấ aà ầ aå ẩ aã ẫ aä ậ eù é eø è eû ẻ eõ ẽ eï ẹ
eâ ê eá ế eà ề eå ể eã ễ eä ệ où ó oø ò oû ỏ oõ õ oï ọ oâ ô oá ố oà ồ oå ổ oã ỗ oä ộ ôù ớ ôø ờ ôû ở ôõ ỡ ôï ợ
uù ú uø ù uû ủ uõ ũ uï ụ öù ứ öø ừ öû ử öõ ữ öï ự yù ý yø ỳ yû ỷ yõ ỹ ô ơ ö ư æ ỉ ó ĩ ò ị î ỵ ñ đ
"""
_VNI = dict(zip(_VNI_PAIRS.split()[::2], _VNI_PAIRS.split()[1::2], strict=True))
_VNI |= {old.upper(): new.upper() for old, new in _VNI.items()}
_VNI |= {old[0].upper() + old[1]: new.upper() for old, new in _VNI.items() if len(old) == 2}
_VNI_TOKEN = re.compile("|".join(sorted(_VNI, key=len, reverse=True)))

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"([.!?…][”\"]?\s+)([^\W\d_])")
_SAMPLE = 400
"""Words with a letter beyond ASCII that tell a charset."""

TCVN3_MARKS = frozenset("®©¬«ª¨µ¸¶·¹»¾¼½\xad")
"""Signs that are letters in TCVN3 and never letters in Unicode text."""
VNI_MARKS = re.compile(r"[aeouyôöAEOUYÔÖ][ùøûõïâêáàåãäéèúüëÙØÛÕÏÂÊÁÀÅÃÄÉÈÚÜË]")
"""A base letter followed by what VNI uses as a mark."""


def single_byte(body: bytes) -> str:
    """A page of one byte a letter, whatever charset it claims: Windows-1258 where that reads as Vietnamese.

    Otherwise Windows-1252, which the fonts' documents need: read as 1258 their bytes become combining marks.
    """
    read = unicodedata.normalize("NFC", body.decode("cp1258", "replace"))
    marked = list(islice((m[0] for m in _WORD.finditer(read) if not m[0].isascii()), _SAMPLE))
    if marked and sum(map(is_syllable, marked)) >= 0.7 * len(marked):
        return read
    return body.decode("cp1252", "replace")


def from_tcvn3(text: str) -> str:
    """`text`, a TCVN3 document read as Windows-1252, in Unicode; words in the capitals' font become capitals."""
    converted = "\n".join(map(_capitals, text.translate(_TCVN3).split("\n")))
    return _SENTENCE.sub(lambda match: match[1] + match[2].upper(), converted)


def _capitals(line: str) -> str:
    """The line with its words in the capitals' font in capitals.

    A capital beside a small marked letter and no small plain one tells such a word (TØNH); two letters (Bí) and marked
    letters alone (ủ) tell nothing: they follow the words beside them.
    """
    found = list(_WORD.finditer(line))
    loud = [_is_loud(match[0]) for match in found]
    for order in (range(len(found)), range(len(found) - 1, -1, -1)):
        before: bool | None = None
        for at in order:
            if loud[at] is None and before:
                loud[at] = True
            elif found[at][0].isupper() and before:
                continue  # CHO, HĐND: capitals in either font
            before = loud[at]
    parts, end = [], 0
    for match, is_loud in zip(found, loud, strict=True):
        parts += [line[end : match.start()], match[0].upper() if is_loud else match[0]]
        end = match.end()
    return "".join([*parts, line[end:]])


def _is_loud(word: str) -> bool | None:
    """Whether a word is in the capitals' font; None where its letters do not tell."""
    if any("a" <= letter <= "z" for letter in word) or word.isupper():
        return False
    plain = sum("A" <= letter <= "Z" for letter in word)
    return None if plain == 0 or (plain == 1 and len(word) == 2 and word[0].isupper()) else True


def from_vni(text: str) -> str:
    """`text`, a VNI document read as Windows-1252, in Unicode."""
    return _VNI_TOKEN.sub(lambda match: _VNI[match[0]], text)

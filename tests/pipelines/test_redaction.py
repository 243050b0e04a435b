"""What was taken down is blanked in another page's source, however that writes its letters, and nothing else is."""

import html
import json
import unicodedata

import pytest

from pipelines.redaction import BLANK, redact
from schemas.suppression import Phrases, Suppressed, phrases
from schemas.urls import pack_hashes

SAID = "Bà con thôn Nà Rọ đã được hỗ trợ giống cây trồng mới trong vụ đông xuân"
AFTER = "Cùng ngày, Đoàn làm việc với xã bên."
KNOWN = phrases([SAID])
TAKEN = Suppressed((), (Phrases(article="", widths=tuple(set(KNOWN.values())), hashes=pack_hashes(KNOWN)),))
MARKED = SAID.replace("thôn Nà", "<b>thôn</b> N<i>à</i>").replace(" giống", "&nbsp;giống")
DECIMAL = "".join(f"&#{ord(c)};" if ord(c) > 127 else c for c in SAID)
NAMED = html.escape(SAID).translate({ord("à"): "&agrave;", ord("ô"): "&ocirc;", ord("ồ"): "&#x1ed3;"})

WRITTEN = {
    "plain": SAID,
    "capitals": SAID.upper(),
    "decomposed": unicodedata.normalize("NFD", SAID),
    "punctuated": SAID.replace(" đã", ", đã").replace(" trong", " – trong"),
    "marked up": f"<p>{MARKED}.</p>",
    "a line broken": f"<p>{SAID.replace(' hỗ', chr(10) + '    hỗ')}</p>",
    "references": f"<p>{DECIMAL}…</p>",
    "named references": f"<p>{NAMED}</p>",
    "a description": f'<meta name="description" content="{SAID}...">',
    "JSON": f"<script>{json.dumps({'d': f'“{SAID}”{chr(10)}Tin'})}</script>",
    "a feed's markup": f"<description>{html.escape(f'<p class=a>{MARKED}</p>')}</description>",
    "a feed's references": f"<description>{html.escape(html.escape(NAMED))}</description>",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_the_words_are_blanked(written: str) -> None:
    source = f'<html><a href="/tin-1.html" title="Tin">Tin</a>{written}<p>{AFTER}</p></html>'
    blanked = redact(source, TAKEN)
    assert blanked is not None and AFTER in blanked and blanked.count(BLANK) == len(SAID.split())
    assert redact(blanked, TAKEN) is None


@pytest.mark.parametrize("source", ["", AFTER, SAID.replace("hỗ", "giúp"), SAID.replace("ợ", "ơ"), "<a " * 9999])
def test_what_says_something_else_stays(source: str) -> None:
    assert redact(source, TAKEN) is None

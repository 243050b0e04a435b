"""Template memory: blocks that a site prints around many different articles are its chrome (DESIGN §6.3)."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from pydantic import Field

from pipelines import blocks, text
from pipelines.families import recognise
from pipelines.page import Page, RawPage, UnreadablePage, parse
from schemas.frozen import Frozen

SEEN_ENOUGH = 4
"""Distinct main texts around which a block must have stood to be chrome."""
SHARE = 0.3
"""And the share of all distinct main texts."""
LIMIT = 2000
"""Blocks remembered; the rarest are forgotten first."""
DECAY = 0.9
"""What each further window of pages leaves of the counts before it."""
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")


class Template(Frozen):
    """What was learned of one site: how often each masked block stood beside a different main text."""

    version: str = "0"
    blocks: Mapping[str, float] = Field(default_factory=lambda: MappingProxyType({}))
    """Count by block key (16 hex digits of the masked block's hash)."""
    texts: float = 0.0
    """Distinct main texts seen, decayed alike."""

    def is_chrome(self, line: str) -> bool:
        """Whether the line recurs around different articles often enough to be the site's, not an author's."""
        count = self.blocks.get(block_key(line), 0.0)
        return count >= SEEN_ENOUGH and count >= SHARE * self.texts


def block_key(line: str) -> str:
    """The key of a block: folded, digits masked, so that a counter is one block whatever it counts."""
    masked = _DIGITS.sub("0", text.fold(text.clean(line).text))
    return hashlib.sha256(masked.encode()).hexdigest()[:16]


def learn(template: Template | None, pages: Sequence[RawPage]) -> Template:
    """The template after a window of pages of one site (at most some 200); pure and independent of their order.

    A block counts once per distinct main text, so twins and re-fetches never make prose look like chrome.
    """
    before = template or Template()
    seen: dict[str, set[str]] = {}
    for page in _parsed(pages):
        lines, prose = _lines(page)
        seen.setdefault(prose, set()).update(block_key(line) for line in lines)
    counts: dict[str, float] = {key: count * DECAY for key, count in before.blocks.items()}
    for keys in seen.values():
        for key in keys:
            counts[key] = counts.get(key, 0.0) + 1.0
    kept = sorted(((k, c) for k, c in counts.items() if c >= 0.5), key=lambda item: (-item[1], item[0]))[:LIMIT]
    texts = before.texts * DECAY + len(seen)
    version = hashlib.sha256(repr((kept, round(texts, 6))).encode()).hexdigest()[:12]
    return Template(version=version, blocks=dict(kept), texts=texts)


def _parsed(pages: Iterable[RawPage]) -> Iterable[Page]:
    for raw in pages:
        try:
            yield parse(raw)
        except UnreadablePage:
            continue


def _lines(page: Page) -> tuple[list[str], str]:
    """Every visible block of the page, and a key of its main text: the longest blocks."""
    body = page.tree.find("body")
    found = blocks.Reader(page.base_url).read(body if body is not None else page.tree).blocks
    lines = [block.text for block in found]
    article = recognise(page).article(page)
    own = [b.text for b in blocks.Reader("").read(article.body).blocks] if article is not None else lines
    longest = sorted(own, key=lambda line: (-len(line), line))[:5]
    return lines, hashlib.sha256("\n".join(longest).encode()).hexdigest()

"""What a page asks of robots in itself: `<meta name="robots">` and the `X-Robots-Tag` header. Pure.

They say nothing of fetching, which robots.txt alone governs; `noarchive` and the like are told to readers on each
article (https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag).
"""

import re
from collections.abc import Iterable, Iterator

_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_DIRECTIVE = re.compile(r"[a-z][a-z_-]{2,30}(?::[^,]{1,60})?")
_NAMES = ("robots", "tintinh")


def directives(metas: Iterable[tuple[str, str]], header: str | None) -> str:
    """The directives of a page's metas (name in lower case, content) and header: lower case, sorted, joined by commas.

    What is meant for another robot by name is left out.
    """
    said = [content for name, content in metas if name in _NAMES] + ([header] if header else [])
    return ",".join(sorted({one for text in said for one in _read(text)}))


def _read(text: str) -> Iterator[str]:
    ours = True
    for part in text.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _WITH_VALUE:  # a robot by its name; what follows is for it alone
            ours, part = name.strip() in (*_NAMES, "*"), rest
        directive = re.sub(r"\s*:\s*", ":", " ".join(part.split()), count=1)
        if ours and _DIRECTIVE.fullmatch(directive):
            yield directive

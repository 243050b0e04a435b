"""What a page saved as text is when it is no article: a wall, an error page, a listing, a stamped or hijacked text."""

import re
from collections.abc import Sequence
from itertools import pairwise

from pipelines import boilerplate, dates, hijacking, notices
from pipelines.blocks import Block
from pipelines.boilerplate import is_prose
from pipelines.saved_extent import is_sentence
from pipelines.stamps import Refusal, stamped
from pipelines.walls import told
from schemas.outcome import Outcome

_SHORT = 700
"""Characters of text from which a page is no wall and no error message."""
_NOTHING = 60
"""Characters of text that may be some leftover of the page: what the page says elsewhere counts too."""
_PASSWORD = re.compile(r"(?i)(?:nhập |quên )?mật khẩu\s*[:*?]*|password\s*[:*?]*")
_LOGIN = re.compile(r"(?i)đăng nhập|log ?in|sign ?in")
_TEASERS = 3
"""Entries that make a page a listing, if they are most of its prose."""
_READERS = frozenset(("rating", "comments", "comment-form", "tags"))
"""Rules of what stands under an article and under no list."""
_GAP = 8
"""Lines over a teaser that may belong to it: headline, name, date, counts."""


def of_lines(lines: Sequence[str]) -> Refusal | None:
    """A stamp in the heading zone of the page; `lines` are the filled ones."""
    return stamped([Block("paragraph", line, line) for line in lines])


def of_text(lines: Sequence[str], title: str | None, paragraphs: Sequence[str]) -> Refusal | None:
    """What can be told once the article was looked for; without prose there are no `paragraphs`."""
    head = title or ""
    words = " ".join(paragraphs)
    if len(words) < _SHORT and (wall := _wall(lines, f"{head} {words}")) is not None:
        return Refusal(wall, f"the page is a wall: {wall.value}")
    said = words or " ".join(lines)
    announced = notices.of_lines([head, *paragraphs]) or notices.of_lines(lines if len(words) < _NOTHING else ())
    if len(said) < _SHORT and announced is not None:
        return Refusal(announced, "the page says that there is nothing here")
    if not paragraphs:
        return Refusal(Outcome.NOT_AN_ARTICLE, "no line of the saved page is prose")
    if _lists(lines):
        return Refusal(Outcome.NOT_AN_ARTICLE, "the page lists articles and is none")
    if hijacking.advertises(head, words):
        return Refusal(Outcome.HIJACKED, "the text advertises gambling")
    return None


def _wall(lines: Sequence[str], article: str) -> Outcome | None:
    if (outcome := told(" ".join(lines)[:2500].lower())) is not None:
        return outcome
    form = any(_PASSWORD.fullmatch(line) for line in lines)
    return Outcome.LOGIN_WALL if form and (_LOGIN.search(article) or not article.strip()) else None


def _lists(lines: Sequence[str]) -> bool:
    """Whether the prose is teasers: under a headline each, with a date beside it or "Xem tiếp" below.

    An article comes before the list of others that stands under it: it has a second paragraph, or a reader's box.
    """
    texts = [at for at, line in enumerate(lines) if is_prose(line) or is_sentence(line)]
    if len(texts) == 1 and any(map(_goes_on, lines[texts[0] + 1 : texts[0] + 3])):
        return True
    if len(texts) < _TEASERS:
        return False
    gaps = [lines[max(above + 1, at - _GAP) : at] for above, at in pairwise([-1, *texts])]
    below = [*gaps[1:], lines[texts[-1] + 1 : texts[-1] + 2]]
    teasers = [
        any(map(_is_headline, gap)) and (any(map(dates.is_date_line, gap)) or any(map(_goes_on, after)))
        for gap, after in zip(gaps, below, strict=True)
    ]
    rules = [boilerplate.match(line) for line in lines]
    head = next((at for at in range(texts[0], len(lines)) if (rule := rules[at]) and rule.firm), len(lines))
    own = [teaser for at, teaser in zip(texts, teasers, strict=True) if at < head]
    if any(rule and rule.id in _READERS for rule in rules[texts[0] : head + 1]):
        return False
    counted = teasers if all(own) else own
    return sum(counted) >= _TEASERS and sum(counted) >= 0.6 * len(counted)


def _goes_on(line: str) -> bool:
    rule = boilerplate.match(line)
    return rule is not None and rule.id == "go-on"


def _is_headline(line: str) -> bool:
    return len(line) >= 25 and not (is_sentence(line) or dates.is_date_line(line) or boilerplate.match(line))

"""How often a published page is asked again: every night while it is young, ever more rarely as it ages. Pure."""

from collections.abc import Collection
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ledger import KnownPage, Ledger, days
from schemas.outcome import SAYS_NOTHING
from schemas.zone import HANOI

PACE = ((7, 0), (30, 3), (180, 14))
"""Up to an age in days, by publication or else first sight: days between two looks; 0: each night."""
RARELY = 90
RETURNS = (7, 30, 90)
"""Days after which a page that is gone or closed is looked for once more."""
URGENT = 1_000.0
"""How overdue a page is that was missing or shut, or whose last answer said nothing of it."""


def overdue(age: pa.Array, unseen: pa.Array) -> pa.Array:
    """How overdue pages are, from 1.0 due; `age` and `unseen` in days since publication and since the last look."""
    every = pa.scalar(RARELY, pa.int64())
    for most, pause in reversed(PACE):
        every = pc.if_else(pc.less_equal(age, most), pause, every)
    waited = pc.divide(unseen.cast(pa.float64()), pc.max_element_wise(every, 1).cast(pa.float64()))
    return pc.add(waited, pc.if_else(pc.equal(every, 0), 1.0, 0.0))


def of_story(page: KnownPage, checked_on: date, today: date) -> float:
    """How overdue a page is that was missing or shut, or is gone or closed."""
    left = page.gone_on or page.closed_on
    if left is None:
        return URGENT if page.misses or page.shut else 0.0
    due = [n for n in RETURNS if (today - left).days >= n and (checked_on - left).days < n]
    return 1.0 if due else 0.0


def chosen(
    ledger: Ledger, now: datetime, most: int, waiting: Collection[int] = (), *, eager: bool = False
) -> list[int]:
    """URL hashes of at most `most` published pages to ask again now, the most overdue first, then the youngest.

    `waiting`: pages that are not to be asked. `eager`: when fewer are due, others too.
    """
    today = now.astimezone(HANOI).date()
    number = (today - date(1970, 1, 1)).days
    hashes, checked = ledger.column("url_hash"), days(ledger.column("fetched_at"))
    born = days(pc.coalesce(ledger.column("published_at"), ledger.column("fetched_at", ledger.first)))
    score = overdue(pc.subtract(number, born), pc.subtract(number, checked))
    unsaid = pc.is_in(ledger.column("outcome"), pa.array(sorted(o.value for o in SAYS_NOTHING)))
    score = pc.if_else(unsaid, URGENT, score)
    mine = pc.and_(pc.is_valid(ledger.column("article_id")), pc.invert(pc.is_in(hashes, _told(ledger, waiting))))
    pages = pa.table({"hash": hashes, "score": score, "born": born}).filter(mine)
    order = pc.sort_indices(pages, sort_keys=[("score", "descending"), ("born", "descending")])[:most]
    some = pages.take(order)
    found = list(zip(some["score"].to_pylist(), some["hash"].to_pylist(), strict=True))
    found += [(score, h) for h, score in _of_stories(ledger, waiting, today)]
    found.sort(key=lambda one: one[0], reverse=True)
    return [h for score, h in found if eager or score >= 1.0][:most]


def _told(ledger: Ledger, waiting: Collection[int]) -> pa.Array:
    """The pages that are not chosen by their age."""
    stories = (h for h, page in ledger.stories.items() if _has_story(page))
    return pa.array([*stories, *waiting], pa.int64())


def _has_story(page: KnownPage) -> bool:
    return bool(page.misses or page.shut or page.gone_on)


def _of_stories(ledger: Ledger, waiting: Collection[int], today: date) -> list[tuple[int, float]]:
    told = ((h, p) for h, p in ledger.stories.items() if p.article_id and _has_story(p) and h not in waiting)
    return [(h, of_story(p, ledger.row(h)["fetched_at"].astimezone(HANOI).date(), today)) for h, p in told]

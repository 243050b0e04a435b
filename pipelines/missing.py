"""When an article is gone, and when only its source is: no silence of a site empties the bucket (DESIGN §5). Pure."""

from collections.abc import Iterable, Mapping

from pipelines.ledger import KnownPage
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.rows import Article
from schemas.urls import url_hash
from schemas.zone import HANOI

MISSES_TO_GONE = 3
"""Nights on which a page must be missing to be gone; a 410 says so at once."""
ENOUGH = 20
"""Live pages that must have been asked again before their share of missing ones says anything."""
MOST_SHARE = 0.05
"""More than this share of them missing in one run: the site closes, moves or breaks."""


def is_missing(capture: Capture) -> bool:
    """Whether the site says that there is no such page; some lead to their home page instead."""
    return capture.status in (404, 410) or capture.leads_home


def alarm(captures: Iterable[Capture], known: Mapping[int, KnownPage], listings_ok: bool) -> str | None:
    """Why the missing pages among the captures of a run are no tombstones, in one sentence; None: they may be."""
    again: dict[int, bool] = {}
    for capture in captures:
        key = url_hash(capture.url_key)
        page = known.get(key)
        if page is not None and page.article_id and page.gone_on is None:
            again[key] = is_missing(capture)
    lost = sum(again.values())
    if len(again) >= ENOUGH and lost > MOST_SHARE * len(again):
        return f"{lost} of {len(again)} published pages are missing: the site closes or moves; its articles stay"
    if lost and not listings_ok:
        return f"{lost} published pages are missing while the site's listings fail; its articles stay"
    return None


def settled(
    run: str, capture: Capture, past: KnownPage | None, before: Article | None, may_go: bool
) -> tuple[Outcome, Article | None]:
    """The end of a capture that is missing, with its article's tombstone once it is gone.

    `may_go`: whether the site as a whole is well; else the miss does not count.
    """
    if before is None or before.source_status != "live":
        return Outcome.NOT_FOUND, None
    if not may_go:
        return Outcome.SOURCE_CLOSED, None
    nights = {past.missed_on} if past and past.misses else set()
    tonight = capture.fetched_at.astimezone(HANOI).date()
    misses = (past.misses if past else 0) + (tonight not in nights)
    if capture.status != 410 and misses < MISSES_TO_GONE:
        return Outcome.NOT_FOUND, None
    changes = {
        "source_status": "gone",
        "gone_at": capture.fetched_at,
        "revision": before.revision + 1,
        "run": run,
    }
    return Outcome.GONE, before.model_copy(update=changes)

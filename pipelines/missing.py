"""When an article is gone, and when only its source is: no silence of a site empties the bucket (DESIGN §5). Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pipelines.ledger import NIGHTS, SHUT, KnownPage
from pipelines.warc import REFUSED
from schemas.article import Rejected, Verdict
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.rows import Article
from schemas.urls import url_hash
from schemas.zone import HANOI

ENOUGH = 20
"""Live pages that must have been asked again before their share of missing ones says anything."""
MOST_SHARE = 0.05
"""More than this share of them missing in one run: the site closes, moves or breaks."""


def is_missing(capture: Capture, verdict: Verdict | None = None) -> bool:
    """Whether the site says that there is no such page; some lead to their home page instead, some say it in a page
    that is answered 200."""
    return capture.status in (404, 410) or capture.leads_home or _reason(verdict) is Outcome.SOFT_404


def is_shut(capture: Capture, verdict: Verdict | None) -> bool:
    """Whether the site has the page, and not for us."""
    return capture.status in REFUSED or _reason(verdict) in SHUT


def _reason(verdict: Verdict | None) -> Outcome | None:
    return verdict.reason if isinstance(verdict, Rejected) else None


def alarm(items: Iterable[Refined], known: Mapping[int, KnownPage], listings_ok: bool) -> str | None:
    """Why the missing pages among the captures of a run are no tombstones, in one sentence; None: they may be."""
    again: dict[int, bool] = {}
    for item in items:
        key = url_hash(item.capture.url_key)
        page = known.get(key)
        if page is not None and page.article_id and page.gone_on is None and page.closed_on is None:
            again[key] = is_missing(item.capture, item.verdict)
    lost = sum(again.values())
    if len(again) >= ENOUGH and lost > MOST_SHARE * len(again):
        return f"{lost} of {len(again)} published pages are missing: the site closes or moves; its articles stay"
    if lost and not listings_ok:
        return f"{lost} published pages are missing while the site's listings fail; its articles stay"
    return None


def settled(
    run: str, item: Refined, past: KnownPage | None, before: Article | None, may_go: bool
) -> tuple[Outcome, Article | None]:
    """The end of a capture that is missing, with its article's tombstone once it is gone.

    `may_go`: whether the site as a whole is well; else the miss does not count.
    """
    capture, missed = item.capture, _reason(item.verdict) or Outcome.NOT_FOUND
    if before is None or before.source_status == "gone":
        return missed, None
    if not may_go or before.source_status == "closed":
        return shut(run, item, past, before)
    misses = _nights(capture, past.misses, past.missed_on) if past else 1
    if capture.status != 410 and misses < NIGHTS:
        return missed, None
    return Outcome.GONE, _left(run, before, "gone", capture.fetched_at)


def shut(run: str, item: Refined, past: KnownPage | None, before: Article | None) -> tuple[Outcome, Article | None]:
    """The end of a capture that is shut, or missing with its whole source; its article, once that makes it closed."""
    outcome = _reason(item.verdict)
    return outcome if outcome in SHUT else Outcome.SOURCE_CLOSED, _closed(run, item.capture, past, before)


def _closed(run: str, capture: Capture, past: KnownPage | None, before: Article | None) -> Article | None:
    if before is None or before.source_status != "live":
        return None
    nights = _nights(capture, past.shut, past.shut_on) if past else 1
    return _left(run, before, "closed", None) if nights >= NIGHTS else None


def _nights(capture: Capture, before: int, last: date | None) -> int:
    return before + (last != capture.fetched_at.astimezone(HANOI).date())


def _left(run: str, before: Article, status: str, gone_at: datetime | None) -> Article:
    changes = {"source_status": status, "gone_at": gone_at, "revision": before.revision + 1, "run": run}
    return before.model_copy(update=changes)

"""The gate: may tonight's pages of one site become visible? Pure; compares the site with its own past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.outcome import Outcome
from schemas.site import Expect

WALLS = frozenset({Outcome.BLOCKED, Outcome.LOGIN_WALL, Outcome.SESSION_EXPIRED})
HISTORY = timedelta(days=14)
"""Volume never holds before a site has this much history (DESIGN §8)."""
ENOUGH_PAGES = 10
WALL_SHARE = 0.30
REJECT_JUMP = 0.50
"""A night whose share of rejected pages exceeds the site's usual share by this much is a changed site."""


@dataclass(frozen=True)
class Listing:
    """One listing as the crawl met it."""

    url: str
    gave: bool
    """It listed articles tonight."""
    gave_before: bool = False
    """It listed articles on an earlier night."""
    wall: str | None = None
    """Name of the wall that it is: a login, a block, an expired session."""
    trouble: str | None = None
    """Why it gave no answer."""

    @property
    def failed(self) -> bool:
        """It should list articles and did not."""
        return not self.gave and (self.wall or self.trouble) is not None


@dataclass(frozen=True)
class Tonight:
    """What the gate looks at, counted over the site's captures that wait."""

    pages: int
    """Pages answered with a body (200)."""
    accepted: int
    rejected: dict[str, int]
    undated: int
    """Accepted pages without a date."""
    listings: Sequence[Listing]
    """Those that were asked."""
    published_last_week: int
    """Articles published in the last seven days: stored and tonight's together."""


@dataclass(frozen=True)
class Past:
    """A site's published runs of the same kind, oldest first."""

    first_run: datetime | None
    reject_shares: Sequence[float]
    undated_shares: Sequence[float]


def hold(tonight: Tonight, past: Past, expect: Expect, now: datetime) -> str | None:
    """Why the site must be held, in one sentence; None: publish."""
    if said := _walled(tonight.listings):
        return said
    walls = sum(tonight.rejected.get(wall, 0) for wall in WALLS)
    if tonight.pages >= ENOUGH_PAGES and walls > WALL_SHARE * tonight.pages:
        return f"{walls} of {tonight.pages} pages are walls"
    return _jump(tonight, past) or _volume(tonight, past, expect, now)


def alarm(listings: Sequence[Listing]) -> str | None:
    """What an operator should look at although the site may be published, in one sentence."""
    walls = [one for one in listings if one.wall]
    lost = [one for one in listings if one.failed and not one.wall and one.gave_before]
    told = [f"{one.url} is a wall ({one.wall})" for one in walls] + [f"{one.url} fails ({one.trouble})" for one in lost]
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return f"listing {told[0]}{more}" if told else None


def all_well(listings: Sequence[Listing]) -> bool:
    """Whether no listing that ever listed articles failed tonight: else a missing article says nothing."""
    proven = [one for one in listings if one.gave_before or one.gave]
    return bool(proven) and not any(one.failed for one in proven)


def _walled(listings: Sequence[Listing]) -> str | None:
    """All listings are walls, or most of those that ever listed articles: one login in a menu is no reason."""
    walls = [one for one in listings if one.failed and one.wall]
    proven = [one for one in listings if one.gave or one.gave_before]
    lost = [one for one in proven if one.failed and one.wall]
    if walls and (len(walls) == len(listings) or 2 * len(lost) > len(proven)):
        return f"{len(walls)} of {len(listings)} listings are walls ({walls[0].wall})"
    return None


def _jump(tonight: Tonight, past: Past) -> str | None:
    if tonight.pages < ENOUGH_PAGES or not past.reject_shares:
        return None
    share, usual = 1 - tonight.accepted / tonight.pages, _median(past.reject_shares)
    if share > usual + REJECT_JUMP:
        return f"{share:.0%} of {tonight.pages} pages were rejected, usually {usual:.0%}"
    if tonight.accepted >= ENOUGH_PAGES and past.undated_shares:
        undated, usual = tonight.undated / tonight.accepted, _median(past.undated_shares)
        if undated > usual + REJECT_JUMP:
            return f"{undated:.0%} of {tonight.accepted} articles have no date, usually {usual:.0%}"
    return None


def _volume(tonight: Tonight, past: Past, expect: Expect, now: datetime) -> str | None:
    if past.first_run is None or now - past.first_run < HISTORY:
        return None
    most = expect.per_week[1]
    if tonight.published_last_week > most:
        return f"{tonight.published_last_week} articles in seven days, at most {most} expected"
    return None


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]

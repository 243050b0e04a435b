"""Before a campaign: which sites and months it asks for, and what that will cost."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from math import ceil, sqrt
from statistics import median

import pyarrow as pa

from flows.settings import Settings
from pipelines.campaign import falls_below
from pipelines.store import campaigns, state
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas.campaign import Campaign, Hours, Unit
from schemas.errors import UsageError
from schemas.frozen import Frozen
from schemas.provinces import PROVINCES
from schemas.rows import UNDATED_MONTH
from schemas.site import Site, SiteStatus
from schemas.zone import HANOI
from spiders.registry import Registry

PER_PAGE = 10
"""Articles on a listing page, about: the products' own default."""
LISTINGS = 5
"""Listings of a site that was never visited, about."""


@dataclass(frozen=True)
class Ask:
    """What an operator asks for; sites by key, by province, or all that are active."""

    since: date
    until: date
    sites: tuple[str, ...] = ()
    provinces: tuple[str, ...] = ()
    every: bool = False
    hours: Hours | None = None
    max_requests: int | None = None
    gaps: bool = False

    def chosen(self, book: Registry) -> list[Site]:
        """The sites asked for, those of absorbed provinces first: their hosts will vanish.

        Raises UsageError: none is asked for, a key or province is unknown, or no site is active.
        """
        if sum((bool(self.sites), bool(self.provinces), self.every)) != 1:
            raise UsageError("a backfill wants sites: give --site KEY, --province SLUG or --all, one of the three")
        if self.sites:
            return sorted(book.pick(self.sites), key=_urgency)
        if self.every:
            active = [site for site in book.sites.values() if site.status is SiteStatus.ACTIVE]
            if not active:
                raise UsageError("no site is active; `tintinh sites enable KEY`, or ask for one with --site KEY")
            return sorted(active, key=_urgency)
        wanted = set[str]()
        for slug in self.provinces:
            found = {one.slug for one in PROVINCES.values() if slug in (one.slug, one.successor)}
            if not found:
                near = get_close_matches(slug, PROVINCES, n=1)
                raise UsageError(f"no province has the slug {slug!r}" + (f"; did you mean {near[0]}?" if near else ""))
            wanted |= found
        of_them = [site for site in book.sites.values() if site.province in wanted]
        active = [site for site in of_them if site.status is SiteStatus.ACTIVE]
        if not active:
            known = ", ".join(site.key for site in of_them) or "none"
            raise UsageError(
                f"no site of {', '.join(self.provinces)} is active (known: {known}); `tintinh sites enable KEY`, or "
                "ask for one with --site KEY"
            )
        return sorted(active, key=_urgency)

    def require_window(self, today: date) -> None:
        """Raises UsageError when the window is upside down, or has not begun."""
        if self.until < self.since:
            raise UsageError(
                f"the window ends ({self.until}) before it begins ({self.since}); swap --since and --until"
            )
        if self.since > today:
            raise UsageError(f"the window begins in the future ({self.since}); nothing can be published then yet")
        if self.max_requests is not None and self.max_requests < 1:
            raise UsageError("--max-requests wants 1 or more")


class SiteEstimate(Frozen):
    """What a campaign will cost one site, about."""

    site: str
    months: int
    requests: int
    articles: int
    guessed: bool
    """Nothing of the site is in the bucket: the figures rest on its `expect.per_week` alone."""


class Estimate(Frozen):
    """What a campaign will cost, about."""

    requests: int
    articles: int
    seconds: float
    """Of asking: one request after the other at a site, several sites at once."""
    delay: float
    """Seconds between two requests to one host on which that rests. A site's Crawl-delay is not known before its
    robots.txt was asked; a longer one goes before."""
    days: int
    """Local days on which it works, within its hours."""
    sites: tuple[SiteEstimate, ...]


def plan(clean: Bucket, book: Registry, ask: Ask) -> Campaign:
    """The campaign that is asked for; not kept yet.

    Raises:
        UsageError: the window is wrong, a site or province is unknown, or there is nothing to ask for.
        StorageError: the bucket cannot be reached.
    """
    now = datetime.now(UTC)
    today = now.astimezone(HANOI).date()
    ask.require_window(today)
    sites = ask.chosen(book)
    asked = months(ask.since, min(ask.until, today))
    units = [Unit(site=site.key, month=month) for site in sites for month in asked]
    if ask.gaps:
        units = _gaps(clean, units)
    order = {site.key: number for number, site in enumerate(sites)}
    urgent = {site.key: _urgency(site)[0] for site in sites}
    units.sort(key=lambda u: (urgent[u.site], _backwards(u.month), order[u.site]))
    if not units:
        raise UsageError("there is nothing to ask for: no month of these sites falls short")
    return Campaign(
        campaign=f"{now.astimezone(HANOI):%Y%m%d}-{secrets.token_hex(3)}",
        since=ask.since,
        until=ask.until,
        units=tuple(units),
        hours=ask.hours,
        max_requests=ask.max_requests,
        gaps=ask.gaps,
        created_at=now,
    )


def same(clean: Bucket, wanted: Campaign) -> Campaign | None:
    """The campaign of the same sites and window that is not over yet: asked for again, it goes on. Raises
    StorageError."""

    def asked(one: Campaign) -> tuple[object, ...]:
        return one.since, one.until, one.gaps, set(one.sites)

    alive = (one for one in reversed(campaigns.all_of(clean)) if one.status in ("running", "paused"))
    return next((one for one in alive if asked(one) == asked(wanted)), None)


def months(since: date, until: date) -> list[str]:
    """The months `YYYY-MM` from `until` back to `since`, both included."""
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(last, first - 1, -1)]


def estimate(clean: Bucket, book: Registry, campaign: Campaign, settings: Settings) -> Estimate:
    """What the campaign will cost by what is known of its sites: their median month and their listings.

    Raises StorageError.
    """
    counts = articles_by_month(clean, campaign.sites)
    sites = tuple(_of_site(clean, book.sites[key], campaign, counts.get(key, {})) for key in campaign.sites)
    requests, articles = sum(one.requests for one in sites), sum(one.articles for one in sites)
    # a site's lane is the bound where there are few sites, the crawls at once where there are many
    longest = max(one.requests for one in sites)
    in_turn = requests if campaign.max_requests is not None else max(longest, ceil(requests / settings.crawls))
    seconds = in_turn * settings.delay
    if campaign.max_requests is not None and requests > campaign.max_requests:
        share = campaign.max_requests / requests
        requests, articles, seconds = campaign.max_requests, ceil(articles * share), seconds * share
    a_day = campaign.hours.seconds if campaign.hours else timedelta(days=1).total_seconds()
    return Estimate(
        requests=requests,
        articles=articles,
        seconds=round(seconds),
        delay=settings.delay,
        days=max(1, ceil(seconds / a_day)),
        sites=sites,
    )


def _of_site(clean: Bucket, site: Site, campaign: Campaign, known: Mapping[str, int]) -> SiteEstimate:
    listings = len(site.listings) or sum(one.gave_links for one in state.load(clean, site.key).listings) or LISTINGS
    least, most = site.expect.per_week
    # the bounds are far apart: their geometric mean is nearer to a usual week than their middle
    usual = median(known.values()) if known else sqrt(max(least, 1) * max(most, 1)) * 52 / 12
    months = [unit.month for unit in campaign.left if unit.site == site.key]
    articles = sum(ceil(max(usual - known.get(month, 0), 0)) for month in months)
    pages = len(months) * (1 + listings + ceil(usual / PER_PAGE))
    return SiteEstimate(
        site=site.key, months=len(months), requests=pages + articles, articles=articles, guessed=not known
    )


def articles_by_month(clean: Bucket, sites: Collection[str]) -> dict[str, dict[str, int]]:
    """How many articles the bucket holds, by site and month; undated ones are left out. Raises StorageError."""
    table = Tables(clean).articles.read(["site", "month"])
    counted = (
        pa.table({"site": table["site"], "month": table["month"]})
        .group_by(["site", "month"])
        .aggregate([([], "count_all")])
    )
    found: dict[str, dict[str, int]] = {}
    for row in counted.to_pylist():
        if row["site"] in sites and row["month"] != UNDATED_MONTH:
            found.setdefault(row["site"], {})[row["month"]] = row["count_all"]
    return found


def _gaps(clean: Bucket, units: Sequence[Unit]) -> list[Unit]:
    counts = articles_by_month(clean, {unit.site for unit in units})
    last: Mapping[tuple[str, str], Unit] = {
        (unit.site, unit.month): unit
        for campaign in campaigns.all_of(clean)
        for unit in campaign.units
        if unit.progress != "todo"
    }
    return [u for u in units if falls_below(u.month, counts.get(u.site, {}), last.get((u.site, u.month)))]


def _urgency(site: Site) -> tuple[bool, str]:
    province = PROVINCES[site.province]
    return (province.slug == province.successor, site.key)


def _backwards(month: str) -> int:
    year, number = month.split("-")
    return -(int(year) * 12 + int(number))

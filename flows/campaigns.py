"""A campaign at work: several sites at once, the months of each one after the other, each crawled by one child, weighed
and published alone.

What is done stands in the bucket (`campaigns/<id>.json`), how far each listing was walked in the site's state; both are
written before anything relies on them. So a killed campaign goes on where it was, on this machine at once, on another
when its lease has run out.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from threading import Event

from prefect import get_run_logger

from flows import nightly
from flows import visit as visiting
from flows.campaign_claims import Claim, claim, lock
from flows.crawl import require_contact, require_room, spool_folder
from flows.desk import at_desk
from flows.memory import SiteMemory
from flows.names import run_name
from flows.settings import Settings
from flows.storage import attached
from flows.visit import Desk, Say, Visit
from pipelines.campaign import (
    closed,
    falls_short,
    from_the_top,
    is_down,
    settled,
    why_left,
    without_failing,
    without_strangers,
)
from pipelines.store import campaigns, state
from pipelines.store.bucket import Bucket
from schemas.campaign import Campaign, Unit
from schemas.capture import CrawlPlan
from schemas.outcome import Outcome
from schemas.run import RunReport, SiteCounts
from schemas.site import Site
from schemas.state import ListingState, SiteState
from schemas.urls import pack_hashes, unpack_hashes
from schemas.window import Window
from spiders.frontier import local_day
from spiders.registry import Registry

TRIES = 3
"""Sessions in which a site may fail before its month is given up; a session is a night, or a command."""
_CUT = frozenset({"budget", "requests", "spool_limit"})
"""How a crawl ends that has more to ask and may go on."""
_BROKEN = frozenset({"stopped", "bug"})


@dataclass
class Session:
    """One process working on one campaign, until the campaign, its hours or `until` ends; on several sites at once."""

    desk: Desk
    book: Registry
    campaign: str
    until: datetime | None = None
    """When to stop at the latest."""
    reports: list[RunReport] = field(default_factory=list)
    """One a month that was worked on."""
    _resting: set[str] = field(default_factory=set)
    """Sites that are left alone for the rest of this session."""
    _over: Event = field(default_factory=Event)

    def run(self) -> Campaign:
        """Work until there is nothing left to do now; the campaign as it is then.

        Raises:
            TintinhError: storage or this machine fails; the campaign goes on next time.
        """
        hands = min(self.desk.settings.crawls, len(campaigns.load(self._clean, self.campaign).sites))
        pool = ThreadPoolExecutor(hands, "campaign")
        try:
            for done in as_completed([pool.submit(copy_context().run, self._work_on) for _ in range(hands)]):
                done.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            self._over.set()  # after an error the months in work are finished, and no other is begun
        pool.shutdown()
        campaign = campaigns.change(self._clean, self.campaign, closed)
        campaigns.forget(self._clean, campaign)
        return campaign

    @property
    def _clean(self) -> Bucket:
        return self.desk.storage.clean

    def _work_on(self) -> None:
        """One month after the other."""
        while not self._over.is_set() and (mine := self._next()) is not None:
            try:
                if not self._passed(mine.campaign, mine.unit):
                    self.reports.append(self._work(mine.campaign, mine.unit, mine.site))
            finally:
                mine.close()

    def _next(self) -> Claim | None:
        campaign = campaigns.load(self._clean, self.campaign)
        if self._seconds_left(campaign, datetime.now(UTC)) <= 0:
            return None
        return claim(self._clean, self.desk.settings, self.book, self.campaign, self._resting)

    def _seconds_left(self, campaign: Campaign, now: datetime) -> float:
        """Seconds for which the hours of the campaign and this session last."""
        end = campaign.open_until(now)
        ends = [one for one in (end, self.until) if one is not None]
        return min(((one - now).total_seconds() for one in ends), default=float("inf"))

    def _passed(self, campaign: Campaign, unit: Unit) -> bool:
        """Whether nothing of the unit is left to ask or to publish; it is done then, and so are those like it."""
        spools = spool_folder(self.desk.settings, unit.site)
        if any(spools.glob("*.warc.gz")) or self.desk.archive.due(unit.site):
            return False
        swept = state.load(self._clean, unit.site).sweep(campaign.campaign).values()
        mine = [u for u in campaign.left if u.site == unit.site]
        over = {u.month for u in mine if swept and all(is_down(one, _floor(campaign, u)) for one in swept)}
        if unit.month not in over:
            return False
        done = {"progress": "done", "why": None, "lease_until": None, "finished_at": datetime.now(UTC)}
        campaigns.change(
            self._clean, self.campaign, lambda c: c.with_units(lambda u: u.site == unit.site and u.month in over, done)
        )
        return True

    def _work(self, campaign: Campaign, unit: Unit, site: Site) -> RunReport:
        started = time.monotonic()
        desk = replace(self.desk, run=run_name("backfill"), window=Window(since=campaign.since, until=campaign.until))
        seen: list[Visit] = []

        def gather(run: Desk, one: Site, say: Say) -> Visit:
            say(f"{one.key}: {unit.month} of {campaign.campaign}")
            seen.append(visiting.visit(run, one, say, order=partial(self._order, campaign, unit)))
            return seen[-1]

        try:
            report = nightly.work(desk, [site], gather, started)
        finally:
            visiting.clear(desk)
        self._settle(campaign, unit, report, seen[-1])
        return report

    def _order(self, campaign: Campaign, unit: Unit, plan: CrawlPlan, memory: SiteMemory) -> CrawlPlan | None:
        """What the child is told: down to the unit's first day, from where each listing was left."""
        known = memory.state or SiteState(site=unit.site)
        swept = known.sweep(campaign.campaign)
        floor = _floor(campaign, unit)
        if swept and all(is_down(one, floor) for one in swept.values()):
            return None
        listings = [one.model_copy(update={"exhausted": is_down(one, floor)}) for one in swept.values()] or [
            ListingState(listing=one.listing) for one in known.listings if one.gave_links
        ]
        limit = None if campaign.max_requests is None else max(campaign.max_requests - campaign.requests, 0)
        return plan.model_copy(
            update={
                "campaign": campaign.campaign,
                "floor": floor,
                "listings": tuple(listings),
                "due": tuple(link for link in plan.due if _is_wanted(link.listed_at, campaign)),
                "known": _known(plan.known, memory, campaign),
                "patient": True,
                "max_requests": limit,
                "budget_seconds": min(plan.budget_seconds, self._seconds_left(campaign, datetime.now(UTC))),
            }
        )

    def _settle(self, campaign: Campaign, unit: Unit, report: RunReport, visit: Visit) -> None:
        """Keep what became of the unit; a site that gave trouble rests for this session."""
        clean, floor, site = self._clean, _floor(campaign, unit), visit.site
        crawl, counts = visit.report, report.sites[site.key]
        ending = crawl.finish_reason if crawl else "finished"
        short = [s for s in state.load(clean, site.key).sweep(self.campaign).values() if falls_short(s, floor)]
        trouble = visit.error or (f"the crawl ended by {ending}" if ending in _BROKEN else None)
        if trouble is None and ending not in _CUT:
            trouble = "; ".join(f"{s.listing}: {s.wall or 'left half walked'}" for s in short) or None
        changes: dict[str, object] = {
            "requests": unit.requests + counts.requests,
            "new": unit.new + counts.new,
            "run": report.run,
            "lease_until": None,
        }
        last = trouble is not None and unit.tries + 1 >= TRIES
        if trouble is not None:
            self._resting.add(site.key)
            changes |= {"tries": unit.tries + 1, "why": trouble, "progress": "failed" if last else "begun"}
        elif ending not in _CUT:
            changes |= {"progress": "held" if counts.held else "done", "why": counts.held}
        if changes.get("progress") in ("failed", "held", "done"):
            changes["finished_at"] = datetime.now(UTC)
        down = visit.error if last and not short else None
        campaigns.change(clean, self.campaign, lambda c: settled(c, unit, changes, down))
        if last:
            state.change(clean, site.key, partial(without_failing, campaign=self.campaign, floor=floor))
        elif trouble is not None:
            state.change(clean, site.key, partial(from_the_top, campaign=self.campaign))
        elif ending not in _CUT:
            state.change(clean, site.key, partial(without_strangers, campaign=self.campaign))


def work(settings: Settings, book: Registry, name: str, until: datetime | None = None) -> RunReport:
    """Work on one campaign now, within its hours and until the aware instant `until`.

    Returns:
        The counts of all units that were worked on, by site.

    Raises:
        TintinhError: nothing could be begun, or the storage went away; what was captured is kept.
    """
    started = time.monotonic()
    with at_desk("backfill", settings, Window()) as desk:
        require_begin(settings, book, campaigns.load(desk.storage.clean, name))
        session = Session(desk, book, name, until)
        campaign = session.run()
    sites: dict[str, SiteCounts] = {}
    for report in session.reports:
        for key, counts in report.sites.items():
            sites[key] = sites[key] + counts if key in sites else counts
    return RunReport(
        run=desk.run,
        campaign=name,
        sites=sites,
        version=max((report.version for report in session.reports if report.version is not None), default=None),
        seconds=round(time.monotonic() - started, 1),
        left=why_left(campaign, datetime.now(UTC)),
    )


def require_begin(settings: Settings, book: Registry, campaign: Campaign) -> None:
    """Raises UsageError when a contact is missing, MachineError when the disk is nearly full."""
    require_room(settings)
    require_contact(settings, [book.sites[key] for key in campaign.sites if key in book.sites])


def go_on(settings: Settings, book: Registry, until: datetime) -> None:
    """Work on every running campaign whose hours hold, the oldest first: what a night does after its own publish, and
    the schedule each hour. One process of a home at a time: two would crawl twice as many sites at once as it may.

    Raises:
        TintinhError: the storage went away.
    """
    if (turn := lock(settings, "turn")) is None:
        get_run_logger().info("another process goes on with the campaigns")
        return
    try:
        with attached(settings) as storage:
            for campaign in campaigns.all_of(storage.clean):
                now = datetime.now(UTC)
                if campaign.status == "running" and now < until and campaign.open_until(now) != now:
                    left, total = len(campaign.left), len(campaign.units)
                    get_run_logger().info(f"campaign {campaign.campaign} goes on: {left} of {total} months are left")
                    work(settings, book, campaign.campaign, until)
    finally:
        os.close(turn)


def _floor(campaign: Campaign, unit: Unit) -> date:
    """The first local day of the unit."""
    return max(unit.first_day, campaign.since)


def _is_wanted(listed_at: str | None, campaign: Campaign) -> bool:
    """Whether a link that failed before is the campaign's: others are the night's, and have no place in its window."""
    day = local_day(listed_at)
    return day is not None and campaign.since <= day <= campaign.until


def _known(packed: str, memory: SiteMemory, campaign: Campaign) -> str:
    """What need not be asked: what has a final outcome, and what is dated outside the campaign's window."""
    window = Window(since=campaign.since, until=campaign.until)
    outside = {
        key
        for key, page in memory.pages.items()
        if page.outcome == Outcome.OUT_OF_WINDOW and page.published_at and not window.holds(page.published_at)
    }
    return pack_hashes(set(unpack_hashes(packed)) | outside)

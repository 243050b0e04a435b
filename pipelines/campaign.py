"""What becomes of a campaign, and of its place in a site's listings, as its units are worked on. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from statistics import median

from schemas.campaign import OPEN, Campaign, Unit
from schemas.errors import UsageError
from schemas.state import ListingState, SiteState
from schemas.zone import HANOI

_ABSENT = frozenset({"http_404", "http_410"})


def claimed(campaign: Campaign, unit: Unit, holder: str, now: datetime, until: datetime) -> Campaign:
    """The campaign with the unit claimed for the home `holder`, unless a living one elsewhere works on its site; where
    requests are counted, on any: no two machines may spend the same ones."""
    if campaign.status != "running" or unit.progress not in OPEN:
        return campaign
    counted = campaign.max_requests is not None
    near = [u for u in campaign.left if (counted or u.site == unit.site) and u.holder != holder]
    if any(u.lease_until and u.lease_until > now for u in near):
        return campaign
    return campaign.with_unit(unit, {"progress": "begun", "holder": holder, "lease_until": until})


def settled(campaign: Campaign, unit: Unit, changes: Mapping[str, object], site_error: str | None = None) -> Campaign:
    """The campaign after work on a unit. A site that is down for good fails as a whole; a month that was held is done
    once a later one was published, with which all that waits is published."""
    after = campaign.with_unit(unit, changes)
    if site_error is not None:
        failed = {"progress": "failed", "why": site_error, "finished_at": changes.get("finished_at")}
        return after.with_units(lambda u: u.site == unit.site and u.progress in OPEN, failed)
    if changes.get("progress") == "done":
        done = {"progress": "done", "why": None}
        return after.with_units(lambda u: u.site == unit.site and u.progress == "held", done)
    return after


def resumed(campaign: Campaign, max_requests: int | None = None) -> Campaign:
    """The campaign, running. Raises UsageError when it is over, or its budget is still spent."""
    _require_open(campaign)
    after = campaign.model_copy(
        update={"status": "running", "why": None, "max_requests": max_requests or campaign.max_requests}
    )
    if after.max_requests is not None and after.requests >= after.max_requests:
        raise UsageError(f"campaign {campaign.campaign} has spent its {after.max_requests} requests; give more")
    return after


def paused(campaign: Campaign) -> Campaign:
    """The campaign, paused: the month in work is finished, no other is begun. Raises UsageError when it is over, or
    paused already."""
    _require_open(campaign)
    if campaign.status == "paused":
        raise UsageError(f"campaign {campaign.campaign} is paused already")
    return campaign.model_copy(update={"status": "paused", "why": None})


def cancelled(campaign: Campaign) -> Campaign:
    """The campaign, ended for good; what it published stays. Raises UsageError when it is over."""
    _require_open(campaign)
    return campaign.model_copy(update={"status": "cancelled", "why": None})


def asked_again(campaign: Campaign, wanted: Campaign) -> Campaign:
    """The campaign with the hours and the budget with which it is asked for once more, where they are given. Raises
    UsageError when it is paused."""
    if campaign.status == "paused":
        why = f" ({campaign.why})" if campaign.why else ""
        raise UsageError(f"campaign {campaign.campaign} is paused{why}; `tintinh backfill resume {campaign.campaign}`")
    given = {name: value for name in ("hours", "max_requests") if (value := getattr(wanted, name)) is not None}
    return campaign.model_copy(update=given)


def _require_open(campaign: Campaign) -> None:
    """Raises UsageError when the campaign is over."""
    if campaign.status in ("done", "cancelled"):
        raise UsageError(f"campaign {campaign.campaign} is {campaign.status}; begin another")


def is_spent(campaign: Campaign) -> bool:
    """Whether its request budget is used up."""
    return campaign.max_requests is not None and campaign.requests >= campaign.max_requests


def closed(campaign: Campaign) -> Campaign:
    """The campaign as a session leaves it: done when nothing is left, paused when its budget is spent."""
    if campaign.status == "running" and not campaign.left:
        return campaign.model_copy(update={"status": "done", "why": None})
    if campaign.status == "running" and is_spent(campaign):
        why = f"its {campaign.max_requests} requests are spent; resume it with a larger --max-requests"
        return campaign.model_copy(update={"status": "paused", "why": why})
    return campaign


def why_left(campaign: Campaign, now: datetime) -> str | None:
    """Why a campaign that was worked on is not done, in one sentence; None: it is."""
    left = f"{len(campaign.left)} of {len(campaign.units)} months are left"
    if campaign.status in ("done", "cancelled"):
        return None if campaign.status == "done" else f"it was cancelled; {left}"
    if campaign.status == "paused":
        return f"{left}: {campaign.why or f'it was paused; `tintinh backfill resume {campaign.campaign}`'}"
    if campaign.hours and not campaign.hours.hold(now):
        return f"{left}: it goes on within its hours, {campaign.hours} Asia/Ho_Chi_Minh"
    leases = [u.lease_until for u in campaign.left if u.lease_until and u.lease_until > now]
    if leases:
        return f"{left}: another process works on it, and is believed until {max(leases).astimezone(HANOI):%H:%M}"
    return f"{left}: nights go on with it"


def is_down(one: ListingState, floor: date) -> bool:
    """Whether a backfill has nothing to ask of a listing down to the local day `floor`."""
    return one.exhausted or (one.swept is not None and one.swept <= floor)


def falls_short(one: ListingState, floor: date) -> bool:
    """Whether a listing lists articles, or failed, and was not walked down to `floor`."""
    return (one.gave_links or one.wall is not None) and not is_down(one, floor)


def without_strangers(known: SiteState, campaign: str) -> SiteState:
    """Listings that answered and list no articles are done with."""
    return _changed(known, campaign, lambda one: not one.gave_links and one.wall is None, {"exhausted": True})


def without_failing(known: SiteState, campaign: str, floor: date) -> SiteState:
    """Listings that failed again and again are given up."""
    return _changed(known, campaign, lambda one: falls_short(one, floor), {"exhausted": True})


def from_the_top(known: SiteState, campaign: str) -> SiteState:
    """A listing that is absent where it was left is walked again from its first page: it may have become shorter."""
    return _changed(known, campaign, lambda one: one.wall in _ABSENT, {"resume": None, "resume_page": 0})


def without_sweep(known: SiteState, campaign: str) -> SiteState:
    """The campaign is over: its place in the listings serves nobody any more."""
    return known.model_copy(update={"sweeps": tuple(s for s in known.sweeps if s.campaign != campaign)})


def _changed(
    known: SiteState, campaign: str, chosen: Callable[[ListingState], bool], changes: dict[str, object]
) -> SiteState:
    def change(one: ListingState) -> ListingState:
        return one.model_copy(update=changes) if chosen(one) and not one.exhausted else one

    sweeps = tuple(
        sweep.model_copy(update={"listings": tuple(map(change, sweep.listings))})
        if sweep.campaign == campaign
        else sweep
        for sweep in known.sweeps
    )
    return known.model_copy(update={"sweeps": sweeps})


def falls_below(month: str, counts: dict[str, int], last: Unit | None) -> bool:
    """Whether a month of a site is a gap: fewer articles than half of its median month, or last held or failed.

    Args:
        month: `YYYY-MM`.
        counts: articles by month.
        last: the newest unit of the month in any campaign; None: it was never asked for.
    """
    if last is not None and last.progress in ("held", "failed"):
        return True
    if not counts:
        return last is None or last.progress != "done"
    return counts.get(month, 0) < median(counts.values()) / 2

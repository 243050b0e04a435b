"""Backfills: campaigns over a window of publication days, begun or gone on with now."""

from datetime import date

from prefect import flow

from flows import campaigns as working
from flows.campaign_plan import Ask, plan, same
from flows.settings import Settings
from flows.storage import attached
from pipelines.store import campaigns
from schemas.campaign import Campaign, Hours
from schemas.errors import UsageError
from spiders import registry


@flow(name="backfill", persist_result=False)
def backfill(
    since: date,
    until: date,
    site: list[str] | None = None,
    province: list[str] | None = None,
    all_sites: bool = False,
    hours: str | None = None,
    max_requests: int | None = None,
    gaps: bool = False,
) -> dict[str, object]:
    """Ask sites for the articles published from `since` to `until` (local days, inclusive), as a campaign.

    It works now, within its hours (`21:00-05:00`, Asia/Ho_Chi_Minh); what is left nights go on with. The same sites and
    window asked for again go on with the campaign that is not over.

    Returns:
        The `RunReport` as a plain dict.

    Raises:
        UsageError: the window is wrong, a site or province is unknown, nothing is to be asked for, or it is paused.
    """
    settings = Settings()
    book = registry.load(settings.sites, settings.home)
    asked = Ask(
        since=since,
        until=until,
        sites=tuple(site or ()),
        provinces=tuple(province or ()),
        every=all_sites,
        hours=Hours.read(hours) if hours else None,
        max_requests=max_requests,
        gaps=gaps,
    )
    with attached(settings) as storage:
        wanted = plan(storage.clean, book, asked)
        campaign = same(storage.clean, wanted)
        if campaign is None:
            working.require_begin(settings, book, wanted)
            campaigns.create(storage.clean, campaign := wanted)
        elif campaign.status == "paused":
            raise UsageError(f"campaign {campaign.campaign} is paused; `tintinh backfill resume {campaign.campaign}`")
        return working.work(settings, book, campaign.campaign).model_dump(mode="json")


@flow(name="resume backfill", persist_result=False)
def resume(campaign: str, max_requests: int | None = None) -> dict[str, object]:
    """Go on with a campaign that was paused, or whose process ended; `max_requests` is its new budget.

    Returns:
        The `RunReport` as a plain dict.

    Raises:
        UsageError: there is no such campaign, or it is over.
    """
    settings = Settings()
    book = registry.load(settings.sites, settings.home)
    with attached(settings) as storage:
        campaigns.change(storage.clean, campaign, lambda c: resumed(c, max_requests))
        return working.work(settings, book, campaign).model_dump(mode="json")


def resumed(campaign: Campaign, max_requests: int | None = None) -> Campaign:
    """The campaign, running. Raises UsageError when it is over, or its budget is still spent."""
    require_open(campaign)
    after = campaign.model_copy(
        update={"status": "running", "why": None, "max_requests": max_requests or campaign.max_requests}
    )
    if after.max_requests is not None and after.requests >= after.max_requests:
        raise UsageError(f"campaign {campaign.campaign} has spent its {after.max_requests} requests; give more")
    return after


def paused(campaign: Campaign) -> Campaign:
    """The campaign, paused: the month in work is finished, no other is begun. Raises UsageError when it is over, or
    paused already."""
    require_open(campaign)
    if campaign.status == "paused":
        raise UsageError(f"campaign {campaign.campaign} is paused already")
    return campaign.model_copy(update={"status": "paused", "why": None})


def cancelled(campaign: Campaign) -> Campaign:
    """The campaign, ended for good; what it published stays. Raises UsageError when it is over."""
    require_open(campaign)
    return campaign.model_copy(update={"status": "cancelled", "why": None})


def require_open(campaign: Campaign) -> None:
    """Raises UsageError when the campaign is over."""
    if campaign.status in ("done", "cancelled"):
        raise UsageError(f"campaign {campaign.campaign} is {campaign.status}; begin another")

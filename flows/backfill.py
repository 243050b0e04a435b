"""Backfills: campaigns over a window of publication days, begun or gone on with now."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

from prefect import flow

from flows import campaigns as working
from flows.campaign_plan import Ask, plan, same
from flows.settings import Settings
from flows.storage import attached
from pipelines.campaign import asked_again, resumed
from pipelines.store import campaigns
from schemas.campaign import Hours
from spiders import registry

_TURN = timedelta(minutes=58)
"""How long a scheduled turn lasts: it is over when the next one is due."""


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
    window asked for again go on with the campaign that is not over, within the hours and budget given now.

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
        else:
            campaigns.change(storage.clean, campaign.campaign, partial(asked_again, wanted=wanted))
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


@flow(name="campaigns", persist_result=False)
def go_on() -> None:
    """Go on with every running campaign whose hours hold, for an hour at most; the schedule calls it each hour.

    Raises:
        TintinhError: the storage is away, or this machine cannot.
    """
    settings = Settings()
    working.go_on(settings, registry.load(settings.sites, settings.home), datetime.now(UTC) + _TURN)

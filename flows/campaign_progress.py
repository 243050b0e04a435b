"""How far the campaigns are: for `tintinh status` and `tintinh backfill list`."""

from datetime import UTC, date, datetime, timedelta

from pipelines.store import campaigns
from pipelines.store.bucket import Bucket
from schemas.campaign import OPEN, Campaign
from schemas.frozen import Frozen
from schemas.zone import HANOI

_LEAST = timedelta(hours=1)
"""Shortest time over which a rate is told: a few quick months say nothing of the others."""
_FAR = 100 * 365
"""Days beyond which no day is told."""
_SHORT = "at what a month took so far, its requests are spent before it is done"


class CampaignProgress(Frozen):
    """One campaign in numbers; its months are those of each site."""

    campaign: str
    status: str
    since: date
    until: date
    hours: str | None
    sites: int
    done: int
    """Months that are over, held and failed ones too."""
    total: int
    held: int
    failed: int
    new: int
    """Articles published for the first time."""
    requests: int
    max_requests: int | None
    per_day: float | None
    """Months finished a day, pauses between its hours counted in; None: none is finished yet."""
    finish_on: date | None
    """The local day on which it will be done at this rate; None: not known, it does not run, or its budget is spent
    before."""
    why: str | None


def progress(campaign: Campaign, now: datetime) -> CampaignProgress:
    """The campaign in numbers at an aware instant. Pure."""
    over = [unit for unit in campaign.units if unit.progress not in OPEN]
    ended = max((unit.finished_at for unit in over if unit.finished_at), default=None)
    per_day = finish_on = None
    if ended is not None:
        # a campaign at work is slow while nothing is finished; one that rests is not slower for it
        last = now if campaign.status == "running" else ended
        per_day = len(over) / (max(last - campaign.created_at, _LEAST) / timedelta(days=1))
    short = campaign.status == "running" and _falls_short(campaign, len(over))
    if campaign.status == "running" and per_day and not short:
        finish_on = _finish(campaign, now, per_day)
    return CampaignProgress(
        campaign=campaign.campaign,
        status=campaign.status,
        since=campaign.since,
        until=campaign.until,
        hours=str(campaign.hours) if campaign.hours else None,
        sites=len(campaign.sites),
        done=len(over),
        total=len(campaign.units),
        held=sum(unit.progress == "held" for unit in campaign.units),
        failed=sum(unit.progress == "failed" for unit in campaign.units),
        new=sum(unit.new for unit in campaign.units),
        requests=campaign.requests,
        max_requests=campaign.max_requests,
        per_day=round(per_day, 2) if per_day is not None else None,
        finish_on=finish_on,
        why=campaign.why
        or (_SHORT if short else None)
        or next((f"{u.site} {u.month}: {u.why}" for u in campaign.units if u.why), None),
    )


def _falls_short(campaign: Campaign, done: int) -> bool:
    """Whether the budget of requests is spent, at what a month took so far, before the campaign is done."""
    if campaign.max_requests is None or not done:
        return False
    return campaign.requests / done * len(campaign.left) > campaign.max_requests - campaign.requests


def _finish(campaign: Campaign, now: datetime, per_day: float) -> date | None:
    """The local day; None: beyond what a calendar holds."""
    days = len(campaign.left) / per_day
    return (now + timedelta(days=days)).astimezone(HANOI).date() if days < _FAR else None


def all_progress(clean: Bucket) -> list[CampaignProgress]:
    """Every campaign in numbers, oldest first. Raises StorageError."""
    now = datetime.now(UTC)
    return [progress(campaign, now) for campaign in campaigns.all_of(clean)]

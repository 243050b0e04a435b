"""How far the campaigns are: for `tintinh status` and `tintinh backfill list`."""

from datetime import UTC, date, datetime, timedelta

from pipelines.store import campaigns
from pipelines.store.bucket import Bucket
from schemas.campaign import OPEN, Campaign
from schemas.frozen import Frozen
from schemas.zone import HANOI

_LEAST = timedelta(minutes=1)
"""Shortest time over which a rate is told."""


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
    """The local day on which it will be done at this rate; None: not known, or it does not run."""
    why: str | None


def progress(campaign: Campaign, now: datetime) -> CampaignProgress:
    """The campaign in numbers at an aware instant. Pure."""
    over = [unit for unit in campaign.units if unit.progress not in OPEN]
    ended = max((unit.finished_at for unit in over if unit.finished_at), default=None)
    per_day = None
    if ended is not None:
        per_day = len(over) / (max(ended - campaign.created_at, _LEAST) / timedelta(days=1))
    finish_on = None
    if campaign.status == "running" and per_day:
        finish_on = (now + timedelta(days=len(campaign.left) / per_day)).astimezone(HANOI).date()
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
        why=campaign.why or next((f"{u.site} {u.month}: {u.why}" for u in campaign.units if u.why), None),
    )


def all_progress(clean: Bucket) -> list[CampaignProgress]:
    """Every campaign in numbers, oldest first. Raises StorageError."""
    now = datetime.now(UTC)
    return [progress(campaign, now) for campaign in campaigns.all_of(clean)]

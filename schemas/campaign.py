"""A backfill as it is kept in the bucket: `campaigns/<id>.json`. Nights go on with it until it is done."""

from datetime import date, datetime, time
from typing import Literal

from pydantic import AwareDatetime

from schemas.frozen import Frozen
from schemas.site import SiteKey
from schemas.zone import HANOI

Progress = Literal["todo", "begun", "done", "held", "failed"]


class Hours(Frozen):
    """Hours of the day (Asia/Ho_Chi_Minh) in which a backfill may ask; over midnight where it ends before it begins."""

    begin: time
    end: time

    def hold(self, at: datetime) -> bool:
        """Whether the aware instant is within."""
        clock = at.astimezone(HANOI).time()
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


class Unit(Frozen):
    """One month of one site: crawled by one child, gated and published alone."""

    site: SiteKey
    month: str
    """`YYYY-MM`."""
    progress: Progress = "todo"
    requests: int = 0
    new: int = 0
    run: str | None = None
    """The last run that worked on it."""
    finished_at: AwareDatetime | None = None
    why: str | None = None
    """Why it is held or failed, in one sentence."""


class Campaign(Frozen):
    """What was asked for, and how far each site and month has come; units in the order in which they are worked."""

    campaign: str
    since: date
    until: date
    """Local days of publication, both included."""
    units: tuple[Unit, ...]
    hours: Hours | None = None
    max_requests: int | None = None
    """Requests that the whole campaign may make; None: as many as it takes."""
    status: Literal["running", "paused", "cancelled", "done"] = "running"
    created_at: AwareDatetime
    lease: str | None = None
    """The run that works on it, and until when it may be believed to be alive."""
    lease_until: AwareDatetime | None = None

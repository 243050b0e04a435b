"""A backfill as it is kept in the bucket: `campaigns/<id>.json`. Nights go on with it until it is done."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

from schemas.errors import UsageError
from schemas.frozen import Frozen
from schemas.site import SiteKey
from schemas.zone import HANOI

Progress = Literal["todo", "begun", "done", "held", "failed"]
OPEN = frozenset({"todo", "begun"})
"""Progress of what is still to be worked on."""


class Hours(Frozen):
    """Hours of the day (Asia/Ho_Chi_Minh) in which a backfill may ask; over midnight where it ends before it begins."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> Self:
        """From `21:00-05:00`. Raises UsageError."""
        begin, _, end = text.partition("-")
        try:
            hours = cls(begin=time.fromisoformat(begin.strip()), end=time.fromisoformat(end.strip()))
        except ValueError:
            hours = None
        if hours is None or hours.begin == hours.end or hours.begin.tzinfo or hours.end.tzinfo:
            raise UsageError(f"{text!r} are no hours of the day; write them as 21:00-05:00")
        return hours

    def hold(self, at: datetime) -> bool:
        """Whether the aware instant is within."""
        clock = at.astimezone(HANOI).time()
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def end_after(self, at: datetime) -> datetime:
        """When they end next after the aware instant."""
        local = at.astimezone(HANOI)
        end = datetime.combine(local.date(), self.end, HANOI)
        return end if end > local else end + timedelta(days=1)

    @property
    def seconds(self) -> float:
        """How long they last in a day."""
        begin, end = (datetime.combine(date.min, clock) for clock in (self.begin, self.end))
        return ((end - begin) % timedelta(days=1)).total_seconds()

    def __str__(self) -> str:
        """As `read` takes it."""
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


class Unit(Frozen):
    """One month of one site: crawled by one child, gated and published alone."""

    site: SiteKey
    month: str
    """`YYYY-MM`."""
    progress: Progress = "todo"
    requests: int = 0
    new: int = 0
    tries: int = 0
    """Sessions in which the site did not let it be finished."""
    run: str | None = None
    """The last run that worked on it."""
    holder: str | None = None
    """The home folder that works on it, and until when it may be believed to be alive."""
    lease_until: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    why: str | None = None
    """Why it is held or failed, in one sentence."""

    @property
    def first_day(self) -> date:
        """The month's first day."""
        return date.fromisoformat(f"{self.month}-01")


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
    gaps: bool = False
    """Its units are the months that fell short when it was made."""
    status: Literal["running", "paused", "cancelled", "done"] = "running"
    why: str | None = None
    """Why it paused by itself, in one sentence."""
    created_at: AwareDatetime

    @property
    def sites(self) -> tuple[str, ...]:
        """Keys of its sites, in the order in which they are worked."""
        return tuple(dict.fromkeys(unit.site for unit in self.units))

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return sum(unit.requests for unit in self.units)

    @property
    def left(self) -> tuple[Unit, ...]:
        """The units that are still to be worked on."""
        return tuple(unit for unit in self.units if unit.progress in OPEN)

    def open_until(self, now: datetime) -> datetime | None:
        """Until when it may ask, seen from the aware instant `now`; `now` itself outside its hours, None without."""
        if self.hours is None:
            return None
        return self.hours.end_after(now) if self.hours.hold(now) else now

    def with_units(self, chosen: Callable[[Unit], bool], changes: Mapping[str, object]) -> Self:
        """The campaign with some of its units changed."""
        units = tuple(unit.model_copy(update=dict(changes)) if chosen(unit) else unit for unit in self.units)
        return self.model_copy(update={"units": units})

    def with_unit(self, unit: Unit, changes: Mapping[str, object]) -> Self:
        """The campaign with its unit of the same site and month changed."""
        return self.with_units(lambda one: (one.site, one.month) == (unit.site, unit.month), changes)

"""A window of publication days: what a backfill asks for."""

from datetime import date, datetime
from typing import Self

from schemas.frozen import Frozen
from schemas.zone import HANOI

_OPEN = ".."
"""How ISO 8601-2 writes an end that is not known."""


class Window(Frozen):
    """Local days, inclusive; None is open. The window of a night is open at both ends."""

    since: date | None = None
    until: date | None = None

    def holds(self, published: datetime | None) -> bool:
        """Whether an article belongs to the window; an undated one is not refused."""
        if published is None:
            return True
        day = published.astimezone(HANOI).date()
        return not ((self.since and day < self.since) or (self.until and day > self.until))

    @property
    def interval(self) -> str:
        """As an ISO 8601 interval: `2024-01-01/2024-12-31`."""
        return f"{self.since or _OPEN}/{self.until or _OPEN}"

    @classmethod
    def of_interval(cls, text: str) -> Self:
        """The inverse of `interval`. Raises ValueError."""
        first, _, last = text.partition("/")
        since, until = (None if end == _OPEN else date.fromisoformat(end) for end in (first, last))
        return cls(since=since, until=until)

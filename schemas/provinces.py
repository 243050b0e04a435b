"""The provinces, before and after the merger of 1 July 2025 (63 to 34).

A bare code is never stored: the same two digits name different provinces before and after. The slug of the
63-scheme names a province for good; `successor` is its slug in the 34-scheme. Where a slug means two provinces, one
before the merger and a larger one since, `Reign` tells them apart.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

MERGER = date(2025, 7, 1)
"""First day of the 34 provinces (source: the `effective_date` column of provinces.csv)."""


@dataclass(frozen=True, slots=True)
class Province:
    """One province of the 63-scheme and what became of it."""

    slug: str
    name: str
    code: str
    """Two digits of the pre-2025 scheme."""
    successor: str
    successor_name: str
    successor_code: str
    """Two digits of the 2025 scheme."""
    region: str
    kind: str = "tỉnh"
    """`tỉnh` or `thành phố trung ương`, and what its successor is."""
    successor_kind: str = "tỉnh"

    def on(self, day: date | None) -> str | None:
        """The slug of the province this was on `day`; None when the day is not known."""
        if day is None:
            return None
        return self.slug if day < MERGER else self.successor


def _read() -> dict[str, Province]:
    text = files("schemas").joinpath("provinces.csv").read_text(encoding="utf-8")
    return {
        row["slug"]: Province(
            slug=row["slug"],
            name=row["old_name"],
            code=row["old_code"],
            successor=row["new_slug"],
            successor_name=row["new_name"],
            successor_code=row["new_code"],
            region=row["region"],
            kind=row["old_type"],
            successor_kind=row["new_type"],
        )
        for row in csv.DictReader(text.splitlines())
    }


PROVINCES: Mapping[str, Province] = MappingProxyType(_read())
"""The 63 provinces by slug."""

Scheme = Literal["pre2025", "2025"]


@dataclass(frozen=True, slots=True)
class Reign:
    """One province of one scheme, and the days on which it was one."""

    slug: str
    name: str
    kind: str
    scheme: Scheme
    code: str
    """Two digits, which mean nothing without the scheme."""
    valid_from: date | None
    """First day; None: before any article that we have."""
    valid_to: date | None
    """Last day; None: it is one today."""
    successors: tuple[str, ...] = ()
    """Slugs of the provinces that came after it; its own where it kept its name. Empty: it is one today."""

    def holds(self, day: date) -> bool:
        """Whether it was a province on that day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


def scheme_on(day: date) -> Scheme:
    """The scheme that was in force on that day."""
    return "pre2025" if day < MERGER else "2025"


def _reigns() -> tuple[Reign, ...]:
    ended = MERGER - timedelta(days=1)
    before = [Reign(p.slug, p.name, p.kind, "pre2025", p.code, None, ended, (p.successor,)) for p in PROVINCES.values()]
    since = {
        p.successor: Reign(p.successor, p.successor_name, p.successor_kind, "2025", p.successor_code, MERGER, None)
        for p in PROVINCES.values()
    }
    return (*before, *(since[slug] for slug in sorted(since)))


REIGNS: tuple[Reign, ...] = _reigns()
"""The 63 provinces until 2025-06-30 and the 34 since, in order of their slugs."""


def reign(slug: str, day: date) -> Reign | None:
    """The province that a slug meant on that day; None: it meant none, as that of a merged one does since."""
    return next((one for one in REIGNS if one.slug == slug and one.holds(day)), None)

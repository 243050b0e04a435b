"""The provinces, before and after the merger of 1 July 2025 (63 to 34).

A bare code is never stored: the same two digits name different provinces before and after. The slug of the
63-scheme names a province for good; `successor` is its slug in the 34-scheme.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from types import MappingProxyType

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
        )
        for row in csv.DictReader(text.splitlines())
    }


PROVINCES: Mapping[str, Province] = MappingProxyType(_read())
"""The 63 provinces by slug."""

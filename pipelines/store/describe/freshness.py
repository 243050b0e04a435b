"""`freshness.json`: of each site the last run, and the last that published."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.store.tables import Tables

NIGHT = timedelta(hours=26)
"""A night and two hours: `freshness.json` older than that means that no night finished."""
LONGEST_RUN = timedelta(days=31)
"""A run that began longer before the last `freshness.json` than this is not looked for."""
_COLUMNS = ("site", "run", "finished_at", "held", "error", "new")


def freshness(tables: Tables, now: datetime, before: Mapping[str, Any]) -> dict[str, Any]:
    """What `freshness.json` holds, from what it said `before` and the runs that it cannot know yet.

    Raises StorageError. Each instant only ever grows, so a run that is met again changes nothing.
    """
    sites: dict[str, dict[str, Any]] = {site: dict(facts) for site, facts in before.get("sites", {}).items()}
    where = None
    if before:
        since = datetime.fromisoformat(before["written_at"]) - LONGEST_RUN
        where = f"started_at >= TIMESTAMP '{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00:00'"
    for row in tables.runs.read(_COLUMNS, where).sort_by("finished_at").to_pylist():
        _note(sites.setdefault(row["site"], {"last_published_at": None, "last_new_at": None}), row)
    written = max(instant(now), before.get("written_at", ""))
    until = instant(datetime.fromisoformat(written) + NIGHT)
    return {"written_at": written, "valid_until": until, "sites": dict(sorted(sites.items()))}


def _note(site: dict[str, Any], row: Mapping[str, Any]) -> None:
    finished = instant(row["finished_at"])
    if finished >= (site.get("last_run_at") or ""):
        site |= {"last_run": row["run"], "last_run_at": finished, "held": row["held"], "error": row["error"]}
    if row["held"] is None and row["error"] is None:
        site["last_published_at"] = max(finished, site["last_published_at"] or "")
        if row["new"]:
            site["last_new_at"] = max(finished, site["last_new_at"] or "")


def instant(when: datetime) -> str:
    """An instant as the bucket's JSON has it: UTC, whole seconds; in the order of its letters."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

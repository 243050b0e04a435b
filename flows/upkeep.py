"""What a maintenance would do, and the rules of how it is asked for; without Prefect."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.settings import Settings
from flows.storage import attached
from pipelines.store import maintaining, releases, releasing
from pipelines.store.delta import Table
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import UsageError
from schemas.maintenance import Upkeep
from schemas.release import Manifest

KEEP_DAYS = 30
"""Days for which a version of a table can be read after it was replaced, unless told otherwise."""


def planned(settings: Settings, keep_days: int, names: Sequence[str], release: bool, force: bool) -> Upkeep:
    """What `maintain` would do now; nothing is written. Raises as it does."""
    keep, started, clock = retention(keep_days, force), datetime.now(UTC), time.monotonic()
    with attached(settings) as storage:
        tables = Tables(storage.clean)
        told = [maintaining.plan(tables, one, keep, started) for one in picked(tables, names)]
        written = release and not names and any(one.table == keys.ARTICLES and one.files for one in told if one)
        return Upkeep(
            started_at=started,
            seconds=round(time.monotonic() - clock, 1),
            dry_run=True,
            keep_days=keep_days,
            tables=tuple(one for one in told if one),
            feed_files=0 if names else len(maintaining.strays(tables, started)),
            release=releases.due(storage.clean, started) if written else None,
        )


def retention(days: int, force: bool) -> timedelta:
    """The retention of `days`. Raises UsageError when it is shorter than is safe."""
    keep, least = timedelta(days=days), maintaining.LEAST if not force else maintaining.MARGIN
    if keep >= least:
        return keep
    if force:
        raise UsageError("--keep-days must be 1 at least: what a writer is about to commit is less than a day old.")
    raise UsageError(
        f"--keep-days {days} is less than {maintaining.LEAST.days}: whoever reads a table needs the files of the "
        "version that he opened until he is done. With --force it is done all the same."
    )


def picked(tables: Tables, names: Sequence[str]) -> list[Table]:
    """The tables with these names, or all. Raises UsageError."""
    known = {table.name: table for table in tables.all}
    if unknown := sorted(set(names) - known.keys()):
        raise UsageError(f"there is no table {unknown[0]!r}; the tables are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(tables.all)


def write_release(tables: Tables, name: str, home: Path, say: Callable[[str], None]) -> Manifest:
    """Write the release `name`; its files pass through a folder of their own in `home`. Raises as `releasing.write`."""
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="release-", dir=home) as scratch:
        return releasing.write(tables, name, Path(scratch), say=say)

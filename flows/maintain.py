"""Maintenance: the tables are laid out anew and freed of what nobody can ask for, and each month a release is made."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from prefect import flow, get_run_logger

from flows.doctor import require_fit
from flows.nightly import step
from flows.settings import Settings
from flows.storage import attached
from flows.upkeep import KEEP_DAYS, picked, retention, write_release
from pipelines.store import catalog, clusters, feed, linking, maintaining, releases
from pipelines.store.delta import Table
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import UsageError
from schemas.maintenance import TableUpkeep, Upkeep


@flow(name="maintain", persist_result=False)
def maintain(
    keep_days: int = KEEP_DAYS, table: list[str] | None = None, release: bool = True, force: bool = False
) -> dict[str, object]:
    """Lay out the tables anew, free what was replaced long ago, and write this month's release if it is not there.

    Args:
        keep_days: days for which a version of a table can be read after it was replaced.
        table: names of tables; empty: all, then also the change feed's dead files and the release.
        release: whether a release is written.
        force: allow fewer than 7 days.

    Returns:
        The `Upkeep` as a plain dict.
    """
    keep = retention(keep_days, force)
    settings, started, clock = Settings(), datetime.now(UTC), time.monotonic()
    with attached(settings) as storage:
        require_fit(storage, settings)
        tables = Tables(storage.clean)
        chosen = picked(tables, table or [])
        step("derive", "feed", partial(_derived, tables)).result()
        told = [step("maintain", one.name, partial(_maintained, tables, one, keep)).result() for one in chosen]
        strays, made = 0, None
        if not table:
            strays = step("maintain", "changes", partial(_swept, tables)).result()
            made = step("release", "articles", partial(_released, tables, settings.home)).result() if release else None
        done = Upkeep(
            started_at=started,
            seconds=round(time.monotonic() - clock, 1),
            keep_days=keep_days,
            tables=tuple(one for one in told if one),
            feed_files=strays,
            release=made,
        )
        if done.tables:
            catalog.write(tables, recount=True)
        storage.clean.put(keys.MAINTAINED, done.model_dump_json(indent=1).encode(), "application/json")
    return done.model_dump(mode="json")


def _derived(tables: Tables) -> int:
    """Tell the feed what is new: what it has not told cannot be freed. What else follows the articles catches up too,
    and texts that an older algorithm signed are signed again."""
    if tables.articles.open() is None:
        return 0
    newest = feed.derive(tables)
    linking.update(tables)
    clusters.resign(tables)
    return newest


def _maintained(tables: Tables, table: Table, keep: timedelta) -> TableUpkeep | None:
    return maintaining.maintain(tables, table, keep, say=get_run_logger().info)


def _swept(tables: Tables) -> int:
    found = maintaining.strays(tables, datetime.now(UTC))
    tables.clean.delete_many(found)
    return len(found)


def _released(tables: Tables, home: Path) -> str | None:
    """This month's release, if it was not there and there is something to release."""
    say = get_run_logger().info
    name = releases.due(tables.clean, datetime.now(UTC))
    if name is None:
        return None
    try:
        return write_release(tables, name, home, say).release
    except UsageError as error:
        say(str(error))
        return None

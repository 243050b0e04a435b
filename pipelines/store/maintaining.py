"""Maintenance of one table: few and sorted files, a checkpoint, and nothing kept that nobody can ask for any more.

Readers and writers go on meanwhile. Files are merged by commits that change no row (the Change Data Feed is empty
there); a writer who loses to one tries again, as against any other. A vacuum frees what was replaced before the
retention began: who opened a version since then still finds all its files, and what a writer has laid down but not
yet committed is younger than that.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from deltalake import DeltaTable

from pipelines.store import compacting, feed
from pipelines.store.delta import Table
from pipelines.store.tables import Tables
from schemas import keys
from schemas.maintenance import TableUpkeep

LEAST = timedelta(days=7)
"""Shortest retention that is safe: longer than any reader's query and any writer's commit, whatever their clocks."""
MARGIN = timedelta(days=1)
"""What a commit needs was written at most that long before it."""
_EVER = datetime.fromtimestamp(0, UTC) + MARGIN
Say = Callable[[str], None]


def plan(tables: Tables, table: Table, keep: timedelta, now: datetime) -> TableUpkeep | None:
    """What `maintain` would do to the table; None when it does not exist. Raises StorageError."""
    opened = table.open()
    if opened is None:
        return None
    since, log_since, why = _since(tables, table, now - keep)
    paths = _vacuum(table, opened, now - since, dry_run=True)
    return TableUpkeep(
        table=table.name,
        version=opened.version(),
        files=len(opened.file_uris()),
        merged=compacting.due(table, opened),
        freed_files=len(paths),
        freed_bytes=_sizes(table, paths),
        log_files=_expired(table, log_since),
        kept_back=why,
    )


def maintain(
    tables: Tables, table: Table, keep: timedelta, now: datetime | None = None, say: Say = lambda _: None
) -> TableUpkeep | None:
    """Merge small files, write a checkpoint, free what is older than `keep`; None when the table does not exist.

    May be called at any time, beside any writer, and again after a crash. Raises StorageError.
    """
    when = now or datetime.now(UTC)
    if table.open() is None:
        return None
    _retain(table, keep)
    merged = compacting.merge(table)
    say(f"{table.name}: {merged} small files merged")
    opened = _opened(table)
    with table.told("write"):
        opened.create_checkpoint()
    since, log_since, why = _since(tables, table, when - keep)
    files, size = vacuum(table, when - since)
    say(f"{table.name}: {files} files freed, {size} bytes" + (f"; {why}" if why else ""))
    before = _log(table)
    if log_since == when - keep:  # by its property of the same length
        with table.told("write"):
            _opened(table).cleanup_metadata()
    opened = _opened(table)
    return TableUpkeep(
        table=table.name,
        version=opened.version(),
        files=len(opened.file_uris()),
        merged=merged,
        freed_files=files,
        freed_bytes=size,
        log_files=len(before.keys() - _log(table).keys()),
        kept_back=why,
    )


def vacuum(table: Table, keep: timedelta) -> tuple[int, int]:
    """Delete what no version younger than `keep` needs, the change data and the files of dead writers too; how many
    files, and their bytes.

    With less than a day it also takes what writers are about to commit: they must be shut out. Raises StorageError.
    """
    opened = table.open()
    if opened is None or not (paths := _vacuum(table, opened, keep, dry_run=True)):
        return 0, 0
    size = _sizes(table, paths)
    return len(_vacuum(table, opened, keep, dry_run=False)), size


def strays(tables: Tables, now: datetime) -> list[str]:
    """Keys of feed files that no index names, written more than a day ago: their call died before it could name them,
    and the next one cut its files otherwise. Raises StorageError."""
    found = [one for one in tables.clean.list("changes/") if one.key.endswith(".gz") and one.modified < now - MARGIN]
    named = {file.key for file in feed.read_index(tables)[0].files}
    return [one.key for one in found if one.key not in named]


def _opened(table: Table) -> DeltaTable:
    opened = table.open()
    assert opened is not None
    return opened


def _retain(table: Table, keep: timedelta) -> None:
    """Let the log remember for `keep` what was removed from the table, and leave its cleaning to `maintain`, which
    looks at the feed first. Without this delta-rs forgets after a week when a file was removed, and goes by its age."""
    interval = f"interval {math.ceil(keep / timedelta(hours=1))} hours"
    wanted = {
        "delta.deletedFileRetentionDuration": interval,
        "delta.logRetentionDuration": interval,
        "delta.enableExpiredLogCleanup": "false",
    }

    def attempt(opened: DeltaTable) -> None:
        if not wanted.items() <= opened.metadata().configuration.items():
            opened.alter.set_table_properties(wanted)

    table.commit(attempt)


def _since(tables: Tables, table: Table, since: datetime) -> tuple[datetime, datetime, str | None]:
    """The instants from which on a table's files, and its log, must stay: `since`, or earlier where the feed has not
    come so far, and then a word on it."""
    if table is not tables.articles:
        return since, since, None
    untold = list(_untold(tables))
    log = min([since, *(written - MARGIN for _, written, _ in untold)])
    for version, written, changes in untold:
        if changes and written - MARGIN < since:
            return written - MARGIN, log, f"the change feed does not know version {version} yet"
    return since, log, None


def _untold(tables: Tables) -> Iterator[tuple[int, datetime, bool]]:
    """The versions of `articles` that the feed has not looked at, when each was committed, and whether it changed a
    row; a log entry that is gone counts as old and as a change."""
    articles, revisions = tables.articles.open(), tables.revisions.open()
    told = (revisions.transaction_version(feed.VERSION_DONE) if revisions else None) or 0
    for version in range(told + 1, articles.version() + 1 if articles else 0):
        key = f"{keys.ARTICLES}/_delta_log/{version:020d}.json"
        entry = tables.clean.head(key)
        if entry is None:
            yield version, _EVER, True
        else:
            actions = (json.loads(line) for line in tables.clean.get(key).splitlines())
            yield version, entry.modified, any(map(_changes, actions))


def _changes(action: dict[str, dict[str, object]]) -> bool:
    return "cdc" in action or any(action[kind].get("dataChange", True) for kind in ("add", "remove") if kind in action)


def _vacuum(table: Table, opened: DeltaTable, keep: timedelta, dry_run: bool) -> Sequence[str]:
    hours = math.ceil(keep / timedelta(hours=1))
    with table.told("vacuum"):
        return opened.vacuum(hours, dry_run=dry_run, enforce_retention_duration=False, full=True)


def _sizes(table: Table, paths: Sequence[str]) -> int:
    """Bytes of those files of the table that are still there."""
    wanted = {f"{table.name}/{path}" for path in paths}
    return sum(found.size for found in table.clean.list(f"{table.name}/") if found.key in wanted)


def _log(table: Table) -> dict[str, datetime]:
    """The files of its log that belong to a version, with the instants at which they were written."""
    prefix = f"{table.name}/_delta_log/"
    return {
        found.key.removeprefix(prefix): found.modified
        for found in table.clean.list(prefix)
        if re.match(r"\d{20}\.", found.key.removeprefix(prefix))
    }


def _expired(table: Table, since: datetime) -> int:
    """Files of the log before the last checkpoint that the oldest version to be kept can be read from."""
    files = {name: (int(name[:20]), written) for name, written in _log(table).items()}
    oldest = min((version for version, written in files.values() if written >= since), default=0)
    bases = [version for name, (version, _) in files.items() if ".checkpoint" in name and version <= oldest]
    return sum(1 for version, _ in files.values() if version < max(bases, default=0))

"""What a maintenance of the tables did, or would do: `maintain/last.json` and what `tintinh maintain --json` prints."""

from pydantic import AwareDatetime

from schemas.frozen import Frozen


class TableUpkeep(Frozen):
    """One table in a maintenance."""

    table: str
    version: int
    """Of the table, afterwards."""
    files: int
    """Data files of that version."""
    merged: int
    """Small files that were written anew as fewer and sorted ones; no row changed."""
    freed_files: int
    """Files that no version within the retention holds, those of dead writers too."""
    freed_bytes: int
    log_files: int
    """Entries and checkpoints of its log that no such version needs."""
    kept_back: str | None = None
    """Why less was freed than the retention allows."""


class Upkeep(Frozen):
    """One maintenance."""

    started_at: AwareDatetime
    seconds: float
    dry_run: bool = False
    keep_days: int
    """For how many days a version of a table can still be read after it was replaced."""
    tables: tuple[TableUpkeep, ...]
    feed_files: int
    """Files of dead calls below `changes/` that the index never named."""
    release: str | None = None
    """The release that was written, or would be."""

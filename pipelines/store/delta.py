"""One Delta table of the bucket: made, opened, read and committed to, with the rules that all four share.

A commit is an S3 conditional PUT of the next log entry. It carries an application transaction named after the run, so
that a repeat is seen and skipped (Delta itself accepts one in silence).
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Transaction, WriterProperties
from deltalake.exceptions import CommitFailedError, DeltaError, DeltaProtocolError, TableNotFoundError
from pydantic import BaseModel

from pipelines.store.arrow import arrow_schema, plain
from pipelines.store.bucket import Bucket
from schemas.errors import StorageError

WRITING = WriterProperties(compression="ZSTD")
PATIENCE = 120.0
"""Seconds for which a commit is tried again while others commit before it."""
_MADE_MEANWHILE = ("table already exists at that location", "field with the name", "column already exists")
"""What delta-rs answers when another writer made the table, or added the column, first."""
_TURN = threading.RLock()
"""The threads of a process commit one after another: they would lose races to each other, and delta-rs was seen to hang
where two of them read change data at once."""
_log = logging.getLogger(__name__)


class Table:
    """The Delta table `name` in a bucket, whose rows are `model`; each method sees its newest version."""

    def __init__(
        self,
        clean: Bucket,
        name: str,
        model: type[BaseModel],
        indexed: Sequence[str],
        partition: str | None = None,
        changes: bool = False,
    ) -> None:
        """`indexed`: columns whose smallest and largest value stand in the log, to skip files by (never texts).
        `changes`: keep a Change Data Feed."""
        self.clean, self.name, self.model, self.indexed = clean, name, model, tuple(indexed)
        self._partition = partition
        self._configuration = {
            "delta.dataSkippingStatsColumns": ",".join(indexed),
            "delta.checkpointInterval": "20",
            "delta.logRetentionDuration": "interval 400 days",
            "delta.enableChangeDataFeed": "true" if changes else "false",
        }

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the model."""
        return arrow_schema(self.model)

    def create(self) -> None:
        """Make the table unless it is there, and add the columns that the model has gained; safe under races."""

        def attempt(table: DeltaTable) -> None:
            known = {field.name for field in table.schema().fields}
            added = [Field.from_arrow(field.with_nullable(True)) for field in self.schema if field.name not in known]
            if added:
                table.alter.add_columns(added)

        self.commit(attempt)

    def open(self, version: int | None = None) -> DeltaTable | None:
        """The table at its newest version, or at `version`; None when it does not exist yet."""
        with self.told("open"):
            try:
                return DeltaTable(
                    self.clean.table_uri(self.name), version=version, storage_options=self.clean.storage_options()
                )
            except TableNotFoundError:
                return None

    def version(self) -> int | None:
        """Its newest version; None when it does not exist yet. Raises StorageError."""
        table = self.open()
        return None if table is None else table.version()

    def read(self, columns: Sequence[str] | None = None, where: str | None = None) -> pa.Table:
        """The rows for which the SQL predicate holds, with these columns; only files that may hold such are read."""
        table = self.open()
        if table is None:
            return self._wanted(columns).empty_table()
        return self.rows(table, columns, where)

    def rows(self, table: DeltaTable, columns: Sequence[str] | None = None, where: str | None = None) -> pa.Table:
        """As `read`, of an opened version."""
        wanted = self._wanted(columns)
        names = wanted.names
        present = {field.name for field in table.schema().fields}
        with self.told("read"):
            found = pa.table(table.scan(columns=[name for name in names if name in present], predicate=where))
        for name in names:
            if name not in present:
                found = found.append_column(name, pa.nulls(found.num_rows, wanted.field(name).type))
        return plain(found.select(names), wanted)

    def _wanted(self, columns: Sequence[str] | None) -> pa.Schema:
        names = columns if columns is not None else self.schema.names
        return pa.schema([self.schema.field(name).with_nullable(True) for name in names])

    def commit(self, attempt: Callable[[DeltaTable], None]) -> None:
        """Call `attempt` with the newest table, made if need be, until it returns without having lost a race.

        Raises StorageError when the store fails or others commit without end.
        """
        deadline, pause = time.monotonic() + PATIENCE, 0.02
        while True:
            try:
                with _TURN:
                    table = self.open()
                    with self.told("write"):
                        attempt(table or self._made())
                return
            except _LostRace as lost:
                if time.monotonic() > deadline:
                    problem = f"Others keep writing table {self.name} in {self.clean.uri}; try again later."
                    raise StorageError(problem) from lost
                time.sleep(random.uniform(0, pause))
                pause = min(2 * pause, 2.0)

    def _made(self) -> DeltaTable:
        return DeltaTable.create(
            self.clean.table_uri(self.name),
            schema=self.schema,
            partition_by=[self._partition] if self._partition else None,
            configuration=self._configuration,
            storage_options=self.clean.storage_options(),
            commit_properties=CommitProperties(
                max_commit_retries=0
            ),  # else a second maker rewrites the first's metadata
        )

    @contextmanager
    def told(self, verb: str) -> Iterator[None]:
        """Turn what deltalake raises into one sentence of ours."""
        try:
            yield
        except CommitFailedError as error:
            raise _LostRace from error
        except (DeltaError, OSError, pa.ArrowException) as error:
            if verb == "write" and any(told in str(error) for told in _MADE_MEANWHILE):
                raise _LostRace from error
            _log.debug("table %s: %s", self.name, error)
            reason = "its log is damaged" if isinstance(error, DeltaProtocolError) else "the store failed"
            raise StorageError(
                f"Cannot {verb} table {self.name} in {self.clean.uri}: {reason} ({type(error).__name__}); "
                "check that the server runs, then try again."
            ) from error


class _LostRace(Exception):  # noqa: N818
    """Another writer committed first."""


def once(*transactions: tuple[str, int], alone: bool = False) -> CommitProperties:
    """Commit properties with these application transactions.

    `alone`: commit at the very next version or not at all, so that what was read is still what is there.
    """
    return CommitProperties(
        app_transactions=[Transaction(app_id, version) for app_id, version in transactions],
        max_commit_retries=0 if alone else None,
    )

"""The Delta tables as the flows use them: what is known, what is current, and the one commit that publishes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC
from functools import cached_property
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from pipelines.store.arrow import from_table, to_table
from pipelines.store.bucket import Bucket
from pipelines.store.delta import WRITING, Table, once
from pipelines.store.replacing import listed, moves, quoted, replace_rows, standing, to_arrow
from pipelines.store.suppressed import allowed, load
from schemas.clusters import ClusterRow, SignatureRow
from schemas.documents import DocumentRow
from schemas.keys import ARTICLES, CAPTURES, CLUSTERS, DOCUMENTS, REVISIONS, RUNS, SIGNATURES
from schemas.rows import Article, LedgerRow, Revision, RunRow

Rebase = Callable[[Mapping[str, Article | None]], Sequence[Article] | pa.Table]
"""From the articles that others changed meanwhile, by id, to what the run wants to be in the table."""


class Tables:
    """The tables below the clean prefix. A table that does not exist yet reads as empty."""

    def __init__(self, clean: Bucket) -> None:
        self.clean = clean
        self.articles = Table(clean, ARTICLES, Article, ("article_id", "site", "published_at", "run"), "month", True)
        self.revisions = Table(clean, REVISIONS, Revision, ("seq", "table_version", "article_id", "site"))
        self.captures = Table(clean, CAPTURES, LedgerRow, ("url_hash", "fetched_at", "article_id", "run"), "site")
        self.runs = Table(clean, RUNS, RunRow, ("run", "site", "started_at"))
        self.clusters = Table(clean, CLUSTERS, ClusterRow, ("cluster", "article_id", "site", "published_at"), "month")
        self.documents = Table(clean, DOCUMENTS, DocumentRow, ("sha256",))
        self.signatures = Table(clean, SIGNATURES, SignatureRow, ("article_id", "site"), "month")
        self.read = (self.articles, self.revisions, self.captures, self.runs, self.clusters, self.documents)
        """The tables that readers are told of."""
        self.all = (*self.read, self.signatures)

    def create(self) -> None:
        """Make the tables that are not there yet, and add columns that a newer version knows; safe under races."""
        for table in self.all:
            table.create()

    def ledger(
        self, site: str, columns: Sequence[str] | None = None, url_hashes: Collection[int] | None = None
    ) -> pa.Table:
        """The site's rows of `captures`, or those of some URLs; only its partition and these columns are read."""
        where = f"site = {quoted(site)}"
        if url_hashes is not None:
            where += f" AND url_hash IN ({', '.join(map(str, sorted(url_hashes)))})"
        return self.captures.read(columns, where)

    def history(self, site: str, most: int = 200, kind: str | None = None) -> list[RunRow]:
        """The site's newest rows of `runs`, oldest first; only those of one kind where it is named."""
        where = f"site = {quoted(site)}" + (f" AND kind = {quoted(kind)}" if kind else "")
        rows = from_table(self.runs.read(where=where), RunRow)
        return sorted(rows, key=lambda row: (row.started_at, row.run))[-most:]

    def captured_sites(self) -> list[str]:
        """Keys of the sites that the ledger knows, from the log alone."""
        table = self.captures.open()
        if table is None:
            return []
        with self.captures.told("read"):
            return sorted(set(pa.table(table.get_add_actions(flatten=True))["partition.site"].to_pylist()))

    def current(self, ids_by_month: Mapping[str, Collection[str]]) -> dict[str, Article]:
        """The articles with these ids by id; only the months named are read. Absent ones are left out."""
        return Standing(self).current(ids_by_month) if any(ids_by_month.values()) else {}

    def publish(
        self,
        run: str,
        rows: Sequence[Article] | pa.Table,
        stood: Mapping[str, str] = MappingProxyType({}),
        since: int = -1,
        rebase: Rebase | None = None,
        spoken: Collection[str] = (),
    ) -> int | None:
        """Make the rows visible in one commit, and return the version of the table that it made.

        A row with the same id is replaced, wherever it stands: `stood` is the month of each id that was in the table
        at version `since` (-1: before the first), and what others did after that is read from the change data.
        `rebase` is called before an attempt when others touched one of the ids, with the rows as they are now and
        None for one that is no longer there; it says what to write instead. `spoken`: further ids that the run has
        seen and means to leave as they are: they count as its own. What was taken down is left out. A repeat
        for the same `run` changes nothing and gives the same version. None when there is nothing to write. Raises
        ValueError when an id is there twice, StorageError.
        """
        app, made, first = f"tintinh/publish/{run}", None, to_arrow(rows)
        ours = {*first["article_id"].to_pylist(), *stood, *spoken}

        def attempt(table: DeltaTable) -> None:
            nonlocal made
            if (made := table.transaction_version(app)) is not None:
                return
            others = self._moves(table, since, ours, run.partition("/")[0])
            moved = {one: month for one, month in others.items() if one in ours}
            fresh = to_arrow(rebase(self._now(moved))) if moved and rebase else first
            fresh = allowed(fresh, load(self.clean))  # read after `table`: a takedown lists before it deletes
            ids = fresh["article_id"].to_pylist()
            if len(set(ids)) != len(ids):
                raise ValueError(f"run {run} publishes an article twice")
            if ids:
                replace_rows(table, fresh, {**stood, **others}, app)
                made = table.version()

        if not ours:
            return None
        self.articles.commit(attempt)
        return made

    def _moves(self, table: DeltaTable, since: int, ours: Collection[str], run: str) -> dict[str, str | None]:
        """Where each id that others wrote since then stands now, those too that `rebase` may come to ask for."""
        try:
            return moves(table, since, run)
        except pa.ArrowException:  # a takedown removed the change data of these versions
            keys = self.articles.read(("article_id", "month"))
            there = dict(zip(keys["article_id"].to_pylist(), keys["month"].to_pylist(), strict=True))
            return {**there, **{one: there.get(one) for one in ours}}

    def _now(self, moved: Mapping[str, str | None]) -> dict[str, Article | None]:
        months: dict[str, set[str]] = {}
        for one, month in moved.items():
            if month is not None:
                months.setdefault(month, set()).add(one)
        return {**dict.fromkeys(moved), **self.current(months)}

    def append_captures(self, run: str, rows: Sequence[LedgerRow], part: str = "") -> None:
        """Add rows to the ledger, once for each (`run`, `part`).

        A capture that several runs settled, because one was cut short or two took it at once, has one row: the first.
        A reprocess adds its own word on it.
        """
        app = f"tintinh/captures/{run}/{part}"

        def attempt(table: DeltaTable) -> None:
            if table.transaction_version(app) is not None:
                return
            there = self._settled(rows)
            new = to_table([row for row in rows if row.reread or (row.warc, row.offset) not in there], LedgerRow)
            if new.num_rows:
                marks = once((app, 1), alone=True)
                write_deltalake(table, new, mode="append", writer_properties=WRITING, commit_properties=marks)

        if rows:
            self.captures.commit(attempt)

    def _settled(self, rows: Sequence[LedgerRow]) -> set[tuple[str, int]]:
        """WARC file and offset of the captures among these that the ledger has."""
        since = min(row.fetched_at for row in rows).astimezone(UTC)
        sites = listed({row.site for row in rows})
        where = f"site IN ({sites}) AND fetched_at >= '{since:%Y-%m-%dT%H:%M:%S.%fZ}'"
        there = self.captures.read(("warc", "offset"), where)
        return set(zip(there["warc"].to_pylist(), there["offset"].to_pylist(), strict=True))

    def append_run(self, run: str, rows: Sequence[RunRow], part: str = "") -> None:
        """Add the rows of a run once for each (`run`, `part`)."""
        app, table = f"tintinh/runs/{run}/{part}", to_table(rows, RunRow)

        def attempt(runs: DeltaTable) -> None:
            if table.num_rows and runs.transaction_version(app) is None:
                marks = once((app, 1))
                write_deltalake(runs, table, mode="append", writer_properties=WRITING, commit_properties=marks)

        self.runs.commit(attempt)


class Standing:
    """`articles` as they stand at one version, opened once for the many sites of a run."""

    def __init__(self, tables: Tables) -> None:
        """Raises StorageError."""
        self._table = tables.articles
        self._opened = self._table.open()

    def current(self, ids_by_month: Mapping[str, Collection[str]]) -> dict[str, Article]:
        """The articles with these ids by id; only the months named are read. Absent ones are left out."""
        if self._opened is None or not any(ids_by_month.values()):
            return {}
        found = self._table.rows(self._opened, where=standing(ids_by_month))
        return {article.article_id: article for article in from_table(found, Article)}

    def located(self, site: str, ids: Collection[str]) -> dict[str, set[str]]:
        """Which of these ids of one site are in the table, under the months where they are. The keys of all months
        are read, once: for what the ledger may not know."""
        mine = self._keys.filter(pc.equal(self._keys["site"], site))
        found: dict[str, set[str]] = {}
        for one, month in zip(mine["article_id"].to_pylist(), mine["month"].to_pylist(), strict=True):
            if one in ids:
                found.setdefault(month, set()).add(one)
        return found

    @cached_property
    def _keys(self) -> pa.Table:
        columns = ("article_id", "site", "month")
        return self._table.rows(self._opened, columns) if self._opened else self._table.read(columns)


def latest(ledger: pa.Table) -> pa.Table:
    """The last row of each `url_hash`, oldest first, by `settled_at` where the table has it, else by `fetched_at`."""
    when = ledger["fetched_at"]
    if "settled_at" in ledger.column_names:
        when = pc.coalesce(ledger["settled_at"], when)
    ordered = ledger.take(pc.sort_indices(when))
    numbered = pa.table({"url_hash": ordered["url_hash"], "row": pa.array(range(ordered.num_rows), pa.int64())})
    return ordered.take(numbered.group_by("url_hash").aggregate([("row", "max")])["row_max"].combine_chunks().sort())

"""The Delta tables as the flows use them: what is known, what is current, and the one commit that publishes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
from deltalake import DeltaTable, write_deltalake

from pipelines.store.arrow import from_table, to_table
from pipelines.store.bucket import Bucket
from pipelines.store.delta import WRITING, Table, once
from schemas.clusters import ClusterRow, SignatureRow
from schemas.documents import DocumentRow
from schemas.keys import ARTICLES, CAPTURES, CLUSTERS, DOCUMENTS, REVISIONS, RUNS, SIGNATURES
from schemas.rows import Article, LedgerRow, Revision, RunRow

Rebase = Callable[[Mapping[str, Article]], Sequence[Article]]
"""From the articles that are in the table now, by id, to what the run wants to be there."""


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
        where = f"site = {_quoted(site)}"
        if url_hashes is not None:
            where += f" AND url_hash IN ({', '.join(map(str, sorted(url_hashes)))})"
        return self.captures.read(columns, where)

    def history(self, site: str, most: int = 200, kind: str | None = None) -> list[RunRow]:
        """The site's newest rows of `runs`, oldest first; only those of one kind where it is named."""
        where = f"site = {_quoted(site)}" + (f" AND kind = {_quoted(kind)}" if kind else "")
        rows = from_table(self.runs.read(where=where), RunRow)
        return sorted(rows, key=lambda row: (row.started_at, row.run))[-most:]

    def dataset(self, name: str, version: int | None = None) -> pads.Dataset:
        """The table called `name` for a query engine that pushes filters down, at its newest or another version."""
        return next(table for table in self.read if table.name == name).dataset(version)

    def captured_sites(self) -> list[str]:
        """Keys of the sites that the ledger knows, from the log alone."""
        table = self.captures.open()
        if table is None:
            return []
        with self.captures.told("read"):
            return sorted(set(pa.table(table.get_add_actions(flatten=True))["partition.site"].to_pylist()))

    def current(self, ids_by_month: Mapping[str, Collection[str]]) -> dict[str, Article]:
        """The articles with these ids by id; only the months named are read. Absent ones are left out."""
        ids = sorted({one for group in ids_by_month.values() for one in group})
        if not ids:
            return {}
        where = f"month IN ({_listed(ids_by_month)}) AND article_id IN ({_listed(ids)})"
        return {article.article_id: article for article in from_table(self.articles.read(where=where), Article)}

    def publish(
        self, run: str, articles: Sequence[Article], also_months: Iterable[str] = (), rebase: Rebase | None = None
    ) -> int | None:
        """Make the articles visible in one commit, and return the version of the table that holds them.

        A row with the same id is replaced, also when its month changed: `also_months` names the months where the
        articles stood before. A repeat for the same `run` changes nothing. `rebase` is called
        before each attempt with the rows then current and says what to write instead of `articles`, which then only
        name ids and months. None when there is nothing to write. Raises ValueError when an id
        is there twice, StorageError.
        """
        app, published = f"tintinh/publish/{run}", 0
        months = {article.month for article in articles} | set(also_months)
        ids = {month: [article.article_id for article in articles] for month in months}

        def attempt(table: DeltaTable) -> None:
            nonlocal published
            if table.transaction_version(app) is None:
                rows = rebase(self.current(ids)) if rebase else articles
                touched = months | {row.month for row in rows}
                if len({row.article_id for row in rows}) != len(rows):
                    raise ValueError(f"run {run} publishes an article twice")
                if rows:
                    _merge(table, to_table(rows, Article), touched, app)
            published = table.version()

        if not articles:
            return None
        self.articles.commit(attempt)
        return published

    def append_captures(self, run: str, rows: Sequence[LedgerRow], part: str = "") -> None:
        """Add rows to the ledger once for each (`run`, `part`)."""
        self._append(self.captures, f"tintinh/captures/{run}/{part}", to_table(rows, LedgerRow))

    def append_run(self, run: str, rows: Sequence[RunRow], part: str = "") -> None:
        """Add the rows of a run once for each (`run`, `part`)."""
        self._append(self.runs, f"tintinh/runs/{run}/{part}", to_table(rows, RunRow))

    def _append(self, name: Table, app: str, rows: pa.Table) -> None:
        def attempt(table: DeltaTable) -> None:
            if rows.num_rows and table.transaction_version(app) is None:
                write_deltalake(table, rows, mode="append", writer_properties=WRITING, commit_properties=once((app, 1)))

        name.commit(attempt)


def latest(ledger: pa.Table) -> pa.Table:
    """The last row of each `url_hash`, oldest first, by `settled_at` where the table has it, else by `fetched_at`."""
    when = ledger["fetched_at"]
    if "settled_at" in ledger.column_names:
        when = pc.coalesce(ledger["settled_at"], when)
    ordered = ledger.take(pc.sort_indices(when))
    numbered = pa.table({"url_hash": ordered["url_hash"], "row": pa.array(range(ordered.num_rows), pa.int64())})
    return ordered.take(numbered.group_by("url_hash").aggregate([("row", "max")])["row_max"].combine_chunks().sort())


def _merge(table: DeltaTable, rows: pa.Table, months: Iterable[str], app: str) -> None:
    merger = table.merge(
        rows,
        f"stored.month IN ({_listed(months)}) AND stored.article_id = fresh.article_id",
        source_alias="fresh",
        target_alias="stored",
        writer_properties=WRITING,
        commit_properties=once((app, 1), alone=True),
    )
    merger.when_matched_update_all().when_not_matched_insert_all().execute()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(_quoted(value) for value in sorted(values))

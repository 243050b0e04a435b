"""The four Delta tables as the flows use them: what is known, what is current, and the one commit that publishes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from pipelines.store.arrow import from_table, to_table
from pipelines.store.bucket import Bucket
from pipelines.store.delta import WRITING, Table, once
from schemas.keys import ARTICLES, CAPTURES, REVISIONS, RUNS
from schemas.rows import Article, LedgerRow, Revision, RunRow

Rebase = Callable[[Mapping[str, Article]], Sequence[Article]]
"""From the articles that are in the table now, by id, to what the run wants to be there."""


class Tables:
    """The tables below the clean prefix. A table that does not exist yet reads as empty."""

    def __init__(self, clean: Bucket) -> None:
        self.clean = clean
        self.articles = Table(clean, ARTICLES, Article, "month", ("article_id", "site", "published_at", "run"))
        self.revisions = Table(clean, REVISIONS, Revision, None, ("seq", "table_version", "article_id", "site"))
        self.captures = Table(clean, CAPTURES, LedgerRow, "site", ("url_hash", "fetched_at", "article_id", "run"))
        self.runs = Table(clean, RUNS, RunRow, None, ("run", "site", "started_at"))
        self.all = (self.articles, self.revisions, self.captures, self.runs)

    def create(self) -> None:
        """Make the tables that are not there yet, and add columns that a newer version knows; safe under races."""
        for table in self.all:
            table.create(changes=table is self.articles)

    def ledger(self, site: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The site's rows of `captures`; only its partition and these columns are read."""
        return self.captures.read(columns, f"site = {_quoted(site)}")

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
        articles stood before. Ids must be unique. A repeat for the same `run` changes nothing. `rebase` is called
        before each attempt with the rows then current and says what to write instead of `articles`, which then only
        name ids and months. None when there is nothing to write.
        """
        app, published = f"tintinh/publish/{run}", 0
        months = {article.month for article in articles} | set(also_months)
        ids = {month: [article.article_id for article in articles] for month in months}

        def attempt(table: DeltaTable | None) -> bool:
            nonlocal published
            if table is None:
                self.articles.create(changes=True)
                return attempt(self.articles.open())
            if table.transaction_version(app) is None:
                rows = rebase(self.current(ids)) if rebase else articles
                touched = months | {row.month for row in rows}
                if rows:
                    _merge(table, to_table(rows, Article), touched, app)
            published = table.version()
            return True

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
        def attempt(table: DeltaTable | None) -> bool:
            if table is None:
                name.create()
                table = name.open()
            if rows.num_rows and table is not None and table.transaction_version(app) is None:
                write_deltalake(table, rows, mode="append", writer_properties=WRITING, commit_properties=once((app, 1)))
            return True

        name.commit(attempt)


def latest(ledger: pa.Table) -> pa.Table:
    """The last row (by `fetched_at`) of each `url_hash`, oldest first."""
    ordered = ledger.sort_by([("fetched_at", "ascending")])
    numbered = ordered.append_column("_row", pa.array(range(ordered.num_rows), pa.int64()))
    last = numbered.group_by("url_hash").aggregate([("_row", "max")])["_row_max"]
    return ordered.take(last.combine_chunks().sort())


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

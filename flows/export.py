"""`tintinh export`: articles as files, month by month, never more than a few thousand of them in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from unicodedata import normalize

import duckdb
import pyarrow as pa

from flows import export_formats as formats
from flows.export_places import Place
from flows.pushdown import reading
from flows.query import EVERYTHING, ROWS, Scope, engine, quoted, show, told
from pipelines.store import suppressed
from pipelines.store.bucket import Bucket
from pipelines.store.feed import read_index
from pipelines.store.snapshot import Pinned, StoredFile, take
from pipelines.store.tables import Tables
from schemas.errors import UsageError
from schemas.frozen import Frozen
from schemas.keys import ARTICLES
from schemas.rows import Article
from schemas.suppression import Suppressed

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
CUT = 1000
"""Most ids that are named of articles with a cut cell."""
_NAMES = ("article_id", "site", "url_key")
"""By which an article that was taken down is known."""

Progress = Callable[[int, int], None]
"""Is told how many rows of the table were gone through, and how many there are to go through."""
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Wish:
    """What is to be exported. `where` is a condition in SQL; no `columns`: those that suit the format."""

    format: formats.Format
    where: str = "true"
    columns: tuple[str, ...] = ()
    scope: Scope = EVERYTHING
    force: bool = False
    dry_run: bool = False


class ExportedFile(Frozen):
    """One file of an export. Of Markdown: the list of a month's files, as `sha256sum -c` reads it."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Exported(Frozen):
    """What was exported: `manifest.json` beside the files, and what `--json` prints."""

    format: formats.Format
    out: str
    source: str
    version: int | None
    """Version of `articles`; None: there was none."""
    seq: int
    """The change feed goes on after it."""
    made_at: datetime
    where: str
    months: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    columns: tuple[str, ...]
    rows: int
    suppressed: int = 0
    """Rows left out because they were taken down."""
    cut: tuple[str, ...] = ()
    """Articles of which a cell was cut to what Excel holds; a thousand at most."""
    dry_run: bool = False
    files: tuple[ExportedFile, ...] = ()


@dataclass
class _Written:
    """What an export has put in its place so far."""

    place: Place
    files: list[ExportedFile] = field(default_factory=list)
    rows: int = 0
    cut: list[str] = field(default_factory=list)
    documents: set[str] = field(default_factory=set)
    """The files of articles, which only the sums of their month name."""

    def keep(self, name: str, rows: int) -> None:
        """Take the file that was written at `place.scratch(name)`."""
        path = self.place.scratch(name)
        self.files.append(ExportedFile(name=name, rows=rows, bytes=path.stat().st_size, sha256=formats.sha256_of(path)))
        self.rows += rows
        self.place.keep(name, path, formats.MEDIA.get(name.rpartition(".")[2], "text/plain"))


@dataclass
class _Months:
    """The wished rows, month by month."""

    connection: duckdb.DuckDBPyConnection
    articles: Pinned
    chosen: dict[str, list[StoredFile]]
    wish: Wish
    gone: Suppressed
    progress: Progress
    suppressed: int = 0

    def __iter__(self) -> Iterator[tuple[str, Batches]]:
        """Each month and its rows, without those that were taken down."""
        asked = dict.fromkeys([*_columns(self.wish), *_NAMES])
        for month, batches in self._asked(", ".join(asked)):
            yield month, self._lawful(batches)

    def count(self) -> int:
        """How many rows there are."""
        return sum(batch["n"][0].as_py() for _, batches in self._asked("count(*) AS n") for batch in batches)

    def _asked(self, what: str) -> Iterator[tuple[str, Batches]]:
        done, whole = 0, sum(file.rows for files in self.chosen.values() for file in files)
        sites = f" AND site IN ({', '.join(map(quoted, self.wish.scope.sites))})" if self.wish.scope.sites else ""
        sql = f"SELECT {what} FROM part AS articles WHERE (\n{self.wish.where}\n){sites}"
        for month, files in self.chosen.items():
            self.connection.register("part", self.articles.dataset(files.__contains__))
            yield month, self.connection.sql(sql).to_arrow_reader(ROWS)
            done += sum(file.rows for file in files)
            self.progress(done, whole)

    def _lawful(self, batches: Iterable[pa.RecordBatch]) -> Batches:
        for batch in batches:
            if self.gone.suppressions:
                named = zip(*(batch[name].to_pylist() for name in _NAMES), strict=True)
                lawful = [not (self.gone.article(one) or self.gone.url(site, key)) for one, site, key in named]
                self.suppressed += lawful.count(False)
                batch = batch.filter(pa.array(lawful))
            if batch.num_rows:
                yield batch


def export(clean: Bucket, wish: Wish, place: Place, progress: Progress = lambda _done, _all: None) -> Exported:
    """Write the articles that are wished for.

    Raises:
        UsageError: the condition or a column is wrong, something is in the way, or that state is not there.
        StorageError: a bucket fails.
    """
    columns, wish = _columns(wish), replace(wish, where=normalize("NFC", wish.where))  # as all text of the tables is
    if not (wish.force or wish.dry_run) and place.used():
        raise UsageError(f"{place.uri} is not empty; name another place, or write over it with --force.")
    tables = Tables(clean)
    written = _Written(place)
    with engine() as connection:
        articles, chosen = _chosen(connection, tables, wish)
        months = _Months(connection, articles, chosen, wish, suppressed.load(clean), progress)
        with told():
            if wish.dry_run:
                written.rows = months.count()
            else:
                old = _names(place)
                place.remove(MANIFEST)
                _FORMS[wish.format](months, columns, written)
    done = Exported(
        format=wish.format,
        out=place.uri,
        source=clean.uri,
        version=articles.version,
        seq=_seq(tables, articles.version),
        made_at=datetime.now(UTC),
        where=wish.where,
        months=wish.scope.months,
        sites=wish.scope.sites,
        columns=columns,
        rows=written.rows,
        suppressed=months.suppressed,
        cut=tuple(written.cut),
        dry_run=wish.dry_run,
        files=tuple(written.files),
    )
    if not wish.dry_run:
        for name in old - {file.name for file in written.files} - written.documents:
            place.remove(name)
        path = place.scratch(MANIFEST)
        path.write_bytes(done.model_dump_json(indent=1).encode() + b"\n")
        place.keep(MANIFEST, path, formats.MEDIA["json"])
    return done


def _columns(wish: Wish) -> tuple[str, ...]:
    if unknown := [name for name in wish.columns if name not in Article.model_fields]:
        raise UsageError(f"articles has no column {unknown[0]!r}; it has {', '.join(Article.model_fields)}.")
    return tuple(dict.fromkeys(wish.columns)) or formats.COLUMNS[wish.format]


def _chosen(
    connection: duckdb.DuckDBPyConnection, tables: Tables, wish: Wish
) -> tuple[Pinned, dict[str, list[StoredFile]]]:
    """`articles` and its files by month that can hold wished rows; what the condition asks of is made queryable."""
    wanted = reading(connection, f"SELECT * FROM articles WHERE (\n{wish.where}\n)")
    pinned = take(tables, wanted.tables | {ARTICLES}, wish.scope.moment)
    show(connection, pinned, wish.scope)
    articles = pinned[ARTICLES]
    outer = next((use for use in wanted.uses if use.table == ARTICLES), None)
    chosen: dict[str, list[StoredFile]] = {}
    for file in articles.files:
        if wish.scope.keeps(articles, file) and (outer is None or outer.needs(file)):
            chosen.setdefault(file.parts["month"], []).append(file)
    return articles, chosen


def _seq(tables: Tables, version: int | None) -> int:
    """The last change that the feed tells of up to this version of `articles`."""
    files = read_index(tables)[0].files
    return max((file.last for file in files if version is not None and file.version <= version), default=0)


def _names(place: Place) -> set[str]:
    """The files of an earlier export to the same place, as its manifest names them, and the sums that this names."""
    try:
        named = {file.name for file in Exported.model_validate_json(place.read(MANIFEST) or b"").files}
    except ValueError:
        return set()
    sums = {name: place.read(name) or b"" for name in named if name.endswith(f"/{SUMS}")}
    listed = ((name, line.partition("  ")[2]) for name, data in sums.items() for line in data.decode().splitlines())
    return named | {f"{name.removesuffix(SUMS)}{one}" for name, one in listed if one}


def _parquet(months: _Months, columns: Sequence[str], written: _Written) -> None:
    _by_month(months, columns, written, "parquet", formats.ParquetFile)


def _lines(months: _Months, columns: Sequence[str], written: _Written) -> None:
    _by_month(months, columns, written, "jsonl", formats.LinesFile)


def _by_month(months: _Months, columns: Sequence[str], written: _Written, suffix: str, making: formats.Making) -> None:
    """A file a month, for programs."""
    for month, batches in months:
        name, rows = f"articles/{month}.{suffix}", 0
        writer: formats.Writer | None = None
        for batch in batches:
            shown = batch.select(list(columns))
            writer = writer or making(written.place.scratch(name), shown.schema)
            writer.write(shown)
            rows += shown.num_rows
        if writer:
            writer.close()
            written.keep(name, rows)


def _sheets(months: _Months, columns: Sequence[str], written: _Written) -> None:
    """One file for a spreadsheet; a further one where a sheet is full."""
    left = iter(batch for _, batches in months for batch in batches)
    batch = next(left, None)
    number = 0
    while batch is not None or not number:
        number += 1
        name, rows = f"articles-{number}.csv" if number > 1 else "articles.csv", 0
        sheet = formats.SheetFile(written.place.scratch(name), columns)
        while batch is not None and rows < formats.SHEET_ROWS:
            fits = batch.slice(0, formats.SHEET_ROWS - rows)
            sheet.write(fits)
            rows += fits.num_rows
            batch = batch.slice(fits.num_rows) if fits.num_rows < batch.num_rows else next(left, None)
        sheet.close()
        written.cut = [*written.cut, *sheet.cut][:CUT]
        written.keep(name, rows)


def _documents(months: _Months, columns: Sequence[str], written: _Written) -> None:
    """A Markdown file an article, in a folder a month with the checksums of all."""
    for month, batches in months:
        lines: list[str] = []
        for batch in batches:
            for file in formats.documents(batch, columns):
                path = written.place.scratch(f"{month}/{file.name}")
                path.write_bytes(file.data)
                lines.append(f"{formats.sha256_of(path)}  {file.name}\n")
                written.place.keep(f"{month}/{file.name}", path, formats.MEDIA["md"])
                written.documents.add(f"{month}/{file.name}")
        if lines:
            name = f"{month}/{SUMS}"
            written.place.scratch(name).write_text("".join(lines), encoding="utf-8")
            written.keep(name, len(lines))


_FORMS: dict[formats.Format, Callable[[_Months, Sequence[str], _Written], None]] = {
    "parquet": _parquet,
    "jsonl": _lines,
    "csv": _sheets,
    "markdown": _documents,
}

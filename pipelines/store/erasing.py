"""Taking articles out of the clean bucket: rows, feed lines, documents, memory, and the files that held them before.

Each step may be called again after a crash, and finds nothing to do where it was done.
"""

import gzip
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from pipelines.store import attachments, state
from pipelines.store.bucket import Bucket
from pipelines.store.contested import change
from pipelines.store.delta import Table
from pipelines.store.feed import FeedFile, FeedIndex, read_index
from pipelines.store.tables import Tables
from schemas import keys
from schemas.outcome import Outcome
from schemas.rows import Article
from schemas.urls import url_hash

IN_FLIGHT = timedelta(hours=1)
"""A file of a table that no version names may be that of a commit just being made, so long after it was written."""


@dataclass(frozen=True)
class Target:
    """What is taken down of one site."""

    site: str
    ids: frozenset[str] = frozenset()
    """Article ids, former ones too."""
    urls: frozenset[int] = frozenset()
    """`url_hash` of every URL key under which they were met, and of the documents'."""
    addresses: frozenset[str] = frozenset()
    """The URLs themselves, as far as the bucket still knows them."""
    documents: frozenset[str] = frozenset()
    """SHA-256 of the files that no other article links."""


def delete_rows(table: Table, ids: Collection[str]) -> int:
    """Delete the rows of these articles from a table; how many there were. Raises StorageError."""
    return _deleted(table, f"article_id IN ({_quoted(ids)})") if ids else 0


def blank_captures(tables: Tables, target: Target) -> int:
    """Leave of the target's rows in the ledger what says where its bytes were, and that it was taken down; and of
    other rows no mention of its URLs. Raises StorageError."""
    site = f"site = {_quoted([target.site])}"
    changed = 0
    if target.urls:
        nothing = dict.fromkeys(
            ("found_on", "listed_at", "content_hash", "text_hash", "etag", "last_modified", "digest"), "NULL"
        )
        word = {"url": "''", "url_key": "''", "outcome": f"'{Outcome.SUPPRESSED.value}'", **nothing}
        numbers = ", ".join(map(str, sorted(target.urls)))
        changed += _updated(tables.captures, f"{site} AND url_hash IN ({numbers}) AND url <> ''", word)
    if target.addresses:  # by number: a predicate stays in the table's log
        shown = tables.captures.read(("url_hash",), f"{site} AND found_on IN ({_quoted(target.addresses)})")
        numbers = ", ".join(map(str, sorted(set(shown["url_hash"].to_pylist()))))
        if numbers:
            changed += _updated(tables.captures, f"{site} AND url_hash IN ({numbers})", {"found_on": "NULL"})
    return changed


def linking(tables: Tables, documents: Collection[str], but: Collection[str] = ()) -> pa.Table:
    """Id and month of the articles that link one of the files, without those in `but`. Raises StorageError."""
    rows = tables.articles.read(("article_id", "month", "attachments")) if documents else None
    if rows is None:
        return pa.table({"article_id": pa.array([], pa.string()), "month": pa.array([], pa.string())})
    links = pc.list_flatten(rows["attachments"])
    hit = pc.is_in(pc.struct_field(links, "sha256"), pa.array(sorted(documents), pa.string()))
    owners = pc.unique(pc.list_parent_indices(rows["attachments"]).filter(hit))
    found = rows.take(owners).select(["article_id", "month"])
    return found.filter(pc.invert(pc.is_in(found["article_id"], pa.array(sorted(but), pa.string()))))


def unlink(tables: Tables, target: Target, run: str) -> int:
    """Let the articles that stay say of the target's documents that they are not kept; how many did. One commit, under
    the name of the run. Raises StorageError."""
    opened = tables.articles.open()
    stood = {row["article_id"]: row["month"] for row in linking(tables, target.documents).to_pylist()}
    if opened is None or not stood:
        return 0
    months: dict[str, set[str]] = {}
    for one, month in stood.items():
        months.setdefault(month, set()).add(one)
    rows = tables.current(months)

    def without(now: Mapping[str, Article | None]) -> list[Article]:
        return [_unlinked(row, target.documents, run) for row in {**rows, **now}.values() if row is not None]

    tables.publish(run, without({}), stood, opened.version(), without)
    return len(rows)


def rewrite_feed(tables: Tables, ids: Collection[str]) -> int:
    """Turn the feed's lines on these articles into a bare DEL each, in files that take the place of the old ones; how
    many files. Raises StorageError."""
    seqs = tables.revisions.read(("seq",), f"article_id IN ({_quoted(ids)})")["seq"].to_pylist() if ids else []
    rewritten: dict[str, FeedFile] = {}
    for file in read_index(tables)[0].files:
        if any(file.first <= seq <= file.last for seq in seqs):
            data = tables.clean.get(file.key)
            blanked = _blanked(data, ids)
            if blanked != data:
                digest = hashlib.sha256(blanked).hexdigest()
                key = f"{file.key.split('.')[0]}.{digest[:8]}.jsonl.gz"
                tables.clean.put(key, blanked, "application/gzip")
                rewritten[file.key] = file.model_copy(update={"key": key, "sha256": digest})
    if rewritten:
        _replace_files(tables, rewritten)
    named = {file.key for file in read_index(tables)[0].files}
    strays = [o.key for o in tables.clean.list("changes/") if o.key.endswith(".jsonl.gz") and o.key not in named]
    doomed = [key for key in strays if key in rewritten or _blanked(data := tables.clean.get(key), ids) != data]
    tables.clean.delete_many(doomed)
    return len(rewritten)


def erase_documents(tables: Tables, target: Target) -> int:
    """Delete files with their texts, their rows and what is remembered of their URLs; how many objects went."""
    clean, gone = tables.clean, 0
    for sha256 in target.documents:
        found = [one.key for one in clean.list(keys.attachment_key(sha256, ""))]
        clean.delete_many(found)
        gone += len(found)
    if target.documents:
        _deleted(tables.documents, f"sha256 IN ({_quoted(target.documents)})")
        attachments.drop(clean, target.site, target.documents)
    return gone


def forget_links(clean: Bucket, target: Target) -> None:
    """Let the site's next crawl not ask for the target's URLs because they failed once."""
    state.change(
        clean,
        target.site,
        lambda past: past.model_copy(
            update={"due": tuple(one for one in past.due if url_hash(one.url_key) not in target.urls)}
        ),
    )


def sweep(table: Table) -> tuple[int, int]:
    """Delete every file of a table's folder that its newest version does not need; how many went, and how many stay
    because a command may be about to commit them.

    Readers of older versions fail from now on. A file of the last hour that the log does not name as replaced may be
    of a commit in the making, which must not lose it.
    """
    opened = table.open()
    if opened is None:
        return 0, 0
    folder = f"{table.name}/"
    found = [one for one in table.clean.list(folder) if not one.key.startswith(f"{folder}_delta_log/")]
    opened = table.open() or opened  # after the listing: what was committed meanwhile is needed
    with table.told("read"):
        needed = {unquote(path) for path in pa.table(opened.get_add_actions(flatten=True))["path"].to_pylist()}
    spare = [one for one in found if one.key.removeprefix(folder) not in needed]
    now = table.clean.clock() or datetime.now(UTC)
    young = {one.key for one in spare if now - one.modified < IN_FLIGHT}
    replaced = {folder + path for path in _replaced(table, now)} if young else set()
    kept = young - replaced
    table.clean.delete_many([one.key for one in spare if one.key not in kept])
    return len(spare) - len(kept), len(kept)


def forget_versions(bucket: Bucket, prefixes: Iterable[str]) -> tuple[int, tuple[str, ...]]:
    """Delete what a versioned bucket keeps of replaced and deleted objects; how many went, and the keys that object
    lock holds. Raises StorageError."""
    gone, held = 0, []
    for prefix in prefixes:
        for old in bucket.old_versions(prefix):
            if bucket.forget(old):
                gone += 1
            else:
                held.append(f"{bucket.uri}/{old.key} (version {old.version})")
    return gone, tuple(held)


def linked_elsewhere(tables: Tables, documents: Collection[str], ids: Collection[str]) -> frozenset[str]:
    """Those of the files that further articles link."""
    if not documents:
        return frozenset()
    rows = tables.articles.read(("article_id", "attachments"))
    return frozenset(
        one["sha256"]
        for batch in rows.to_batches(max_chunksize=1000)
        for row in batch.to_pylist()
        if row["article_id"] not in ids
        for one in row["attachments"] or ()
        if one["sha256"] in documents
    )


def _unlinked(article: Article, documents: Collection[str], run: str) -> Article:
    nothing = dict.fromkeys(("sha256", "size", "text_key", "scanned"))
    links = tuple(one.model_copy(update=nothing) if one.sha256 in documents else one for one in article.attachments)
    return article.model_copy(update={"attachments": links, "revision": article.revision + 1, "run": run})


def _deleted(table: Table, where: str) -> int:
    count = 0

    def attempt(opened: DeltaTable) -> None:
        nonlocal count
        count = opened.delete(where)["num_deleted_rows"] or 0

    if table.open() is not None and table.read(table.schema.names[:1], where).num_rows:
        table.commit(attempt)
    return count


def _updated(table: Table, where: str, changes: dict[str, str]) -> int:
    count = 0

    def attempt(opened: DeltaTable) -> None:
        nonlocal count
        known = {field.name for field in opened.schema().fields}
        count = opened.update({k: v for k, v in changes.items() if k in known}, predicate=where)["num_updated_rows"]

    if table.open() is not None and table.read(table.schema.names[:1], where).num_rows:
        table.commit(attempt)
    return count


def _replaced(table: Table, now: datetime) -> set[str]:
    """Paths of the files that the log's entries of the last hours name: they were committed, so none is in flight."""
    paths: set[str] = set()
    for entry in table.clean.list(f"{table.name}/_delta_log/"):
        if entry.key.endswith(".json") and now - entry.modified < 2 * IN_FLIGHT:
            for line in table.clean.get(entry.key).decode().splitlines():
                action = json.loads(line)
                for kind in ("add", "remove", "cdc"):
                    if kind in action:
                        paths.add(unquote(action[kind]["path"]))
    return paths


def _blanked(data: bytes, ids: Collection[str]) -> bytes:
    lines = gzip.decompress(data).splitlines(keepends=True)
    blanked = [_bare(line, ids) for line in lines]
    return data if blanked == lines else gzip.compress(b"".join(blanked), compresslevel=6, mtime=0)


def _bare(line: bytes, ids: Collection[str]) -> bytes:
    told = json.loads(line)
    if told["article_id"] not in ids or (told["op"] == "DEL" and told["article"] is None):
        return line
    bare = {"seq": told["seq"], "op": "DEL", "reason": "takedown", "article_id": told["article_id"]}
    return json.dumps(bare | {"changed": [], "article": None}, separators=(",", ":")).encode() + b"\n"


def _replace_files(tables: Tables, rewritten: dict[str, FeedFile]) -> None:
    def renamed(old: bytes | None) -> bytes:
        index = FeedIndex.model_validate_json(old) if old else FeedIndex()
        files = tuple(rewritten.get(file.key, file) for file in index.files)
        return index.model_copy(update={"files": files}).model_dump_json(indent=1).encode()

    change(tables.clean, keys.CHANGES_INDEX, renamed)


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values))

"""What a verification keeps of the bucket while its checks are made: the tables' keys, in a DuckDB of its own."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pipelines.readers.sources import ATTEMPTS, MissingError, Source, UnreadableError

SAMPLE = 50
"""Files, documents and raw records of each kind that are looked at unless --deep is asked for."""
TOLD = 20
"""Findings of one check that are told; the others are counted."""
KEYS = "article_id, month, revision, content_hash, source_status"
TEXTS = "title, lead, body, text, markdown, url"
COLUMNS = dict.fromkeys(
    f"{KEYS}, {TEXTS}, site, warc, op, reason, sha256, key, text_key, cluster".split(", "), "NULL::VARCHAR"
)
COLUMNS |= dict.fromkeys(("revision", "warc_offset", "warc_length", "seq", "size"), "NULL::BIGINT")
COLUMNS |= {"previous_ids": "NULL::VARCHAR[]"}
COLUMNS |= {"published_on": "NULL::DATE", "attachments": "NULL::STRUCT(sha256 VARCHAR)[]"}
"""What is read of the tables, and what stands for it where a table does not have the column yet."""
LINE = "{seq: 'BIGINT', op: 'VARCHAR', reason: 'VARCHAR', article_id: 'VARCHAR', article: 'JSON'}"
DELTA = {"date": ("date",), "date-time": ("timestamp",), "string": ("string",), "integer": ("long", "integer")}
DELTA |= {"number": ("double", "long"), "boolean": ("boolean",), "array": ("array",), "object": ("struct",)}
"""Types of Delta that hold what a type of JSON Schema is."""


@dataclass
class Check:
    """What one check looked at and found."""

    name: str
    promise: str
    looked: int = 0
    findings: list[str] = field(default_factory=list)
    more: int = 0
    """Findings beyond those that are told."""
    skipped: str | None = None
    """Why it was not made."""

    def wrong(self, finding: str) -> None:
        """Note what is wrong, in one sentence."""
        if len(self.findings) < TOLD:
            self.findings.append(finding)
        else:
            self.more += 1


@dataclass
class Look:
    """One look at the bucket: its tables' keys in a DuckDB, and what every check needs."""

    clean: Source
    raw: Source | None
    sample: int | None
    """How many of each kind are looked at; None: all."""
    db: duckdb.DuckDBPyConnection
    scratch: Path
    index: dict[str, Any] = field(default_factory=dict)
    version: int | None = None

    @property
    def digest(self) -> str:
        """In SQL, what the texts of a row are compared by; only in depth are they read."""
        return f"md5(concat_ws(chr(31), {TEXTS})) AS digest" if self.sample is None else "'' AS digest"

    def load(self) -> None:
        """Read the keys of `articles` and `revisions`, both of one state."""
        for _ in range(ATTEMPTS):
            articles = self.clean.table("articles")
            self.version = articles.version() if articles else None
            self.index = self.json("changes/index.json") or {"last_seq": 0, "files": []}
            files = "[x.sha256 FOR x IN attachments IF x.sha256 IS NOT NULL] AS files"
            self.read(
                "articles",
                articles,
                f"{KEYS}, site, previous_ids, url, published_on, warc, warc_offset, warc_length",
                files,
                self.digest,
            )
            self.read("revisions", self.clean.table("revisions"), KEYS, "seq, op, reason", self.digest)
            newest = self.clean.table("articles")
            if (newest and newest.version()) == self.version and not self.differing():
                return
            time.sleep(1)

    def read(self, name: str, table: DeltaTable | None, *picked: str) -> None:
        """Keep these expressions over the table's columns; a column that it does not have yet is null."""
        wanted = {word for word in re.findall(r"\w+", " ".join(picked)) if word in COLUMNS}
        have = {column.name for column in table.schema().fields} & wanted if table else set[str]()
        nulls = ", ".join(f"{COLUMNS[one]} AS {one}" for one in sorted(wanted - have)) or "1"
        source = f"(SELECT *, {nulls} FROM stream)" if table else f"(SELECT {nulls} WHERE false)"
        try:
            if table:
                self.db.register("stream", table.scan(columns=sorted(have)))
            self.db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {', '.join(picked)} FROM {source}")
        except (DeltaError, OSError) as error:
            raise UnreadableError(f"cannot read {name}: {error}") from None

    def tell(self, path: Path, keep: bool) -> None:
        """Add the lines of a feed's file to the table `told`, or put them in place of those that are there."""
        names = ", ".join(f"article->>'{name}' AS {name}" for name in f"{KEYS}, {TEXTS}".split(", ")[1:])
        lines = f"read_json('{path}', format = 'nd', maximum_object_size = 33554432, columns = {LINE})"
        told = f"SELECT seq, op, reason, article_id, article, {names} FROM {lines}"
        if not keep:
            self.db.execute("TRUNCATE told")
        facts = f"{KEYS.replace('revision', 'revision::BIGINT AS revision')}, seq, op, reason, article, {self.digest}"
        self.db.execute(f"INSERT INTO told BY NAME SELECT {facts} FROM ({told})")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Of a query over what was kept."""
        return self.db.execute(sql).fetchall()

    def differing(self, last: str = "revisions", limit: int = TOLD) -> list[tuple[Any, ...]]:
        """Ids whose last change, as `last` tells it, is not what stands in `articles`."""
        newest = f"(SELECT * FROM {last} QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY seq DESC) = 1)"
        return self.rows(f"""
            SELECT coalesce(a.article_id, t.article_id) FROM articles a
            FULL JOIN (SELECT * FROM {newest} WHERE op <> 'DEL') t ON a.article_id = t.article_id
            WHERE (a.month, a.revision, a.content_hash, a.source_status, a.digest)
                IS DISTINCT FROM (t.month, t.revision, t.content_hash, t.source_status, t.digest)
            ORDER BY 1 LIMIT {limit}""")

    def json(self, key: str) -> Any:
        """The document at the key; None when there is none."""
        try:
            return json.loads(self.clean.get(key))
        except MissingError:
            return None

    def some(self, things: list[Any]) -> list[Any]:
        """A sample of the things in their order, or all of them."""
        if self.sample is None or len(things) <= self.sample:
            return things
        return [things[at] for at in sorted(Random().sample(range(len(things)), self.sample))]

    def sums(self, check: Check, named: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Of some of the named files those that are there as their checksums say, with their bytes."""
        for file in self.some(named):
            check.looked += 1
            try:
                data = self.clean.get(file["key"])
            except MissingError:
                check.wrong(f"{file['key']} is named and not there")
                continue
            if hashlib.sha256(data).hexdigest() == file["sha256"]:
                yield file, data
            else:
                check.wrong(f"{file['key']} has another SHA-256 than it should")

"""The checks of a verification: each holds the bucket to one promise, which its docstring says."""

import gzip
import hashlib
import json
import urllib.parse
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipelines.readers.look import DELTA, KEYS, Check, Look
from pipelines.readers.sources import MissingError


def schema(look: Look, check: Check) -> None:
    """The tables have the columns that their JSON Schemas promise."""
    for name, key in ((look.json("catalog.json") or {}).get("schema") or {}).items():
        promised, table = look.json(key), look.clean.table(name)
        if promised is None:
            check.wrong(f"catalog.json names {key}, which is not there")
        elif table is not None:
            columns = {one["name"]: one["type"] for one in json.loads(table.schema().to_json())["fields"]}
            check.looked += len(columns)
            for column, about in promised["properties"].items():
                if column not in columns:
                    check.wrong(f"{name} has no column {column}")
                elif not fits(columns[column], about, promised.get("$defs", {})):
                    check.wrong(f"{name}.{column} is of another type than {key} says")


def fits(kind: Any, promised: dict[str, Any], shared: dict[str, Any]) -> bool:
    """Whether values of a Delta type are what the JSON Schema promises."""
    if "$ref" in promised:
        promised = shared[promised["$ref"].rpartition("/")[2]]
    if "anyOf" in promised:
        return any(fits(kind, one, shared) for one in promised["anyOf"] if one.get("type") != "null")
    name = kind if isinstance(kind, str) else kind["type"]
    said = promised.get("format") if promised.get("format") in ("date", "date-time") else promised.get("type", "string")
    if name not in DELTA.get(said if isinstance(said, str) else "string", ()):
        return False
    if name == "array" and "items" in promised:
        return fits(kind["elementType"], promised["items"], shared)
    return True


def unique(look: Look, check: Check) -> None:
    """No id and no sequence number stands twice, and each row is in its month."""
    (check.looked,) = look.rows("SELECT (SELECT count(*) FROM articles) + (SELECT count(*) FROM revisions)")[0]
    for table, column in (("articles", "article_id"), ("revisions", "seq")):
        for value, count in look.rows(f"SELECT {column}, count(*) FROM {table} GROUP BY 1 HAVING count(*) > 1"):
            check.wrong(f"{table} holds {column} {value} {count} times")
    for (one,) in look.rows("SELECT article_id FROM articles WHERE month <> strftime(published_on, '%Y-%m')"):
        check.wrong(f"{one} is in another month than its day of publication")


def feed(look: Look, check: Check) -> None:
    """The feed's files follow one another, are as their checksums say, and tell what `revisions` tells."""
    files, expected = look.index["files"], 1
    for file in files:
        if (file["first"], file["last"] - file["first"] + 1) != (expected, file["rows"]):
            check.wrong(f"{file['key']} does not follow the file before it")
        expected = file["last"] + 1
    if expected != look.index["last_seq"] + 1:
        check.wrong(f"the index ends at {look.index['last_seq']}, its files at {expected - 1}")
    if ((look.json("catalog.json") or {}).get("changes") or {}).get("newest_seq", 0) > look.index["last_seq"]:
        check.wrong("catalog.json tells of changes that the index does not have")
    look.db.execute("CREATE OR REPLACE TABLE told AS SELECT *, '' AS article FROM revisions WHERE false")
    for file, data in look.sums(check, files):
        path = look.scratch / "lines.json"
        path.write_bytes(gzip.decompress(data))
        look.tell(path, keep=look.sample is None)
        span = f"seq BETWEEN {file['first']} AND {file['last']}"
        count, first, last = look.rows(f"SELECT count(DISTINCT seq), min(seq), max(seq) FROM told WHERE {span}")[0]
        if (count, first, last) != (file["rows"], file["first"], file["last"]):
            check.wrong(f"{file['key']} does not hold the changes {file['first']} to {file['last']}")
        for (seq,) in look.rows(f"""
            SELECT coalesce(t.seq, r.seq) FROM (FROM told WHERE {span}) t
            FULL JOIN (FROM revisions WHERE {span}) r ON t.seq = r.seq
            WHERE (t.op = 'DEL') <> (t.article IS NULL) OR (t.op, t.article_id) IS DISTINCT FROM (r.op, r.article_id)
                AND NOT (r.seq IS NULL AND t.op = 'DEL' AND t.reason = 'takedown')
                OR t.op <> 'DEL' AND (t.revision, t.content_hash, t.month, t.source_status, t.digest)
                IS DISTINCT FROM (r.revision, r.content_hash, r.month, r.source_status, r.digest)"""):
            check.wrong(f"change {seq} is told otherwise by the feed than by revisions")


def replay(look: Look, check: Check) -> None:
    """The last word on each article is what stands in `articles`: of `revisions`, and in depth of the feed itself."""
    check.looked = look.rows("SELECT count(*) FROM articles")[0][0]
    for last in ("revisions", "told") if look.sample is None else ("revisions",):
        for (one,) in look.differing(last):
            check.wrong(f"{one} is not in articles as {'the feed' if last == 'told' else last} tells it last")


def releases(look: Look, check: Check) -> None:
    """The releases' files are as their checksums say; in depth, each with the changes after it is `articles`."""
    for release in (look.json("releases/index.json") or {"releases": []})["releases"]:
        manifest = look.json(release["manifest"])
        if manifest is None:
            check.wrong(f"{release['manifest']} is named and not there")
            continue
        look.db.execute("CREATE OR REPLACE TABLE frozen AS FROM revisions WHERE false")
        for file, data in look.sums(check, manifest["files"]):
            path = look.scratch / "month.parquet"
            path.write_bytes(data)
            if look.rows(f"SELECT count(*) FROM '{path}'")[0][0] != file["rows"]:
                check.wrong(f"{file['key']} holds another number of articles than its manifest says")
            if look.sample is None:
                facts = f"{KEYS}, {release['seq']} AS seq, 'ADD' AS op, 'new' AS reason, {look.digest}"
                look.db.execute(f"INSERT INTO frozen BY NAME SELECT {facts} FROM '{path}'")
        if look.sample is None:
            look.db.execute(
                f"INSERT INTO frozen BY NAME SELECT * EXCLUDE article FROM told WHERE seq > {release['seq']}"
            )
            for (one,) in look.differing("frozen"):
                check.wrong(f"{one} is not in articles as release {release['release']} and the later changes tell it")


def documents(look: Look, check: Check) -> None:
    """Every kept document that an article links is there, under the SHA-256 of its bytes, with its text."""
    table = look.clean.table("documents")
    look.read("documents", table, "sha256, key, text_key, size")
    for one, digest in look.rows("""
        SELECT article_id, file FROM (SELECT article_id, unnest(files) AS file FROM articles)
        WHERE file NOT IN (SELECT sha256 FROM documents)"""):
        check.wrong(f"{one} links document {digest}, which documents does not have")
    names = ("sha256", "key", "text_key", "size")
    known = [
        dict(zip(names, row, strict=True)) for row in look.rows("SELECT sha256, key, text_key, size FROM documents")
    ]
    for document, data in look.sums(check, known):
        if len(data) != document["size"]:
            check.wrong(f"{document['key']} is {len(data)} bytes long, not {document['size']}")
        try:
            look.clean.get(document["text_key"]) if document["text_key"] else None
        except MissingError:
            check.wrong(f"{document['text_key']} is named and not there")


def clusters(look: Look, check: Check) -> None:
    """Every member of a cluster is an article."""
    look.read("clusters", look.clean.table("clusters"), "article_id, cluster")
    check.looked = look.rows("SELECT count(*) FROM clusters")[0][0]
    for one, cluster in look.rows("SELECT article_id, cluster FROM clusters ANTI JOIN articles USING (article_id)"):
        check.wrong(f"{one} in cluster {cluster} is no article")


def earlier_ids(look: Look, check: Check) -> None:
    """An id that an article had leads to that article alone, in `previous_ids` and in `aliases/`."""
    held = look.rows("SELECT site, unnest(previous_ids) AS old, article_id FROM articles ORDER BY old")
    now = {one for (one,) in look.rows("SELECT article_id FROM articles")}
    check.looked = len(held)
    leads: dict[str, str] = {}
    for _, old, one in held:
        if old in now:
            check.wrong(f"{old} is an article, and an id that {one} had")
        if leads.setdefault(old, one) != one:
            check.wrong(f"{old} is an id that both {leads[old]} and {one} had")
    for (site,) in look.rows("SELECT DISTINCT site FROM articles ORDER BY site"):
        names = look.json(f"aliases/{site}.json") or {}
        ids, pending = names.get("ids", {}), names.get("pending", {})
        for old, one in ids.items():
            if one in now and old not in pending and leads.get(old) != one:
                check.wrong(f"aliases/{site}.json leads from {old} to {one}, which never had that id")
        for where, old, one in held:
            if where == site and ids.get(old) != one:
                check.wrong(f"{one} had the id {old}, which aliases/{site}.json does not lead to it")


def takedowns(look: Look, check: Check) -> None:
    """Nothing that was taken down stands in `articles` or `revisions`."""
    listed = (look.json("suppressed/index.json") or {"suppressions": []})["suppressions"]
    gone = {one for each in listed for one in each.get("articles", ())}
    check.looked = len(gone)
    ids = "SELECT article_id FROM articles UNION SELECT article_id FROM revisions WHERE op <> 'DEL'"
    for (one,) in look.rows(ids) if gone else []:
        if hashlib.sha256(f"tintinh\0{one}".encode()).hexdigest() in gone:
            check.wrong(f"{one} was taken down and is still there")


def raw(look: Look, check: Check) -> None:
    """The bytes that an article points to are one record of its WARC file, of its URL."""
    source = look.raw
    if source is None:
        check.skipped = "name the raw half of the bucket with --raw"
        return
    places = look.rows(
        "SELECT article_id, url, warc, warc_offset, warc_length FROM articles ORDER BY warc, warc_offset"
    )

    def looked(place: tuple[Any, ...]) -> str | None:
        one, url, warc, offset, length = place
        try:
            head = record_head(source.get(warc, offset, length), length)
        except MissingError:
            return f"{one} points to {warc}, which is not there"
        except ValueError as error:
            return f"{one} points to {warc} at {offset}: {error}"
        target = head.get("warc-target-uri", "")
        return None if plain_url(target) == plain_url(url) else f"{one} is {url} and points to the record of {target}"

    with ThreadPoolExecutor(8) as pool:
        for finding in pool.map(looked, look.some(places)):
            check.looked += 1
            if finding:
                check.wrong(finding)


def record_head(data: bytes, length: int) -> dict[str, str]:
    """The headers of the one WARC record in these bytes, names in lower case. Raises ValueError."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = inflate.decompress(data)
    except zlib.error as error:
        raise ValueError(f"no gzip member ({error})") from None
    if len(data) != length or not inflate.eof or inflate.unused_data or not content.startswith(b"WARC/1"):
        raise ValueError("not one whole WARC record")
    lines = content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def plain_url(url: str) -> str:
    """The URL without what differs between ways to write one."""
    parts = urllib.parse.urlsplit(urllib.parse.unquote(url))
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}".casefold()


CHECKS: tuple[Callable[[Look, Check], None], ...] = (
    schema, unique, feed, replay, releases, documents, clusters, earlier_ids, takedowns, raw,
)  # fmt: skip

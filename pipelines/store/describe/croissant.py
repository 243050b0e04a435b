"""`croissant.json`: the bucket in the words of Croissant 1.0 (http://mlcommons.org/croissant/1.0).

Delta is none of the formats that Croissant knows: it names the Parquet files of the newest release, and the feed.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipelines.store.describe.dictionary import Column, columns
from pipelines.store.describe.freshness import instant
from schemas import keys
from schemas.release import Release

_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {name: f"cr:{name}" for name in _TERMS}
_CHANGE = ("seq", "op", "reason", "article_id", "changed")
"""Columns of `revisions` that a line of the feed has beside the article."""


def croissant(uri: str, now: datetime, releases: tuple[Release, ...]) -> dict[str, Any]:
    """The description of the bucket at `uri`, with the newest of its releases, if it has one yet."""
    newest = releases[-1].release if releases else "*"
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "tintinh",
        "description": "Articles of Vietnam's provincial Party committees and People's Councils, with their history.",
        "url": uri,
        "license": f"{uri}/{keys.README}#rights",
        "inLanguage": "vi",
        "isLiveDataset": True,
        "version": "1.0.0" if not releases else "1.{}.{}".format(*map(int, newest.split("-"))),
        "datePublished": instant(now),
        "creator": {"@type": "sc:Organization", "name": "tintinh"},
        "citeAs": f"Tin tỉnh, {uri}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "bucket",
                "name": "bucket",
                "description": "The bucket's clean prefix; its Delta tables are never to be read by a Parquet glob.",
                "contentUrl": f"{uri}/",
                "encodingFormat": "application/x-directory",
            },
            _files(
                "release-files", f"{keys.release_prefix(newest)}articles/*.parquet", "application/vnd.apache.parquet"
            ),
            _files("change-files", "changes/*/*.jsonl.gz", "application/jsonlines+gzip"),
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "articles",
                "name": "articles",
                "description": "Articles as they were in the newest release, one record an article.",
                "key": {"@id": "articles/article_id"},
                "field": [_field("articles", "release-files", one) for one in columns(keys.ARTICLES)],
            },
            {
                "@type": "cr:RecordSet",
                "@id": "changes",
                "name": "changes",
                "description": "The change feed, one record a change.",
                "key": {"@id": "changes/seq"},
                "field": [_field("changes", "change-files", c) for c in columns(keys.REVISIONS) if c.name in _CHANGE],
            },
        ],
    }


def _files(name: str, includes: str, encoding: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "containedIn": {"@id": "bucket"},
        "encodingFormat": encoding,
        "includes": includes,
    }


def _field(records: str, files: str, column: Column) -> dict[str, Any]:
    name = f"{records}/{column.name}"
    extract = {"column": column.name} if files == "release-files" else {"jsonPath": f"$.{column.name}"}
    source = {"fileSet": {"@id": files}, "extract": extract}
    made = {"@type": "cr:Field", "@id": name, "name": column.name, "description": column.meaning} | _typed(column.kind)
    if column.schema_org:
        made["equivalentProperty"] = f"sc:{column.schema_org}"
    if inner := _struct(column.kind):
        made["subField"] = list(_parts(name, source, inner))
    else:
        made["source"] = source
    return made


def _parts(parent: str, source: dict[str, Any], struct: pa.StructType) -> Iterator[dict[str, Any]]:
    for part in struct:
        told = source | {"transform": {"jsonPath": f"$.{part.name}"}}
        yield (
            {"@type": "cr:Field", "@id": f"{parent}/{part.name}", "name": part.name}
            | _typed(part.type)
            | {"source": told}
        )


def _struct(kind: pa.DataType) -> pa.StructType | None:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    return inner if pa.types.is_struct(inner) else None


def _typed(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return _typed(kind.value_type) | {"repeated": True}
    if pa.types.is_struct(kind):
        return {}
    names = {"int64": "sc:Integer", "double": "sc:Float", "bool": "sc:Boolean", "date32[day]": "sc:Date"}
    return {"dataType": "sc:DateTime" if pa.types.is_timestamp(kind) else names.get(str(kind), "sc:Text")}

"""Every byte of a bucket as somebody who searches it would see it."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from pyarrow import parquet
from warcio.archiveiterator import ArchiveIterator

from pipelines.store.bucket import Bucket


def everything(half: Bucket) -> Iterator[tuple[str, bytes]]:
    """The objects of both halves as they are, unzipped, and record by record; the columns of Parquet as text."""
    whole = replace(half, prefix=half.prefix.removesuffix("clean/"))
    for found in whole.list():
        data = whole.get(found.key)
        yield found.key, data
        if ".parquet" in found.key:
            yield found.key, str(parquet.read_table(BytesIO(data)).to_pylist()).encode()
        if found.key.endswith(".gz"):
            yield found.key, unzipped(data)
        if found.key.endswith(".warc.gz"):
            for record in ArchiveIterator(BytesIO(data), check_digests="raise"):
                yield found.key, record.content_stream().read()


def unzipped(data: bytes) -> bytes:
    """All gzip members, one after the other."""
    parts = []
    while data:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts.append(inflate.decompress(data))
        data = inflate.unused_data
    return b"".join(parts)

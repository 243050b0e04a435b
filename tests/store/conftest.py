"""A bucket prefix for each test."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from flows.storage import Storage
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables

_numbers = count(1)


@pytest.fixture
def bucket(server: Storage) -> Bucket:
    """An empty prefix."""
    return replace(server.clean, prefix=f"{server.clean.prefix}test-{next(_numbers)}/")


@pytest.fixture
def tables(bucket: Bucket) -> Tables:
    """Tables that do not exist yet."""
    return Tables(bucket)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where a crawl's WARC file of site `mau` would be."""
    return tmp_path / "TINTINH-mau-20261120050000-00000.warc.gz"

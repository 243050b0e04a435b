"""One embedded S3 server for the session, a bucket prefix for each test."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.storage import Storage, attached
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables

_numbers = count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """The embedded S3 server, as a command attaches to it."""
    with attached(Settings(home=tmp_path_factory.mktemp("home"))) as storage:
        yield storage


@pytest.fixture
def bucket(server: Storage) -> Bucket:
    """An empty prefix."""
    return replace(server.clean, prefix=f"test-{next(_numbers)}/")


@pytest.fixture
def tables(bucket: Bucket) -> Tables:
    """Tables that do not exist yet."""
    return Tables(bucket)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where a crawl's WARC file of site `mau` would be."""
    return tmp_path / "TINTINH-mau-20261120050000-00000.warc.gz"

"""A Prefect server for the whole session, and the command against it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Tintinh

from flows.scheduler import service


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """API URL of a real Prefect server on loopback."""
    with service(tmp_path_factory.mktemp("prefect")).attached() as facts:
        yield str(facts["url"])


@pytest.fixture
def tintinh(tmp_path: Path, prefect_api: str) -> Tintinh:
    """The command against the session's Prefect server and an embedded S3 of its own."""
    return Tintinh(tmp_path / "home", {"PREFECT_API_URL": prefect_api, "TINTINH_MIN_FREE_MEGABYTES": "50"})

"""What tests of every floor share: the captured pages, one S3 server and one Prefect server."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from command import Tintinh
from hypothesis import HealthCheck, settings
from s3_servers import SERVERS, serving

from flows.scheduler import service
from flows.storage import BUCKET, Storage

SHARED = Path(__file__).parents[2] / "shared"
"""Pages captured from real software, where this checkout has them beside it."""

# Every command, crawl and server of a test is a process of its own: without bytecode, half of its time is compiling.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ["PYTHONPYCACHEPREFIX"] = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")


# Other examples each time, so half as many a time will do; what a busy machine takes for one says nothing.
settings.register_profile("suite", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no variable of the person who runs them."""
    for name in list(os.environ):
        if name.startswith(("TINTINH_", "AWS_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def gold() -> Path:
    """The captured pages; skips where they are not."""
    folder = SHARED / "gold"
    if not folder.is_dir():
        pytest.skip("the captured pages (../shared/gold) are not beside this checkout")
    return folder


WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
_numbers = count(1)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home whose servers every process of the session shares: the first to ask starts them, the last stops them."""
    base = tmp_path_factory.getbasetemp()
    return (base if WORKER == "alone" else base.parent) / "servers"


@pytest.fixture(scope="session")
def prefect_api(servers: Path) -> Iterator[str]:
    """API URL of a real Prefect server on loopback."""
    with service(servers).attached() as facts:
        yield str(facts["url"])


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--s3 moto`: the tests on another S3 server than the embedded one."""
    parser.addoption("--s3", choices=SERVERS, default=SERVERS[0], help="the S3 server of the tests that share one")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `each_server` on every kind of server."""
    if "server" in metafunc.fixturenames and metafunc.definition.get_closest_marker("each_server"):
        metafunc.parametrize("server", SERVERS, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: a worker that began one last would be waited for."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what the server cannot show."""
    if item.get_closest_marker("checks_keys") and item.config.getoption("--s3") == "moto":
        pytest.skip("moto's server takes any key")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, servers: Path) -> Iterator[Storage]:
    """The S3 server, as a command attaches to it; its two halves belong to this process alone."""
    with serving(getattr(request, "param", request.config.getoption("--s3")), servers) as storage:
        raw, clean = (replace(half, prefix=f"{half.prefix}{WORKER}/") for half in (storage.raw, storage.clean))
        yield replace(storage, raw=raw, clean=clean)


def _variables(server: Storage) -> dict[str, str]:
    """Variables under which a command has two halves of the server's bucket that nobody else has."""
    options, place = server.clean.options, f"s3://{BUCKET}/{WORKER}-{next(_numbers)}"
    return {
        "TINTINH_RAW_URI": f"{place}/raw",
        "TINTINH_CLEAN_URI": f"{place}/clean",
        "AWS_ENDPOINT_URL_S3": str(options.endpoint),
        "AWS_ACCESS_KEY_ID": str(options.access_key),
        "AWS_SECRET_ACCESS_KEY": str(options.secret_key),
    }


@pytest.fixture
def tintinh(tmp_path: Path, prefect_api: str, server: Storage, monkeypatch: pytest.MonkeyPatch) -> Tintinh:
    """The command against the session's servers, in a home and halves of a bucket of its own.

    This process has the variables of the bucket too: `attached(Settings(home=tintinh.home))` is what the command sees.
    """
    bucket = _variables(server)
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    return Tintinh(tmp_path / "home", {"PREFECT_API_URL": prefect_api, "TINTINH_MIN_FREE_MEGABYTES": "50"} | bucket)


@pytest.fixture
def housed(tmp_path: Path, prefect_api: str) -> Tintinh:
    """The command with the embedded S3 server of its own home."""
    return Tintinh(tmp_path / "home", {"PREFECT_API_URL": prefect_api, "TINTINH_MIN_FREE_MEGABYTES": "50"})

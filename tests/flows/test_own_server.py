"""Commands that run a flow where nobody named a Prefect server: it is the home's own, and no process outlives them."""

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from command import Tintinh, left_over

from flows.scheduler import scheduler, service
from flows.settings import Settings
from flows.storage import embedded
from tests.flows.test_import import HOME, two
from tests.spiders.replica import nukeviet, serving

SITE = 'name = "HĐND tỉnh Mẫu"\norgan = "council"\nprovince = "cao-bang"\nurl = "{}"\nstatus = "{}"\n'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tintinh, str]]:
    """A home whose servers run already, as for the second command of two, and the API URL of its Prefect server."""
    home = tmp_path_factory.mktemp("own") / "home"
    (home / "sites").mkdir(parents=True)
    (home / "person").mkdir()
    two().save(home / "foreign.warc.gz")
    with serving(nukeviet()) as site, service(home).attached() as prefect, embedded(home).attached():
        (home / "sites/mau.toml").write_text(SITE.format(site.url, "active"), encoding="utf-8")
        (home / "sites/mau-cu.toml").write_text(SITE.format(HOME, "closed"), encoding="utf-8")
        env = {"TINTINH_ALLOW_HOSTS": site.host, "TINTINH_DELAY": "0", "TINTINH_MIN_FREE_MEGABYTES": "50"}
        yield Tintinh(home, {"HOME": str(home / "person")} | env), str(prefect["url"])
    assert left_over(home) == []


def runs(api: str, flow: str) -> int:
    asked = json.dumps({"flows": {"name": {"any_": [flow]}}}).encode()
    request = urllib.request.Request(f"{api}/flow_runs/count", asked, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return int(json.load(reply))


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["import", "--site", "mau-cu", "foreign.warc.gz"],
        ["nightly", "--site", "mau"],
        ["backfill", "--site", "mau", "--since", "2026-01-01", "--until", "2026-03-31", "--max-requests", "1"],
        ["recheck", "--site", "mau"],
        ["reprocess", "--site", "mau"],
        ["maintain", "--table", "runs"],
    ],
    ids=lambda command: command[0],
)
def test_a_flow_runs_on_the_server_of_its_home(house: tuple[Tintinh, str], command: list[str]) -> None:
    tintinh, api = house
    before, count = left_over(tintinh.home), runs(api, command[0])
    tintinh.run(*(str(tintinh.home / one) if one.endswith(".gz") else one for one in command))
    assert (left_over(tintinh.home), runs(api, command[0])) == (before, count + 1)
    assert not list((tintinh.home / "person").iterdir()), "Prefect kept something at the person's home"


def test_a_server_chosen_after_prefect_was_imported_is_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect", ModuleType("prefect"))
    with pytest.raises(RuntimeError, match="imported before"), scheduler(Settings(home=tmp_path)):
        pass

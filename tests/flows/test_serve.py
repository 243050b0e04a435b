"""The deployments of prefect.yaml, and `tintinh serve` from start to Ctrl-C."""

import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from command import Tintinh, left_over

from flows import serve
from flows.storage import free_ports

pytestmark = pytest.mark.slow

DEPLOYED = ["backfill", "campaigns", "maintain", "nightly", "recheck", "reprocess"]


def deployments(api: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{api}/deployments/filter", b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return {found["name"]: found for found in json.load(reply)}


@pytest.fixture
def deployed(prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    serve.deploy()
    yield deployments(prefect_api)


def test_every_deployment_is_applied_and_the_night_is_scheduled(deployed: dict[str, Any]) -> None:
    assert sorted(deployed) == DEPLOYED
    [schedule] = deployed["nightly"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("0 1 * * *", "Asia/Ho_Chi_Minh")
    assert deployed["nightly"]["global_concurrency_limit"]["limit"] == 1
    [weekly] = deployed["maintain"]["schedules"]
    assert weekly["schedule"]["cron"] == "0 13 * * 0"


def test_serve_runs_everything_and_stops_it(housed: Tintinh) -> None:
    del housed.env["PREFECT_API_URL"]
    [port] = free_ports(1)
    process = housed.start("serve", "--port", str(port))
    assert process.stdout is not None
    try:
        lines = []
        while "worker" not in (line := process.stdout.readline()):
            assert line, process.communicate()[1][-3000:]
            lines.append(line)
        assert sorted(deployments(f"http://127.0.0.1:{port}/api")) == DEPLOYED
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 0
    deadline = time.monotonic() + 60
    while left_over(housed.home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_over(housed.home) == []

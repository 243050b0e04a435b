"""The Prefect server a command talks to: the configured one, or one of our own with every outbound call off."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flows.services import SharedService
from flows.settings import Settings
from flows.storage import free_ports
from schemas.errors import SchedulerError

START_SECONDS = 150.0
"""A first start migrates the database; it took up to 26 s on two busy cores, so allow for worse."""


def quiet_environment(home: Path) -> dict[str, str]:
    """Variables under which Prefect keeps its state in `home` and calls nobody but its own server."""
    return {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "DO_NOT_TRACK": "1",
    }


def answers(api_url: str, seconds: float = 5.0) -> bool:
    """Whether a Prefect server at `api_url` (`http://host:port/api`) says it is healthy."""
    try:
        with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=seconds) as reply:
            return bool(reply.status == 200)
    except (OSError, ValueError):
        return False


def server_command(port: int) -> tuple[list[str], dict[str, str]]:
    """Command line and extra variables of a Prefect server with its UI on loopback `port`."""
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    api = f"http://127.0.0.1:{port}/api"
    return command, {"PREFECT_SERVER_API_PORT": str(port), "PREFECT_API_URL": api, "PREFECT_UI_API_URL": api}


@contextmanager
def scheduler(settings: Settings, port: int | None = None) -> Iterator[str]:
    """The API URL of a Prefect server that answers, also put in this process's environment.

    `PREFECT_API_URL` set: that server. Unset: our own, shared by the commands of one home as the storage is.
    Enter this before the first import of `prefect`, which reads its settings once: too late, a flow would start a
    temporary server that outlives it, and a terminal's first import would be reported to Prefect's makers.

    Raises:
        SchedulerError: the configured server does not answer, or our own did not start.
        RuntimeError: `prefect` was imported before.
    """
    if "prefect" in sys.modules:
        raise RuntimeError("prefect was imported before its server was known; import flows where they are run")
    configured = os.environ.get("PREFECT_API_URL")
    if configured and port is None:
        if not any(_patiently(configured)):
            raise SchedulerError(
                f"the Prefect server at {configured} (PREFECT_API_URL) does not answer; "
                "start it, mend the URL, or unset it to use tintinh's own"
            )
        os.environ.setdefault("DO_NOT_TRACK", "1")
        try:
            yield configured
        finally:
            _drain()
        return
    with service(settings.home, port).attached() as facts:
        url = str(facts["url"])
        if port and facts["port"] != port:
            raise SchedulerError(f"this home already runs a Prefect server at {url}; end the command that uses it")
        os.environ.update(quiet_environment(settings.home) | {"PREFECT_API_URL": url})
        try:
            yield url
        finally:
            _drain()


def _drain() -> None:
    """Send what Prefect still holds of logs and events while its server is there to take it; wait 5 s at most."""
    if "prefect" not in sys.modules:
        return
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=5)


def service(home: Path, port: int | None = None) -> SharedService:
    """The Prefect server of a home folder; its data stay in `home/prefect`."""
    return SharedService(home, "prefect", lambda: _start(home, port), _healthy, START_SECONDS)


def _patiently(url: str, tries: int = 3) -> Iterator[bool]:
    for attempt in range(tries):
        if attempt:
            time.sleep(1.0)
        yield answers(url)


def _start(home: Path, port: int | None) -> tuple[subprocess.Popen[bytes], dict[str, object]]:
    port = port or free_ports(1)[0]
    command, extra = server_command(port)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "prefect.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | quiet_environment(home) | extra,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return process, {"port": port, "url": extra["PREFECT_API_URL"]}


def _healthy(facts: Mapping[str, object]) -> bool:
    return answers(str(facts["url"]), 2.0)

"""`tintinh serve`: storage, Prefect server with its UI, the deployments with their schedules and a worker."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from importlib.resources import files
from pathlib import Path
from types import FrameType

from flows.scheduler import scheduler
from flows.settings import Settings
from flows.storage import attached
from schemas.errors import SchedulerError

POOL = "tintinh"
"""The work pool that prefect.yaml names."""


def serve(settings: Settings, port: int) -> int:
    """Run everything in the foreground until Ctrl-C or SIGTERM, then stop it in order; returns the exit code.

    Raises:
        SchedulerError: the server, the deployments or the worker did not start.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _setter(stop))
    with ExitStack() as stack:
        storage = stack.enter_context(attached(settings))
        print(f"storage   {storage.clean.uri} at {storage.endpoint or 'AWS'}", flush=True)
        api = stack.enter_context(scheduler(settings, port))
        print(f"prefect   {api.removesuffix('/api')}", flush=True)
        deploy()
        worker = _prefect(["worker", "start", "--pool", POOL, "--type", "process", "--name", "tintinh-serve"])
        print("worker    polling; the night begins at 01:00 Asia/Ho_Chi_Minh. Ctrl-C stops everything.", flush=True)
        try:
            return _watch(worker, stop)
        finally:
            _end(worker)


def deploy() -> None:
    """Create the work pool and apply every deployment of prefect.yaml. Raises SchedulerError."""
    for arguments in (
        ["work-pool", "create", POOL, "--type", "process", "--overwrite"],
        ["deploy", "--all", "--prefect-file", str(prefect_file())],
    ):
        command = _prefect(["--no-prompt", *arguments], stdout=subprocess.PIPE)
        said = command.communicate()[0].decode(errors="replace")
        if command.returncode:
            raise SchedulerError(f"prefect {' '.join(arguments[:2])} failed: {said.strip()[-500:]}")


def prefect_file() -> Path:
    """prefect.yaml: packaged in the wheel, or at the top of a checkout."""
    packaged = Path(str(files("flows").joinpath("prefect.yaml")))
    return packaged if packaged.exists() else Path(__file__).parents[1] / "prefect.yaml"


def _prefect(arguments: list[str], stdout: int | None = None) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl-C reaches only this process, which stops the worker before the server.
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *arguments],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PREFECT_LOGGING_LEVEL": "INFO"},
        stdout=stdout,
        stderr=stdout and subprocess.STDOUT,
    )


def _setter(stop: threading.Event) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: stop.set()


def _watch(worker: "subprocess.Popen[bytes]", stop: threading.Event) -> int:
    while not stop.wait(1.0):
        if worker.poll() is not None:
            raise SchedulerError(f"the Prefect worker ended with code {worker.returncode}; start tintinh serve again")
    print("stopping", flush=True)
    return 0


def _end(worker: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGINT)
        try:
            worker.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

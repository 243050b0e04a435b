"""The S3 servers that the tests run on: the embedded one, and moto's over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.settings import Settings
from flows.storage import Storage, attached, free_ports
from pipelines.store.bucket import Bucket
from pipelines.store.client import S3Options, client

SERVERS = ("embedded", "moto")


@contextmanager
def serving(kind: str, home: Path) -> Iterator[Storage]:
    """The server `kind` with its one bucket, `tintinh`; `home`: an empty folder for what it keeps."""
    if kind == "embedded":
        with attached(Settings(home=home)) as storage:
            yield storage
        return
    home.mkdir(parents=True, exist_ok=True)
    with moto(home / f"moto-{os.getpid()}.log") as options:
        yield Storage(
            Bucket.open("s3://tintinh/raw", options), Bucket.open("s3://tintinh/clean", options), options.endpoint
        )


@contextmanager
def moto(log: Path) -> Iterator[S3Options]:
    """A moto server in a process of its own (in ours, it would wait for deltalake, which waits for it)."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told)
    try:
        options = S3Options(f"http://127.0.0.1:{port}", "moto", "a-secret-of-moto")
        _create(options, process)
        yield options
    finally:
        process.kill()
        process.wait()


def _create(options: S3Options, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client(options, 0, hasty=True).create_bucket(Bucket="tintinh")
            return
        except Exception:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.1)

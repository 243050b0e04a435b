"""A store that breaks its promises is refused, by name of the promise."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

import pytest

from flows.doctor import examine, require_fit
from flows.settings import Settings
from flows.storage import Storage
from pipelines.store.bucket import Bucket, S3Options
from schemas.errors import StorageUnfitError

FAULTS = {
    "conditional put": "ignores If-None-Match",
    "stale if-match": "ignores If-Match",
    "range reads": "ignores Range",
    "clock": "lives an hour ahead",
}


class FakeS3(ThreadingHTTPServer):
    """Just enough S3, with one fault or none."""

    request_queue_size = 64
    daemon_threads = True

    def __init__(self, fault: str | None) -> None:
        self.fault, self.objects, self.lock, self.writes = fault, dict[str, bytes](), Lock(), 0
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def storage(self) -> Storage:
        endpoint = f"http://127.0.0.1:{self.server_port}"
        options = S3Options(endpoint, "key", "secret")
        return Storage(Bucket.open("s3://shop/raw", options), Bucket.open("s3://shop/clean", options), endpoint)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeS3

    def answer(self, status: int, body: bytes = b"", etag: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, _: float | None = None) -> str:  # type: ignore[override]
        ahead = timedelta(hours=self.server.fault == FAULTS["clock"])
        return format_datetime(datetime.now(UTC) + ahead, usegmt=True)

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.writes += 1
            old = self.server.objects.get(self.path)
            if self.server.fault != FAULTS["conditional put"] and self.headers["If-None-Match"] and old is not None:
                return self.answer(412)
            if self.server.fault != FAULTS["stale if-match"] and (want := self.headers["If-Match"]):  # noqa: SIM102
                if old is None or want != etag(old):
                    return self.answer(412)
            self.server.objects[self.path] = data
        return self.answer(200, etag=etag(data))

    def do_GET(self) -> None:
        if "list-type" in self.path:
            return self.answer(200, b"<ListBucketResult></ListBucketResult>")
        data = self.server.objects.get(self.path)
        if data is None:
            return self.answer(404)
        span = re.match(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        if span and self.server.fault != FAULTS["range reads"]:
            return self.answer(206, data[int(span[1]) : int(span[2]) + 1], etag(data))
        return self.answer(200, data, etag(data))

    def do_DELETE(self) -> None:
        self.server.objects.pop(self.path, None)
        self.answer(204)

    def log_message(self, *_: object) -> None:
        pass


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, raw_uri="s3://shop/raw", clean_uri="s3://shop/clean", min_free_megabytes=0)


@pytest.fixture(params=[None, *FAULTS.values()])
def server(request: pytest.FixtureRequest) -> Iterator[FakeS3]:
    with FakeS3(request.param) as fake:
        thread = Thread(target=fake.serve_forever, args=(0.01,))
        thread.start()
        yield fake
        fake.shutdown()
        thread.join()


def test_every_broken_promise_is_found_by_name(server: FakeS3, settings: Settings) -> None:
    broken = {finding.name for finding in examine(server.storage, settings) if not finding.ok}
    assert broken == {name for name, fault in FAULTS.items() if fault == server.fault}


def test_nothing_is_left_behind(server: FakeS3, settings: Settings) -> None:
    examine(server.storage, settings)
    assert server.objects == {}


def test_a_run_refuses_a_broken_store_each_time_and_remembers_a_fit_one(server: FakeS3, settings: Settings) -> None:
    for _ in range(2):
        before = server.writes
        if server.fault is None:
            require_fit(server.storage, settings)
        else:
            with pytest.raises(StorageUnfitError, match="is not fit for publishing"):
                require_fit(server.storage, settings)
    assert (server.writes == before) == (server.fault is None)


@pytest.mark.parametrize("server", [None], indirect=True)
def test_another_bucket_is_examined_anew(server: FakeS3, settings: Settings) -> None:
    require_fit(server.storage, settings)
    before = server.writes
    other = Bucket.open("s3://other/clean", server.storage.clean.options)
    require_fit(Storage(server.storage.raw, other, server.storage.endpoint), settings)
    assert server.writes > before


@pytest.mark.parametrize("server", [None], indirect=True)
@pytest.mark.parametrize(
    ("name", "changed", "ok", "word"),
    [
        ("spool space", {"min_free_megabytes": 10**12}, False, "Make room"),
        ("spool space", {}, True, "are free"),
        ("contact", {}, True, "TINTINH_CONTACT is not set"),
        ("contact", {"contact": "mailto:ai@mau.vn"}, True, "mailto:ai@mau.vn"),
    ],
)
def test_the_machine_is_looked_at(
    server: FakeS3, settings: Settings, name: str, changed: dict[str, object], ok: bool, word: str
) -> None:
    findings = examine(server.storage, settings.model_copy(update=changed))
    (finding,) = [finding for finding in findings if finding.name == name]
    assert (finding.ok, word in finding.detail) == (ok, True)


@pytest.mark.parametrize("server", [None], indirect=True)
def test_a_store_that_went_away_is_told_in_findings(server: FakeS3, settings: Settings) -> None:
    storage = server.storage
    options = S3Options("http://127.0.0.1:1", "key", "secret")
    gone = Storage(*(Bucket.open(half.uri, options) for half in (storage.raw, storage.clean)), "http://127.0.0.1:1")
    findings = [finding for finding in examine(gone, settings) if not finding.ok]
    assert len(findings) == len(FAULTS)
    assert all("no answer" in finding.detail for finding in findings)

"""The embedded server belongs to all commands of a home: started once, adopted, stopped by the last."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from flows import identities
from flows.services import SharedService, identity
from flows.settings import Settings
from flows.storage import attached, compact, embedded, reading
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from schemas.errors import MachineError, StorageError, UsageError

COMMAND = """
import sys, pathlib
from flows.settings import Settings
from flows.storage import attached
with attached(Settings(home=pathlib.Path(sys.argv[1]))) as storage:
    storage.clean.put(sys.argv[2], b"here")
    print("ready", flush=True)
    sys.stdin.readline()
"""


class Command:
    """Another process that is attached to the home's storage until it is told to go."""

    def __init__(self, home: Path, name: str) -> None:
        command = [sys.executable, "-c", COMMAND, str(home), name]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True, text=True)

    def wait(self) -> "Command":
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        return self

    def leave(self) -> None:
        self.process.communicate("\n", timeout=90)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=90)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert embedded(tmp_path).evict()


def noted(home: Path) -> int:
    return int(json.loads((home / "storage.json").read_text())["pid"])


def test_the_server_is_there_while_attached_and_gone_after(home: Path) -> None:
    with attached(Settings(home=home)) as storage:
        storage.raw.put("k", b"raw")
        storage.clean.put("k", b"clean")
        pid = noted(home)
        assert (storage.raw.uri, storage.clean.uri) == ("s3://tintinh/raw", "s3://tintinh/clean")
        assert identity(pid)
    assert identity(pid) is None
    assert not (home / "storage.json").exists()
    with attached(Settings(home=home)) as storage:
        assert (storage.raw.get("k"), storage.clean.get("k")) == (b"raw", b"clean")


def test_all_its_ports_are_on_loopback(home: Path) -> None:
    with attached(Settings(home=home)):
        inodes = {link.readlink().name for link in Path(f"/proc/{noted(home)}/fd").iterdir() if link.is_symlink()}
        listening = set()
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                cells = line.split()
                if cells[3] == "0A" and f"socket:[{cells[9]}]" in inodes:
                    listening.add(cells[1].split(":")[0])
    assert listening == {"0100007F"}


def test_its_keys_are_for_the_owner_only(home: Path) -> None:
    with attached(Settings(home=home)) as storage:
        storage.clean.put("a", b"x")
        assert storage.raw.options.secret_key == identities.load(home / "storage")["crawler"].secret_key
    kept = [home / "storage" / name for name in ("keys.json", "s3.json")]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600, 0o600]
    secrets = [keys.secret_key.encode() for keys in identities.load(home / "storage").values()]
    others = [path for path in home.rglob("*") if path.is_file() and path not in kept]
    assert others and not [path for path in others if any(secret in path.read_bytes() for secret in secrets)]


def test_a_readers_key_reads_what_is_clean_and_nothing_else(home: Path) -> None:
    settings = Settings(home=home)
    with attached(settings) as storage, reading(settings) as reader:
        storage.clean.put("a", b"x")
        storage.raw.put("b", b"y")
        Tables(storage.clean).create()
        assert reader.get("a") == b"x" and reader.head("a") and reader.get_range("a", 0, 1) == b"x"
        assert "articles/_delta_log/00000000000000000000.json" in [one.key for one in reader.list()]
        assert Tables(reader).articles.read(("article_id",)).num_rows == 0
        raw, name = replace(reader, prefix="raw/"), reader.name
        refused: list[Callable[[], object]] = [
            lambda: reader.put("a", b"z"),
            lambda: reader.put_new("n", b"z"),
            lambda: reader.replace("a", b"z", storage.clean.get_tagged("a")[1]),
            lambda: reader.delete("a"),
            lambda: reader.delete_many(["a"]),
            lambda: reader.client.create_multipart_upload(Bucket=name, Key="clean/m"),
            lambda: reader.client.copy_object(Bucket=name, Key="clean/c", CopySource=f"{name}/clean/a"),
            lambda: reader.client.put_object_tagging(Bucket=name, Key="clean/a", Tagging={"TagSet": []}),
            lambda: reader.client.put_bucket_policy(Bucket=name, Policy="{}"),
            lambda: reader.client.delete_bucket(Bucket=name),
            lambda: reader.client.list_objects_v2(Bucket=name),
            lambda: Tables(reader).articles.commit(lambda table: table.alter.set_table_properties({"a.b": "c"})),
            lambda: raw.get("b"),
            lambda: list(raw.list()),
            lambda: raw.put("b", b"z"),
        ]
        for attempt in refused:
            with pytest.raises((StorageError, ClientError), match=r"denied|Denied|the store failed"):
                attempt()
        assert (storage.clean.get("a"), storage.raw.get("b")) == (b"x", b"y")
        stranger = replace(reader.options, access_key="nobody", secret_key="nothing")
        with pytest.raises(StorageError, match="does not know this access key"):
            Bucket.open(reader.uri, stranger).get("a")


def test_compacting_takes_deleted_bytes_off_the_disk(home: Path) -> None:
    planted = os.urandom(50_000)
    with attached(Settings(home=home)) as storage:
        for number in range(3):
            storage.clean.put(str(number), b"kept")
        storage.clean.put("a", planted)
        storage.clean.delete("a")
        deadline = time.monotonic() + 30
        while any(planted[:99] in path.read_bytes() for path in (home / "storage" / "data").rglob("*.dat")):
            assert time.monotonic() < deadline
            compact(home)
            time.sleep(0.2)
        assert storage.clean.get("1") == b"kept"


def test_commands_at_once_share_one_server_and_the_last_stops_it(home: Path) -> None:
    commands = [Command(home, str(number)) for number in range(3)]
    for command in commands:
        command.wait()
    pid = noted(home)
    with attached(Settings(home=home)) as storage:
        assert [found.key for found in storage.clean.list()] == ["0", "1", "2"]
        assert not embedded(home).evict()
    commands.pop().leave()
    commands.pop().kill()
    assert noted(home) == pid
    assert identity(pid)
    commands.pop().leave()
    assert identity(pid) is None


def test_the_server_of_a_killed_command_is_adopted_and_then_stopped(home: Path) -> None:
    command = Command(home, "k").wait()
    pid = noted(home)
    command.kill()
    assert identity(pid)
    with attached(Settings(home=home)) as storage:
        assert noted(home) == pid
        assert storage.clean.get("k") == b"here"
    assert identity(pid) is None


def test_a_dead_server_is_replaced_without_loss(home: Path) -> None:
    command = Command(home, "k").wait()
    pid = noted(home)
    os.kill(pid, signal.SIGKILL)
    command.kill()
    with attached(Settings(home=home)) as storage:
        assert noted(home) != pid
        assert storage.clean.get("k") == b"here"


def test_a_server_that_answers_no_more_is_replaced(home: Path) -> None:
    command = Command(home, "k").wait()
    pid = noted(home)
    command.kill()
    os.kill(pid, signal.SIGSTOP)
    service = embedded(home)
    quick = SharedService(home, "storage", service.start, service.healthy, patience=10, grace=0.5)
    with quick.attached() as facts:
        assert facts["pid"] != pid
    assert identity(pid) is None


def sleeper(home: Path, starts: list[str] | None = None) -> SharedService:
    """A service that is cheap to start; `starts` are the commands to begin with, the first of them first."""
    commands = list(starts or [])

    def start() -> tuple["subprocess.Popen[bytes]", dict[str, object]]:
        command = commands.pop(0) if commands else "sleep 60"
        return subprocess.Popen(command.split(), start_new_session=True), {"command": command}

    return SharedService(home, "sleeper", start, lambda facts: facts["command"] == "sleep 60", patience=5)


@pytest.mark.parametrize("used", [True, False])
def test_a_server_that_is_slow_is_waited_for_while_others_use_it(tmp_path: Path, used: bool) -> None:
    with sleeper(tmp_path).attached() as facts:
        pid = facts["pid"]
        silent_until = time.monotonic() + 0.6
        slow = replace(sleeper(tmp_path), healthy=lambda _: time.monotonic() > silent_until, doubt=0.2)
        if used:
            with slow.attached() as found:
                assert found["pid"] == pid
            return
        (tmp_path / "sleeper.users").unlink()  # as if nobody were attached
        with slow.attached() as found:
            assert found["pid"] != pid


def test_a_process_that_only_has_the_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        facts = {"pid": stranger.pid, "identity": "another boot 1", "command": "sleep 60"}
        (tmp_path / "sleeper.json").write_text(json.dumps(facts))
        with sleeper(tmp_path).attached() as own:
            assert own["pid"] != stranger.pid
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}', '{"pid": 1, "identity": null}'])
def test_an_unreadable_note_is_no_server(tmp_path: Path, text: str) -> None:
    (tmp_path / "sleeper.json").write_text(text)
    with sleeper(tmp_path).attached() as facts:
        assert identity(facts["pid"]) == facts["identity"]


def test_a_start_that_fails_at_once_is_tried_anew(tmp_path: Path) -> None:
    with sleeper(tmp_path, ["false", "false"]).attached() as facts:
        assert facts["command"] == "sleep 60"


def test_a_server_that_never_starts_is_told(tmp_path: Path) -> None:
    service = sleeper(tmp_path, ["false"] * 9)
    with pytest.raises(MachineError, match="sleeper server does not start"), service.attached():
        pass


def test_a_stop_signal_that_is_ignored_is_followed_by_a_kill(tmp_path: Path) -> None:
    service = replace(sleeper(tmp_path), stop_signal=signal.SIGCONT, grace=0.2)
    with service.attached() as facts:
        pass
    assert identity(facts["pid"]) is None


def test_threads_of_one_process_share_it_too(tmp_path: Path) -> None:
    def use(_: int) -> int:
        with sleeper(tmp_path).attached() as facts:
            time.sleep(0.2)
            return int(facts["pid"])

    with ThreadPoolExecutor(8) as pool:
        pids = set(pool.map(use, range(8)))
    assert len(pids) == 1
    assert identity(pids.pop()) is None


def test_ports_of_the_last_time_are_taken_again_when_free(home: Path) -> None:
    def ports() -> list[int]:
        with embedded(home).attached() as facts:
            return list(facts["ports"])

    assert ports() == ports()


@pytest.mark.parametrize("given", [{"raw_uri": "s3://b/raw"}, {"clean_uri": "s3://b/clean"}])
def test_one_uri_alone_is_refused(tmp_path: Path, given: dict[str, str]) -> None:
    with (
        pytest.raises(UsageError, match="set both bucket URIs, or neither"),
        attached(Settings(home=tmp_path, **given)),  # type: ignore[arg-type]
    ):
        pass


@pytest.mark.parametrize(
    ("raw", "clean", "error", "says"),
    [
        ("s3://b/x", "s3://b/x", UsageError, "the same"),
        ("/data/raw", "s3://b/x", UsageError, "s3://bucket/prefix"),
        ("s3://b/raw", "s3://b/clean", StorageError, "no answer from the server"),
    ],
)
def test_a_configured_bucket_is_checked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: str, clean: str, error: type[Exception], says: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    settings = Settings(home=tmp_path, raw_uri=raw, clean_uri=clean)
    with pytest.raises(error, match=says), attached(settings):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_configured_bucket_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with attached(Settings(home=home)) as server:
        options = server.clean.options
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", str(options.endpoint))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", str(options.access_key))
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", str(options.secret_key))
        settings = Settings(home=home / "other", raw_uri="s3://tintinh/a/raw", clean_uri="s3://tintinh/a/clean")
        with attached(settings) as storage:
            storage.clean.put("k", b"there")
        assert [found.key for found in server.clean.list()] == []
    assert not (home / "other").exists()

"""A bucket that is whole is found sound, and whatever is wrong with one is found."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from deltalake import DeltaTable, write_deltalake
from nbclient import NotebookClient
from rows_made import NOON, article

from flows.storage import Storage
from flows.verify import verify as verified
from pipelines.readers.sources import Folder
from pipelines.readers.verify import told, verify
from pipelines.store import catalog, feed, releasing
from pipelines.store.arrow import from_table, to_table
from pipelines.store.tables import Tables
from schemas.article import Attachment
from schemas.clusters import ClusterRow
from schemas.documents import DocumentRow
from schemas.rows import Article

WARC = "mau/2026/11/x.warc.gz"
PDF = b"%PDF-1.7 a document"
DIGEST = hashlib.sha256(PDF).hexdigest()


def member(url: str) -> bytes:
    head = f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n"
    return gzip.compress(head.encode())


@pytest.fixture(scope="module")
def storage(server: Storage) -> Storage:
    return replace(
        server, raw=replace(server.raw, prefix="verify/raw/"), clean=replace(server.clean, prefix="verify/clean/")
    )


@pytest.fixture(scope="module")
def whole(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A bucket with edits, a removal, a document, a cluster, raw records and what describes it."""
    records = [member(f"https://hdnd.mau.vn/tin/{n}") for n in range(5)]
    starts = [sum(map(len, records[:n])) for n in range(5)]
    storage.raw.put(WARC, b"".join(records))

    def row(n: int, **fields: Any) -> Article:
        place = {"warc": WARC, "warc_offset": starts[n], "warc_length": len(records[n])}
        return article(n, published_on=date(2026, 11, n + 1), **(place | fields))

    tables = Tables(storage.clean)
    document = Attachment(url="https://hdnd.mau.vn/a.pdf", sha256=DIGEST, size=len(PDF))
    tables.publish("r1", [row(0, attachments=(document,)), row(1), row(2), row(3)])
    feed.derive(tables)
    tables.publish("r2", [row(1, title="Sửa", content_hash="f" * 16, revision=2, published_at=NOON), row(4)])
    opened = tables.articles.open()
    assert opened is not None
    opened.delete("article_id = 'mau:3'")
    feed.derive(tables)
    storage.clean.put(f"attachments/{DIGEST[:2]}/{DIGEST}.pdf", PDF)
    kept = DocumentRow(
        sha256=DIGEST, size=len(PDF), key=f"attachments/{DIGEST[:2]}/{DIGEST}.pdf", article_ids=("mau:0",)
    )
    tables.create()
    _append(tables.documents, to_table([kept], DocumentRow))
    like = {"cluster": "mau:1", "site": "mau", "month": "2026-11", "similarity": 1, "contained": 1, "version": 2}
    members = [ClusterRow(article_id=f"mau:{n}", like="mau:1", kind="copy", earliest=n == 1, **like) for n in (1, 2)]
    _append(tables.clusters, to_table(members, ClusterRow))
    releasing.write(tables, "2026-11", tmp_path_factory.mktemp("release"))
    catalog.write(tables, NOON)
    return tables


def _append(table: Any, rows: Any) -> None:
    opened = table.open()
    write_deltalake(opened, rows, mode="append")


@pytest.fixture(scope="module")
def copied(whole: Tables, storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `aws s3 sync` would bring."""
    folder = tmp_path_factory.mktemp("copy")
    for name, bucket in (("clean", whole.clean), ("raw", storage.raw)):
        for found in bucket.list():
            path = folder / name / found.key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bucket.get(found.key))
    return folder


@pytest.fixture
def copy(copied: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(copied, tmp_path / "copy")


def looked(folder: Path, sample: int | None = None) -> dict[str, list[str]]:
    """What is found wrong, by check."""
    report = verify(Folder(folder / "clean"), Folder(folder / "raw"), sample)
    found = {check["name"]: check["findings"] for check in report["checks"] if check["findings"]}
    assert report["sound"] == (not found)
    return found


@pytest.mark.parametrize("sample", [None, 1, 50])
def test_a_whole_bucket_is_sound(copied: Path, sample: int | None) -> None:
    assert looked(copied, sample) == {}


def _table(folder: Path, name: str = "articles") -> DeltaTable:
    return DeltaTable(str(folder / "clean" / name))


def _feed_file(folder: Path) -> Path:
    return sorted((folder / "clean/changes").rglob("*.gz"))[0]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _reword(folder: Path) -> None:
    """A feed file that tells another text, with a checksum that fits."""
    path, index = _feed_file(folder), folder / "clean/changes/index.json"
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    for line in lines:
        if line["article"]:
            line["article"]["text"] = "Khác."
    data = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(data)
    index.write_text(index.read_text().replace(old, hashlib.sha256(data).hexdigest()))


def _shorten(folder: Path) -> None:
    path = folder / "clean/changes/index.json"
    index = json.loads(path.read_text())
    path.write_text(json.dumps(index | {"files": index["files"][1:]}))


def _suppress(folder: Path) -> None:
    digest = hashlib.sha256(b"tintinh\0mau:2").hexdigest()
    path = folder / "clean/suppressed/index.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"suppressions": [{"site": "mau", "articles": [digest]}]}))


def _rename(folder: Path, **ids: str) -> None:
    path = folder / "clean/aliases/mau.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"site": "mau", "ids": {f"mau:{old[1:]}": one for old, one in ids.items()}}))


def _had(folder: Path, one: str, old: str) -> None:
    _table(folder).update({"previous_ids": f"make_array('{old}')"}, predicate=f"article_id = '{one}'")


SPOILED: list[tuple[str, Callable[[Path], Any], str, str]] = [
    (
        "doubled",
        lambda f: write_deltalake(_table(f), to_table([article(2)], Article), mode="append"),
        "unique",
        "mau:2",
    ),
    ("edited", lambda f: _table(f).update({"title": "'Lén'"}, predicate="article_id = 'mau:2'"), "replay", "mau:2"),
    ("lost", lambda f: _table(f).delete("article_id = 'mau:4'"), "replay", "mau:4"),
    (
        "misplaced",
        lambda f: _table(f).update({"published_on": "date '2020-01-01'"}, predicate="article_id = 'mau:2'"),
        "unique",
        "",
    ),
    ("flipped feed", lambda f: _flip(_feed_file(f)), "feed", "another SHA-256"),
    ("missing feed", lambda f: _feed_file(f).unlink(), "feed", "not there"),
    ("reworded feed", _reword, "feed", "is told otherwise"),
    ("shortened index", _shorten, "feed", "does not follow"),
    ("other revisions", lambda f: _table(f, "revisions").delete("seq = 2"), "feed", "change 2"),
    ("flipped document", lambda f: _flip(next((f / "clean/attachments").rglob("*.pdf"))), "documents", "SHA-256"),
    ("unknown document", lambda f: _table(f, "documents").delete(), "documents", "mau:0 links"),
    ("dangling cluster", lambda f: _table(f, "clusters").update({"article_id": "'mau:77'"}), "clusters", "mau:77"),
    ("cut raw", lambda f: (f / "raw" / WARC).write_bytes((f / "raw" / WARC).read_bytes()[:-20]), "raw", "mau:4"),
    ("no raw", lambda f: (f / "raw" / WARC).unlink(), "raw", "which is not there"),
    (
        "other raw",
        lambda f: _table(f).update({"url": "'https://x.vn/'"}, predicate="article_id = 'mau:1'"),
        "raw",
        "mau:1 is https",
    ),
    ("an id of two", lambda f: (_had(f, "mau:1", "mau:9"), _had(f, "mau:2", "mau:9")), "earlier_ids", "both mau:1"),
    ("an id in use", lambda f: _had(f, "mau:1", "mau:2"), "earlier_ids", "mau:2 is an article"),
    ("an id that leads nowhere", lambda f: _had(f, "mau:1", "mau:9"), "earlier_ids", "does not lead to it"),
    ("an id that leads astray", lambda f: _rename(f, _9="mau:1"), "earlier_ids", "never had that id"),
    ("suppressed", _suppress, "takedowns", "mau:2 was taken down"),
]


@pytest.mark.parametrize(("spoil", "check", "said"), [one[1:] for one in SPOILED], ids=[one[0] for one in SPOILED])
def test_what_is_wrong_is_found(
    copy: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], Any], check: str, said: str
) -> None:
    monkeypatch.setattr("pipelines.readers.look.time", SimpleNamespace(sleep=lambda _: None))
    spoil(copy)
    assert said in " ".join(looked(copy)[check])


ALONE = (
    "import runpy, sys; "
    "sys.modules.update(dict.fromkeys(['pyarrow', 'pandas', 'numpy', 'boto3', 'pydantic', 'pipelines', 'schemas'])); "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


def alone(file: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the bucket's verifier where nothing but deltalake and duckdb is installed."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(file.parent)} | env
    command = [sys.executable, "-P", "-c", ALONE, str(file), *arguments]
    return subprocess.run(command, env=kept, capture_output=True, text=True, timeout=200, cwd=file.parent)


def environment(storage: Storage) -> dict[str, str]:
    options = storage.clean.options
    keys = {"AWS_ACCESS_KEY_ID": options.access_key or "", "AWS_SECRET_ACCESS_KEY": options.secret_key or ""}
    return keys | {"AWS_ENDPOINT_URL": options.endpoint or "", "AWS_REGION": options.region}


@pytest.mark.checks_keys
def test_the_buckets_own_verifier_needs_nothing_of_ours(
    whole: Tables, storage: Storage, copied: Path, tmp_path: Path
) -> None:
    script = tmp_path / "verify.py"
    script.write_bytes(whole.clean.get("verify.py"))
    done = alone(script, "--deep", "--raw", storage.raw.uri, **environment(storage))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "sound: version 3, change 7; everything was looked at"
    _flip(_feed_file(shutil.copytree(copied, tmp_path / "copy")))
    done = alone(script, str(tmp_path / "copy/clean"), "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["sound"]) == (1, False)
    assert [check["name"] for check in report["checks"] if check["skipped"]] == ["raw"]
    done = alone(script, **environment(storage) | {"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert (done.returncode, done.stdout) == (3, "")
    assert "wrong" not in done.stderr


@pytest.mark.usefixtures("whole")
def test_the_command_makes_the_same_checks(storage: Storage) -> None:
    report = verified(storage, None)
    assert report["sound"], report
    assert [check["name"] for check in report["checks"] if not check["looked"]] == [
        "earlier_ids",
        "takedowns",
    ]
    assert "ok   raw (4): The bytes that an article points to" in told(report)
    whole_raw = storage.raw.get(WARC)
    storage.raw.put(WARC, whole_raw[:-20])
    cut = verified(storage, None)
    storage.raw.put(WARC, whole_raw)
    assert [check["name"] for check in cut["checks"] if check["findings"]] == ["raw"]
    assert "NOT SOUND: version 3, change 7; everything was looked at" in told(cut)


def test_the_notebook_runs(whole: Tables, storage: Storage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in environment(storage).items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.reads(whole.clean.get("read.ipynb").decode(), as_version=4)
    nbformat.validate(notebook)
    block = "import sys; sys.modules.update(dict.fromkeys(['pyarrow', 'pandas', 'pipelines']))"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(block))
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = json.dumps(notebook.cells, ensure_ascii=False)
    for told_in_it in ("council", "Sửa", "Các đại biểu thảo luận.", "mau:1"):
        assert told_in_it in shown


def test_the_feed_is_followed_with_nothing_but_get(whole: Tables) -> None:
    """Without a package, key or signature of ours: each URL is signed beforehand, as a public bucket needs none."""
    clean = whole.clean

    def get(key: str) -> bytes:
        url = clean.client.generate_presigned_url(
            "get_object", Params={"Bucket": clean.name, "Key": clean.prefix + key}
        )
        with urllib.request.urlopen(url, timeout=20) as answer:
            data: bytes = answer.read()
            return data

    state: dict[str, Any] = {}
    index = json.loads(get("changes/index.json"))
    for file in index["files"]:
        data = get(file["key"])
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        for line in map(json.loads, gzip.decompress(data).splitlines()):
            state[line["article_id"]] = line["article"]
    stored = {row.article_id: row for row in from_table(whole.articles.read(), Article)}
    assert {one: Article.model_validate(row) for one, row in state.items() if row} == stored
    assert json.loads(get("catalog.json"))["changes"]["newest_seq"] == index["last_seq"] == 7

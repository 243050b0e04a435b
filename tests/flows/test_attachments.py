"""A night and the next: what articles link is kept by content, told to them, and not fetched again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from command import Tintinh

from flows.demo.replicas import ReplicaFarm
from flows.settings import Settings
from flows.storage import attached
from pipelines.store.bucket import Bucket
from schemas.zone import HANOI

pytestmark = pytest.mark.slow
SITE = "cao-bang-nukeviet"
LINKED = """select article_id, unnest(attachments, max_depth := 2) from articles
    where len(attachments) > 0 order by article_id"""


@pytest.fixture
def farm() -> Iterator[ReplicaFarm]:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        yield farm


def objects(clean: Bucket) -> dict[str, bytes]:
    return {found.key: clean.get(found.key) for found in clean.list("attachments/")}


def test_attachments_of_two_nights(tintinh: Tintinh, farm: ReplicaFarm) -> None:
    farm.write_sites(tintinh.home / "sites")
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}
    first = tintinh.json("nightly", "--site", SITE)["sites"][SITE]
    assert first["captured"] == first["new"] + sum(first["rejected"].values()) and not first["failed"]
    rows: list[dict[str, Any]] = tintinh.query(LINKED)
    assert rows and all(row["sha256"] and row["media_type"] == "application/pdf" for row in rows)
    assert all(row["scanned"] is False and row["size"] > 100 for row in rows)

    with attached(Settings(home=tintinh.home)) as storage:
        kept = objects(storage.clean)
    for row in rows:
        stem = f"attachments/{row['sha256'][:2]}/{row['sha256']}"
        assert kept[f"{stem}.pdf"].startswith(b"%PDF") and len(kept[f"{stem}.pdf"]) == row["size"]
        assert kept[row["text_key"]].decode().strip()
    documents = {d["sha256"]: d for d in tintinh.query("select * from documents")}
    assert documents.keys() == {row["sha256"] for row in rows}
    assert all(row["article_id"] in documents[row["sha256"]]["article_ids"] for row in rows)

    before = len(farm.requests())
    second = tintinh.json("nightly", "--site", SITE)["sites"][SITE]
    assert (second["new"], second["changed"]) == (0, 0)
    paths = [request.path for request in farm.requests()[before:]]
    assert paths and not [path for path in paths if "download" in path or path.endswith(".pdf")]
    assert tintinh.query(LINKED) == rows

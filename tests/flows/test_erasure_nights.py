"""A planted sentence, after a takedown, nights that meet it again and a reprocess, is in no byte of the bucket."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from bucket_bytes import everything
from command import Tintinh

from flows.demo.replicas import ReplicaFarm
from flows.settings import Settings
from flows.storage import attached
from schemas.zone import HANOI

pytestmark = pytest.mark.slow
SITE, OTHER = "cao-bang-nukeviet", "quang-tri-dotnetnuke"


def stand(tintinh: Tintinh) -> dict[str, Any]:
    """What every article says, by its id: nobody else's takedown changes it."""
    columns = "article_id, title, lead, text, markdown, captions, attachments, content_hash, source_status, revision"
    return {row["article_id"]: row for row in tintinh.query(f"select {columns} from articles")}


@pytest.fixture
def farm() -> Iterator[ReplicaFarm]:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        yield farm


def test_an_article_that_was_taken_down_does_not_come_back(tintinh: Tintinh, farm: ReplicaFarm) -> None:
    farm.write_sites(tintinh.home / "sites")
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}
    sites = ("--site", SITE, "--site", OTHER)
    first = tintinh.json("nightly", *sites)["sites"]
    others = stand(tintinh)
    rows = {row["url"]: row for row in tintinh.query("select article_id, url, published_at from articles")}
    told = {url: story for url, story in farm.truth(SITE).items() if url in rows}
    url, story = max(told.items(), key=lambda pair: str(pair[1].published))
    sentences = [one for part in (story.lead, *story.paragraphs) for one in re.split(r"(?<=[.!?])\s+", part)]
    (name,) = {row["article_id"] for row in rows.values() if row["url"] == url}
    planted = [story.title, *(one.strip(" .") for one in sentences if len(one.split()) >= 5)]
    planted = [one for one in planted if one not in str([row for key, row in others.items() if key != name])]

    def holding() -> dict[str, set[str]]:
        with attached(Settings(home=tintinh.home)) as storage:
            texts = [(key, data.decode("utf-8", "ignore")) for key, data in everything(storage.clean)]
        return {one: found for one in planted if (found := {key for key, text in texts if one in text})}

    assert len(holding()) == len(planted)
    foreseen = tintinh.json("takedown", url, "--reason", "privacy", "--dry-run")
    before = len(farm.requests())
    report = tintinh.json("takedown", url, "--reason", "privacy")
    assert (report["articles"], report["kept"]) == (1, []) and report["pages"] >= 2
    assert [foreseen[key] for key in ("ids", "erased", "blanked")] == [[name], [url], report["blanked"]]
    assert (report["ids"], report["erased"]) == ([name], [url])
    assert holding() == {}
    del others[name]
    assert stand(tintinh) == others

    tintinh.json("nightly", *sites)
    assert not [request for request in farm.requests()[before:] if url.endswith(request.path)]
    assert stand(tintinh) == others
    again = tintinh.json("reprocess", *sites)["sites"]
    assert [(one["new"], one["changed"]) for one in again.values()] == [(0, 0), (0, 0)]
    assert sum(one["new"] for one in first.values()) == len(rows)
    assert holding() == {}
    assert stand(tintinh) == others
    assert tintinh.query("select count(*) as n from revisions where op <> 'DEL' and reason <> 'new'") == [{"n": 0}]

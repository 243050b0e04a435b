"""A planted sentence, after a takedown, nights that meet it again and a reprocess, is in no byte of the bucket."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from bucket_bytes import everything
from command import Tintinh

from flows.demo.replicas import ReplicaFarm
from flows.settings import Settings
from flows.storage import attached
from schemas.zone import HANOI

pytestmark = pytest.mark.slow
SITE = "cao-bang-nukeviet"


@pytest.fixture
def farm() -> Iterator[ReplicaFarm]:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        yield farm


def test_an_article_that_was_taken_down_does_not_come_back(tintinh: Tintinh, farm: ReplicaFarm) -> None:
    farm.write_sites(tintinh.home / "sites")
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}
    first = tintinh.json("nightly", "--site", SITE)["sites"][SITE]
    rows = {row["url"]: row for row in tintinh.query("select article_id, url, published_at from articles")}
    told = {url: story for url, story in farm.truth(SITE).items() if url in rows}
    url, story = max(told.items(), key=lambda pair: str(pair[1].published))
    sentences = [one for part in (story.lead, *story.paragraphs) for one in re.split(r"(?<=[.!?])\s+", part)]
    planted = [story.title, *(one.strip(" .") for one in sentences if len(one.split()) >= 5)]

    def holding() -> dict[str, set[str]]:
        with attached(Settings(home=tintinh.home)) as storage:
            texts = [(key, data.decode("utf-8", "ignore")) for key, data in everything(storage.clean)]
        return {one: found for one in planted if (found := {key for key, text in texts if one in text})}

    assert len(holding()) == len(planted)
    before = len(farm.requests())
    report = tintinh.json("takedown", url, "--reason", "privacy")
    assert (report["articles"], report["kept"]) == (1, []) and report["pages"] >= 2
    assert holding() == {}

    tintinh.json("nightly", "--site", SITE)
    assert not [request for request in farm.requests()[before:] if url.endswith(request.path)]
    again = tintinh.json("reprocess", "--site", SITE)["sites"][SITE]
    assert (again["new"], first["new"]) == (0, len(rows))
    assert holding() == {}
    assert len(tintinh.query("select article_id from articles")) == len(rows) - 1

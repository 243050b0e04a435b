"""Whole nights through the command: replicas, captured pages, a backfill, a reprocess, and what goes wrong."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from command import Tintinh
from static_server import serve_capture

from flows.demo.replicas import ReplicaFarm
from schemas.zone import HANOI

pytestmark = pytest.mark.slow


@pytest.fixture
def farm() -> Iterator[ReplicaFarm]:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        yield farm


def settled(counts: dict[str, Any]) -> int:
    return sum(counts[k] for k in ("new", "changed", "unchanged", "gone")) + sum(counts["rejected"].values())


def test_two_nights_and_what_they_leave(tintinh: Tintinh, farm: ReplicaFarm) -> None:
    farm.write_sites(tintinh.home / "sites")
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}

    first = tintinh.json("nightly")["sites"]
    assert {k: (c["new"], c["rejected"]) for k, c in first.items()} == {
        k: (e.articles, dict(e.rejected)) for k, e in farm.sites.items()
    }

    edited, removed, added = farm.edit_one(), farm.remove_one(), farm.add_one()
    second = tintinh.json("nightly")["sites"]
    assert sum(c["changed"] for c in second.values()) == 1 == second[edited[0]]["changed"]
    assert sum(c["gone"] for c in second.values()) == 1 == second[removed[0]]["gone"]
    assert sum(c["new"] for c in second.values()) == 1 == second[added[0]]["new"]
    for counts in (*first.values(), *second.values()):
        assert counts["captured"] == settled(counts)

    before = tintinh.query("select * from articles order by article_id")
    again = tintinh.json("reprocess")["sites"]
    assert {k: (c["new"], c["changed"]) for k, c in again.items()} == dict.fromkeys(again, (0, 0))
    assert tintinh.query("select * from articles order by article_id") == before
    kinds = tintinh.query("select site, count(*) n from runs group by site order by site")
    assert [row["n"] for row in kinds] == [3] * len(farm.sites)

    report = tintinh.json("verify", "--deep")
    looked = {check["name"]: check["looked"] for check in report["checks"]}
    assert report["sound"], report
    assert looked["raw"] == looked["replay"] == len(before)
    out = tintinh.json("export", "--format", "csv", "--out", str(tintinh.home / "sheet"))
    assert out["rows"] == len(before) and tintinh.stderr == ""


def toml(url: str, **more: str) -> str:
    lines = [f'name = "Trang {more["key"]}"', 'organ = "party"', 'province = "nghe-an"', f'url = "{url}"']
    lines += ['status = "active"', *([f"listings = {more['listings']}"] if "listings" in more else [])]
    return "\n".join(lines) + "\n"


LISTINGS = {
    "nukeviet": '["/tin-tuc-su-kien/", "/xay-dung-dang/", "/hoat-dong-hdnd/", "/kinh-te-xa-hoi/"]',
    "wordpress": '["/chuyen-muc/tin-tuc-su-kien/", "/chuyen-muc/xay-dung-dang/", "/chuyen-muc/hoat-dong-hdnd/", '
    '"/chuyen-muc/kinh-te-xa-hoi/"]',
}


@pytest.mark.parametrize("listed", [True, False], ids=["listings", "discovered"])
def test_every_captured_article_is_published_once(tintinh: Tintinh, gold: Path, tmp_path: Path, listed: bool) -> None:
    sites = tmp_path / "sites"
    sites.mkdir()
    with (
        serve_capture(gold / "nukeviet/index_full.json") as one,
        serve_capture(gold / "wordpress/index_full.json") as two,
    ):
        for key, server in (("nukeviet", one), ("wordpress", two)):
            more = {"listings": LISTINGS[key]} if listed else {}
            (sites / f"{key}.toml").write_text(toml(server.base_url + "/", key=key, **more), encoding="utf-8")
        hosts = ",".join(s.base_url.removeprefix("http://") for s in (one, two))
        tintinh.env |= {"TINTINH_SITES": str(sites), "TINTINH_ALLOW_HOSTS": hosts, "TINTINH_DELAY": "0"}

        first = tintinh.json("nightly")["sites"]
        assert {k: (c["captured"], c["new"]) for k, c in first.items()} == {"nukeviet": (66, 66), "wordpress": (48, 48)}
        second = tintinh.json("nightly")["sites"]
        assert {k: (c["new"], c["changed"]) for k, c in second.items()} == {"nukeviet": (0, 0), "wordpress": (0, 0)}
        assert all(c["requests"] <= 12 for c in second.values()), second

        backfill = tintinh.json("backfill", "--site", "nukeviet", "--since", "2024-01-01", "--until", "2024-12-31")
        assert backfill["sites"]["nukeviet"]["new"] == 0
    for key in ("nukeviet", "wordpress"):
        truth = json.loads((gold / key / "truth.json").read_text(encoding="utf-8"))
        found = tintinh.query(f"select title from articles where site = '{key}'")
        assert sorted(r["title"] for r in found) == sorted(a["title"] for a in truth.values())


def test_one_site_down_and_one_broken_toml_leave_the_others(tintinh: Tintinh, farm: ReplicaFarm) -> None:
    sites = tintinh.home / "sites"
    farm.write_sites(sites)
    for extra in list(sites.glob("*.toml")):
        if extra.stem != "cao-bang-nukeviet":
            extra.unlink()
    (sites / "down.toml").write_text(toml("http://127.0.0.1:9/", key="down"), encoding="utf-8")
    (sites / "broken.toml").write_text("name = [", encoding="utf-8")
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join((*farm.host_ports, "127.0.0.1:9")), "TINTINH_DELAY": "0"}
    report = tintinh.json("nightly", code=2)["sites"]
    assert report["cao-bang-nukeviet"]["new"] == farm.sites["cao-bang-nukeviet"].articles
    assert [name for name in report["down"]["failed"] if name.startswith("site: ")]
    assert "broken.toml" in tintinh.stderr and list(report["broken"]["failed"])
    (sites / "broken.toml").unlink()
    tintinh.json("nightly", code=1)


def test_backfill_publishes_its_window_only(tintinh: Tintinh, farm: ReplicaFarm) -> None:
    site = "cao-bang-nukeviet"
    farm.write_sites(tintinh.home / "sites")
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0"}
    days = sorted(str(story.published.date()) for story in farm.truth(site).values() if story.published)
    since, until = days[3], days[9]
    tintinh.json("backfill", "--site", site, "--since", since, "--until", until)
    found = tintinh.query("select cast(published_on as varchar) d from articles order by d")
    assert [row["d"] for row in found] == [d for d in days if since <= d <= until]


WRONG = {
    "no such site": (["nightly", "--site", "nobody"], {}, 2, "nobody"),
    "no active site": (["nightly"], {}, 2, "active"),
    "window upside down": (
        ["backfill", "--site", "cao-bang-council", "--since", "2024-02-01", "--until", "2024-01-01"],
        {},
        2,
        "swap",
    ),
    "no contact": (["nightly", "--site", "cao-bang-council"], {}, 2, "TINTINH_CONTACT"),
    "a setting": (["nightly"], {"TINTINH_DELAY": "soon"}, 2, "TINTINH_DELAY"),
    "half a bucket": (["query", "select 1"], {"TINTINH_CLEAN_URI": ""}, 2, "TINTINH_CLEAN_URI"),
    "no store": (
        ["query", "select 1"],
        {
            "TINTINH_RAW_URI": "s3://a/raw",
            "TINTINH_CLEAN_URI": "s3://a/clean",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
        },
        3,
        "AWS_ENDPOINT_URL_S3",
    ),
    "no scheduler": (
        ["nightly", "--site", "cao-bang-council"],
        {"PREFECT_API_URL": "http://127.0.0.1:9/api"},
        4,
        "PREFECT_API_URL",
    ),
    "no room": (
        ["nightly", "--site", "cao-bang-council"],
        {"TINTINH_CONTACT": "a@b.vn", "TINTINH_MIN_FREE_MEGABYTES": "999999999"},
        5,
        "free",
    ),
    "an unknown flag": (["nightly", "--sight"], {}, 2, "--sight"),
    "no query": (["query", "select nothing from nowhere"], {}, 2, "nowhere"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_clear_sentence_and_its_exit_code(tintinh: Tintinh, name: str) -> None:
    arguments, variables, code, word = WRONG[name]
    tintinh.env |= variables
    tintinh.run(*arguments, code=code)
    assert word in tintinh.stderr and "Traceback" not in tintinh.stderr


def test_commands_of_one_home_share_its_storage(housed: Tintinh, farm: ReplicaFarm) -> None:
    site = "cao-bang-nukeviet"
    farm.write_sites(housed.home / "sites")
    housed.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0.02"}
    night = housed.start("nightly", "--site", site, "--json")
    today = datetime.now(HANOI).date()
    backfill = housed.start("backfill", "--site", site, "--since", "2020-01-01", "--until", str(today), "--json")
    while night.poll() is None or backfill.poll() is None:
        assert housed.query("select count(*) n from articles")[0]["n"] in (0, farm.sites[site].articles)
        time.sleep(0.5)
    for command in (night, backfill):
        out, err = command.communicate()
        assert command.returncode == 0, out + err
    rows = housed.query("select count(*) n, count(distinct article_id) d from articles")
    assert rows == [{"n": farm.sites[site].articles, "d": farm.sites[site].articles}]
    assert housed.query("select distinct op from revisions") == [{"op": "ADD"}]
    assert max(r.in_flight for r in farm.requests()) == 1
    assert not (housed.home / "storage.json").exists()

"""Backfills through the command: budgets, hours, gaps, pausing, and two processes at one campaign."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from command import Tintinh
from hostile.sites import NukeVietSite
from hostile.wire import Host

from flows.demo.texts import Newsroom
from flows.settings import Settings
from flows.storage import attached
from pipelines.store import state
from schemas.zone import HANOI

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TODAY = datetime.now(HANOI).date()
SINCE, UNTIL = TODAY - timedelta(days=70), TODAY - timedelta(days=20)
WINDOW = ("--since", str(SINCE), "--until", str(UNTIL))


class Archive(NukeVietSite):
    """An article every fourth day, for half a year."""

    def furnish(self) -> None:
        self.write(45, lambda n: f"/tin-tuc/ky-hop-thu-{n}-{n}.html", days=4.0)

    @property
    def asked(self) -> Counter[str]:
        """How often each article was asked."""
        paths = {item.path for item in self.items}
        return Counter(seen.path for seen in self.host.seen if seen.path in paths)


@pytest.fixture
def sites(tintinh: Tintinh) -> Iterator[dict[str, Archive]]:
    """`cu` of a province that was absorbed, `an` of one that was not."""
    newsroom = Newsroom(11)
    made = {key: Archive(key, Host(), TODAY, newsroom) for key in ("cu", "an")}
    with ExitStack() as stack:
        for one in made.values():
            stack.enter_context(one.host)
            one.write_toml(tintinh.home / "sites")
        toml = tintinh.home / "sites" / "cu.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("cao-bang", "ha-giang"), encoding="utf-8")
        hosts = ",".join(one.host.host_port for one in made.values())
        tintinh.env |= {"TINTINH_ALLOW_HOSTS": hosts, "TINTINH_DELAY": "0", "PREFECT_LOGGING_LEVEL": "WARNING"}
        yield made


def wanted(site: Archive) -> list[str]:
    days = [(item.story.published.date(), item.story.title) for item in site.items if item.story.published]
    return sorted(title for day, title in days if SINCE <= day <= UNTIL)


def published(tintinh: Tintinh, site: str) -> list[str]:
    rows = tintinh.query(f"select title from articles where site = '{site}'")
    return sorted(row["title"] for row in rows)


def the_only(tintinh: Tintinh) -> dict[str, Any]:
    [one] = tintinh.json("backfill", "list")["campaigns"]
    return dict(one)


def clock(minutes: int) -> str:
    return f"{datetime.now(HANOI) + timedelta(minutes=minutes):%H:%M}"


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_a_budget_pauses_it_and_a_larger_one_goes_on(tintinh: Tintinh, sites: dict[str, Archive]) -> None:
    plan = tintinh.json("backfill", "--all", *WINDOW, "--dry-run")
    assert plan["units"][0]["site"] == "cu" and plan["estimate"]["sites"][0]["guessed"]
    assert not any(site.host.seen for site in sites.values()) and tintinh.json("status") == {"campaigns": []}

    report = tintinh.json("backfill", "--all", *WINDOW, "--max-requests", "9")
    assert "9 requests are spent" in report["left"] and list(report["sites"]) == ["cu"]
    assert len(sites["cu"].host.seen) == 9 and not sites["an"].host.seen  # absorbed provinces first
    name = report["campaign"]
    for again in (["backfill", "resume", name], ["backfill", "--all", *WINDOW], ["backfill", "pause", name]):
        tintinh.run(*again, code=2)

    done = tintinh.json("backfill", "resume", name, "--max-requests", "200")
    assert done["left"] is None and the_only(tintinh)["status"] == "done"
    for key, site in sites.items():
        assert published(tintinh, key) == wanted(site)
        assert set(site.asked.values()) == {1}
    tintinh.run("backfill", "cancel", name, code=2)

    # what is published is no gap; the months before it are
    tintinh.run("backfill", "--all", *WINDOW, "--gaps", "--dry-run", code=2)
    before = SINCE.replace(day=1) - timedelta(days=1)
    gaps = tintinh.json("backfill", "--all", "--since", str(before), "--until", str(UNTIL), "--gaps", "--dry-run")
    assert {(unit["site"], unit["month"]) for unit in gaps["units"]} >= {(key, f"{before:%Y-%m}") for key in sites}
    assert {unit["month"] for unit in gaps["units"]} <= {f"{before:%Y-%m}", f"{SINCE:%Y-%m}"}


def test_hours_are_kept_and_may_be_changed_and_a_pause_lets_the_month_end(
    tintinh: Tintinh, sites: dict[str, Archive]
) -> None:
    order = ["backfill", "--site", "cu", *WINDOW]
    report = tintinh.json(*order, "--hours", f"{clock(120)}-{clock(180)}")
    assert report["sites"] == {} and "within its hours" in report["left"]
    assert not sites["cu"].host.seen and the_only(tintinh)["status"] == "running"
    name = report["campaign"]

    tintinh.env["TINTINH_DELAY"] = "0.4"
    first = tintinh.start(*order, "--hours", f"{clock(-2)}-{clock(60)}", "--json")
    wait_for(lambda: len(sites["cu"].host.seen) > 3)
    seen = tintinh.json("backfill", "resume", name)
    assert seen["sites"] == {} and "another process works on it" in seen["left"]
    assert tintinh.json("backfill", "pause", name)["campaigns"][0]["status"] == "paused"
    tintinh.run("backfill", "pause", name, code=2)
    out, err = first.communicate(timeout=100)
    assert first.returncode == 0 and "it was paused" in out, (out, err)
    paused = the_only(tintinh)
    assert 0 < paused["done"] < paused["total"] and paused["finish_on"] is None

    tintinh.env["TINTINH_DELAY"] = "0"
    assert tintinh.json("backfill", "resume", name)["left"] is None
    assert published(tintinh, "cu") == wanted(sites["cu"]) and set(sites["cu"].asked.values()) == {1}


def test_a_cancelled_campaign_stays_so_and_its_place_is_forgotten(tintinh: Tintinh, sites: dict[str, Archive]) -> None:
    report = tintinh.json("backfill", "--site", "an", *WINDOW, "--max-requests", "5")
    name = report["campaign"]
    assert tintinh.json("backfill", "cancel", name)["campaigns"][0]["status"] == "cancelled"
    for again in ("cancel", "pause", "resume"):
        tintinh.run("backfill", again, name, code=2)
    assert name in tintinh.stderr and "begin another" in tintinh.stderr
    assert len(sites["an"].host.seen) == 5 == the_only(tintinh)["requests"]
    with attached(Settings(home=tintinh.home)) as storage:
        assert state.load(storage.clean, "an").sweeps == ()

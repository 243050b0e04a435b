"""Backfills through the command: budgets, hours, gaps, pausing, and two processes at one campaign."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import pytest
from command import SECONDS, Tintinh
from hostile.sites import NukeVietSite
from hostile.wire import Answer, Asked, Host, Reply

from flows import query
from flows.campaign_plan import Ask, plan
from flows.campaign_progress import progress
from flows.demo.texts import Newsroom
from flows.settings import Settings
from flows.storage import attached
from pipelines.store import campaigns
from pipelines.store.bucket import Bucket
from schemas.campaign import Campaign
from schemas.zone import HANOI
from spiders import registry

pytestmark = pytest.mark.slow

TODAY = datetime.now(HANOI).date()
SINCE, UNTIL = TODAY - timedelta(days=70), TODAY - timedelta(days=20)
WINDOW = ("--since", str(SINCE), "--until", str(UNTIL))


class Archive(NukeVietSite):
    """An article every fourth day, for half a year."""

    awake: Event
    """Not set: each answer takes its time."""
    faults: Counter[str]
    """How often each path still answers with an error."""

    def furnish(self) -> None:
        self.awake, self.faults = Event(), Counter()
        self.awake.set()
        self.write(45, lambda n: f"/tin-tuc/ky-hop-thu-{n}-{n}.html", days=4.0)

    def answer(self, asked: Asked) -> Answer:
        self.awake.wait(90)
        if self.faults[asked.path] > 0:
            self.faults[asked.path] -= 1
            return Reply(status=500)
        return super().answer(asked)

    @property
    def asked(self) -> Counter[str]:
        """How often each article was asked."""
        paths = {item.path for item in self.items}
        return Counter(seen.path for seen in self.host.seen if seen.path in paths)

    @property
    def wanted(self) -> list[str]:
        days = [(item.story.published.date(), item.story.title) for item in self.items if item.story.published]
        return sorted(title for day, title in days if SINCE <= day <= UNTIL)


@dataclass
class House:
    """Two sites, `cu` of a province that was absorbed and `an` of one that was not, and the bucket."""

    tintinh: Tintinh
    clean: Bucket
    cu: Archive
    an: Archive

    def published(self, site: str) -> list[str]:
        return sorted(
            row["title"] for row in query.rows(self.clean, f"select title from articles where site = '{site}'")
        )

    @property
    def campaign(self) -> Campaign:
        [one] = campaigns.all_of(self.clean)
        return one


@pytest.fixture
def house(tintinh: Tintinh) -> Iterator[House]:
    newsroom = Newsroom(11)
    cu, an = (Archive(key, Host(), TODAY, newsroom) for key in ("cu", "an"))
    hosts = f"{cu.host.host_port},{an.host.host_port}"
    tintinh.env |= {"TINTINH_ALLOW_HOSTS": hosts, "TINTINH_DELAY": "0", "PREFECT_LOGGING_LEVEL": "WARNING"}
    with ExitStack() as stack:
        for one in (cu, an):
            stack.enter_context(one.host)
            one.write_toml(tintinh.home / "sites")
        toml = tintinh.home / "sites" / "cu.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("cao-bang", "ha-giang"), encoding="utf-8")
        yield House(tintinh, stack.enter_context(attached(Settings(home=tintinh.home))).clean, cu, an)


def clock(minutes: int) -> str:
    return f"{datetime.now(HANOI) + timedelta(minutes=minutes):%H:%M}"


def wait_for(what: Callable[[], bool], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_a_budget_pauses_it_and_a_larger_one_goes_on(house: House) -> None:
    tintinh = house.tintinh
    planned = tintinh.json("backfill", "--all", *WINDOW, "--dry-run")
    assert planned["units"][0]["site"] == "cu" and planned["estimate"]["sites"][0]["guessed"]
    assert not house.cu.host.seen and not campaigns.all_of(house.clean)

    report = tintinh.json("backfill", "--all", *WINDOW, "--max-requests", "9")
    assert "9 requests are spent" in report["left"] and list(report["sites"]) == ["cu"]
    assert len(house.cu.host.seen) == 9 and not house.an.host.seen  # absorbed provinces first
    tintinh.run("backfill", "resume", report["campaign"], code=2)
    assert "give more" in tintinh.stderr

    done = tintinh.json("backfill", "resume", report["campaign"], "--max-requests", "200")
    assert done["left"] is None and house.campaign.status == "done"
    assert house.campaign.requests == len(house.cu.host.seen) + len(house.an.host.seen)
    for key, site in (("cu", house.cu), ("an", house.an)):
        assert house.published(key) == site.wanted
        assert set(site.asked.values()) == {1}

    # the months that are published are no gap; the one before them is
    book, before = registry.load(None, tintinh.home), SINCE.replace(day=1) - timedelta(days=1)
    gaps = plan(house.clean, book, Ask(before, UNTIL, sites=("an",), gaps=True))
    assert f"{before:%Y-%m}" in {unit.month for unit in gaps.units} <= {f"{before:%Y-%m}", f"{SINCE:%Y-%m}"}


def test_an_article_that_gave_no_answer_is_asked_again_by_the_months_that_follow(house: House) -> None:
    newest = next(item for item in house.cu.items if (day := item.story.published) and SINCE < day.date() <= UNTIL)
    house.cu.faults[newest.path] = 3  # as often as one crawl tries
    house.tintinh.json("backfill", "--site", "cu", *WINDOW)
    assert house.published("cu") == house.cu.wanted
    assert house.cu.asked[newest.path] == 4


def test_hours_are_kept_a_pause_lets_the_month_end_and_an_interrupt_ends_at_once(house: House) -> None:
    tintinh, site = house.tintinh, house.cu
    order = ["backfill", "--site", "cu", *WINDOW]
    report = tintinh.json(*order, "--hours", f"{clock(120)}-{clock(180)}")
    assert report["sites"] == {} and "within its hours" in report["left"]
    assert not site.host.seen and house.campaign.status == "running"

    tintinh.env["TINTINH_DELAY"] = "0.3"
    first = tintinh.start(*order, "--hours", f"{clock(-2)}-{clock(60)}", "--json")
    wait_for(lambda: len(site.host.seen) > 3)
    first.send_signal(signal.SIGINT)
    assert first.communicate(timeout=SECONDS) and first.returncode == 130
    asked = len(site.host.seen)

    second = tintinh.start(*order, "--json")
    wait_for(lambda: len(site.host.seen) > asked + 2)
    site.awake.clear()
    waiting = tintinh.json("backfill", "resume", house.campaign.campaign)
    assert waiting["sites"] == {} and "another process works on it" in (waiting["left"] or "")
    told = tintinh.json("backfill", "pause", house.campaign.campaign)["campaigns"]
    assert told[0]["status"] == "paused"
    site.awake.set()
    out, err = second.communicate(timeout=SECONDS)
    assert second.returncode == 0 and "it was paused" in out, (out, err)
    paused = progress(house.campaign, datetime.now(HANOI))
    assert 0 < paused.done < paused.total and paused.finish_on is None

    tintinh.env["TINTINH_DELAY"] = "0"
    assert tintinh.json("backfill", "resume", house.campaign.campaign)["left"] is None
    assert house.published("cu") == site.wanted
    assert sum(site.asked.values()) <= len(site.asked) + 1  # the interrupt costs a page at most

"""Backfills as an operator meets them: what is planned, told and done, and that two of them never do the same twice."""

import logging
import os
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from flows import campaign_plan as planning
from flows import campaigns as working
from flows.campaign_claims import claim, lock
from flows.campaign_plan import Ask, estimate, months, plan, same
from flows.campaign_progress import progress
from flows.campaigns import Session
from flows.memory import SiteMemory
from flows.settings import Settings
from flows.status_commands import told
from flows.storage import Storage
from pipelines import campaign as of
from pipelines.store import campaigns
from pipelines.store.bucket import Bucket
from schemas.campaign import Campaign, Hours, Unit
from schemas.capture import CrawlPlan
from schemas.errors import UsageError
from schemas.site import Site, SiteStatus
from schemas.state import ListingState, SiteState, Sweep
from schemas.urls import pack_hashes, unpack_hashes
from schemas.zone import HANOI
from spiders.registry import Registry

TODAY = date(2026, 11, 10)
NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
PROVINCES = {"cu": "ha-giang", "moi": "cao-bang", "them": "tuyen-quang", "cho": "cao-bang"}
"""By site: Hà Giang was absorbed into Tuyên Quang on 1 July 2025."""


def site(key: str, **more: Any) -> Site:
    about = {"key": key, "name": key, "organ": "council", "province": PROVINCES[key], "url": f"https://{key}.vn/"}
    return Site.model_validate(about | {"status": "candidate" if key == "cho" else "active"} | more)


BOOK = Registry({key: site(key) for key in PROVINCES}, {}, Path())
TURNS = ((-1, 2), (3, 4))
"""Hours from now that hold, and that do not."""
MARCH = (date(2024, 2, 28), date(2024, 3, 9))


def ask(**more: Any) -> Ask:
    return Ask(**{"since": MARCH[0], "until": MARCH[1], "every": True} | more)


@pytest.fixture
def bucket(server: Storage, request: pytest.FixtureRequest) -> Bucket:
    """An empty prefix."""
    return replace(server.clean, prefix=f"{server.clean.prefix}{abs(hash(request.node.name))}/")


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({}, ["cu", "moi", "them"]),  # absorbed provinces first, and no candidate
        ({"every": False, "sites": ("them", "cho", "cu")}, ["cu", "cho", "them"]),  # who is named is asked
        ({"every": False, "provinces": ("tuyen-quang",)}, ["cu", "them"]),
        ({"every": False, "provinces": ("ha-giang",)}, ["cu"]),
        ({"every": False, "provinces": ("cao-bang", "ha-giang")}, ["cu", "moi"]),
    ],
)
def test_who_is_asked_and_in_which_order(asked: dict[str, Any], keys: list[str]) -> None:
    assert [one.key for one in ask(**asked).chosen(BOOK)] == keys


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"every": False}, "one of the three"),
        ({"sites": ("cu",)}, "one of the three"),
        ({"every": False, "sites": ("cuu",)}, "did you mean cu?"),
        ({"every": False, "provinces": ("ha-gian",)}, "did you mean ha-giang?"),
        ({"every": False, "provinces": ("da-nang",)}, r"no site of da-nang is active \(known: none\)"),
    ],
)
def test_what_nobody_can_be_asked(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(**asked).chosen(BOOK)


def test_all_of_nothing_active_says_how_to_enable() -> None:
    candidates = Registry({"cho": BOOK.sites["cho"]}, {}, Path())
    assert candidates.sites["cho"].status is SiteStatus.CANDIDATE
    with pytest.raises(UsageError, match="sites enable"):
        ask().chosen(candidates)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"until": date(2024, 2, 27)}, "swap"),
        ({"since": date(2026, 11, 11), "until": date(2026, 12, 1)}, "future"),
        ({"max_requests": 0}, "1 or more"),
    ],
)
def test_windows_and_budgets_that_make_no_sense(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(**asked).require_window(TODAY)


def test_months_go_back_over_the_turn_of_a_year() -> None:
    assert months(date(2023, 11, 30), date(2024, 2, 1)) == ["2024-02", "2024-01", "2023-12", "2023-11"]
    assert months(MARCH[1], MARCH[1]) == ["2024-03"]


def test_a_plan_takes_absorbed_provinces_first_then_the_newest_months(bucket: Bucket) -> None:
    made = plan(bucket, BOOK, ask())
    assert [(unit.site, unit.month) for unit in made.units] == [
        ("cu", "2024-03"), ("cu", "2024-02"),
        ("moi", "2024-03"), ("them", "2024-03"), ("moi", "2024-02"), ("them", "2024-02"),
    ]  # fmt: skip
    assert same(bucket, made) is None
    campaigns.create(bucket, made)
    again = same(bucket, plan(bucket, BOOK, ask(max_requests=5)))
    assert again is not None and again.campaign == made.campaign
    assert same(bucket, plan(bucket, BOOK, ask(until=date(2024, 3, 10)))) is None
    campaigns.change(bucket, made.campaign, of.cancelled)
    assert same(bucket, made) is None


def test_gaps_are_the_months_without_articles(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"cu": {"2024-02": 20, "2024-01": 22}, "moi": {"2024-03": 9, "2024-02": 4}, "them": {"2024-02": 1}}
    monkeypatch.setattr(planning, "articles_by_month", lambda *_: held)
    made = plan(bucket, BOOK, ask(gaps=True))
    assert [(unit.site, unit.month) for unit in made.units] == [("cu", "2024-03"), ("them", "2024-03")]
    with pytest.raises(UsageError, match="nothing to ask for"):
        plan(bucket, BOOK, ask(gaps=True, every=False, sites=("moi",)))


def test_an_estimate_knows_what_it_does_not_know(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"cu": {"2024-02": 20, "2023-12": 22, "2024-03": 10}}
    monkeypatch.setattr(planning, "articles_by_month", lambda *_: held)
    settings = Settings(delay=3, crawls=2)
    made = plan(bucket, BOOK, ask(hours=Hours.read("21:00-05:00")))
    cost = estimate(bucket, BOOK, made, settings)
    assert [(one.site, one.months, one.guessed) for one in cost.sites] == [
        ("cu", 2, False), ("moi", 2, True), ("them", 2, True),
    ]  # fmt: skip
    assert cost.sites[0].articles == 10  # a usual month has 20: none is missing in February, 10 in March
    assert (cost.requests, cost.delay) == (sum(one.requests for one in cost.sites), 3)
    longest = max(one.requests for one in cost.sites)
    assert cost.seconds == 3 * max(longest, -(-cost.requests // 2)) and cost.days == 1
    slow = estimate(bucket, BOOK, made, settings.model_copy(update={"delay": 300.0}))
    assert slow.days == -(-slow.seconds // (8 * 3600)) > 1

    counted = estimate(bucket, BOOK, made.model_copy(update={"max_requests": 50}), settings)
    assert (counted.requests, round(counted.seconds)) == (50, 150)  # one site at a time: no two spend the same ones


def kept(bucket: Bucket, **more: Any) -> str:
    made = plan(bucket, BOOK, ask(**more))
    campaigns.create(bucket, made)
    return made.campaign


def test_two_homes_never_work_on_one_site(bucket: Bucket, tmp_path: Path) -> None:
    here, there = Settings(home=tmp_path / "here"), Settings(home=tmp_path / "there")
    name = kept(bucket)
    claims = [claim(bucket, home, BOOK, name) for home in (here, here, there, there)]
    assert [one and (one.unit.site, one.unit.month) for one in claims] == [
        ("cu", "2024-03"), ("moi", "2024-03"), ("them", "2024-03"), None,
    ]  # fmt: skip
    assert claim(bucket, here, BOOK, name) is None


def test_what_a_killed_process_left_is_taken_up_here_at_once_and_elsewhere_after_its_lease(
    bucket: Bucket, tmp_path: Path
) -> None:
    here, there = Settings(home=tmp_path / "here"), Settings(home=tmp_path / "there")
    name = kept(bucket, every=False, sites=("cu",))
    first = claim(bucket, here, BOOK, name)
    assert first is not None and first.unit.lease_until is not None
    first.close()
    assert claim(bucket, there, BOOK, name) is None
    again = claim(bucket, here, BOOK, name)
    assert again is not None and again.unit.month == first.unit.month
    again.close()
    past = {"lease_until": datetime.now(UTC) - timedelta(seconds=1)}
    campaigns.change(bucket, name, lambda c: c.with_unit(first.unit, past))
    assert claim(bucket, there, BOOK, name) is not None


def test_counted_requests_are_spent_by_one_crawl_at_a_time(bucket: Bucket, tmp_path: Path) -> None:
    here, there = Settings(home=tmp_path / "here"), Settings(home=tmp_path / "there")
    name = kept(bucket, max_requests=100)
    claims = [claim(bucket, home, BOOK, name) for home in (here, here, there)]
    assert [one and one.unit.site for one in claims] == ["cu", None, None]


def test_a_site_that_the_registry_forgot_fails_and_the_others_go_on(bucket: Bucket, tmp_path: Path) -> None:
    name = kept(bucket)
    book = Registry({key: one for key, one in BOOK.sites.items() if key != "cu"}, {}, Path())
    taken = claim(bucket, Settings(home=tmp_path), book, name)
    assert taken is not None and taken.unit.site == "moi"
    failed = [unit for unit in campaigns.load(bucket, name).units if unit.site == "cu"]
    assert {(unit.progress, unit.finished_at is None) for unit in failed} == {("failed", False)}


def test_a_resting_site_is_left_alone(bucket: Bucket, tmp_path: Path) -> None:
    taken = claim(bucket, Settings(home=tmp_path), BOOK, kept(bucket), resting={"cu"})
    assert taken is not None and taken.unit.site == "moi"


def hours_from_now(begin: int, end: int) -> Hours:
    clock = datetime.now(HANOI)
    return Hours.read("-".join(f"{clock + timedelta(hours=shift):%H:%M}" for shift in (begin, end)))


def test_a_turn_works_on_what_may_be_asked_now_and_one_process_has_it(
    server: Storage, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worked: list[str] = []
    monkeypatch.setattr(working, "work", lambda _settings, _book, name, _until: worked.append(name))
    monkeypatch.setattr(working, "attached", lambda _: nullcontext(replace(server, clean=bucket)))
    monkeypatch.setattr(working, "get_run_logger", logging.getLogger)
    clock = datetime.now(HANOI)
    now, later = (
        Hours.read(f"{clock + timedelta(hours=a):%H:%M}-{clock + timedelta(hours=b):%H:%M}") for a, b in TURNS
    )
    free, _, night = kept(bucket), kept(bucket, hours=later), kept(bucket, hours=now)
    campaigns.change(bucket, kept(bucket), of.paused)
    settings, until = Settings(home=tmp_path), datetime.now(UTC) + timedelta(hours=1)
    working.go_on(settings, BOOK, until)
    assert sorted(worked) == sorted([free, night])
    worked.clear()
    working.go_on(settings, BOOK, datetime.now(UTC))  # its time is over
    turn = lock(settings, "turn")
    assert turn is not None
    working.go_on(settings, BOOK, until)
    assert worked == []
    os.close(turn)


def child_plan(**more: Any) -> CrawlPlan:
    paths = dict.fromkeys(("spool", "report", "lanes", "user_agent"), "x")
    about = {"run": "r", "kind": "backfill", "site": BOOK.sites["cu"], "delay": 3, "first_pages": 20} | paths
    return CrawlPlan.model_validate(about | {"budget_seconds": 1800} | more)


def ordered(campaign: Campaign, month: int = 0, until: datetime | None = None, **more: Any) -> CrawlPlan | None:
    """What a child is told of a month of the campaign."""
    session = Session(cast(Any, None), BOOK, campaign.campaign, until)
    known = SiteState(site="cu", **more) if more else None
    plan = child_plan(known=pack_hashes({1, 2}))
    return session._order(campaign, campaign.units[month], plan, SiteMemory(state=known))


def bound(**more: Any) -> Campaign:
    units = tuple(Unit(site="cu", month=month, requests=30) for month in ("2024-03", "2024-02"))
    about = {"campaign": "c", "since": MARCH[0], "until": MARCH[1], "units": units, "created_at": NOW}
    return Campaign.model_validate(about | more)


def test_a_child_goes_down_to_its_month_within_the_window_and_stands_back() -> None:
    march, february = ordered(bound()), ordered(bound(), 1)
    assert march is not None and february is not None
    assert (march.floor, february.floor) == (date(2024, 3, 1), MARCH[0])
    assert (march.patient, march.campaign, march.max_requests, march.budget_seconds) == (True, "c", None, 1800)
    assert unpack_hashes(march.known) == {1, 2}


def test_a_child_has_what_is_left_of_the_budget() -> None:
    plan = ordered(bound(max_requests=100))
    assert plan is not None and plan.max_requests == 40


def test_a_child_ends_when_the_hours_do() -> None:
    clock = datetime.now(HANOI)
    begin, end = ((clock + timedelta(minutes=shift)).time().replace(second=0, microsecond=0) for shift in (-5, 10))
    plan = ordered(bound(hours=Hours(begin=begin, end=end)))
    assert plan is not None and 500 < plan.budget_seconds <= 600
    plan = ordered(bound(), until=datetime.now(UTC) + timedelta(seconds=60))
    assert plan is not None and 50 < plan.budget_seconds <= 60


def test_a_listing_goes_on_where_it_was_left_and_one_that_is_swept_rests() -> None:
    left = ListingState(listing="https://cu.vn/a/", resume="https://cu.vn/a/?page=7", resume_page=7)
    swept = ListingState(listing="https://cu.vn/b/", swept=date(2024, 3, 1))
    plan = ordered(bound(), sweeps=(Sweep(campaign="c", listings=(left, swept)),))
    assert plan is not None and [(one.resume_page, one.exhausted) for one in plan.listings] == [(7, False), (0, True)]
    assert ordered(bound(), sweeps=(Sweep(campaign="c", listings=(swept,)),)) is None  # nothing is left to ask
    fresh = ordered(bound(), listings=(ListingState(listing="https://cu.vn/a/", gave_links=True, trusted=9), left))
    assert fresh is not None and fresh.listings == (ListingState(listing="https://cu.vn/a/"),)


@pytest.mark.parametrize("name", ["nobody", "../state/cu", "", "a/b"])
def test_a_campaign_that_there_is_not(bucket: Bucket, name: str) -> None:
    with pytest.raises(UsageError, match="backfill list"):
        campaigns.load(bucket, name)


def at_work(done: int, total: int, days: float, **more: Any) -> Campaign:
    """A campaign that began so many days before `NOW` and finished its last month an hour ago."""
    over = {"progress": "done", "finished_at": NOW - timedelta(hours=1), "requests": 30, "new": 7}
    units = tuple(
        Unit.model_validate({"site": "cu", "month": f"{2024 - n // 12}-{12 - n % 12:02d}"} | (over if n < done else {}))
        for n in range(total)
    )
    about = {"campaign": "c", "since": date(2020, 1, 1), "until": date(2024, 12, 31), "units": units}
    return Campaign.model_validate(about | {"created_at": NOW - timedelta(days=days)} | more)


def test_progress_tells_done_total_rate_and_the_day_of_the_end_in_hanoi() -> None:
    seen = progress(at_work(8, 20, days=4), NOW)
    assert (seen.done, seen.total, seen.new, seen.requests, seen.per_day) == (8, 20, 56, 240, 2.0)
    assert seen.finish_on == date(2026, 11, 16)
    late = progress(at_work(8, 20, days=4), NOW + timedelta(hours=3))  # 01:00 of the next day in Hanoi
    assert late.finish_on == date(2026, 11, 17)


def test_a_campaign_that_stalls_becomes_slower() -> None:
    stalled = progress(at_work(8, 20, days=4), NOW + timedelta(days=4))
    assert stalled.per_day == 1.0 and stalled.finish_on == date(2026, 11, 26)


@pytest.mark.parametrize("status", ["paused", "done", "cancelled"])
def test_what_does_not_run_has_a_rate_and_no_end(status: str) -> None:
    seen = progress(at_work(8, 20, days=2 + 1 / 24, status=status), NOW + timedelta(days=30))
    assert (seen.per_day, seen.finish_on) == (4.0, None)


def test_nothing_is_promised_before_a_month_is_done_nor_beyond_a_budget() -> None:
    fresh = progress(at_work(0, 20, days=1), NOW)
    assert (fresh.per_day, fresh.finish_on) == (None, None)
    assert "no month is finished yet" in "\n".join(told(fresh))
    short = progress(at_work(8, 20, days=4, max_requests=300), NOW)
    assert short.finish_on is None and short.why and "spent before" in short.why
    assert progress(at_work(8, 20, days=4, max_requests=601), NOW).finish_on == date(2026, 11, 16)


def test_a_campaign_in_words() -> None:
    said = told(progress(at_work(8, 20, days=4, max_requests=700, hours=Hours.read("21:00-05:00")), NOW))
    assert said == [
        "c  running  2020-01-01/2024-12-31, 1 site, within 21:00-05:00 Asia/Ho_Chi_Minh",
        "  8 of 20 months, 56 new articles, 240 of 700 requests",
        "  2 months a day, done on 2026-11-16",
    ]
    failed = at_work(8, 20, days=4).with_units(lambda u: u.month == "2024-12", {"progress": "failed", "why": "dns"})
    assert "(1 failed)" in (words := "\n".join(told(progress(failed, NOW)))) and "cu 2024-12: dns" in words

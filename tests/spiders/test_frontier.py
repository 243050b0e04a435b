"""What is due on a listing, and the days it shows."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.capture import CrawlPlan
from schemas.state import ListingState
from schemas.urls import pack_hashes, url_hash
from spiders.frontier import POSTED, Candidate, Known, Walk, local_day

LISTING = "https://hdnd.example.vn/tin/"


def walk(
    kind: str = "nightly", known: tuple[str, ...] = (), first_pages: int = 20, trusted: int = 0, **fields: Any
) -> Walk:
    site = {"key": "mau", "name": "M", "organ": "party", "province": "cao-bang", "url": "https://hdnd.example.vn/"}
    paths = {"spool": "s", "report": "r", "lanes": "l", "user_agent": "tintinh/1", "delay": 0, "budget_seconds": 9}
    about = {"run": "r", "kind": kind, "site": site, "first_pages": first_pages, **paths, **fields}
    order = ListingState(listing=LISTING, trusted=trusted)
    return Walk(order, CrawlPlan.model_validate(about), Known(pack_hashes(map(url_hash, known))))


def links(*days: str | None) -> list[Candidate]:
    return [Candidate(f"{LISTING}{i}-{day}", f"{i}-{day}", day) for i, day in enumerate(days)]


@given(st.sets(st.text(max_size=12)), st.text(max_size=12))
def test_known_is_exact(keys: set[str], other: str) -> None:
    known = Known(pack_hashes(map(url_hash, keys)))
    assert all(key in known for key in keys)
    assert (other in known) is (other in keys)


@pytest.mark.parametrize(
    ("listed_at", "day"),
    [
        (None, None),
        ("", None),
        ("hôm qua", None),
        ("2026-02-30", None),
        ("2026-03-01", date(2026, 3, 1)),
        ("2026-03-01T23:30:00+07:00", date(2026, 3, 1)),
        ("2026-03-01T23:30:00+00:00", date(2026, 3, 2)),
        ("2026-03-01T17:00:00Z", date(2026, 3, 2)),
        ("2026-03-01T23:30:00", date(2026, 3, 1)),
    ],
)
def test_days_are_local(listed_at: str | None, day: date | None) -> None:
    assert local_day(listed_at) == day


@pytest.mark.parametrize(
    ("days", "goes_on"),
    [
        (["2026-01-31", "2026-01-30"], False),
        (["2026-02-01", "2026-01-30"], True),
        (["2026-02-20", "2026-02-19"], True),
        ([None, None], True),
        ([None, "2026-01-30"], False),
        ([None, None, "2026-01-30"], True),
    ],
)
def test_a_backfill_ends_at_a_page_older_than_its_window(days: list[str | None], goes_on: bool) -> None:
    backfill = walk("backfill", since="2026-02-01", until="2026-02-10", first_pages=1)
    page = links(*days)
    backfill.see(page, LISTING, f"{LISTING}page-2")
    assert (backfill.url is not None) is goes_on
    inside = [link for link in page if link.listed_at is None or "2026-02-01" <= link.listed_at <= "2026-02-10"]
    assert backfill.due(page) == inside


def test_what_stands_beside_every_page_of_a_listing_does_not_keep_a_backfill_going() -> None:
    backfill = walk("backfill", since="2026-02-01", until="2026-02-10")
    beside = [Candidate(f"{LISTING}s{n}", f"s{n}", "2026-02-20" if n else None) for n in range(3)]
    for number, day in enumerate(("2026-02-03", "2026-02-01", "2026-01-20"), 1):
        backfill.see([Candidate(f"{LISTING}{day}", day, day), *beside], LISTING, f"{LISTING}page-{number + 1}")
    assert backfill.ended is not None and (backfill.ended.page, backfill.ended.why) == (3, "window")


def test_an_empty_first_page_is_no_finished_walk() -> None:
    nightly = walk()
    assert nightly.see([], LISTING, None) is None
    assert nightly.url is None
    told = nightly.record()
    assert (told.listing, told.pages, told.finished, told.wall, told.trouble) == (LISTING, 0, False, None, None)


@pytest.mark.parametrize(("trusted", "pages", "why"), [(0, 3, "cap"), (1, 3, "cap"), (2, 2, "known"), (9, 2, "known")])
def test_known_pages_end_a_walk_within_the_trusted_ones(trusted: int, pages: int, why: str) -> None:
    listed = [links("2026-03-09"), links("2026-03-08"), links("2026-03-07"), links("2026-03-06")]
    nightly = walk(trusted=trusted, known=tuple(page[0].key for page in listed[1:]), first_pages=3)
    while nightly.url:
        nightly.see(listed[nightly.number - 1], nightly.url, f"{LISTING}page-{nightly.number + 1}")
    assert nightly.ended is not None
    assert (nightly.pages, nightly.ended.why) == (pages, why)


def test_a_page_that_only_a_form_shows_is_never_asked_for_by_its_name() -> None:
    order = ListingState(listing=LISTING, trusted=3, resume=f"{LISTING}?{POSTED}=p%243", resume_page=3)
    nightly = replace(walk(known=tuple(link.key for link in links("2026-03-09"))), order=order)
    nightly.see(links("2026-03-09"), LISTING, f"{LISTING}?{POSTED}=p%242")
    assert (nightly.url, nightly.number) == (f"{LISTING}?{POSTED}=p%242", 2)


def test_links_without_an_outcome_stay_due() -> None:
    page = links("2026-03-09", "2026-03-08")
    assert walk(known=(page[0].key,)).due(page) == page[1:]
    assert walk("recheck").due(page) == []


def test_a_recheck_finishes_no_walk() -> None:
    recheck = walk("recheck")
    recheck.see(links("2026-03-09"), LISTING, None)
    assert (recheck.url, recheck.ended) == (None, None)

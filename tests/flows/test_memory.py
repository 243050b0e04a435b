"""What the past tells a crawl: known URLs, what is due, where to look for listings, what is asked again."""

from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

import pytest

from benchmarks import plan as benchmark
from flows.memory import DUE, SiteMemory
from pipelines.ledger import Ledger
from pipelines.store.arrow import to_table
from schemas.rows import LedgerRow
from schemas.site import Site
from schemas.state import DueLink, ListingState, SiteState
from schemas.urls import unpack_hashes, url_hash
from schemas.window import Window

NOW = datetime(2026, 3, 20, 18, tzinfo=UTC)
TODAY = date(2026, 3, 21)
SITE = Site(key="mau", name="Mẫu", organ="council", province="cao-bang", url="https://mau.vn/")
LISTING = ListingState(listing="https://mau.vn/tin/", trusted=3, gave_links=True)


def row(key: str, outcome: str, ago: float, **more: Any) -> LedgerRow:
    at = NOW - timedelta(days=ago)
    about = {"site": "mau", "run": "r", "url": f"https://mau.vn/{key}", "url_key": key, "url_hash": url_hash(key)}
    about |= {"status": 200, "fetched_at": at, "settled_at": at, "warc": "w", "offset": 0, "length": 1}
    return LedgerRow.model_validate(about | {"outcome": outcome} | more)


def told(
    *rows: LedgerRow, kind: str = "nightly", site: Site = SITE, waiting: frozenset[int] = frozenset(), **state: Any
) -> Any:
    past = SiteState(site="mau", **state) if state else None
    memory = SiteMemory(pages=Ledger(to_table(rows, LedgerRow)), state=past, waiting=waiting)
    return memory.told(site, kind, Window(), NOW, 40)


def due_link(key: str, days: int) -> DueLink:
    return DueLink(
        url=f"https://mau.vn/{key}", url_key=key, reason="timeout", since=TODAY, next_on=TODAY + timedelta(days=days)
    )


def test_what_failed_is_asked_by_name_and_holds_up_no_walk() -> None:
    found = told(
        row("blocked", "blocked", 3), row("missing", "not_found", 5), row("just now", "login_wall", 0),
        due=(due_link("timed out", 0), due_link("next week", 7)),
    )  # fmt: skip
    assert {link.url_key for link in found["due"]} == {"blocked", "missing", "timed out"}
    keys = ("blocked", "missing", "just now", "timed out", "next week")
    assert unpack_hashes(found["failed"]) == {url_hash(key) for key in keys}


def test_what_waits_to_be_published_is_not_asked() -> None:
    waiting = frozenset({url_hash("a"), url_hash("b")})
    found = told(row("a", "blocked", 3), row("b", "new", 3, article_id="mau:b", published_at=NOW), waiting=waiting)
    assert (found["due"], found["revalidate"]) == ((), ())
    assert unpack_hashes(found["known"]) == waiting


def test_many_failures_take_turns() -> None:
    found = told(*(row(f"p{n}", "not_found", 2) for n in range(DUE + 10)))
    assert len(found["due"]) == DUE and len(unpack_hashes(found["failed"])) == DUE + 10


@pytest.mark.parametrize(
    ("days", "listings", "discover"), [(6, (), False), (7, (), True), (None, (), True), (30, ("/tin/",), False)]
)
def test_listings_are_looked_for_again_each_week(days: int | None, listings: tuple[str, ...], discover: bool) -> None:
    site = SITE.model_copy(update={"listings": listings})
    found_on = TODAY - timedelta(days=days) if days is not None else None
    found = told(site=site, listings=(LISTING,), discovered_on=found_on, family="vnpt")
    assert (found["discover"], found["listings"], found["family"]) == (discover, (LISTING,), "vnpt")


def test_a_first_contact_knows_nothing() -> None:
    found = told()
    assert not any(found.values()), found


def test_a_night_asks_what_is_due_a_recheck_more_and_a_backfill_nothing() -> None:
    young = row("young", "new", 1, article_id="mau:1", published_at=NOW - timedelta(days=1), etag='"1"')
    old = row("old", "new", 1, article_id="mau:2", published_at=NOW - timedelta(days=900))
    asked = {
        kind: [r.url[-5:].strip("/") for r in told(young, old, kind=kind)["revalidate"]]
        for kind in ("nightly", "recheck", "backfill")
    }
    assert asked == {"nightly": ["young"], "recheck": ["young", "n/old"], "backfill": []}


def test_validators_that_lied_are_sent_no_more() -> None:
    pages = [
        row(f"p{n}", outcome, ago, article_id=f"mau:{n}", published_at=NOW, etag='"1"', digest=str(ago))
        for n in range(9)
        for outcome, ago in (("new", 3), ("changed", 1))
    ]
    assert {page.etag for page in told(*pages)["revalidate"]} == {None}
    assert {page.etag for page in told(*pages[::2])["revalidate"]} == {'"1"', None}


def test_a_plan_of_50000_known_urls_costs_next_to_nothing() -> None:
    rows = to_table([benchmark.row(n, 0) for n in range(1_000)], LedgerRow)
    many = benchmark.grown(rows, 50_000)
    began = process_time()
    memory = SiteMemory(pages=Ledger(many))
    found = memory.told(SITE, "nightly", Window(), benchmark.NOW, 40)
    spent = process_time() - began
    print(f"a plan of 50,000 known URLs: {spent:.3f} s CPU, {len(found['known']) // 1024} KB")
    assert len(unpack_hashes(found["known"])) == 50_000
    assert spent < 1.0

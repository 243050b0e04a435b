"""Which missing page is a tombstone, which is a miss, and when a whole source only seems to close."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.article_row import content_hash
from pipelines.ledger import KnownPage, after
from pipelines.settlement import Settlement, settle
from schemas.article import Accepted, Content, Rejected
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.rows import Article
from schemas.site import Site
from schemas.urls import url_hash

SITE = Site(key="mau", name="Trang mẫu", organ="council", province="cao-bang", url="https://mau.vn/")
NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def fine(number: int) -> Accepted:
    text = f"Kỳ họp thứ {number} của Hội đồng nhân dân."
    words = {"title": f"Kỳ họp thứ {number}", "lead": None, "body": text, "text": text, "markdown": text}
    return Accepted(content=Content.model_validate(words | {"published_at": NOON, "family": "nukeviet"}))


def answer(number: int, status: int, hours: float = 0, home: bool = False, said: Outcome | None = None) -> Refined:
    at = NOON + timedelta(hours=hours)
    about = {"url": f"https://mau.vn/{number}", "url_key": f"id:{number}", "warc": "w", "offset": number, "length": 9}
    capture = Capture.model_validate(about | {"status": status, "fetched_at": at, "leads_home": home})
    verdict = Rejected(reason=said, detail="") if said else fine(number) if status == 200 else None
    return Refined(capture=capture, verdict=verdict)


def live(numbers: int) -> tuple[dict[int, KnownPage], dict[str, Article]]:
    """What is known and stored of a site with so many live articles."""
    articles = settle(SITE, "r0", [answer(n, 200) for n in range(numbers)], {}, {}, now=NOON).articles
    known = {url_hash(f"id:{n}"): KnownPage("new", f"mau:{n}", _hash(n), "2026-03", NOON) for n in range(numbers)}
    return known, articles


def _hash(number: int) -> str:
    return content_hash(fine(number).content)


def settled(items: list[Refined], numbers: int, well: bool = True) -> Settlement:
    known, stored = live(numbers)
    return settle(SITE, "r1", items, known, stored, now=NOON, listings_ok=well)


RUNS = {
    "one of forty": (40, [404], True, Outcome.NOT_FOUND),
    "two of forty": (40, [404, 404], True, Outcome.NOT_FOUND),
    "three of forty": (40, [404, 404, 404], True, Outcome.SOURCE_CLOSED),
    "two of twenty": (20, [404, 410], True, Outcome.SOURCE_CLOSED),
    "all of a few": (3, [404, 404, 404], True, Outcome.NOT_FOUND),
    "one of forty, which is 410": (40, [410], True, Outcome.GONE),
    "one of forty while a listing fails": (40, [404], False, Outcome.SOURCE_CLOSED),
    "one of forty is 410 while a listing fails": (40, [410], False, Outcome.SOURCE_CLOSED),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_source_that_closes_keeps_its_articles(name: str) -> None:
    looked_at, missing, well, outcome = RUNS[name]
    items = [answer(n, missing[n] if n < len(missing) else 304) for n in range(looked_at)]
    result = settled(items, looked_at, well)
    assert result.outcomes == Counter({outcome: len(missing), Outcome.UNCHANGED: looked_at - len(missing)})
    assert (result.alarm is not None) is (outcome is Outcome.SOURCE_CLOSED)
    assert [a.source_status for a in result.articles.values()] == ["gone"] * (outcome is Outcome.GONE)


NIGHTS = {
    "404": (404, None, True, Outcome.NOT_FOUND, Outcome.GONE, "gone"),
    "home": (302, None, True, Outcome.NOT_FOUND, Outcome.GONE, "gone"),
    "a page that says so": (200, Outcome.SOFT_404, True, Outcome.SOFT_404, Outcome.GONE, "gone"),
    "401": (401, None, True, Outcome.SOURCE_CLOSED, Outcome.SOURCE_CLOSED, "closed"),
    "403": (403, None, True, Outcome.SOURCE_CLOSED, Outcome.SOURCE_CLOSED, "closed"),
    "a login": (200, Outcome.LOGIN_WALL, True, Outcome.LOGIN_WALL, Outcome.LOGIN_WALL, "closed"),
    "a session": (200, Outcome.SESSION_EXPIRED, True, Outcome.SESSION_EXPIRED, Outcome.SESSION_EXPIRED, "closed"),
    "404 while listings fail": (404, None, False, Outcome.SOURCE_CLOSED, Outcome.SOURCE_CLOSED, "closed"),
    "a challenge": (200, Outcome.BLOCKED, True, Outcome.BLOCKED, Outcome.BLOCKED, "live"),
}
"""What a page answers on each night, whether its site's listings are well; each night's outcome, and the last."""


@pytest.mark.parametrize("name", NIGHTS)
def test_three_nights_make_an_article_gone_or_closed(name: str) -> None:
    status, said, well, each, last, ends = NIGHTS[name]
    known, stored = live(1)
    key, outcomes, ledger = url_hash("id:0"), [], known[url_hash("id:0")]
    for hours in (0, 3, 24, 30, 48):
        item = answer(0, status, hours, status == 302, said)
        result = settle(SITE, "r", [item], {key: ledger}, stored, now=NOON, listings_ok=well)
        outcomes.append(*result.outcomes)
        stored = stored | result.articles
        ledger = after(result.ledger[0].model_dump(), ledger)
    assert (outcomes, stored["mau:0"].source_status) == ([each] * 4 + [last], ends)
    again = settle(SITE, "r", [answer(0, status, 200, status == 302, said)], {key: ledger}, stored, now=NOON)
    assert not again.articles
    back = settle(SITE, "r", [answer(0, 200, 999)], {key: ledger}, stored, now=NOON)
    assert [one.source_status for one in back.articles.values()] == ["live"] * (ends != "live")


def test_an_old_capture_that_is_read_as_missing_now_takes_nothing_down() -> None:
    known, stored = live(1)
    items = [answer(0, 200, hours, said=Outcome.SOFT_404) for hours in (0, 24, 48)]
    assert not settle(SITE, "r", items, known, stored, now=NOON, reextract=True).articles


def test_misses_within_one_run_are_one() -> None:
    assert settled([answer(0, 404, hours) for hours in (0, 1, 2, 3)], 1).outcomes == {Outcome.NOT_FOUND: 4}


def test_a_page_that_returns_with_the_same_words_is_live_again() -> None:
    known, stored = live(1)
    gone = settle(SITE, "r", [answer(0, 410)], known, stored, now=NOON).articles
    key = url_hash("id:0")
    page = KnownPage("gone", "mau:0", _hash(0), "2026-03", NOON, gone_on=NOON.date())
    back = settle(SITE, "r", [answer(0, 200, 24)], {key: page}, gone, now=NOON)
    assert back.outcomes == {Outcome.CHANGED: 1} and back.articles["mau:0"].source_status == "live"


def test_an_old_capture_read_again_brings_nothing_back() -> None:
    known, stored = live(1)
    gone = settle(SITE, "r", [answer(0, 410)], known, stored, now=NOON).articles
    page = KnownPage("gone", "mau:0", "other", "2026-03", NOON, gone_on=NOON.date())
    again = settle(SITE, "r", [answer(0, 200)], {url_hash("id:0"): page}, gone, now=NOON, reextract=True)
    assert not again.articles or again.articles["mau:0"].source_status == "gone"

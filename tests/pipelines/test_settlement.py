"""Every capture ends in exactly one outcome, and the rows follow from it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.article_row import content_hash
from pipelines.ledger import KnownPage, is_final, known_pages
from pipelines.settlement import RELAUNCHED, Settlement, settle, wanted
from schemas.article import Accepted, Content, Rejected, Verdict
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.refined import Refined
from schemas.rows import Article
from schemas.site import Site
from schemas.urls import url_hash
from schemas.window import Window

SITE = Site(key="mau", name="Trang mẫu", organ="council", province="cao-bang", url="https://mau.vn/")
STRICT = SITE.model_copy(update={"undated": "reject"})
NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
HASH = url_hash("id:7")


def content(text: str = "Đoạn một.", published: datetime | None = NOON - timedelta(days=1)) -> Content:
    return Content(
        title="Tên bài", lead=None, body=text, text=text, markdown=text, published_at=published, family="nukeviet"
    )


def capture(status: int = 200, hours: int = 0) -> Capture:
    at = NOON + timedelta(hours=hours)
    return Capture(
        url="https://mau.vn/a-7.html", url_key="id:7", status=status, fetched_at=at, warc="w", offset=3, length=9
    )


def page(verdict: Verdict | None = None, status: int = 200, hours: int = 0) -> Refined:
    return Refined(capture=capture(status, hours), verdict=verdict)


def stored(text: str = "Đoạn một.", status: str = "live") -> Article:
    row = settle(SITE, "r0", [page(Accepted(content=content(text)))], {}, {}, now=NOON).articles["mau:7"]
    return row.model_copy(update={"source_status": status})


GOOD = Accepted(content=content())
UNDATED = Accepted(content=content(published=None))
EDITED = Accepted(content=content("Đoạn khác."))
LEDGER = KnownPage("new", "mau:7", content_hash(content()), "2026-03", NOON)


@dataclass(frozen=True)
class Case:
    name: str
    item: Refined
    outcome: Outcome
    known: KnownPage | None = None
    before: Article | None = None
    site: Site = SITE
    window: Window | None = None


CASES = [
    Case("never seen", page(GOOD), Outcome.NEW),
    Case("same words again", page(GOOD), Outcome.UNCHANGED, LEDGER),
    Case("published by a run that died before its ledger", page(GOOD), Outcome.UNCHANGED, None, stored()),
    Case("edited", page(EDITED), Outcome.CHANGED, LEDGER, stored()),
    Case("back from the dead", page(GOOD), Outcome.CHANGED, LEDGER, stored(status="gone")),
    Case("not modified", page(status=304), Outcome.UNCHANGED, LEDGER),
    Case("410 of a stored article", page(status=410), Outcome.GONE, LEDGER, stored()),
    Case("first 404 of a stored article", page(status=404), Outcome.NOT_FOUND, LEDGER, stored()),
    Case("third 404", page(status=404), Outcome.GONE, KnownPage("not_found", "mau:7", misses=2), stored()),
    Case("404 of a stranger", page(status=404), Outcome.NOT_FOUND),
    Case("410 of a stranger", page(status=410), Outcome.NOT_FOUND),
    Case("refused by the refinery", page(Rejected(reason=Outcome.SOFT_404)), Outcome.SOFT_404),
    Case("no verdict for a body", page(), Outcome.UNREADABLE),
    Case("before the window", page(GOOD), Outcome.OUT_OF_WINDOW, window=Window(since=date(2026, 3, 2))),
    Case("last day of the window", page(GOOD), Outcome.NEW, window=Window(until=date(2026, 3, 1))),
    Case(
        "undated in a window",
        page(Accepted(content=content(published=None))),
        Outcome.NEW,
        window=Window(since=NOON.date()),
    ),
    Case("undated refused", page(UNDATED), Outcome.UNDATED, site=STRICT),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_outcome(case: Case) -> None:
    known = {HASH: case.known} if case.known else {}
    before = {"mau:7": case.before} if case.before else {}
    result = settle(case.site, "r1", [case.item], known, before, now=NOON, windows={"w": case.window or Window()})
    assert dict(result.outcomes) == {case.outcome: 1}


def test_counts_add_up_to_the_captures() -> None:
    pages = [page(GOOD), page(status=304, hours=1), page(EDITED, hours=2), page(status=410, hours=3)]
    counts = settle(SITE, "r", pages, {}, {}, now=NOON).counts()
    assert (counts.captured, counts.new, counts.unchanged, counts.changed, counts.gone) == (4, 1, 1, 1, 1)


def test_pages_of_one_url_are_settled_in_the_order_they_were_fetched() -> None:
    pages = [page(EDITED, hours=2), page(GOOD)]
    article = settle(SITE, "r", pages, {}, {}, now=NOON).articles["mau:7"]
    assert (article.text, article.revision) == ("Đoạn khác.", 2)


def test_an_article_whose_date_is_corrected_leaves_its_old_month() -> None:
    moved = Accepted(content=content(published=datetime(2026, 1, 5, tzinfo=UTC)))
    result = settle(SITE, "r", [page(moved)], {HASH: LEDGER}, {"mau:7": stored()}, now=NOON)
    assert result.articles["mau:7"].month == "2026-01"


def test_month_is_that_of_the_local_day() -> None:
    late = Accepted(content=content(published=datetime(2026, 1, 31, 18, tzinfo=UTC)))
    assert settle(SITE, "r", [page(late)], {}, {}, now=NOON).articles["mau:7"].month == "2026-02"


def test_the_province_is_that_of_the_publication_day() -> None:
    old = SITE.model_copy(update={"province": "tra-vinh"})
    before = Accepted(content=content(published=datetime(2025, 6, 30, 1, tzinfo=UTC)))
    row = settle(old, "r", [page(before)], {}, {}, now=NOON).articles["mau:7"]
    assert (row.province, row.province_now) == ("tra-vinh", "vinh-long")


def test_an_unchanged_page_keeps_what_the_ledger_knew() -> None:
    row = settle(SITE, "r", [page(status=304)], {HASH: LEDGER}, {}, now=NOON).ledger[0]
    assert (row.article_id, row.content_hash, row.month) == ("mau:7", LEDGER.content_hash, "2026-03")


def test_misses_are_counted_in_a_row() -> None:
    def row(outcome: str, hour: int) -> dict[str, object]:
        values = dict.fromkeys(KnownPage.__dataclass_fields__) | {"outcome": outcome, "url_hash": 1}
        return values | {"fetched_at": NOON + timedelta(hours=hour), "settled_at": None}

    rows = [row("not_found", 3), row("new", 0), row("not_found", 1), row("unchanged", 2)]
    assert known_pages(rows)[1].misses == 1


def test_only_pages_that_may_change_the_table_ask_for_stored_rows() -> None:
    items = [page(GOOD), page(status=304)]
    assert wanted("mau", items, {HASH: LEDGER}) == {}
    assert wanted("mau", [page(EDITED)], {HASH: LEDGER}) == {"2026-03": {"mau:7"}}


def test_reading_the_archive_again_writes_nothing_where_nothing_differs() -> None:
    result = settle(SITE, "r", [page(GOOD)], {HASH: LEDGER}, {"mau:7": stored()}, now=NOON, reextract=True)
    assert (result.articles, result.ledger) == ({}, [])


ANOTHER = Content(
    title="Việc khác hẳn",
    lead=None,
    body="Chuyện khác.",
    text="Chuyện khác, ở xã khác, với những người khác và con số khác.",
    markdown="Chuyện khác.",
    published_at=NOON + timedelta(days=40),
    family="nukeviet",
)


def test_an_id_used_again_is_held_and_the_article_stays() -> None:
    known = {HASH: replace(LEDGER, etag="cũ")}
    again = page(Accepted(content=ANOTHER)).capture.model_copy(update={"etag": "mới", "warc": "w2"})
    item = Refined(capture=again, verdict=Accepted(content=ANOTHER))
    result = settle(SITE, "r1", [item], known, {"mau:7": stored()}, now=NOON)
    assert (result.articles, result.counts().rejected) == ({}, {"id_reused": 1})
    row = result.ledger[0]
    assert (row.article_id, row.content_hash, row.month) == ("mau:7", LEDGER.content_hash, "2026-03")
    assert row.etag == "cũ"  # a 304 is to speak of the article that is stored
    assert not is_final(row.outcome)


@pytest.mark.parametrize(("many", "told"), [(RELAUNCHED - 1, False), (RELAUNCHED, True)])
def test_many_ids_used_again_are_a_relaunch(many: int, told: bool) -> None:
    items, known, before = [], {}, {}
    for number in range(many):
        items.append(at(f"id:{number}", Accepted(content=ANOTHER), warc="w2"))
        known[url_hash(f"id:{number}")] = replace(LEDGER, article_id=f"mau:{number}")
        before[f"mau:{number}"] = stored().model_copy(update={"article_id": f"mau:{number}"})
    result = settle(SITE, "r1", items, known, before, now=NOON)
    assert result.outcomes == {Outcome.ID_REUSED: many}
    assert ("id `space`" in (result.alarm or "")) is told


def test_the_same_bytes_read_by_a_better_rule_are_no_other_article() -> None:
    item = page(Accepted(content=ANOTHER))
    result = settle(SITE, "r1", [item], {HASH: LEDGER}, {"mau:7": stored()}, now=NOON, reextract=True)
    assert dict(result.outcomes) == {Outcome.CHANGED: 1}


def at(key: str, verdict: Verdict | None = GOOD, hours: int = 0, **fields: object) -> Refined:
    url = f"https://mau.vn/{key.removeprefix('id:')}"
    return Refined(
        capture=capture(hours=hours).model_copy(update={"url": url, "url_key": key, **fields}), verdict=verdict
    )


def rows(*results: Settlement) -> list[dict[str, object]]:
    return [row.model_dump() for result in results for row in result.ledger]


def test_another_url_of_an_article_is_a_duplicate_and_the_first_keeps_its_id() -> None:
    first = settle(SITE, "r1", [at("id:7"), at("/khac/bai", hours=1)], {}, {}, now=NOON)
    assert [row.outcome for row in first.ledger] == ["new", "duplicate_url"]
    assert list(first.articles) == ["mau:7"] and first.ledger[1].duplicate_of == "mau:7"
    known = known_pages(rows(first))
    second = settle(SITE, "r2", [at("id:9", hours=24), at("id:7", hours=25)], known, {}, now=NOON)
    assert [row.outcome for row in second.ledger] == ["duplicate_url", "unchanged"]
    assert second.counts().rejected == {"duplicate_url": 1}
    assert all(is_final(page.outcome) for page in known.values())


def test_an_edited_or_vanished_article_has_no_duplicates() -> None:
    first = settle(SITE, "r1", [at("id:7"), at("id:8", hours=1)], {}, {}, now=NOON)
    edited = settle(
        SITE, "r2", [at("id:7", EDITED, 24), at("id:9", hours=25)], known_pages(rows(first)), first.articles, now=NOON
    )
    assert [row.outcome for row in edited.ledger] == ["changed", "new"]
    gone = settle(SITE, "r2", [at("id:7", None, 24, status=410)], known_pages(rows(first)), first.articles, now=NOON)
    known = known_pages([*rows(first), *(row | {"settled_at": NOON + timedelta(days=2)} for row in rows(gone))])
    assert set(known) == {HASH}  # the other URL may hold what is left of the article
    back = settle(SITE, "r3", [at("id:8", hours=48)], known, first.articles | gone.articles, now=NOON)
    assert list(back.articles) == ["mau:8"]


def test_an_alias_is_known_by_the_ledger() -> None:
    result = settle(SITE, "r1", [at("/cu/bai", None, status=301, alias_of="id:7")], {}, {}, now=NOON)
    row = result.ledger[0]
    assert (row.outcome, row.url_hash, row.duplicate_of) == ("duplicate_url", url_hash("/cu/bai"), "mau:7")
    assert is_final(row.outcome)


@pytest.mark.parametrize("reextract", [False, True])
def test_an_older_capture_never_replaces_what_a_later_one_shows(reextract: bool) -> None:
    late = at("id:7", EDITED, hours=-1, warc="w0")
    result = settle(SITE, "r1", [late], {HASH: LEDGER}, {"mau:7": stored()}, now=NOON, reextract=reextract)
    assert (result.articles, dict(result.outcomes)) == ({}, {Outcome.UNCHANGED: 1})

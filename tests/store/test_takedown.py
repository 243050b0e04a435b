"""A planted sentence, after a takedown, is in no byte of the bucket, and no later crawl or import brings it back."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from bucket_bytes import everything

from flows.storage import Storage
from flows.takedown import Report, take_down
from flows.verify import verify
from pipelines import warc, warc_writing
from pipelines.store import erasing, feed, idmaps, linking, releasing, state, suppressed
from pipelines.store.archive import Archive
from pipelines.store.attachments import Kept
from pipelines.store.bucket import Bucket
from pipelines.store.tables import Tables
from pipelines.warc import PageFacts
from schemas import keys
from schemas.article import Attachment
from schemas.errors import UsageError
from schemas.rows import Article, LedgerRow
from schemas.site import Site
from schemas.state import DueLink, SiteState
from schemas.urls import url_hash

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
PLANTED = "Bà Lò Thị Sáu ở bản Nà Hừ được hỗ trợ làm lại nhà sau trận lũ quét"
OTHER = "Thường trực Hội đồng nhân dân tỉnh cho ý kiến về nội dung kỳ họp thứ hai mươi"
FILE = b"%PDF-1.4 " + PLANTED.encode()
SHARED = b"%PDF-1.4 shared"
NAME = "TINTINH-mau-20261120050000-00000.warc.gz"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def article(number: int, text: str, *files: bytes) -> Article:
    about: dict[str, Any] = {
        "article_id": f"mau:{number}", "site": "mau", "site_name": "Mẫu", "organ": "council", "url_key": f"id:{number}",
        "url": f"https://mau.vn/tin-{number}.html", "province": None, "province_now": "cao-bang", "month": "2026-11",
        "title": f"Tin thứ {number} trong ngày", "lead": text, "body": text, "text": text, "markdown": text,
        "family": "nukeviet", "word_count": 9, "content_hash": f"{number:016x}", "first_seen": NOON,
        "last_seen": NOON, "extractor": "x", "rights": "x", "warc": keys.warc_key("mau", NAME), "warc_offset": number,
        "warc_length": 1, "run": "nightly-1", "captions": (f"Ảnh: {text}",), "published_at": NOON,
        "attachments": tuple(Attachment(url="https://mau.vn/a.pdf", sha256=digest(one)) for one in files),
    }  # fmt: skip
    return Article.model_validate(about)


def row(number: int, **more: Any) -> LedgerRow:
    about = {"site": "mau", "run": "nightly-1", "url": f"https://mau.vn/tin-{number}.html", "url_key": f"id:{number}"}
    about |= {"url_hash": url_hash(f"id:{number}"), "status": 200, "outcome": "new", "fetched_at": NOON}
    about |= {"article_id": f"mau:{number}", "warc": keys.warc_key("mau", NAME), "offset": number, "length": 1}
    return LedgerRow.model_validate(about | more)


def page(path: str, body: str | bytes, kind: str, key: str | None, packed: bool = False) -> bytes:
    """The records of one answered page."""
    url, name = f"https://mau.vn/{path}", f"<urn:uuid:{path}>"
    facts = PageFacts(kind=kind, url_key=key)
    data = body.encode() if isinstance(body, str) else body
    headers = [("Content-Type", "text/html; charset=utf-8"), *([("Content-Encoding", "gzip")] if packed else [])]
    stored = gzip.compress(data) if packed else data
    return (
        warc_writing.request(url, NOON, "GET", [], response_id=name)
        + warc_writing.metadata(url, NOON, facts, response_id=name)
        + warc_writing.response(url, NOON, 200, headers, stored, record_id=name)
    )


def pages() -> bytes:
    teaser = f"<ul><li><a href='/tin-2.html'>Tin thứ 2 trong ngày</a><p>{OTHER}</p></li><li><p>{PLANTED}…</p></li></ul>"
    feed_xml = f"<rss><item><description>&lt;p&gt;{PLANTED}.&lt;/p&gt;</description></item></rss>"
    return b"".join(
        (
            page("", f'<meta name="description" content="Tin: {PLANTED}">{OTHER}', "home", None),
            page("tin-tuc/", f"<html>{teaser}</html>", "listing", None, packed=True),
            page("rss/", feed_xml, "feed", None),
            page("tin-1.html", f"<h1>Tin</h1><p>{PLANTED}.</p>", "article", "id:1", packed=True),
            page("tin-2.html", f"<h1>Tin</h1><p>{OTHER}.</p><aside>{PLANTED}</aside>", "article", "id:2"),
            page("a.pdf", FILE, "attachment", "/a.pdf"),
            page("in/tin-1.html", f"<p>{PLANTED.upper()}.</p>", "alias", "id:1"),
        )
    )


@pytest.fixture
def storage(bucket: Bucket, tmp_path: Path) -> Storage:
    """A bucket in which the sentence stands everywhere that a night, a document and a release leave it."""
    raw, clean = (replace(bucket, prefix=f"{bucket.prefix}{half}/") for half in ("raw", "clean"))
    storage = Storage(raw, clean, bucket.options.endpoint)
    tables = Tables(clean)
    tables.create()
    for number in (1, 2):  # an edit: two versions, old files
        mine = article(1, f"{PLANTED}. {OTHER}. Lần {number}.", FILE, SHARED)  # with a formula of its neighbours
        neighbours = [article(2, f"{OTHER}.", SHARED), article(3, f"{OTHER} nữa.", SHARED)]
        tables.publish(f"nightly-{number}", [mine, *neighbours])
        feed.derive(tables)
    tables.append_captures("nightly-1", [row(1), row(2, found_on="https://mau.vn/tin-1.html"), row(3)])
    spool = tmp_path / NAME
    spool.write_bytes(pages())
    Archive(storage.raw).ship(spool, "mau", lambda _: False)
    shelf = {}
    for data, name in ((FILE, "a"), (SHARED, "b")):
        key = keys.attachment_key(digest(data), "pdf")
        clean.put(key, data)
        clean.put(keys.attachment_key(digest(data), "txt"), data[9:])
        kept = Kept(url=f"https://mau.vn/{name}.pdf", sha256=digest(data), size=len(data), key=key)
        shelf[f"/{name}.pdf"] = kept.model_dump()
    clean.put(keys.attachment_list_key("mau"), json.dumps(shelf).encode())
    linking.update(tables)
    idmaps.change(clean, "mau", lambda ids: ids.begun("rekey-1", {"mau:old-1": "mau:1"}).ended("rekey-1"))
    link = DueLink(
        url="https://mau.vn/tin-1.html", url_key="id:1", reason="timeout", since=NOON.date(), next_on=NOON.date()
    )
    state.change(clean, "mau", lambda _: SiteState(site="mau", due=(link,)))
    releasing.write(tables, "2026-11", tmp_path / "release", datetime(2026, 11, 25, tzinfo=UTC))
    return storage


def takedown(
    storage: Storage,
    tmp_path: Path,
    name: str = "mau:1",
    dry_run: bool = False,
    sites: Mapping[str, Site] = MappingProxyType({}),
) -> Report:
    return take_down(storage, sites, tmp_path / "home", name, "privacy", dry_run, lambda _: None)


def holding(storage: Storage, sentence: str = PLANTED) -> set[str]:
    texts = ((key, data.decode("utf-8", "ignore").casefold()) for key, data in everything(storage.clean))
    return {key for key, text in texts if sentence.casefold() in text}


def test_a_planted_sentence_is_in_no_byte_of_the_bucket(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, archive = Tables(storage.clean), Archive(storage.raw)
    assert {key.split("/")[1] for key in holding(storage)} >= {
        "articles",
        "revisions",
        "changes",
        "releases",
        "attachments",
    }
    offsets = [r.offset for r in _records(archive)]

    foreseen = takedown(storage, tmp_path, dry_run=True)
    assert (foreseen.articles, foreseen.pages, foreseen.documents) == (1, 7, 1)
    assert not suppressed.load(storage.clean).suppressions

    with monkeypatch.context() as patch:  # killed at every step, and called again
        for step in ("rewrite_feed", "blank_captures", "erase_documents", "forget_links", "sweep"):
            patch.setattr(erasing, step, _dies)
            with pytest.raises(KeyboardInterrupt):
                takedown(storage, tmp_path)
            patch.undo()
    report = takedown(storage, tmp_path, "mau:old-1")
    assert report.exit_code == 0, report
    assert holding(storage) == set()
    assert holding(storage, "tin-1.html") == set()

    assert {key.split("/")[1] for key in holding(storage, OTHER)} >= {"articles", "changes", "releases", "mau"}
    assert sorted(tables.articles.read(("article_id",))["article_id"].to_pylist()) == ["mau:2", "mau:3"]
    assert [r.offset for r in _records(archive)] == offsets
    assert storage.clean.exists(keys.attachment_key(digest(SHARED), "pdf"))
    documents = {row["sha256"]: row["article_ids"] for row in tables.documents.read().to_pylist()}
    assert documents == {digest(SHARED): ["mau:2", "mau:3"]}
    assert tables.ledger("mau", ("outcome",), [url_hash("id:1")])["outcome"].to_pylist() == ["suppressed"]

    spool = tmp_path / NAME.replace("0500", "0600")
    spool.write_bytes(pages() + page("tin-9.html", f"<p>{PLANTED}.</p>", "article", "id:9"))
    shipped = archive.ship(spool, "mau", lambda _: False, suppressed.load(storage.clean, storage.raw))
    assert shipped.withheld == 2 and holding(storage) == set()
    assert takedown(storage, tmp_path).exit_code == 0
    wrong = {check["name"]: check["findings"] for check in verify(storage, None)["checks"] if check["findings"]}
    assert set(wrong) == {"raw"}, wrong  # the made rows point nowhere; all else is whole

    alone = takedown(storage, tmp_path, digest(SHARED).upper())  # a document by its bytes, whoever links it
    assert (alone.exit_code, alone.documents) == (0, 2) and not storage.clean.exists(
        keys.attachment_key(digest(SHARED), "pdf")
    )
    assert suppressed.load(storage.clean).document(digest(SHARED))
    assert alone.unlinked == 2 and not tables.documents.read().num_rows
    links = [one for row in tables.articles.read(("attachments",)).to_pylist() for one in row["attachments"]]
    assert [(one["url"], one["sha256"], one["text_key"]) for one in links] == [("https://mau.vn/a.pdf", None, None)] * 2
    told = tables.revisions.read(where="reason = 'takedown' AND op = 'MOD'").to_pylist()
    assert {row["article_id"]: row["text"] for row in told} == {"mau:2": f"{OTHER}.", "mau:3": f"{OTHER} nữa."}
    wrong = {check["name"]: check["findings"] for check in verify(storage, None)["checks"] if check["findings"]}
    assert set(wrong) == {"raw"}, wrong
    with pytest.raises(UsageError, match="never taken down"):
        takedown(storage, tmp_path, "mau:77")


QUOTED = "Chiều 19/11, Ban Kinh tế - Ngân sách thẩm tra dự toán thu chi của tỉnh và phương án phân bổ vốn năm sau"
LONG = "Đoàn giám sát làm việc với ba xã vùng cao về việc bố trí dân cư ra khỏi nơi có nguy cơ sạt lở đất trong mùa mưa"


@pytest.fixture
def crowd(bucket: Bucket) -> Storage:
    """The text on its page, quoted by an article, in a box beside another, posted twice, at a successor, elsewhere."""
    raw, clean = (replace(bucket, prefix=f"{bucket.prefix}{half}/") for half in ("raw", "clean"))
    storage = Storage(raw, clean, bucket.options.endpoint)
    tables = Tables(clean)
    tables.create()
    text = f"{PLANTED}. {QUOTED}."
    elsewhere = {"site": "khac", "article_id": "khac:1", "warc": keys.warc_key("khac", NAME)}
    said = [article(1, text), article(2, f"{QUOTED}. {LONG}. {OTHER}. {LONG.upper()} lần hai."), article(3, f"{LONG}.")]
    said += [article(4, f"{text} Tin thêm."), article(5, text).model_copy(update=elsewhere)]
    tables.publish("nightly-1", said)
    feed.derive(tables)
    tables.append_captures("nightly-1", [row(n) for n in (1, 2, 3, 4)])
    tables.append_captures("nightly-2", [row(9, site="moi", article_id="moi:9", duplicate_of="mau:1")])
    return storage


def test_what_others_say_themselves_stays(crowd: Storage, tmp_path: Path) -> None:
    tables, archive = Tables(crowd.clean), Archive(crowd.raw)
    box = f"<aside><p>{PLANTED}.</p><p>{QUOTED}.</p></aside>"
    shown = {
        1: f"<p>{PLANTED}. {QUOTED}.</p>",
        2: f"<p>{QUOTED}. {LONG}. {OTHER}.</p>{box}",
        3: f"<p>{LONG}.</p>{box}",
        4: f"<p>{PLANTED}. {QUOTED}. Tin thêm.</p>",
        9: f"<p>{PLANTED}. {QUOTED}.</p>",
    }

    def ship(site: str, *numbers: int, at: str = "0500", **more: Any) -> dict[int, str]:
        spool = tmp_path / NAME.replace("0500", at).replace("mau", site)
        spool.write_bytes(b"".join(page(f"tin-{n}.html", shown[n], "article", f"id:{n}") for n in numbers))
        return pages_of(archive.ship(spool, site, lambda _: False, **more).key)

    def pages_of(key: str) -> dict[int, str]:
        records = [record for record in warc.scan(BytesIO(archive.raw.get(key))) if record.type == "response"]
        return {int(str(record.url).split("-")[1].split(".")[0]): record.payload.decode() for record in records}

    for site, numbers in (("mau", (1, 2, 3, 4)), ("moi", (9,)), ("khac", (1,))):
        ship(site, *numbers)
    site = Site(key="moi", name="Mới", organ="council", province="cao-bang", url="https://moi.vn/", carries_on=("mau",))
    calls = (takedown(crowd, tmp_path, dry_run=dry, sites={"moi": site}) for dry in (True, False))
    foreseen, report = calls
    assert report.ids == ("mau:1", "mau:4") and report.sites == ("mau", "moi") and report.exit_code == 0
    assert [one.rpartition("/")[2] for one in report.blanked] == ["tin-2.html", "tin-3.html"]
    assert [one.rpartition("/")[2] for one in report.erased] == ["tin-1.html", "tin-4.html", "tin-9.html"]
    same = ("ids", "articles", "captures", "pages", "erased", "blanked", "warc_files")
    assert {name: getattr(foreseen, name) for name in same} == {name: getattr(report, name) for name in same}

    assert sorted(tables.articles.read(("article_id",))["article_id"].to_pylist()) == ["khac:1", "mau:2", "mau:3"]
    found = pages_of(keys.warc_key("mau", NAME))
    assert found[2].startswith(f"<p>{QUOTED}. {LONG}. {OTHER}.</p>") and found[3].startswith(f"<p>{LONG}.</p>")
    assert QUOTED in found[2] and QUOTED not in found[3] and not any(PLANTED in one for one in found.values())
    assert pages_of(keys.warc_key("moi", NAME.replace("mau", "moi"))) == {}
    assert pages_of(keys.warc_key("khac", NAME.replace("mau", "khac"))) == {1: shown[1]}

    listed = suppressed.load(crowd.clean, crowd.raw)
    own = {2: f"{QUOTED}. {LONG}. {OTHER}.", 3: LONG, 4: f"{PLANTED}. {QUOTED}."}
    says = {"says": lambda record: own.get(int(record.url.split("-")[1].split(".")[0]), "")}
    again = ship("mau", 2, 3, 4, 9, at="0600", suppressed=listed.about("mau"), **says)
    assert again == {number: found[number] for number in (2, 3)}
    assert ship("khac", 1, 4, at="0600", suppressed=listed.about("khac"), **says) == {n: shown[n] for n in (1, 4)}


def _records(archive: Archive) -> list[Any]:
    return list(warc.scan(BytesIO(archive.raw.get(keys.warc_key("mau", NAME)))))


def _dies(*_: object) -> None:
    raise KeyboardInterrupt

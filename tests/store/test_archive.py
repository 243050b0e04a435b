"""A crawl's spool goes into the bucket once, whole, without what must not leave the machine."""

import gzip
import json
import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from rows_made import NOON
from warcio.archiveiterator import ArchiveIterator

from pipelines import warc, warc_erasing, warc_writing
from pipelines.page import RawPage, decode
from pipelines.store import archive as module
from pipelines.store.archive import Archive, why_withheld, withheld
from pipelines.store.bucket import Bucket
from pipelines.warc import PageFacts
from schemas.errors import StorageError
from schemas.suppression import Phrases, Suppressed, Suppression, name_hash, phrases, words
from schemas.urls import pack_hashes, url_hash

KEY = "mau/2026/11/TINTINH-mau-20261120050000-00000.warc.gz"
SECRET = "TỐI MẬT: kế hoạch diễn tập"


def never(_: RawPage) -> bool:
    return False


def secret(page: RawPage) -> bool:
    return SECRET.encode() in page.body


def page(number: int, text: str = "Tin trong ngày", kind: str = "article", packed: bool = False) -> bytes:
    """The records of one answered page: facts, then the answer."""
    url, when, name = f"https://mau.vn/{kind}/{number}", NOON + timedelta(seconds=number), f"<urn:uuid:{kind}-{number}>"
    facts = PageFacts(kind=kind, url_key=f"id:{number}", found_on="https://mau.vn/")
    body = f"<html><p>{text}</p></html>".encode()
    headers = [("Content-Type", "text/html"), *([("Content-Encoding", "gzip")] if packed else [])]
    answer = warc_writing.response(url, when, 200, headers, gzip.compress(body) if packed else body, record_id=name)
    return warc_writing.metadata(url, when, facts, response_id=name) + answer


def stored(bucket: Bucket) -> bytes:
    return bucket.get(KEY)


@pytest.fixture
def archive(bucket: Bucket) -> Archive:
    return Archive(bucket)


def test_a_shipped_file_is_in_the_bucket_indexed_and_due(archive: Archive, spool: Path) -> None:
    data = page(1) + page(2, kind="listing") + page(3)
    spool.write_bytes(data)
    shipped = archive.ship(spool, "mau", never)
    assert (shipped.key, shipped.records, shipped.captures, shipped.withheld) == (KEY, 6, 2, 0)
    assert stored(archive.raw) == data
    assert not list(spool.parent.iterdir())
    assert archive.due("mau") == [spool.name]
    index = archive.raw.get(KEY.replace(".warc.gz", ".cdxj")).decode().splitlines()
    assert [line.split(" ")[0] for line in index] == ["vn,mau)/article/1", "vn,mau)/article/3", "vn,mau)/listing/2"]
    entry = json.loads(index[1].split(" ", 2)[2])
    assert archive.read(KEY, int(entry["offset"]), int(entry["length"])).url == "https://mau.vn/article/3"
    assert entry["filename"] == spool.name


def test_settled_captures_are_due_no_more(archive: Archive, spool: Path) -> None:
    spool.write_bytes(page(1))
    archive.ship(spool, "mau", never)
    archive.settle("mau", spool.name)
    assert archive.due("mau") == []


def test_a_cut_tail_is_dropped_and_the_rest_is_a_valid_warc(archive: Archive, spool: Path) -> None:
    spool.write_bytes(page(1) + page(2)[:-40])
    assert archive.ship(spool, "mau", never).captures == 1
    assert [record.rec_type for record in ArchiveIterator(BytesIO(stored(archive.raw)))] == [
        "metadata",
        "response",
        "metadata",
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_a_classified_page_never_reaches_the_bucket(archive: Archive, spool: Path, packed: bool) -> None:
    spool.write_bytes(page(1) + page(2, SECRET, packed=packed) + page(3))
    shipped = archive.ship(spool, "mau", secret)
    assert (shipped.captures, shipped.withheld) == (2, 1)
    found = list(warc.scan(BytesIO(stored(archive.raw))))
    assert not any(SECRET.encode() in record.payload for record in found)
    (capture,) = withheld(found, KEY)
    assert (capture.url, capture.url_key, capture.status) == ("https://mau.vn/article/2", "id:2", 200)
    assert capture.fetched_at == NOON + timedelta(seconds=2)
    assert capture.digest and capture.digest.startswith("sha256:")
    assert [c.url_key for c, _ in warc.captures(found, KEY)] == ["id:1", "id:3"]


def test_a_site_with_only_a_classified_page_is_due(archive: Archive, spool: Path) -> None:
    spool.write_bytes(page(1, SECRET))
    assert archive.ship(spool, "mau", secret).captures == 0
    assert archive.due("mau") == [spool.name]


def test_a_crawl_without_captures_is_kept_and_not_due(archive: Archive, spool: Path) -> None:
    spool.write_bytes(page(1, kind="listing"))
    assert archive.ship(spool, "mau", never).records == 2
    assert archive.raw.exists(KEY)
    assert archive.due("mau") == []


@pytest.mark.parametrize("data", [b"", page(1)[:20]], ids=["empty", "torn"])
def test_a_spool_without_a_record_leaves_nothing(archive: Archive, spool: Path, data: bytes) -> None:
    spool.write_bytes(data)
    assert archive.ship(spool, "mau", never).records == 0
    assert not spool.exists()
    assert list(archive.raw.list()) == []


@pytest.mark.parametrize("dies_at", ["_trim", "_withhold", "_substitute", "_count", "index_of"])
@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_second_call_completes_the_first(
    archive: Archive, spool: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str, stage: str
) -> None:
    spool.write_bytes(page(1) + page(2, SECRET) + page(3)[:-9])
    real: Callable[..., object] = getattr(module, dies_at)

    def dying(*arguments: object) -> object:
        if stage == "after":
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, dies_at, dying)
        with pytest.raises(KeyboardInterrupt):
            archive.ship(spool, "mau", secret)
    assert archive.due("mau") == []
    assert archive.ship(spool, "mau", secret).captures == 1
    assert archive.due("mau") == [spool.name]
    assert [item.key for item in archive.raw.list("mau/")] == [KEY.replace(".warc.gz", ".cdxj"), KEY]


def test_shipping_again_after_the_marker_changes_nothing(archive: Archive, spool: Path) -> None:
    data = page(1)
    for _ in range(2):
        spool.write_bytes(data)
        archive.ship(spool, "mau", never)
    assert stored(archive.raw) == data
    assert archive.due("mau") == [spool.name]


def test_two_crawls_of_one_second_are_both_kept(archive: Archive, spool: Path) -> None:
    for number in (1, 2):
        spool.write_bytes(page(number))
        archive.ship(spool, "mau", never)
    assert archive.due("mau") == [spool.name, spool.name.replace("-00000", "-00001")]


def test_a_spool_outlives_an_unreachable_bucket(archive: Archive, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.write_bytes(page(1))

    def down(*_: object, **__: object) -> None:
        raise StorageError("down")

    monkeypatch.setattr(Bucket, "upload", down)
    with pytest.raises(StorageError):
        archive.ship(spool, "mau", never)
    assert spool.exists()


def test_a_fetched_file_is_the_one_that_was_shipped(archive: Archive, spool: Path, tmp_path: Path) -> None:
    data = page(1)
    spool.write_bytes(data)
    archive.ship(spool, "mau", never)
    assert archive.fetch(KEY, tmp_path).read_bytes() == data


def test_reading_where_no_record_is_says_so(archive: Archive, spool: Path) -> None:
    spool.write_bytes(page(1))
    archive.ship(spool, "mau", never)
    with pytest.raises(StorageError, match="holds no record of 20 bytes at 5"):
        archive.read(KEY, 5, 20)


SENTENCE = "Gia đình bà Sáu ở xóm Bãi được trao sổ tiết kiệm mười triệu đồng sáng nay"


@pytest.mark.parametrize("packed", [False, True])
def test_what_was_taken_down_never_reaches_the_bucket(archive: Archive, spool: Path, packed: bool) -> None:
    known = phrases([SENTENCE])
    name = name_hash("mau:9")
    taken = Suppressed(
        (Suppression(site="mau", at=NOON, reason="court", articles=(name,), urls=pack_hashes({url_hash("id:4")})),),
        (Phrases(article=name, widths=tuple(set(known.values())), hashes=pack_hashes(known)),),
    )
    teaser = f"<h2>Tin khác trong ngày hôm nay</h2>{SENTENCE.upper()}…"
    pages = [
        page(1, packed=packed),
        page(2, SENTENCE, packed=packed),
        page(3, teaser, "listing", packed),
        page(4, packed=packed),
    ]
    spool.write_bytes(b"".join(pages))
    shipped = archive.ship(spool, "mau", never, taken)
    assert (shipped.captures, shipped.withheld) == (1, 2)
    found = [record for record in warc.scan(BytesIO(stored(archive.raw))) if record.concurrent_to is None]
    assert not any(taken.found(list(words(record.payload.decode()))) for record in found)
    assert [why_withheld(record) for record in found] == [None, "suppressed", None, "suppressed"]
    assert "Tin khác trong ngày hôm nay" in found[2].payload.decode()
    checked = list(ArchiveIterator(BytesIO(stored(archive.raw)), check_digests="raise"))
    assert len(checked) == 8


def tones_apart(text: str) -> str:
    """As Windows-1258 writes it: a letter with its hat or horn, and the tone after it."""
    parted = unicodedata.normalize("NFD", text)
    return re.sub(
        "[a-zA-Z][\u0302\u0306\u031b]",
        lambda m: unicodedata.normalize("NFC", m[0]),
        re.sub("([\u0323])([\u0302\u0306])", r"\2\1", parted),
    )


@pytest.mark.parametrize("charset", ["utf-8", "cp1258"])
@pytest.mark.parametrize("encoding", [None, "br"])
def test_a_blanked_page_stands_where_it_stood_whatever_its_charset(charset: str, encoding: str | None) -> None:
    known = phrases([SENTENCE])
    taken = Suppressed((), (Phrases(article="", widths=tuple(set(known.values())), hashes=pack_hashes(known)),))
    letters = random.Random(7)
    rest = " ".join("".join(letters.choices("abcdeghiklmnopqrstuvxy", k=5)) for _ in range(3000))
    body = f"<html><p>{tones_apart(SENTENCE)}</p><p>{rest}</p></html>".encode(charset)
    headers = [("Content-Type", f"text/html; charset={charset}"), *([("Content-Encoding", "br")] if encoding else [])]
    stored = brotli.compress(body) if encoding else body
    member = warc_writing.response("https://mau.vn/tin/", NOON, 200, headers, stored, record_id="<urn:uuid:1>")
    record = replace(warc.read_member(member), facts=PageFacts(kind="listing"))
    content = warc_erasing.instead(member, record, "mau", taken, lambda _: "", record.length)
    assert content
    changed = warc.read_member(warc_erasing.padded(content, record.length))
    shown = decode(changed.payload, changed.headers.get("content-type"))
    assert shown.endswith(f"{rest}</p></html>") and not taken.found(list(words(shown)))


def test_an_erased_record_leaves_the_others_where_they_are() -> None:
    members, last = [page(1), page(2, "x" * 100_000), page(3)], page(4)
    big = warc_writing.response("https://mau.vn/", NOON, 200, [], random.Random(1).randbytes(200_000), record_id="<a>")
    for data in (*members, big):
        before = [record.length for record in warc.scan(BytesIO(data + last))]
        for record in warc.scan(BytesIO(data)):
            gone = warc_erasing.erased(record.length)
            assert warc.read_member(gone).type == "metadata"
            after = data[: record.offset] + gone + data[record.offset + record.length :] + last
            assert [record.length for record in warc.scan(BytesIO(after))] == before
            assert sum(1 for _ in ArchiveIterator(BytesIO(after))) == len(before)

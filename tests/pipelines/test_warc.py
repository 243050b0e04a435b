"""The record format: what is written is read back, by us and by other tools, whole or cut short."""

import gzip
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import warc, warc_writing
from pipelines.payload import PayloadTooLargeError, decoded

NOW = datetime(2026, 3, 2, 1, 30, 15, 123456, tzinfo=UTC)
URL = "https://hdnd.example.vn/tin/hop-thuong-ky-12.html"
HTML = "<h1>Họp thường kỳ tháng Ba</h1>".encode()
FACTS = warc.PageFacts(kind="article", url_key="id:12", found_on="https://hdnd.example.vn/tin/", listed_at="2026-03-01")


def page(facts: warc.PageFacts = FACTS, status: int = 200, body: bytes = HTML, url: str = URL, **headers: str) -> bytes:
    """A page as the crawl writes it: facts, request, answer."""
    record_id = warc_writing.new_id()
    given = [("Content-Type", "text/html"), *((k.replace("_", "-"), v) for k, v in headers.items())]
    answer = (
        warc_writing.revisit(url, NOW, status, given, record_id=record_id)
        if status == 304
        else warc_writing.response(url, NOW, status, given, body, record_id=record_id)
    )
    return (
        warc_writing.metadata(url, NOW, facts, response_id=record_id)
        + warc_writing.request(url, NOW, "GET", [("User-Agent", "tintinh/test")], response_id=record_id)
        + answer
    )


def archive(*pages: bytes) -> bytes:
    return warc_writing.warcinfo({"software": "tintinh"}, "x.warc.gz", NOW) + b"".join(pages)


def test_a_page_comes_back_as_it_was_written() -> None:
    data = archive(page(ETag='"a1"', Last_Modified="Mon, 02 Mar 2026 00:00:00 GMT"))
    [(capture, record)] = warc.captures(warc.scan(BytesIO(data)), "raw/key.warc.gz")
    assert capture.model_dump(exclude={"offset", "length", "digest"}) == {
        "url": URL,
        "url_key": "id:12",
        "status": 200,
        "fetched_at": NOW,
        "content_type": "text/html",
        "found_on": "https://hdnd.example.vn/tin/",
        "listed_at": "2026-03-01",
        "robots": "allowed",
        "tls": "verified",
        "etag": '"a1"',
        "last_modified": "Mon, 02 Mar 2026 00:00:00 GMT",
        "alias_of": None,
        "leads_home": False,
        "part_of": None,
        "part": 1,
        "more": False,
        "warc": "raw/key.warc.gz",
    }
    alone = warc.read_member(data[capture.offset : capture.offset + capture.length])
    assert (alone.type, alone.url, alone.status, alone.payload) == ("response", URL, 200, HTML)
    assert alone.digest == capture.digest
    assert warc.raw_page(capture, alone) == warc.raw_page(capture, record)
    assert warc.raw_page(capture, alone).body == HTML


@pytest.mark.parametrize(
    ("facts", "status", "is_capture"),
    [
        (FACTS, 200, True),
        (FACTS, 304, True),
        (FACTS, 404, True),
        (FACTS, 410, True),
        (FACTS, 301, False),
        (FACTS, 500, False),
        (FACTS, 403, False),
        (warc.PageFacts(kind="listing"), 200, False),
        (warc.PageFacts(kind="robots"), 404, False),
    ],
)
def test_captures_are_the_answered_article_pages(facts: warc.PageFacts, status: int, is_capture: bool) -> None:
    found = list(warc.captures(warc.scan(BytesIO(archive(page(facts, status)))), "k"))
    assert [capture.status for capture, _ in found] == ([status] if is_capture else [])


def deflated(body: bytes, window: int) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, window)
    return squeeze.compress(body) + squeeze.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (None, HTML),
        ("gzip", gzip.compress(HTML, mtime=0)),
        ("x-gzip", gzip.compress(HTML[:9], mtime=0) + gzip.compress(HTML[9:], mtime=0)),
        ("deflate", zlib.compress(HTML)),
        ("deflate", deflated(HTML, -15)),
        ("br", brotli.compress(HTML)),
        ("gzip, br", brotli.compress(gzip.compress(HTML, mtime=0))),
        ("gzip", HTML),
        ("identity", HTML),
        ("gzip", gzip.compress(HTML, mtime=0)[:-4]),
    ],
)
def test_payload_is_what_a_client_would_see(encoding: str | None, body: bytes) -> None:
    headers = {"Content_Encoding": encoding} if encoding else {}
    [(capture, record)] = warc.captures(warc.scan(BytesIO(archive(page(body=body, **headers)))), "k")
    assert record.block == body
    assert warc.raw_page(capture, record).body == HTML


def test_a_body_broken_on_its_way_is_read_as_far_as_it_goes() -> None:
    text = "".join(f"<p>Đoạn {n} {n * 7919 % 1009}</p>" for n in range(9_000)).encode()
    sent = bytearray(gzip.compress(text, mtime=0))
    sent[len(sent) // 2] ^= 255
    whole = decoded(bytes(sent), "gzip")
    assert text.startswith(whole[:1000]) and len(whole) > len(text) // 4


@pytest.mark.parametrize(
    ("encoding", "bomb"), [("gzip", gzip.compress(bytes(9_000), mtime=0)), ("br", brotli.compress(bytes(9_000)))]
)
def test_a_bomb_is_refused(encoding: str, bomb: bytes) -> None:
    with pytest.raises(PayloadTooLargeError):
        decoded(bomb, encoding, limit=5_000)


def test_chunked_transfer_does_not_reach_the_reader() -> None:
    data = archive(page(Transfer_Encoding="chunked", Content_Length="9999", Set_Cookie="a=1"))
    [(_, record)] = warc.captures(warc.scan(BytesIO(data)), "k")
    assert "transfer-encoding" not in record.headers
    assert record.headers["content-length"] == str(len(HTML))
    assert record.headers["set-cookie"] == "a=1"


PAGES = [page(FACTS.model_copy(update={"url_key": f"id:{n}"}), body=HTML * n) for n in range(1, 4)]
WHOLE = archive(*PAGES)


@given(st.integers(min_value=0, max_value=len(WHOLE)))
def test_a_file_cut_anywhere_keeps_all_whole_records(cut: int) -> None:
    reader = warc.scan(BytesIO(WHOLE[:cut]))
    kept = list(reader)
    every = list(warc.scan(BytesIO(WHOLE)))
    assert kept == every[: len(kept)]
    assert reader.valid == sum(record.length for record in kept) <= cut
    following = every[len(kept) : len(kept) + 1]
    assert not following or reader.valid + following[0].length > cut


def test_garbage_after_the_records_is_left_alone() -> None:
    reader = warc.scan(BytesIO(WHOLE + b"\0" * 500))
    assert len(list(reader)) == 10
    assert reader.valid == len(WHOLE)


def test_an_answer_without_its_facts_is_no_capture() -> None:
    orphan = warc_writing.response(URL, NOW, 200, [], HTML, record_id=warc_writing.new_id())
    data = archive(warc_writing.metadata(URL, NOW, FACTS, response_id=warc_writing.new_id()) + orphan)
    assert list(warc.captures(warc.scan(BytesIO(data)), "k")) == []


def test_one_member_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="not one whole WARC record"):
        warc.read_member(WHOLE[:40])


@given(st.binary(max_size=300), st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
def test_any_body_and_any_url(body: bytes, path: str) -> None:
    url = f"https://hdnd.example.vn/{path}".strip()
    [(capture, record)] = warc.captures(warc.scan(BytesIO(archive(page(body=body, url=url)))), "k")
    assert (capture.url, record.payload) == (url, body)


def test_other_tools_can_check_it(tmp_path: Path) -> None:
    file = tmp_path / "a.warc.gz"
    zipped = page(body=gzip.compress(HTML, mtime=0), Content_Encoding="gzip")
    file.write_bytes(archive(*PAGES, page(status=304), page(status=410, body=b""), zipped))
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", str(file)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail" not in done.stdout
    assert done.stdout.count("digest pass") == 18

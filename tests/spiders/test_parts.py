"""The small parts: robots rules, lanes, the spool, reasons."""

import asyncio
import errno
import os
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from OpenSSL.SSL import Error as OpenSSLError
from scrapy import exceptions
from twisted.python.failure import Failure
from twisted.web._newclient import ResponseNeverReceived

from schemas.errors import MachineError
from spiders import lanes as lanes_module
from spiders import robots
from spiders.failures import reason_of
from spiders.lanes import Lanes
from spiders.spool import Spool, is_live

AGENT = "tintinh/1.0 (+https://example.vn)"


@pytest.mark.parametrize(
    ("status", "holds_off"),
    [(200, False), (404, False), (403, False), (401, False), (429, True), (500, True), (503, True), (304, True)],
)
def test_what_a_robots_answer_means(status: int, holds_off: bool) -> None:
    assert (robots.read(status, b"", AGENT) is None) is holds_off


@pytest.mark.parametrize(
    ("text", "allowed", "delay"),
    [
        (b"", True, 0),
        (b"<html><h1>Kh\xc3\xb4ng th\xe1\xba\xa5y</h1></html>", True, 0),
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /", False, 0),
        (b"User-agent: tintinh\nDisallow: /tin\n\nUser-agent: *\nDisallow:", False, 0),
        (b"User-agent: TinTinh/1.0 (+https://example.vn)\rDisallow: /tin", False, 0),
        (b"User-agent: tintinh-khac/2.0\nDisallow: /tin", True, 0),
        ("User-agent: *\nDisallow: /tin".encode("utf-16"), False, 0),
        ("User-agent: *\nDisallow: /tin".encode("utf-16-be"), False, 0),
        (b"User-agent: *\nDisallow: /tin/\nAllow: /tin/a", True, 0),
        (b"User-agent: *\nDisallow: /ti%6e/", False, 0),
        (b"User-agent: *\nCrawl-delay: 10", True, 10),
        (b"User-agent: *\nCrawl-delay: 3600", True, 30),
        (b"User-agent: *\nCrawl-delay: nhanh", True, 0),
        (b"User-agent: *\nDisallow: /x\n" + b"#" * 600_000 + b"\nDisallow: /", True, 0),
    ],
)
def test_rules(text: bytes, allowed: bool, delay: float) -> None:
    rules = robots.read(200, text, AGENT)
    assert rules is not None
    assert rules.allows("https://hdnd.example.vn/tin/a-1.html") is allowed
    assert rules.crawl_delay == delay


def test_a_lane_is_held_by_one_at_a_time_and_keeps_the_delay(tmp_path: Path) -> None:
    spans: list[tuple[float, float]] = []

    async def ask(lanes: Lanes, times: int) -> None:
        for _ in range(times):
            async with lanes.hold("hdnd.example.vn:443", 0.03):
                begun = time.time()
                await asyncio.sleep(0.01)
                spans.append((begun, time.time()))

    async def both() -> None:
        one, two = Lanes(tmp_path / "lanes"), Lanes(tmp_path / "lanes")
        await asyncio.gather(ask(one, 4), ask(one, 4), ask(two, 4))
        one.close()
        two.close()

    asyncio.run(both())
    spans.sort()
    assert len(spans) == 12
    assert min(after[0] - before[1] for before, after in pairwise(spans)) >= 0.029


def test_a_patient_crawl_waits_for_who_asks_its_host_and_for_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "QUIET", 1.0)

    async def ask(lanes: Lanes, lane: str) -> float:
        async with lanes.hold(lane, 0.05):
            return time.monotonic()

    async def asks() -> tuple[float, float]:
        night, backfill = Lanes(tmp_path), Lanes(tmp_path, patient=True)
        last = [await ask(night, "shared:443") for _ in range(3)][-1]
        elsewhere = await ask(backfill, "own:443")
        same = await ask(backfill, "shared:443")  # while the night lives, but has done with the host
        backfill.close()
        night.close()
        return elsewhere - last, same - last

    async def behind() -> list[str]:
        night, backfill, order = Lanes(tmp_path), Lanes(tmp_path, patient=True), list[str]()

        async def noted(name: str, lanes: Lanes) -> None:
            await ask(lanes, "next:443")
            order.append(name)

        async with night.hold("next:443", 0.05):
            waiting = [asyncio.create_task(noted("backfill", backfill)), asyncio.create_task(noted("night", night))]
            await asyncio.sleep(0.1)
        await asyncio.gather(*waiting)
        return order

    elsewhere, same = asyncio.run(asks())
    assert elsewhere < 1.0 <= same < 60
    assert asyncio.run(behind()) == ["night", "backfill"]


def test_a_clock_set_back_does_not_stop_a_lane(tmp_path: Path) -> None:
    (tmp_path / "a%3A443").write_text(f"{time.time() + 9e6:020.6f}")

    async def ask() -> float:
        lanes, begun = Lanes(tmp_path), time.monotonic()
        async with lanes.hold("a:443", 0.05):
            return time.monotonic() - begun

    assert 0.04 <= asyncio.run(ask()) < 30


def test_a_spool_is_live_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "site" / "a.warc.gz"
    assert not is_live(path)
    spool = Spool(path)
    spool.put(lambda: b"one", 3)
    assert is_live(path)
    with pytest.raises(MachineError, match="another crawl is writing it"):
        Spool(path)
    spool.close()
    assert not is_live(path) and path.read_bytes() == b"one"
    with pytest.raises(MachineError, match="records of another crawl"):
        Spool(path)


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path / "a.warc.gz")
    spool.put(lambda: b"whole", 5)
    settled(spool, 5)
    really = os.write

    def nearly_full(file: int, data: bytes) -> int:
        if len(data) < 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really(file, data[:3])

    monkeypatch.setattr(os, "write", nearly_full)
    spool.put(lambda: b"broken", 6)
    spool.put(lambda: b"later", 5)
    spool.close()
    assert isinstance(spool.error, OSError) and spool.error.errno == errno.ENOSPC
    assert (tmp_path / "a.warc.gz").read_bytes() == b"whole"


def test_a_record_that_cannot_be_made_is_not_lost_unsaid(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.warc.gz")

    def broken() -> bytes:
        raise KeyError("no such field")

    spool.put(lambda: b"whole", 5)
    spool.put(broken, 50 * 2**20)
    spool.put(lambda: b"later", 5)
    asyncio.run(asyncio.wait_for(spool.room(), 5))
    spool.close()
    assert isinstance(spool.error, KeyError)
    assert (tmp_path / "a.warc.gz").read_bytes() == b"whole"


def test_a_slow_writer_is_waited_for(tmp_path: Path) -> None:
    spool, gate = Spool(tmp_path / "a.warc.gz"), threading.Event()

    def slow() -> bytes:
        gate.wait(5)
        return b"x"

    async def fill() -> bool:
        await spool.room()
        spool.put(slow, 40 * 2**20)
        waiting = asyncio.create_task(spool.room())
        await asyncio.sleep(0.05)
        waited = not waiting.done()
        gate.set()
        await waiting
        return waited

    assert asyncio.run(fill())
    spool.close()


def settled(spool: Spool, size: int) -> None:
    while spool.size < size:
        time.sleep(0.001)


def chained(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (exceptions.DownloadTimeoutError(), "timeout"),
        (exceptions.CannotResolveHostError(), "dns"),
        (exceptions.DownloadConnectionRefusedError(), "refused"),
        (exceptions.DownloadCancelledError(), "too_large"),
        (exceptions.ResponseDataLossError(), "cut_short"),
        (exceptions.DownloadFailedError(), "connection"),
        (ConnectionResetError(), "connection"),
        (
            chained(exceptions.DownloadFailedError(), ResponseNeverReceived([Failure(OpenSSLError([]))])),
            "tls",
        ),
    ],
)
def test_reasons(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason

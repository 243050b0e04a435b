"""What a crawl costs, beside bare Scrapy downloading the same list in the same run, and many sites at once.

python -m benchmarks.crawl [--json] [--pages 2000] [--sites 100] [--rounds 2] [--assert]

The server and both crawls are processes of their own; one lane each, no delay. The start of a process is left out for
both: seconds run from the first request that the server sees to the end of the process (the WARC is written by then),
and CPU is what the whole list takes beyond its first forty pages. With --assert, exit 1 when a bound is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import crawl_server
from pipelines import warc
from schemas.capture import CrawlPlan, CrawlReport
from schemas.site import Site

RATIO, PEAK_MB = 0.8, 200.0
"""Pages a second of a capture over bare Scrapy's, at least; memory of a child, at most."""
SITE_ARTICLES, SITE_LATENCY = 8, 0.02
_BARE = """
import json, sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
class Bare(Spider):
    name = "bare"
    async def start(self):
        for url in json.load(open(sys.argv[1])):
            yield Request(url, dont_filter=True)
    def parse(self, response):
        pass
process = AsyncCrawlerProcess({"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0,
    "ROBOTSTXT_OBEY": False, "LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False})
process.crawl(Bare)
process.start()
"""


@dataclass(frozen=True)
class Served:
    """The server while it runs: a port a site."""

    ports: tuple[int, ...]
    control: int

    def asked(self) -> list[dict[str, Any]]:
        """What each site was asked since the last time."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/", timeout=20) as answer:
            told: list[dict[str, Any]] = json.load(answer)
        return told


@dataclass(frozen=True)
class Cost:
    """What one child took."""

    code: int
    ended: float
    """Seconds since the epoch."""
    cpu: float
    """Seconds."""
    peak_mb: float


@contextmanager
def serving(sites: int, articles: int, latency: float = 0.0) -> Iterator[Served]:
    """The server for the time of the block."""
    numbers = ("--sites", str(sites), "--articles", str(articles), "--latency", str(latency))
    command = [sys.executable, "-m", "benchmarks.crawl_server", *numbers]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        try:
            *ports, control = json.loads(server.stdout.readline())
            yield Served(tuple(ports), control)
        finally:
            server.stdin.close()
            server.wait(20)


def plan(folder: Path, port: int, articles: int) -> CrawlPlan:
    """A first night at the site on `port`, that goes down to its last listing page."""
    key = f"site-{port}"
    site = {"key": key, "name": "Trang đo", "organ": "council", "province": "cao-bang"}
    return CrawlPlan(
        run="bench",
        kind="nightly",
        site=Site.model_validate(site | {"url": f"http://127.0.0.1:{port}/", "listings": ["/tin-tuc/"]}),
        spool=str(folder / f"{key}.warc.gz"),
        report=str(folder / f"{key}.json"),
        lanes=str(folder / "lanes"),
        user_agent="tintinh/bench (+local)",
        delay=0.0,
        first_pages=crawl_server.listings(articles),
        budget_seconds=900.0,
        allow_hosts=(f"127.0.0.1:{port}",),
    )


_LOOK = 0.02
"""Seconds between two looks at a child's memory."""


def start(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """A child whose log nobody reads; its stdin stays open as long as we hold it."""
    nowhere = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, *arguments], stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere)


def finish(child: "subprocess.Popen[bytes]") -> Cost:
    """Wait for a child, and what it took."""
    peak = 0.0
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, _peak(child.pid))
        time.sleep(_LOOK)
    _, status, used = os.wait4(child.pid, 0)
    ended = time.time()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stdin:
        child.stdin.close()
    return Cost(child.returncode, ended, used.ru_utime + used.ru_stime, peak or used.ru_maxrss / 2**20)


def _peak(pid: int) -> float:
    """MB that a process took at most until now; 0 where the system does not tell. What `wait4` tells begins with the
    size of the parent that the child was forked from."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0.0)


def capture(folder: Path, port: int, articles: int) -> "subprocess.Popen[bytes]":
    """Begin a crawl of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    made = plan(folder, port, articles)
    file = folder / f"{port}.plan"
    file.write_text(made.model_dump_json(), encoding="utf-8")
    return start(["-m", "spiders.crawl", str(file)])


def bare(folder: Path, port: int, articles: int) -> "subprocess.Popen[bytes]":
    """Begin bare Scrapy with the same list."""
    folder.mkdir(parents=True, exist_ok=True)
    script, urls = folder / "bare.py", folder / "urls.json"
    script.write_text(_BARE, encoding="utf-8")
    urls.write_text(json.dumps([f"http://127.0.0.1:{port}{path}" for path in crawl_server.paths(articles)]), "utf-8")
    return start([str(script), str(urls)])


def kept(folder: Path, port: int) -> int:
    """Articles that a crawl left in its WARC; what its report says must be the same."""
    with (folder / f"site-{port}.warc.gz").open("rb") as stream:
        found = sum(1 for _ in warc.captures(warc.scan(stream), ""))
    report = CrawlReport.model_validate_json((folder / f"site-{port}.json").read_text(encoding="utf-8"))
    return found if found == report.captured else -1


def beside_scrapy(pages: int, rounds: int) -> dict[str, float]:
    """Both in turn, `rounds` times; of each the best round, so that a busy machine troubles them alike."""
    few = min(crawl_server.PER_LISTING, pages // 2)
    seconds: dict[str, list[float]] = {"bare": [], "capture": []}
    cpu: dict[str, list[float]] = {"bare": [], "capture": []}
    peak, lost = {"bare": 0.0, "capture": 0.0}, 0
    with tempfile.TemporaryDirectory() as scratch, serving(1, pages) as served:
        port = served.ports[0]
        for number in range(rounds):
            for name, begin in (("bare", bare), ("capture", capture)):
                folder = Path(scratch) / f"{name}-{number}"
                started = finish(begin(folder / "few", port, few)).cpu
                served.asked()
                cost = finish(begin(folder, port, pages))
                asked = served.asked()[0]
                seconds[name].append(cost.ended - asked["first"])
                cpu[name].append(cost.cpu - started)
                peak[name] = max(peak[name], cost.peak_mb)
                lost += pages - asked["articles"]
            lost += pages - kept(Path(scratch) / f"capture-{number}", port)
    best = {name: min(spent) for name, spent in seconds.items()}
    each = {name: 1000 * min(spent) / (pages - few) for name, spent in cpu.items()}
    return {
        "pages": pages,
        "pages_per_second": round(pages / best["capture"], 1),
        "bare_pages_per_second": round(pages / best["bare"], 1),
        "ratio_to_bare_scrapy": round(best["bare"] / best["capture"], 3),
        "cpu_ms_per_page": round(each["capture"], 2),
        "bare_cpu_ms_per_page": round(each["bare"], 2),
        "peak_memory_mb": round(peak["capture"], 1),
        "bare_peak_memory_mb": round(peak["bare"], 1),
        "pages_lost": lost,
    }


def at_once(sites: int) -> dict[str, float]:
    """A child a site, all begun at once."""
    with tempfile.TemporaryDirectory() as scratch, serving(sites, SITE_ARTICLES, SITE_LATENCY) as served:
        folder, begun = Path(scratch), time.time()
        children = [capture(folder, port, SITE_ARTICLES) for port in served.ports]
        costs = [finish(child) for child in children]
        seconds, asked = max(cost.ended for cost in costs) - begun, served.asked()
        found = [kept(folder, port) for port in served.ports]
    return {
        "sites": sites,
        "sites_seconds": round(seconds, 1),
        "sites_most_in_flight": max(site["most_in_flight"] for site in asked),
        "sites_pages_lost": sum(SITE_ARTICLES - count for count in found),
        "sites_pages_asked_twice": sum(site["articles"] - SITE_ARTICLES for site in asked),
        "sites_failed": sum(1 for cost in costs if cost.code),
        "sites_peak_memory_mb": round(max(cost.peak_mb for cost in costs), 1),
    }


def missed(figures: dict[str, float]) -> list[str]:
    """The bounds that the figures miss."""
    lost = ("pages_lost", "sites_pages_lost", "sites_pages_asked_twice", "sites_failed")
    wrong = [f"{name} = {figures[name]}" for name in lost if figures.get(name, 0) != 0]
    if figures.get("ratio_to_bare_scrapy", RATIO) < RATIO:
        wrong.append(f"ratio_to_bare_scrapy = {figures['ratio_to_bare_scrapy']} < {RATIO}")
    for name in ("peak_memory_mb", "sites_peak_memory_mb"):
        if figures.get(name, 0.0) > PEAK_MB:
            wrong.append(f"{name} = {figures[name]} > {PEAK_MB}")
    if figures.get("sites_most_in_flight", 1) != 1:
        wrong.append(f"sites_most_in_flight = {figures['sites_most_in_flight']}")
    return wrong


def main() -> int:
    """Print the figures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--sites", type=int, default=100, help="0: not tried")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--assert", dest="bounded", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = beside_scrapy(asked.pages, asked.rounds) if asked.pages else {}
    figures |= at_once(asked.sites) if asked.sites else {}
    wrong = missed(figures)
    if asked.json:
        print(json.dumps({**figures, "missed": wrong}))
    else:
        for key, value in figures.items():
            print(f"{key:30} {value}")
        for line in wrong:
            print(f"missed: {line}")
    return int(bool(wrong and asked.bounded))


if __name__ == "__main__":
    sys.exit(main())

"""What a crawl costs, beside bare Scrapy downloading the same list in the same run, and many sites at once.

python -m benchmarks.crawl [--json] [--pages 2000] [--sites 100] [--assert]

The server and both crawls are processes of their own; one lane each, no delay. The two take turns of half a second,
one stopped while the other runs, so that whatever else the machine does hits both alike; only its own turns count. The
start of a process is left out for both: seconds run from the first request that the server sees to the end of the
process (the WARC is written by then), and CPU is what the whole list takes beyond its first forty pages. Progress goes
to stderr. With --assert, exit 1 when a bound is missed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import crawl_server
from pipelines import warc
from schemas.capture import CrawlPlan, CrawlReport
from schemas.site import Site

RATIO, PEAK_MB = 0.8, 200.0
"""Pages a second of a capture over bare Scrapy's, at least; memory of a child, at most."""
_TURN, _LOOK, _TELL = 0.5, 0.02, 5.0
"""Seconds of a turn, between two looks at a child, and between two lines of progress."""
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

    def asked(self, forget: bool = True) -> list[dict[str, Any]]:
        """What each site was asked since it was last forgotten."""
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.control}/{'' if forget else 'so-far'}", timeout=60
        ) as answer:
            told: list[dict[str, Any]] = json.load(answer)
        return told


@dataclass
class Child:
    """A crawl in a process of its own, and what it took until now."""

    process: "subprocess.Popen[bytes]"
    turns: list[tuple[float, float]] = field(default_factory=list)
    """When it ran, seconds since the epoch."""
    cpu: float = 0.0
    """Seconds; known once it ended."""
    peak_mb: float = 0.0

    def runs(self) -> bool:
        """Whether it has not ended; looks at its memory."""
        pid = self.process.pid
        if self.process.returncode is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            self.peak_mb = max(self.peak_mb, _peak(pid))
            return True
        if self.process.returncode is None:
            _, status, used = os.wait4(pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu = used.ru_utime + used.ru_stime
            assert self.process.stdin is not None
            self.process.stdin.close()
        return False

    def take_turn(self, seconds: float) -> bool:
        """Run so long, and stop; False: it has ended."""
        began = time.time()
        self.process.send_signal(signal.SIGCONT)
        while (running := self.runs()) and time.time() < began + seconds:
            time.sleep(_LOOK)
        if running:
            self.process.send_signal(signal.SIGSTOP)
        self.turns.append((began, time.time()))
        return running

    def seconds(self, since: float) -> float:
        """How long it ran after `since`."""
        return sum(max(0.0, end - max(begin, since)) for begin, end in self.turns)

    def finish(self) -> "Child":
        """Let it run to its end."""
        while self.runs():
            time.sleep(_LOOK)
        return self


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


def start(arguments: list[str]) -> Child:
    """A child whose log nobody reads; its stdin stays open as long as we hold it. It has the bytecode of those before
    it, as where it is installed: without, most of its start is compiling. And a session, so that a kernel which shares
    the processors between sessions gives a hundred crawls more than the part of one."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command, nowhere = [sys.executable, *arguments], subprocess.DEVNULL
    return Child(
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    )


def _peak(pid: int) -> float:
    """MB that a process took at most until now; 0 where the system does not tell. What `wait4` tells begins with the
    size of the parent that the child was forked from."""
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0.0)


def capture(folder: Path, port: int, articles: int) -> Child:
    """Begin a crawl of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    made = plan(folder, port, articles)
    file = folder / f"{port}.plan"
    file.write_text(made.model_dump_json(), encoding="utf-8")
    return start(["-m", "spiders.crawl", str(file)])


def bare(folder: Path, port: int, articles: int) -> Child:
    """Begin bare Scrapy with the same list."""
    folder.mkdir(parents=True, exist_ok=True)
    script, urls = folder / "bare.py", folder / "urls.json"
    script.write_text(_BARE, encoding="utf-8")
    urls.write_text(json.dumps([f"http://127.0.0.1:{port}{path}" for path in crawl_server.paths(articles)]), "utf-8")
    return start([str(script), str(urls)])


def kept(folder: Path, port: int) -> int:
    """Articles that a crawl left in its WARC; what its report says must be the same."""
    if not (folder / f"site-{port}.json").exists():
        return 0
    with (folder / f"site-{port}.warc.gz").open("rb") as stream:
        found = sum(1 for _ in warc.captures(warc.scan(stream), ""))
    report = CrawlReport.model_validate_json((folder / f"site-{port}.json").read_text(encoding="utf-8"))
    return found if found == report.captured else -1


def beside_scrapy(pages: int) -> dict[str, float]:
    """Both at the same list, in turns."""
    few, kinds = min(crawl_server.PER_LISTING, pages // 2), {"bare": bare, "capture": capture}
    with tempfile.TemporaryDirectory() as scratch, serving(len(kinds), pages) as served:
        ports = dict(zip(kinds, served.ports, strict=True))
        begun = {
            name: _beginning(Path(scratch) / f"{name}-few", begin, ports[name], few) for name, begin in kinds.items()
        }
        served.asked()
        children = {name: begin(Path(scratch) / name, ports[name], pages) for name, begin in kinds.items()}
        _in_turns(children, served, pages)
        asked = dict(zip(kinds, served.asked(), strict=True))
        lost = pages - kept(Path(scratch) / "capture", ports["capture"])
    lost += sum(abs(pages - one["articles"]) for one in asked.values())
    took = {name: child.seconds(asked[name]["first"]) for name, child in children.items()}
    each = {name: 1000 * (child.cpu - begun[name]) / (pages - few) for name, child in children.items()}
    return {
        "pages": pages,
        "pages_per_second": round(pages / took["capture"], 1),
        "bare_pages_per_second": round(pages / took["bare"], 1),
        "ratio_to_bare_scrapy": round(took["bare"] / took["capture"], 3),
        "cpu_ms_per_page": round(each["capture"], 2),
        "bare_cpu_ms_per_page": round(each["bare"], 2),
        "peak_memory_mb": round(children["capture"].peak_mb, 1),
        "bare_peak_memory_mb": round(children["bare"].peak_mb, 1),
        "pages_lost": lost,
    }


def _beginning(folder: Path, begin: Callable[[Path, int, int], Child], port: int, few: int) -> float:
    """CPU seconds of a start and `few` pages; the first try also writes the bytecode and does not count."""
    return [begin(folder / str(number), port, few).finish().cpu for number in range(2)][1]


def _in_turns(children: dict[str, Child], served: Served, pages: int) -> None:
    running, told = list(children.values()), time.time()
    while running:
        running = [child for child in running if child.take_turn(_TURN)]
        if time.time() > told + _TELL:
            asked, told = served.asked(forget=False), time.time()
            so_far = ", ".join(f"{name} {one['articles']}" for name, one in zip(children, asked, strict=True))
            print(f"of {pages} pages: {so_far}", file=sys.stderr)


def at_once(sites: int) -> dict[str, float]:
    """A child a site, all begun at once."""
    with tempfile.TemporaryDirectory() as scratch, serving(sites, SITE_ARTICLES, SITE_LATENCY) as served:
        folder, begun = Path(scratch), time.time()
        children = [capture(folder, port, SITE_ARTICLES) for port in served.ports]
        told = begun
        while left := sum(child.runs() for child in children):
            time.sleep(_LOOK * min(left, 25))
            if time.time() > told + _TELL:
                told = time.time()
                print(f"of {sites} sites: {sites - left} done", file=sys.stderr)
        seconds, asked = time.time() - begun, served.asked()
        found = [kept(folder, port) for port in served.ports]
    return {
        "sites": sites,
        "sites_seconds": round(seconds, 1),
        "sites_cpu_seconds": round(sum(child.cpu for child in children), 1),
        "sites_most_in_flight": max(site["most_in_flight"] for site in asked),
        "sites_pages_lost": sum(SITE_ARTICLES - count for count in found),
        "sites_pages_asked_twice": sum(site["articles"] - SITE_ARTICLES for site in asked),
        "sites_failed": sum(1 for child in children if child.process.returncode),
        "sites_peak_memory_mb": round(max(child.peak_mb for child in children), 1),
    }


def missed(figures: dict[str, float], ratio: float = RATIO) -> list[str]:
    """The bounds that the figures miss."""
    lost = ("pages_lost", "sites_pages_lost", "sites_pages_asked_twice", "sites_failed")
    wrong = [f"{name} = {figures[name]}" for name in lost if figures.get(name, 0) != 0]
    if figures.get("ratio_to_bare_scrapy", ratio) < ratio:
        wrong.append(f"ratio_to_bare_scrapy = {figures['ratio_to_bare_scrapy']} < {ratio}")
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
    parser.add_argument("--assert", dest="bounded", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures = beside_scrapy(asked.pages) if asked.pages else {}
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

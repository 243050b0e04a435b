"""How a crawl behaves towards hosts, the machine and its parent: robots, lanes, guard, and ending well."""

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines import warc
from schemas.capture import CrawlPlan
from spiders.spool import Spool, is_live
from tests.spiders.child import Done, finish, records_of, start
from tests.spiders.replica import Replica, Reply, Route, article, listing, nukeviet, serving

Planned = Callable[..., CrawlPlan]
Crawl = Callable[[CrawlPlan], Done]

TIN = "/tin-tuc/"


def at(number: int) -> str:
    return f"/tin-tuc/phien-hop-thu-{number}-cua-thuong-truc-{number}.html"


def small(count: int) -> dict[str, Route]:
    return {TIN: listing("tin-tuc", range(1, count + 1)), **{at(n): article(n) for n in range(1, count + 1)}}


def gaps(site: Replica) -> list[float]:
    """Seconds from the end of a request to the beginning of the next; negative when two were under way."""
    ordered = sorted(site.seen, key=lambda seen: seen.at)
    return [after.at - before.done for before, after in pairwise(ordered)]


@pytest.mark.parametrize(
    ("rules", "delay", "least"),
    [
        (b"", 0.3, 0.3),
        (b"User-agent: *\nCrawl-delay: 0.5\n", 0.1, 0.5),
        (b"User-agent: *\nCrawl-delay: 0.1\n", 0.3, 0.3),
    ],
)
def test_the_longer_delay_is_kept(rules: bytes, delay: float, least: float, planned: Planned, crawl: Crawl) -> None:
    with serving(small(3) | {"/robots.txt": Reply(rules)}) as site:
        crawl(planned(site.url, site={"listings": [TIN]}, delay=delay))
    after_robots = gaps(site)[1:] if rules else gaps(site)
    assert min(after_robots) >= least


def test_two_crawls_of_one_host_share_a_lane(planned: Planned, tmp_path: Path) -> None:
    routes = {path: Reply(reply.body, after=0.05) for path, reply in small(5).items() if isinstance(reply, Reply)}
    with serving(routes) as site:
        plans = [planned(site.url, site={"key": key, "listings": [TIN]}, delay=0.15) for key in ("mot", "hai")]
        plans = [plan.model_copy(update={"lanes": str(tmp_path / "lanes")}) for plan in plans]
        children = [start(plan) for plan in plans]
        both = [finish(plan, child) for plan, child in zip(plans, children, strict=True)]
    assert [len(done.captures) for done in both] == [5, 5]
    assert min(gaps(site)) >= 0.15


def test_robots_rules_for_us_win_over_those_for_all(planned: Planned, crawl: Crawl) -> None:
    rules = b"User-agent: *\nDisallow: /\n\nUser-agent: Tintinh\nDisallow: /tin-tuc/*-2.html$\n"
    with serving(small(3) | {"/robots.txt": Reply(rules)}) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert done.failed == {"robots": 1} and at(2) not in site.paths
    assert len(done.captures) == 2
    [robots] = [r for r in done.records if r.type == "response" and r.facts and r.facts.kind == "robots"]
    assert robots.payload == rules


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
def test_a_private_address_is_not_asked_unless_named(host: str, planned: Planned, crawl: Crawl) -> None:
    with serving(small(1)) as site:
        url = f"http://{host}:{site.port}/"
        done = crawl(planned(url, site={"listings": [TIN]}, allow_hosts=("127.0.0.1:1", f"{host}:80")))
    assert done.report.site_error in ("guarded on 1 listings", "robots.txt: guarded")
    assert (done.code, done.captures, site.seen) == (1, [], [])


def test_a_host_that_asks_to_wait_is_obeyed(planned: Planned, crawl: Crawl) -> None:
    asked: list[float] = []

    def busy(_: dict[str, str]) -> Reply:
        asked.append(time.time())
        return article(1) if len(asked) > 1 else Reply(status=429, headers={"Retry-After": "1"})

    with serving(small(1) | {at(1): busy}) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert len(done.captures) == 1 and not done.failed
    assert asked[1] - asked[0] >= 1.0


@pytest.mark.parametrize(
    ("route", "says", "asked"),
    [
        (Reply(status=403), "http_403, again and again", 5),
        (Reply(status=503, headers={"Retry-After": "86400"}), "http_503: asked us to come back in 86400 s", 1),
    ],
)
def test_a_host_that_refuses_is_left_alone(route: Route, says: str, asked: int, planned: Planned, crawl: Crawl) -> None:
    with serving({TIN: listing("tin-tuc", range(1, 40)), "/robots.txt": Reply(status=404), "*": route}) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}, revalidate=[{"url": site.url + "x-1.html"}]))
    assert done.report.site_error is not None and says in done.report.site_error
    assert len(site.seen) == 2 + asked
    assert not done.report.walks[0].finished


@pytest.mark.parametrize("how", ["parent", "SIGTERM", "SIGINT"])
def test_it_ends_when_told_and_keeps_what_it_has(how: str, planned: Planned) -> None:
    slow = {path: Reply(reply.body, after=0.1) for path, reply in small(400).items() if isinstance(reply, Reply)}
    with serving(slow) as site:
        plan = planned(site.url, site={"listings": [TIN]})
        child = start(plan)
        wait_for(lambda: len(site.seen) > 8)
        told = time.monotonic()
        if how == "parent":
            assert child.stdin is not None
            child.stdin.close()
        else:
            child.send_signal(getattr(signal, how))
        done = finish(plan, child)
        assert time.monotonic() - told < 30  # of 40 that all would take
    assert (done.code, done.report.finish_reason) == (7, "stopped")
    assert 5 < len(done.captures) < 400
    assert done.report.captured == len(done.captures)
    assert [walk.finished for walk in done.report.walks] == [False]


def test_it_ends_when_its_parent_is_killed(planned: Planned) -> None:
    slow = {path: Reply(reply.body, after=0.1) for path, reply in small(400).items() if isinstance(reply, Reply)}
    with serving(slow) as site:
        plan = planned(site.url, site={"listings": [TIN]})
        file = Path(plan.report).with_suffix(".plan")
        file.write_text(plan.model_dump_json(), encoding="utf-8")
        code = (
            "import subprocess, sys\n"
            f"command = [sys.executable, '-m', 'spiders.crawl', {str(file)!r}]\n"
            "subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE).wait()"
        )
        parent = subprocess.Popen([sys.executable, "-c", code])
        wait_for(lambda: len(site.seen) > 7)
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_live(Path(plan.spool)), 30)
    assert 3 < len(list(warc.captures(iter(records_of(plan.spool)), "k"))) < 400


def test_it_ends_while_a_host_does_not_answer(planned: Planned) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        plan = planned(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        child = start(plan)
        connection, _ = silent.accept()
        with connection:
            assert child.stdin is not None
            child.stdin.close()
            done = finish(plan, child, timeout=9)
    assert done.report.finish_reason == "stopped"


def test_it_ends_at_its_budget(planned: Planned, crawl: Crawl) -> None:
    with serving(small(200)) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}, delay=0.1, budget_seconds=3.0))
    assert (done.code, done.report.finish_reason) == (0, "budget")
    assert 1 < len(done.captures) < 40 and not done.report.walks[0].finished


def test_it_ends_at_the_spools_limit(planned: Planned, crawl: Crawl) -> None:
    with serving(small(100)) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}, delay=0.01, spool_limit=20_000))
    assert done.report.finish_reason == "spool_limit"
    assert 1 < len(done.captures) < 40


def test_a_killed_crawl_leaves_whole_records_and_an_orphan(planned: Planned) -> None:
    with serving(small(300)) as site:
        plan = planned(site.url, site={"listings": [TIN]}, delay=0.005)
        child = start(plan)
        wait_for(lambda: len(site.seen) > 30)
        assert is_live(Path(plan.spool))
        child.kill()
        child.communicate()
        assert not is_live(Path(plan.spool))
        answered = len([path for path in site.paths if path.endswith(".html")])
    captured = list(warc.captures(iter(records_of(plan.spool)), "k"))
    assert answered - 3 <= len(captured) <= answered
    assert not Path(plan.report).exists()


def test_any_warc_tool_can_read_it(planned: Planned, crawl: Crawl) -> None:
    with serving(nukeviet() | {at(1): Reply(status=410)}) as site:
        plan = planned(site.url)
        crawl(plan)
    command = [sys.executable, "-m", "warcio.cli", "check", plan.spool]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("held", [False, True])
def test_a_spool_of_another_crawl_is_left_alone(held: bool, planned: Planned) -> None:
    plan = planned("http://127.0.0.1:1/")
    path = Path(plan.spool)
    path.write_bytes(b"" if held else b"records")
    spool = Spool(path) if held else None
    child = start(plan)
    _, log = child.communicate()
    if spool:
        spool.close()
    assert child.returncode == 5
    assert "cannot be opened" in log and log.count("\n") == 1
    assert path.read_bytes() == (b"" if held else b"records")


def test_a_plan_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    for name in ("plan.json", "none.json"):
        command = [sys.executable, "-m", "spiders.crawl", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
        assert done.returncode == 2 and "the crawl plan cannot be read" in done.stderr


def test_nothing_but_its_spool_report_and_lanes_is_left(planned: Planned, tmp_path: Path) -> None:
    with serving(small(1)) as site:
        plan = planned(site.url, site={"listings": [TIN]})
        home = tmp_path / "home"
        home.mkdir()
        file = tmp_path / "plan.json"
        file.write_text(plan.model_dump_json(), encoding="utf-8")
        environment = os.environ | {"HOME": str(home), "TMPDIR": str(home)}
        command = [sys.executable, "-m", "spiders.crawl", str(file)]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []


PEAK = """import atexit, pathlib
def tell():  # not getrusage: that begins with the size of the process it was forked from
    status = pathlib.Path("/proc/self/status").read_text()
    print("peak MB", int(status.partition("VmHWM:")[2].split()[0]) // 1024, file=sys.stderr)
atexit.register(tell)
"""


def endless_from(start: bytes, line: bytes = b"", size: int = 4096) -> Callable[[], Iterator[bytes]]:
    """An answer without end: `start`, then lines or bytes for ever."""

    def endless() -> Iterator[bytes]:
        yield start
        while True:
            yield line * (1 + size // len(line))

    return endless


def dripping() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    while True:
        time.sleep(0.05)
        yield b"x"


def test_answers_without_end_are_cut_and_named(planned: Planned) -> None:
    ok = b"HTTP/1.1 200 OK\r\n"
    routes: dict[str, Route] = {
        TIN: listing("tin-tuc", range(1, 8)),
        at(1): Reply(raw=endless_from(ok, b"X-Filler: abcdefgh\r\n")),
        at(2): Reply(raw=endless_from(ok + b"X-Filler: ", b"abcdefgh")),
        at(3): Reply(raw=endless_from(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        at(4): Reply(raw=endless_from(ok + b"Content-Type: text/html\r\n\r\n", b"<p>", 2**16)),
        at(5): Reply(raw=dripping),
        at(6): Reply(raw=endless_from(ok + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: a\r\n")),
        at(7): article(7),
    }
    with serving(routes) as site:
        plan = planned(site.url, site={"listings": [TIN]})
        child = start(plan, f"import spiders.settings as s; s.TIMEOUT = 4.0\n{PEAK}")
        done = finish(plan, child)
    assert done.code == 0 and [c.url_key for c in done.captures] == ["id:7"], done.log
    assert done.failed == {"head_too_large": 3, "too_large": 1, "timeout": 1, "cut_short": 1}
    assert [site.paths.count(at(n)) for n in range(1, 8)] == [1, 1, 1, 1, 2, 3, 1]
    assert int(done.log.rpartition("peak MB ")[2]) <= 200


def test_bombs_are_named_and_no_bug_of_ours(planned: Planned, crawl: Crawl) -> None:
    bomb = Reply(gzip.compress(b"<p>x" * 8_000_000, 1), headers={"Content-Encoding": "gzip"})
    with serving(small(2) | {at(1): bomb, "/bom/": bomb}) as site:
        done = crawl(planned(site.url, site={"listings": [TIN, "/bom/"]}))
    assert done.code == 0 and sorted(c.url_key for c in done.captures) == ["id:1", "id:2"]  # the refinery names it
    assert "listing http://127.0.0.1:" in done.log and "/bom/: too_large" in done.log
    with serving(small(1) | {"/robots.txt": bomb}) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert (done.code, done.report.site_error) == (1, "robots.txt: too_large") and site.paths == ["/robots.txt"]


def test_a_location_that_is_no_url_costs_one_article(planned: Planned, crawl: Crawl) -> None:
    bad = [Reply(status=302, headers={"Location": place}) for place in ("http://h:99999/", "http://[x/")]
    routes = small(4) | {at(4): bad[0], at(3): bad[1], "/hong/": bad[0]}
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": ["/hong/", TIN]}))
    assert done.code == 0 and done.failed == {"bad_redirect": 2}
    assert sorted(c.url_key for c in done.captures) == ["id:1", "id:2"]


def test_all_crawls_of_a_host_obey_what_it_told_one(planned: Planned, tmp_path: Path) -> None:
    told: list[float] = []

    def busy(_: dict[str, str]) -> Reply:
        told.append(time.time())
        return article(1) if len(told) > 1 else Reply(status=503, headers={"Retry-After": "3"})

    with serving(small(30) | {at(1): busy}) as site:
        plans = [planned(site.url, site={"key": key, "listings": [TIN]}, delay=0.02) for key in ("mot", "hai")]
        plans = [plan.model_copy(update={"lanes": str(tmp_path / "lanes")}) for plan in plans]
        children = [start(plan) for plan in plans]
        both = [finish(plan, child) for plan, child in zip(plans, children, strict=True)]
    assert [len(done.captures) for done in both] == [30, 30]
    assert not [seen for seen in site.seen if told[0] < seen.at < told[0] + 2.9]


def test_a_patient_crawl_lets_another_go_first(planned: Planned, tmp_path: Path) -> None:
    slow = {path: Reply(reply.body, after=0.03) for path, reply in small(60).items() if isinstance(reply, Reply)}
    theirs: dict[str, Route] = {"/dem/": listing("tin-tuc", range(61, 81))}
    theirs |= {at(n): Reply(article(n).body, after=0.03) for n in range(61, 81)}
    with serving({**slow, **theirs}) as site:
        backfill = planned(site.url, site={"key": "cu", "listings": [TIN]}, patient=True, lanes=str(tmp_path / "l"))
        night = planned(site.url, site={"key": "moi", "listings": ["/dem/"]}, lanes=str(tmp_path / "l"))
        first = start(backfill)
        wait_for(lambda: len(site.seen) > 5)
        second = start(night)
        done = finish(night, second)
        patient = finish(backfill, first)
    assert (len(done.captures), len(patient.captures)) == (20, 60)
    of_night = [n for n, path in enumerate(site.paths) if path in theirs]
    assert of_night[-1] - of_night[0] == 20  # not one of the other between them


def test_no_request_more_than_the_plan_allows(planned: Planned, crawl: Crawl) -> None:
    with serving(small(40)) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}, max_requests=7))
        assert (done.report.requests, len(site.seen), done.report.finish_reason, done.code) == (7, 7, "requests", 0)
        assert len(done.captures) == 5 and not done.report.walks[0].finished


def test_broken_articles_starve_no_other_listing(planned: Planned, crawl: Crawl) -> None:
    routes = small(12) | {at(n): Reply(status=500) for n in range(1, 13)}
    routes |= {"/hoat-dong-hdnd/": listing("hoat-dong-hdnd", [31, 32])}
    routes |= {f"/hoat-dong-hdnd/phien-hop-thu-{n}-cua-thuong-truc-{n}.html": article(n) for n in (31, 32)}
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [TIN, "/hoat-dong-hdnd/"]}))
    assert done.code == 0 and done.failed == {"http_500": 12}
    assert sorted(c.url_key for c in done.captures) == ["id:31", "id:32"]
    assert len(site.seen) == 1 + 2 + 2 + 3 * 3 + 9  # robots, listings, articles, broken ones


def test_a_challenge_in_mid_run_ends_the_crawl_and_its_pages_stay_due(planned: Planned, crawl: Crawl) -> None:
    challenge = Reply(
        b"<html><head><title>Just a moment...</title></head><body><h1>Checking your browser before accessing</h1>"
        b"<script>document.cookie='a=1'</script></body></html>"
    )
    lone = {2: challenge, 5: challenge, 6: challenge}
    routes = small(20) | {at(n): lone.get(n, challenge if n > 7 else article(n)) for n in range(1, 21)}
    with serving(routes) as site:
        done = crawl(planned(site.url, site={"listings": [TIN]}))
    assert (done.code, done.report.site_error) == (1, "blocked on 3 pages in a row")
    assert [path for path in site.paths if path.endswith(".html")] == [at(n) for n in range(1, 11)]
    assert {link.url_key: link.reason for link in done.remembered().due} == {
        f"id:{n}": "blocked" for n in (2, 5, 6, 8, 9, 10)
    }
    assert [t.reason for t in done.report.troubles] == ["blocked"] * 5
    assert not done.report.walks[0].finished


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)

"""How a crawl behaves towards hosts, the machine and its parent: robots, lanes, guard, and ending well."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
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
    slow = {path: Reply(reply.body, after=0.1) for path, reply in small(200).items() if isinstance(reply, Reply)}
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
        assert time.monotonic() - told < 8
    assert (done.code, done.report.finish_reason) == (7, "stopped")
    assert 5 < len(done.captures) < 200
    assert done.report.captured == len(done.captures)
    assert [walk.finished for walk in done.report.walks] == [False]


def test_it_ends_when_its_parent_is_killed(planned: Planned) -> None:
    slow = {path: Reply(reply.body, after=0.1) for path, reply in small(200).items() if isinstance(reply, Reply)}
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
        wait_for(lambda: len(site.seen) > 5)
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_live(Path(plan.spool)), 10)
    assert 3 < len(list(warc.captures(iter(records_of(plan.spool)), "k"))) < 200


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
        done = crawl(planned(site.url, site={"listings": [TIN]}, delay=0.1, budget_seconds=1.5))
    assert (done.code, done.report.finish_reason) == (0, "budget")
    assert 1 < len(done.captures) < 20 and not done.report.walks[0].finished


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
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
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
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
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
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)

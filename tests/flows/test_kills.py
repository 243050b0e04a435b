"""SIGKILL at every stage, of the whole process group and of the parent alone: nothing lost, doubled or left over."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from command import Tintinh, left_over

from flows.demo.replicas import ReplicaFarm
from flows.settings import Settings
from flows.storage import Storage, attached
from schemas import keys
from schemas.errors import TintinhError
from schemas.zone import HANOI

SITE = "cao-bang-nukeviet"


@pytest.fixture
def farm() -> Iterator[ReplicaFarm]:
    with ReplicaFarm(datetime.now(HANOI).date()) as farm:
        yield farm


def in_crawl(_: Storage, farm: ReplicaFarm) -> bool:
    """A third of the site's articles were asked for."""
    return sum(article_requests(farm).values()) > 6


def in_refine(storage: Storage, _: ReplicaFarm) -> bool:
    """The captures are in the bucket and wait."""
    return any(True for _ in storage.raw.list(keys.due_prefix(SITE)))


def in_publish(storage: Storage, _: ReplicaFarm) -> bool:
    """The commit that makes the run visible is there."""
    return storage.clean.exists("articles/_delta_log/00000000000000000001.json")


def article_requests(farm: ReplicaFarm) -> Counter[str]:
    paths = {"/" + url.split("/", 3)[3] for url in farm.truth(SITE)}
    return Counter(r.path for r in farm.requests() if r.site == SITE and r.path in paths)


def wait_for(
    stage: Callable[[Storage, ReplicaFarm], bool], command: "subprocess.Popen[str]", home: Path, farm: ReplicaFarm
) -> None:
    """Return once the command has reached the stage; the storage is that of its home."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and not (home / "storage.json").exists():
        time.sleep(0.02)
    with attached(Settings(home=home)) as storage:
        while time.monotonic() < deadline:
            with suppress(TintinhError):
                if stage(storage, farm):
                    return
            if command.poll() is not None:
                pytest.fail(f"the command ended before the stage: {command.communicate()[1][-3000:]}")
            time.sleep(0.01)
    pytest.fail("the stage was never reached")


def kill_group(command: "subprocess.Popen[str]") -> None:
    os.killpg(command.pid, signal.SIGKILL)


def kill_parent(command: "subprocess.Popen[str]") -> None:
    os.kill(command.pid, signal.SIGKILL)


def soon(check: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("kill", [kill_group, kill_parent], ids=["group", "parent"])
@pytest.mark.parametrize("stage", [in_crawl, in_refine, in_publish], ids=["crawl", "refine", "publish"])
def test_killed_and_run_again(
    housed: Tintinh,
    farm: ReplicaFarm,
    stage: Callable[[Storage, ReplicaFarm], bool],
    kill: Callable[["subprocess.Popen[str]"], None],
) -> None:
    farm.write_sites(housed.home / "sites")
    housed.env |= {"TINTINH_ALLOW_HOSTS": ",".join(farm.host_ports), "TINTINH_DELAY": "0.05"}
    command = housed.start("nightly", "--site", SITE)
    try:
        wait_for(stage, command, housed.home, farm)
    finally:
        kill(command)
        command.communicate()
    assert soon(lambda: not [c for c in left_over(housed.home) if "weed" not in c]), left_over(housed.home)

    with attached(Settings(home=housed.home)) as storage:  # what the killed one left is adopted by all that follow
        report = housed.json("nightly", "--site", SITE)
        expected = farm.sites[SITE].articles
        rows = housed.query("select url, count(*) n from articles group by url")
        assert (len(rows), {row["n"] for row in rows}) == (expected, {1})
        assert report["sites"][SITE]["held"] is None
        feed = housed.query("select op, count(*) n from revisions group by op")
        assert feed == [{"op": "ADD", "n": expected}]
        asked = article_requests(farm)
        assert sum(n - 1 for n in asked.values() if n > 1) <= 1 + expected_revalidations(farm), asked
        assert max(r.in_flight for r in farm.requests()) == 1
        assert list(storage.raw.list(keys.due_prefix(SITE))) == []
    assert left_over(housed.home) == []


def expected_revalidations(farm: ReplicaFarm) -> int:
    """Recent articles may be asked whether they changed by the second run, where the first had published them."""
    return len(farm.truth(SITE))

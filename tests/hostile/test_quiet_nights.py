"""A second night at which nothing happened costs a site a dozen requests, however large its archive is.

The captured pages of real software keep the same bound in tests/flows/test_nights.py.
"""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from hostile.conftest import command
from hostile.sites import NukeVietSite
from hostile.wire import Host

from flows.demo.texts import Newsroom
from schemas.zone import HANOI

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Archive(NukeVietSite):
    """A quiet site: an article every second day."""

    per_page = 40

    def fill(self, count: int) -> None:
        self.write(count, lambda n: f"/tin-tuc/chuyen-cu-{n}-{n}.html", days=2.0)


def test_ten_times_the_archive_costs_a_night_no_more(tmp_path: Path, prefect_api: str) -> None:
    today, newsroom = datetime.now(HANOI).date(), Newsroom(3)
    small, large = (Archive(key, Host(), today, newsroom) for key in ("small", "large"))
    small.fill(20)
    large.fill(200)
    tintinh = command(tmp_path / "home", prefect_api, f"{small.host.host_port},{large.host.host_port}")
    with ExitStack() as stack:
        for site in (small, large):
            stack.enter_context(site.host)
            site.write_toml(tintinh.home / "sites")
        first = tintinh.json("nightly")["sites"]
        assert {key: counts["new"] for key, counts in first.items()} == {"small": 20, "large": 200}
        for site in (small, large):
            site.host.seen.clear()
        second = tintinh.json("nightly")["sites"]
    assert [(c["new"], c["changed"], c["gone"], c["held"]) for c in second.values()] == [(0, 0, 0, None)] * 2
    assert len(large.host.seen) <= len(small.host.seen) <= 12

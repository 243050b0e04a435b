"""A publish that is cut short: the short form of `python -m benchmarks.cuts`."""

from pathlib import Path

import pytest

from benchmarks.cuts import HOW, cuts
from benchmarks.made_nights import Endpoint
from flows.storage import Storage


@pytest.mark.slow
def test_readers_see_before_or_after_and_the_next_run_completes(server: Storage, tmp_path: Path) -> None:
    done = list(cuts(Endpoint.of(server).below("cuts"), tmp_path, len(HOW), seed=2))
    assert [one.wrong for one in done] == [()] * len(HOW), done

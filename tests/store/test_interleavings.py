"""Four processes that publish at once: the short form of `python -m benchmarks.interleavings`."""

from pathlib import Path

import pytest

from benchmarks.interleavings import rounds
from benchmarks.made_nights import Endpoint
from flows.storage import Storage


@pytest.mark.slow
def test_four_runs_at_once_end_as_some_order_of_them_does(server: Storage, tmp_path: Path) -> None:
    done = list(rounds(Endpoint.of(server), tmp_path, range(1, 4), pause=0.1))
    assert all(one.ok for one in done), [one for one in done if not one.ok]

"""A backfill that is killed three times, and goes on: the short form of `python -m benchmarks.kills`."""

import random
from pathlib import Path

import pytest

from benchmarks.kills import Moment, killed, moments, undisturbed


@pytest.mark.slow
def test_a_kill_costs_an_article_page_and_five_requests_at_most(prefect_api: str, tmp_path: Path) -> None:
    env = {"PREFECT_API_URL": prefect_api}
    usual, cost = undisturbed(tmp_path / "usual", "made-up", env)
    assert cost.ok, cost
    drawn = moments(usual, random.Random(4))
    when = [Moment(1 + moment.requests // 3, moment.wait) for moment in (next(drawn) for _ in range(3))]
    cost = killed(tmp_path / "killed", "made-up", env, usual, when)
    assert cost.ok and cost.kills, cost

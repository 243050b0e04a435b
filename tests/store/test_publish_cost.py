"""What a night costs while the table grows: the short form of `python -m benchmarks.publish`."""

from pathlib import Path

import pytest

from benchmarks.publish import MOST_MB, measure


@pytest.mark.slow
def test_three_times_the_rows_cost_little_more(tmp_path: Path) -> None:
    report = measure([3600, 10_800], new=24, edits=24, home=tmp_path)
    few, many = report.nights
    assert [(night.new, night.changed) for night in report.nights] == [(24, 24)] * 2
    assert many.cpu < 2 * few.cpu, report
    assert max(few.peak_mb, many.peak_mb) < MOST_MB
    assert report.query is not None and report.query.answers

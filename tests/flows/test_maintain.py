"""`tintinh maintain` and `tintinh release` as an operator runs them."""

import json
from datetime import timedelta

import pytest
from command import Tintinh

from flows.settings import Settings
from flows.storage import attached
from flows.upkeep import picked, retention
from pipelines.store import feed
from pipelines.store.bucket import Bucket, S3Options
from pipelines.store.tables import Tables
from schemas.errors import UsageError
from schemas.maintenance import Upkeep
from schemas.release import ReleaseIndex
from tests.store.rows_made import article, capture

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("days", "force", "said"), [(6, False, "less than 7"), (0, True, "1 at least")])
def test_too_short_a_retention_is_refused(days: int, force: bool, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        retention(days, force)
    assert retention(7, False) == timedelta(days=7)
    assert retention(1, True) == timedelta(days=1)


def test_an_unknown_table_is_refused() -> None:
    tables = Tables(Bucket.open("s3://nowhere/clean", S3Options()))  # of which nothing is asked
    with pytest.raises(UsageError, match="no table 'other'"):
        picked(tables, ["runs", "other"])
    assert [table.name for table in picked(tables, ["runs", "runs"])] == ["runs"]


def test_a_week_of_small_files_is_tidied_and_released_once(tintinh: Tintinh) -> None:
    with attached(Settings(home=tintinh.home)) as storage:
        tables = Tables(storage.clean)
        for night in range(4):
            tables.publish(f"r{night}", [article(10 * night + n) for n in range(3)])
            tables.append_captures(f"r{night}", [capture(night)])
        feed.derive(tables)

        planned = Upkeep.model_validate(tintinh.json("maintain", "--dry-run"))
        assert planned.dry_run and planned.release and storage.clean.head("maintain/last.json") is None
        done = Upkeep.model_validate(tintinh.json("maintain"))
        assert {one.table: one.merged for one in done.tables} | {one.table: one.merged for one in planned.tables} == {
            one.table: one.merged for one in done.tables
        }
        assert {one.table: one.files for one in done.tables if one.merged} == {"articles": 1, "captures": 1}
        assert done.release == planned.release
        assert Upkeep.model_validate_json(storage.clean.get("maintain/last.json")) == done

        [release] = ReleaseIndex.model_validate_json(storage.clean.get("releases/index.json")).releases
        assert (release.release, release.rows, release.seq) == (done.release, 12, 12)
        assert "exists since" in tintinh.run("release", code=2) + tintinh.stderr
        catalog = json.loads(storage.clean.get("catalog.json"))
        assert catalog["tables"]["articles"]["rows"] == 12

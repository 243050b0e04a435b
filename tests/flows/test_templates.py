"""Template memory between runs, and in a batch of saved pages."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command import Tintinh
from made_up_site import Site

from flows import templates
from pipelines.store.bucket import MissingObjectError
from pipelines.template import learn

NOW = datetime(2025, 3, 2, 1, tzinfo=UTC)


class Shelf:
    """The part of a bucket that templates need, in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get(self, key: str) -> bytes:
        return self.get_tagged(key)[0]

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        if key not in self.objects:
            raise MissingObjectError(key)
        return self.objects[key], str(hash(self.objects[key]))

    def put(self, key: str, data: bytes, content_type: str) -> str:  # noqa: ARG002
        self.objects[key] = data
        return str(hash(data))

    def put_new(self, key: str, data: bytes, content_type: str) -> str | None:
        return None if key in self.objects else self.put(key, data, content_type)

    def replace(self, key: str, data: bytes, etag: str, content_type: str) -> str | None:
        return self.put(key, data, content_type) if self.get_tagged(key)[1] == etag else None


def test_the_newest_version_is_loaded_and_a_reprocess_gets_that_of_its_time() -> None:
    site, shelf = Site(11), Shelf()
    first = learn(None, [site.page(n) for n in range(6)])
    second = learn(first, [site.page(n) for n in range(6, 9)])
    assert templates.load(shelf, "thac-nga", None) is None  # type: ignore[arg-type]
    for day, version in enumerate((first, first, second)):
        templates.store(shelf, "thac-nga", version, NOW + timedelta(days=day))  # type: ignore[arg-type]
    assert [v.version for v in templates.versions(shelf, "thac-nga")] == [first.version, second.version]  # type: ignore[arg-type]
    assert not templates.is_learned(Shelf(), "thac-nga", NOW)  # type: ignore[arg-type]
    for hours, taught in ((-1, True), (48, True), (49, False)):  # pages that wait are read again and teach once
        assert templates.is_learned(shelf, "thac-nga", NOW + timedelta(hours=hours)) is taught  # type: ignore[arg-type]
    for hours, wanted in ((None, second), (-1, first), (5, second), (99, second)):
        captured = None if hours is None else NOW + timedelta(hours=hours)
        assert templates.load(shelf, "thac-nga", captured) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize("broken", [b"{", b"[]", b'[{"version":"gone","learned_at":"2025-01-01T00:00:00Z"}]'])
def test_a_spoilt_index_is_no_memory(broken: bytes) -> None:
    shelf = Shelf()
    shelf.objects["templates/thac-nga/index.json"] = broken
    assert templates.load(shelf, "thac-nga") is None  # type: ignore[arg-type]
    templates.store(shelf, "thac-nga", learn(None, [Site(11).page(1)]), NOW)  # type: ignore[arg-type]
    assert templates.load(shelf, "thac-nga") is not None  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "most"), [(3, 40), (40, 40), (199, 40)])
def test_a_sample_is_bounded_and_spread(count: int, most: int) -> None:
    taken = templates.sample(range(count), most)
    assert len(taken) == min(count, most)
    assert taken == sorted(set(taken))
    assert taken[-1] >= count * 0.9 - 1


def test_pages_of_one_host_in_a_batch_share_a_memory_in_any_order(tmp_path: Path) -> None:
    one, other, lonely = Site(12), Site(13), Site(14)
    wanted, rows = {}, []
    for site, count in ((one, 12), (other, 12), (lonely, 1)):
        for n in range(count):
            page = site.page(n)
            (tmp_path / f"{site.name}-{n}.html").write_bytes(page.body)
            wanted[page.url] = site.prose(n)
            rows.append({"url": page.url, "path": f"{site.name}-{n}.html", "fetched_at": "2025-03-02T08:00:00+07:00"})
    tintinh = Tintinh(tmp_path / "home", {"TINTINH_WORKERS": "2"})
    answers = []
    for seed in (1, 2):
        shuffled = random.Random(seed).sample(rows, len(rows))
        batch = tmp_path / "batch.jsonl"
        batch.write_text("\n".join(map(json.dumps, shuffled)), encoding="utf-8")
        printed = [json.loads(line) for line in tintinh.run("extract", "--batch", str(batch)).splitlines()]
        assert [row["url"] for row in printed] == [row["url"] for row in shuffled]
        answers.append({row["url"]: row["article"] for row in printed})
    assert answers[0] == answers[1]
    for url, article in answers[0].items():
        if lonely.name in url:
            assert article["template"] is None
        else:
            assert article["text"].split("\n\n") == wanted[url]

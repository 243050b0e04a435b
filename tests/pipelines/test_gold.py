"""The refinery on the captured pages of real software, at the level that a release must hold."""

from pathlib import Path

import pytest

from benchmarks.quality import ours, score


@pytest.mark.parametrize("name", ["nukeviet", "wordpress"])
@pytest.mark.parametrize("family", [None, "generic"])
def test_gold(gold: Path, name: str, family: str | None) -> None:
    total = score(gold / name, ours(family)).tell()
    assert (
        total["rejected"] == total["pages_with_counter"] == total["pages_with_chrome"] == total["paragraphs_lost"] == 0
    )
    assert total["f1"] >= (0.995 if family is None else 0.97)
    assert total["title"] >= 0.98
    assert total["date"] >= 0.98
    if family is None:
        assert total["author"] >= 0.97
        assert total["lead"] >= 0.98
        assert not total["false"].get("author")

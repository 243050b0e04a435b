"""The glossary names every value that a reader of the bucket may meet."""

from pathlib import Path

import pytest

from pipelines.references import KINDS
from schemas.outcome import Outcome
from schemas.site import Organ, SiteStatus

WORDS = (Path(__file__).parents[2] / "docs/words.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [str(member.value) for enum in (Outcome, Organ, SiteStatus) for member in enum])
def test_every_value_of_the_enums_is_explained(value: str) -> None:
    assert f"| `{value}` |" in WORDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_document_that_has_a_name_is_explained(kind: str) -> None:
    assert f"`{kind}`" in WORDS

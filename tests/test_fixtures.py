"""Every fixture, field by field: what is read from a recorded page today is what a person reviewed.

`tintinh record` writes them; flows/record_fixture.py says what is in their folders.
"""

from functools import cache
from pathlib import Path

import pytest

from flows.record_fixture import Fixture, Record, folders, read
from spiders import registry

ROOT = Path(__file__).parent / "fixtures"
FIXTURES = {str(folder.relative_to(ROOT)): read(folder) for folder in folders(ROOT)}
SITES = registry.load(None, ROOT).sites
"""The registry, with `fixtures/sites/` laid over it."""


@cache
def found(name: str) -> Record:
    fixture = FIXTURES[name]
    return fixture.found(SITES[fixture.taken.site])


@pytest.mark.parametrize("fixture", FIXTURES.values(), ids=FIXTURES)
def test_it_was_reviewed(fixture: Fixture) -> None:
    assert fixture.reviewed, fixture.unreviewed


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in FIXTURES for field in FIXTURES[name].fields])
def test_what_is_read(name: str, field: str) -> None:
    expected = FIXTURES[name].expected.get(field) or ""
    assert (found(name).get(field) or "") == expected

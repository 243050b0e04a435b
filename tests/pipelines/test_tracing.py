"""Explaining says what refining says, of any page, and every block of the container is accounted for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_site import Site

from pipelines.page import RawPage
from pipelines.refinery import refine
from pipelines.template import learn
from pipelines.tracing import explain

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
FETCHED = datetime(2025, 6, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
@settings(max_examples=15, deadline=None)
@given(cut=st.integers(0, 6000), family=st.sampled_from([None, "generic"]))
def test_it_says_what_refining_says(path: Path, cut: int, family: str | None) -> None:
    body = path.read_bytes()
    pages = [RawPage("https://a.example.vn/tin/bai-1.html", body[: len(body) - cut % len(body)], FETCHED)]
    assert explain(pages, None, None, family=family).verdict == refine(pages, None, None, family=family)


def test_what_the_template_removed_is_told_block_by_block() -> None:
    site = Site(21)
    template = learn(None, [site.page(n) for n in range(10)])
    told = explain([site.page(3)], None, template)
    assert told.template == template.version
    gone = [block.text for block in told.removed if block.rule == "template"]
    assert site.before[1] in gone
    assert site.middle[0] in gone
    assert not set(site.prose(3)) & {block.text for block in told.removed}


def test_no_page_is_a_verdict_too() -> None:
    assert explain([], None, None).verdict.outcome == "rejected"

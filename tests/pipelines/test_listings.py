"""Listing pages by structure: which links are items, which stand beside the list."""

from datetime import UTC, datetime

import pytest

from pipelines.families import FAMILIES
from pipelines.page import RawPage, parse

SIDES = {
    "narrower in the grid": ('class="col-md-8"', 'class="col-md-4"', False),
    "wider or alike": ('class="col-md-6"', 'class="col-md-6"', True),
    "named": ('class="main"', 'id="sidebar-phai"', False),
    "named left": ('class="noi-dung"', 'class="cot-trai"', False),
    "by style": ('style="width:70%"', 'style="float:right; width: 28%"', False),
    "stacked": ('class="danh-sach"', 'class="tin-khac"', True),
    "the list itself is in a side": ('class="col-md-4 sidebar"', 'class="col-md-8"', True),
}


def _titles(first: int, count: int, dated: bool) -> str:
    return "".join(
        f'<li><h3><a href="/tin/hoi-nghi-ban-thuong-vu-lan-thu-{n}-{n}.html">Hội nghị Ban Thường vụ lần thứ {n}</a>'
        f"</h3>{f'<p>{n % 28 + 1:02d}/03/2024</p>' if dated else ''}</li>"
        for n in range(first, first + count)
    )


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("side_first", [False, True])
@pytest.mark.parametrize("family", ["generic", "nukeviet", "webforms"])
def test_undated_side_columns_are_no_items(name: str, side_first: bool, family: str) -> None:
    main, side, kept = SIDES[name]
    featured = f'<div class="noi-bat">{_titles(1, 1, dated=False)}</div>'
    columns = [
        f"<div {main}>{featured}<ul>{_titles(10, 6, dated=True)}</ul></div>",
        f"<div {side}><ul>{_titles(50, 5, False)}</ul></div>",
    ]
    html = f"<html><body><div class='row'>{''.join(columns[::-1] if side_first else columns)}</div></body></html>"
    page = parse(RawPage("http://mau.vn/tin/", html.encode(), datetime(2026, 3, 1, tzinfo=UTC)))
    numbers = sorted(
        int(link.url.rsplit("-", 1)[1].removesuffix(".html")) for link in FAMILIES[family].listing(page).links
    )
    assert numbers == [1, *range(10, 16), *(range(50, 55) if kept else ())]


def test_undated_cells_beside_a_dated_one_are_no_items() -> None:
    cells = f"<td><ul>{_titles(50, 5, False)}</ul></td><td><ul>{_titles(10, 6, True)}</ul></td>"
    html = f"<html><body><table><tr>{cells}</tr></table></body></html>"
    page = parse(RawPage("http://mau.vn/tin/", html.encode(), datetime(2026, 3, 1, tzinfo=UTC)))
    assert len(FAMILIES["webforms"].listing(page).links) == 6

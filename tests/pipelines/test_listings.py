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


SHORT = ("Giấy mời họp", "Họp báo tháng ba", "Ra quân trồng rừng", "Trao Huân chương", "Khởi công cầu Nậm Chim")
LONG = (
    "Thường trực Huyện ủy Nậm Chim khảo sát tuyến đường vào bản Lũng Pù",
    "Hội Nông dân xã Bưng Sậy trao giống lúa cho các hộ vùng ngập",
    "Đoàn thanh niên dựng lại trường mầm non sau trận lũ quét đầu mùa",
)
MIXED = (*SHORT, *LONG)
TEASER = "Từ sáng sớm bà con các bản đã có mặt ở sân nhà văn hóa để nghe cán bộ nói về mùa vụ tới."
ITEMS = {
    "a date beside": ("<li><a href='{u}'>{t}</a> <em>({d})</em></li>", MIXED),
    "a date in a cell": ("<tr><td>{d}</td><td><a href='{u}'>{t}</a></td></tr>", MIXED),
    "a date below": ("<h3><a href='{u}'>{t}</a></h3><p>{d}</p><p>{p}</p>", MIXED),
    "a category of its own": (
        "<div><a href='/muc-{n}'>Xây dựng Đảng</a><h4><a href='{u}'>{t}</a></h4><p>{d}</p></div>",
        MIXED,
    ),
    "a heading and a teaser": ("<div><h3><a href='{u}'>{t}</a></h3><p>{p}</p></div>", MIXED),
    "only `more` is linked": ("<div><h4>{t}</h4><p>{p}</p><a href='{u}'>Xem chi tiết</a></div>", MIXED),
    "only `more`, under a class": (
        "<div><div class='card-title'>{t}</div><p>{d}</p><a href='{u}'>Chi tiết »</a></div>",
        MIXED,
    ),
    "the last of a list": ("<div><a href='{u}'>{t}</a><span>{d}</span></div>", SHORT[:1]),
    "the tag of a header": ("<div><header><h2><a href='{u}'>{t}</a></h2></header><p>{d}</p></div>", MIXED),
    "the class of a header": ("<div><div class='header'><a href='{u}'>{t}</a></div><p>{p}</p></div>", LONG),
    "the class of a menu's entry": (
        "<div class='nav-item'><a class='nav-link' href='{u}'>{t}</a><i>{d}</i></div>",
        MIXED,
    ),
    "in what is called a menu": ("<li><a href='{u}'>{t}</a></li>", LONG),
}


@pytest.mark.parametrize(("item", "titles"), ITEMS.values(), ids=ITEMS)
@pytest.mark.parametrize("url", ["/tin-tuc/bai-so-{n}.html", "/index.php/tin/{n}-bai", "/Home/ChiTiet/{n}"])
def test_an_item_is_told_by_what_stands_around_its_link(item: str, titles: tuple[str, ...], url: str) -> None:
    urls = {f"http://mau.vn{url.format(n=n)}": (n, title) for n, title in enumerate(titles, 40)}
    rows = "".join(item.format(u=u, t=title, n=n, d=f"{n - 30}/02/2026", p=TEASER) for u, (n, title) in urls.items())
    menu = "<ul class='menu'><li><a href='/van-ban'>Văn bản</a></li></ul>"
    html = f"<html><body>{menu}{f'<div class=main-menu-content>{rows}</div>' if '<li>' in item else rows}"
    page = parse(RawPage("http://mau.vn/tin/", html.encode(), datetime(2026, 3, 1, tzinfo=UTC)))
    assert {link.url for link in FAMILIES["generic"].listing(page).links} == set(urls)


LIST = "".join(
    f"<li><a href='/tin/{title[:3]}-7{n}.html'>{title}</a> 0{n}/02/2026</li>" for n, title in enumerate(LONG, 1)
)
NAMES = ("Ban Pháp chế", "Ban Dân tộc", "Văn phòng", "Tổ đại biểu", "Thường trực")
NO_ITEMS = {
    "a menu without a name": "<p><a href='/muc/{n}'>{t}</a></p>",
    "the entries of a menu": "<div class='nav-item'><a href='/muc/{n}'>{t}</a></div>",
    "the columns of a menu": "<div class='mega-menu'><h4><a href='/m/{n}'>{t}</a></h4><a href='/a/{n}'>Bầu</a></div>",
    "the titles of blocks": "<div><h2><a href='/muc/{n}'>{t}</a></h2><ul>" + LIST + "</ul></div>",
    "the titles of blocks, flat": "<h2><a href='/muc/{n}'>{t}</a></h2><ul>" + LIST + "</ul>",
    "the blocks' `more`": "<div><h2>{t}</h2><ul>" + LIST + "</ul><a href='/muc/{n}'>Xem thêm</a></div>",
    "banners": "<div><a href='/muc/{n}'><img src='b.gif' alt='{t}'></a></div>",
    "fields of work": "<div><h3>{t}</h3><p>" + TEASER + "</p><a href='/linh-vuc-{t}'>Xem chi tiết</a></div>",
    "numbers of documents": "<tr><td><a href='/vb/{n}'>{n}/NQ-HĐND</a></td><td>{n}/02/2026</td><td>Về phí</td></tr>",
    "kinds and numbers of documents": "<li><a href='/vb/{n}'>Nghị quyết số {n}/2026/NQ-HĐND</a> {n}/02/2026</li>",
    "files of documents": "<tr><td>{n}-QĐ/TU</td><td>{n}/02/2026</td><td><a href='/tai/{n}'>Tải về</a></td></tr>",
    "counters": "<p><a href='/truy-cap-{n}'>Lượt truy cập</a>: 12.345</p>",
    "labels of items": "<div><h4><a href='/tin/{n}'>Giao ban</a></h4><a href='/m/{n}'>{t}</a> {n}/02/2026</div>",
}


@pytest.mark.parametrize("box", NO_ITEMS.values(), ids=NO_ITEMS)
def test_what_is_no_item(box: str) -> None:
    boxes = "".join(box.format(n=n, t=name) for n, name in enumerate(NAMES, 11))
    html = f"<html><body><table>{boxes}</table><p>01/03/2026</p><ul>{LIST}</ul></body></html>"
    page = parse(RawPage("http://mau.vn/muc/", html.encode(), datetime(2026, 3, 1, tzinfo=UTC)))
    found = {link.url.removeprefix("http://mau.vn") for link in FAMILIES["generic"].listing(page).links}
    assert not [path for path in found if not path.startswith("/tin/")]

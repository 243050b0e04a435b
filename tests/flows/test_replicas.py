"""The replica sites of the demo: what they serve, their products' habits, and what happens between two nights."""

import gzip
import http.client
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.demo import pdf
from flows.demo.replicas import MANNERS, Expected, ReplicaFarm
from flows.demo.replicas.base import WIDE_GAP, slugify
from flows.demo.replicas.docshare import misplaced, pdf_lines
from flows.demo.texts import Newsroom
from schemas.site import Site

TODAY = date(2024, 4, 18)
KEYS = [manner.key for manner in MANNERS]
WORDPRESS, DOTNETNUKE, WEBFORMS, DOCSHARE, NUKEVIET = KEYS
SLIPPED = re.compile("[^aeiouyAEIOUY\u0302\u0306\u031b\u0323][\u0300\u0301\u0303\u0309\u0323]")
"""In NFD: a tone mark on a letter that bears none."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def shown(self) -> str:
        """The page's text with white space collapsed, non-breaking spaces kept."""
        return re.sub(r"[ \t\r\n]+", " ", lxml.html.fromstring(self.body).text_content())


def get(url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def still() -> Iterator[ReplicaFarm]:
    """A farm that no test changes."""
    with ReplicaFarm(today=TODAY) as farm:
        yield farm


@pytest.fixture
def farm() -> Iterator[ReplicaFarm]:
    """A farm of one's own."""
    with ReplicaFarm(today=TODAY) as farm:
        yield farm


LISTINGS = {
    WORDPRESS: ("/category/xay-dung-dang/", "/category/tin-trong-tinh/", "/category/dan-van/"),
    DOTNETNUKE: ("/Tin-tuc-Su-kien", "/Hoc-tap-lam-theo-Bac"),
    WEBFORMS: ("/ChuyenMuc.aspx?cat=12", "/ChuyenMuc.aspx?cat=15", "/ChuyenMuc.aspx?cat=21"),
    DOCSHARE: ("/danh-muc/xay-dung-dang", "/danh-muc/chinh-quyen-co-so"),
    NUKEVIET: ("/tin-tuc-su-kien/", "/hoat-dong-hdnd/", "/cu-tri-kien-nghi/"),
}
FURTHER = {
    WORDPRESS: "{}page/{}/",
    DOTNETNUKE: "{}?page={}",
    WEBFORMS: "{}&trang={}",
    DOCSHARE: "{}/trang-{}",
    NUKEVIET: "{}page-{}/",
}


def links(url: str) -> list[str]:
    """Absolute links of a page, in order."""
    tree = lxml.html.fromstring(get(url).body)
    return [urljoin(url, str(href)).split("#")[0] for href in tree.xpath("//a/@href")]


def walk(base: str, key: str, listing: str) -> list[set[str]]:
    """The links of each page of a listing, following only what the pager links."""
    pages, number = [set(links(base + listing))], 2
    while (further := base + FURTHER[key].format(listing, number)) in pages[-1]:
        pages.append(set(links(further)))
        number += 1
    return pages


def first_article(farm: ReplicaFarm, key: str) -> str:
    return next(iter(farm.truth(key)))


# What is there


def test_each_site_has_a_port_of_loopback(still: ReplicaFarm) -> None:
    assert len(set(still.host_ports)) == len(KEYS)
    assert {host_port.split(":")[0] for host_port in still.host_ports} == {"127.0.0.1"}


@pytest.mark.parametrize("key", KEYS)
def test_size_of_a_site(still: ReplicaFarm, key: str) -> None:
    assert 15 <= still.sites[key].articles <= 24


@pytest.mark.parametrize(
    ("key", "rejected"),
    [
        (WORDPRESS, {"not_an_article": 1}),
        (DOTNETNUKE, {"soft_404": 1}),
        (WEBFORMS, {"classified": 1}),
        (DOCSHARE, {}),
        (NUKEVIET, {"login_wall": 1}),
    ],
)
def test_what_a_night_should_refuse(still: ReplicaFarm, key: str, rejected: dict[str, int]) -> None:
    assert still.sites[key].rejected == rejected


@pytest.mark.parametrize("key", KEYS)
def test_truth_adds_up_to_the_expected_articles(still: ReplicaFarm, key: str) -> None:
    assert len(still.truth(key)) == still.sites[key].articles


@pytest.mark.parametrize("key", KEYS)
def test_every_article_is_answered(still: ReplicaFarm, key: str) -> None:
    assert {get(url).status for url in still.truth(key)} == {200}


@pytest.mark.parametrize("key", KEYS)
def test_articles_say_what_the_truth_says(still: ReplicaFarm, key: str) -> None:
    if key == DOCSHARE:
        pytest.skip("its lines are broken on purpose")
    for url, story in still.truth(key).items():
        shown = get(url).shown
        if "post-page-numbers" in get(url).text:
            shown += get(f"{url}2/").shown
        assert [part for part in (story.title, story.lead, *story.paragraphs) if part not in shown] == []


@pytest.mark.parametrize("key", KEYS)
def test_listings_lead_to_every_article_and_trap(still: ReplicaFarm, key: str) -> None:
    base = still.base_urls[key]
    found = set().union(*(page for listing in LISTINGS[key] for page in walk(base, key, listing)))
    replica = still._replicas[key]
    assert {base + replica.path(entry) for entry in replica.listed()} <= found


@pytest.mark.parametrize(("key", "listing"), [(key, listing) for key in KEYS for listing in LISTINGS[key]])
def test_each_listing_has_two_pages_or_more(still: ReplicaFarm, key: str, listing: str) -> None:
    assert len(walk(still.base_urls[key], key, listing)) >= 2


@pytest.mark.parametrize("key", KEYS)
def test_home_links_every_listing(still: ReplicaFarm, key: str) -> None:
    base = still.base_urls[key]
    assert {base + listing for listing in LISTINGS[key]} <= set(links(f"{base}/"))


@pytest.mark.parametrize("key", KEYS)
def test_robots_allows_every_listing(still: ReplicaFarm, key: str) -> None:
    forbidden = re.findall(r"Disallow: (\S+)", get(f"{still.base_urls[key]}/robots.txt").text)
    assert not [path for path in LISTINGS[key] if path.startswith(tuple(forbidden))]


@pytest.mark.parametrize("key", KEYS)
def test_an_attachment_is_a_pdf(still: ReplicaFarm, key: str) -> None:
    files = [
        link
        for url in still.truth(key)
        for link in links(url)
        if re.search(r"\.pdf$|download=1|TaiLieu\.aspx", link) and get(link).body.startswith(b"%PDF-")
    ]
    assert len(set(files)) == 2


@pytest.mark.parametrize("key", KEYS)
def test_unknown_page_is_404(still: ReplicaFarm, key: str) -> None:
    assert get(f"{still.base_urls[key]}/khong/co/trang/nay").status == 404


@pytest.mark.parametrize("key", [key for key in KEYS if key != DOCSHARE])
def test_pages_are_nfc(still: ReplicaFarm, key: str) -> None:
    texts = [get(url).text for url in still.truth(key)]
    assert all(unicodedata.is_normalized("NFC", text) and not SLIPPED.search(text) for text in texts)


@pytest.mark.parametrize("key", KEYS)
def test_site_files_are_valid(still: ReplicaFarm, key: str, tmp_path: Path) -> None:
    still.write_sites(tmp_path)
    site = Site(key=key, **tomllib.loads((tmp_path / f"{key}.toml").read_text()))
    assert (site.status, site.url) == ("active", f"{still.base_urls[key]}/")


def test_some_sites_name_family_and_listings_and_some_neither(still: ReplicaFarm, tmp_path: Path) -> None:
    still.write_sites(tmp_path)
    told = {
        path.stem: set(tomllib.loads(path.read_text())) & {"family", "listings"} for path in tmp_path.glob("*.toml")
    }
    assert {len(fields) for fields in told.values()} >= {0, 2}


# Dates


@pytest.mark.parametrize("key", KEYS)
def test_a_good_part_is_of_the_last_week_and_none_of_today(still: ReplicaFarm, key: str) -> None:
    days = [(TODAY - entry.published.date()).days for entry in still._replicas[key].listed()]
    assert sum(1 <= day <= 7 for day in days) >= 8
    assert min(days) == 1
    assert max(days) > 45


# Habits of the products


def text_of(farm: ReplicaFarm, key: str, place: int = 0) -> str:
    return get(list(farm.truth(key))[place]).text


@pytest.mark.parametrize(
    ("key", "trap"),
    [
        (WORDPRESS, "<div>Thứ Năm, 18 Tháng Tư, 2024</div>"),
        (WORDPRESS, 'alt="spot_img"'),
        (WORDPRESS, "TIN CÙNG MỤC"),
        (WORDPRESS, "TIN MỚI NHẤT"),
        (WORDPRESS, "<em>Nguồn: Ban Tuyên giáo Tỉnh ủy Trà Vinh</em>"),
        (WORDPRESS, 'class="td-post-content tagdiv-type"'),
        (DOTNETNUKE, "Hiện tại không có bình chọn nào đang hoạt động."),
        (DOTNETNUKE, f"./.{WIDE_GAP}<strong>"),
        (DOTNETNUKE, 'id="dnn_ContentPane"'),
        (WEBFORMS, "Cập nhật ngày: "),
        (WEBFORMS, "Thứ Năm, ngày 18/04/2024"),
        (DOCSHARE, "Có thể bạn quan tâm!"),
        (NUKEVIET, '<meta name="generator" content="NukeViet v4.5">'),
        (NUKEVIET, "Tổng số điểm của bài viết là: "),
        (NUKEVIET, "Những tin cũ hơn"),
        (NUKEVIET, "Bạn đã không sử dụng Site, "),
        (NUKEVIET, "<strong>Tác giả: </strong>"),
        (NUKEVIET, "Địa chỉ: "),
    ],
)
def test_trap_is_on_the_page(still: ReplicaFarm, key: str, trap: str) -> None:
    assert trap in text_of(still, key, place=3)


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        (DOTNETNUKE, r"\d{3,} Go top"),
        (DOTNETNUKE, r"Khách \d+ Thành viên 3 Tổng \d+ Tổng lượt truy cập: \d{7}"),
        (WEBFORMS, r"Cập nhật ngày: \d\d/\d\d/\d{4} \d\d:\d\d"),
        (DOCSHARE, r"Xem toàn bộ \d+ trang tài liệu này\."),
        (NUKEVIET, r"Đang truy cập\d+Khách viếng thăm\d+Hôm nay\d,\d{3}"),
        (NUKEVIET, r"Thứ [a-z]+|Chủ nhật - \d\d/\d\d/\d{4} \d\d:\d\d"),
    ],
)
def test_shape_is_in_the_shown_text(still: ReplicaFarm, key: str, pattern: str) -> None:
    assert re.search(pattern, get(first_article(still, key)).shown)


@pytest.mark.parametrize("key", [WEBFORMS, NUKEVIET])
def test_caption_is_printed_twice(still: ReplicaFarm, key: str) -> None:
    url, story = next(iter(still.truth(key).items()))
    assert get(url).text.count(story.caption) == 2


def test_author_stands_alone_on_the_last_line(still: ReplicaFarm) -> None:
    url, story = next(iter(still.truth(WEBFORMS).items()))
    cell = lxml.html.fromstring(get(url).body).find_class("NoiDungTin")[0]
    assert cell.xpath("./p")[-1].text_content() == story.author


def test_widget_interrupts_a_sentence(still: ReplicaFarm) -> None:
    tree = lxml.html.fromstring(get(first_article(still, DOCSHARE)).body)
    before = tree.find_class("related-in")[0].getprevious().text_content()
    assert before and before[-1] not in ".:;!?…”"


def test_tone_marks_have_slipped(still: ReplicaFarm) -> None:
    slipped = [url for url in still.truth(DOCSHARE) if SLIPPED.search(unicodedata.normalize("NFD", get(url).text))]
    assert len(slipped) == still.sites[DOCSHARE].articles


@pytest.mark.parametrize(
    ("word", "slipped"),
    [
        ("việc", "viêc\u0323"),
        ("túc", "tuć"),
        ("hành", "haǹ h"),
        ("một", "mô\u1e6d"),
        ("được", "đươc\u0323"),
        ("tỉnh", "tin\u0309 h"),
        ("xã", "xã"),
        ("làm,", "làm,"),
    ],
)
def test_misplaced(word: str, slipped: str) -> None:
    assert misplaced(word) == slipped


@given(
    st.lists(st.sampled_from(["xã", "thôn", "đường", "nghị", "quyết", "làm", "a"]), min_size=1, max_size=60),
    st.integers(),
)
def test_pdf_lines_keep_every_syllable(words: list[str], seed: int) -> None:
    # One word may break in two where its tone slipped ("haǹ h"); none of these has that ending.
    assert len(" ".join(pdf_lines(" ".join(words), Random(seed))).split(" ")) == len(words)


def test_some_pages_have_no_date(still: ReplicaFarm) -> None:
    dated = {url: "ngaydang" in get(url).text for url in still.truth(DOTNETNUKE)}
    assert dated == {url: story.published is not None for url, story in still.truth(DOTNETNUKE).items()}
    assert 0 < list(dated.values()).count(False) < len(dated) / 2


def test_published_time_is_malformed_and_microdata_tell_the_edit(farm: ReplicaFarm) -> None:
    _, url = farm.edit_one()
    page = get(url).text
    published = re.search(r'article:published_time" content="(\d{4}-\d\d-\d\d)\+07\d\d:\d\d:\d\d"', page)
    microdata = re.search(r'itemprop="datePublished">(\d{4}-\d\d-\d\d)T', page)
    assert published and microdata
    assert published[1] < TODAY.isoformat() < microdata[1]


def test_stamp_stands_before_the_title(still: ReplicaFarm) -> None:
    stamped = [entry for entry in still._replicas[WEBFORMS].listed() if entry.trap]
    rows = lxml.html.fromstring(get(still.base_urls[WEBFORMS] + still._replicas[WEBFORMS].path(stamped[0])).body)
    lines = [cell.text_content() for cell in rows.xpath("//td[@width='600']/table/tr/td")]
    assert lines[:2] == ["MẬT", stamped[0].story.title]


@pytest.mark.parametrize(
    ("key", "word"), [(DOTNETNUKE, "không tồn tại"), (NUKEVIET, "Bạn cần đăng nhập"), (WORDPRESS, "page-template")]
)
def test_a_page_that_is_no_article(still: ReplicaFarm, key: str, word: str) -> None:
    replica = still._replicas[key]
    trap = next(entry for entry in replica.listed() if entry.trap)
    answer = get(still.base_urls[key] + replica.path(trap))
    assert (answer.status, word in answer.text) == (200, True)


def test_split_article_is_whole_with_both_pages(still: ReplicaFarm) -> None:
    split = [(url, story) for url, story in still.truth(WORDPRESS).items() if f"{url}2/" in links(url)]
    [(url, story)] = split
    first, second = get(url).shown, get(f"{url}2/").shown
    assert [p in first for p in story.paragraphs] == [p not in second for p in story.paragraphs]


@pytest.mark.parametrize(
    ("key", "path", "status", "location"),
    [
        (WORDPRESS, "/category/dan-van/page/9/", 404, None),
        (WORDPRESS, "/page/99/", 404, None),
        (DOTNETNUKE, "/Tin-tuc-Su-kien?page=9", 200, None),
        (WEBFORMS, "/ChuyenMuc.aspx?cat=12&trang=9", 200, None),
        (DOCSHARE, "/danh-muc/xay-dung-dang/trang-9", 404, None),
        (NUKEVIET, "/hoat-dong-hdnd/page-9/", 301, "/hoat-dong-hdnd/"),
        (NUKEVIET, "/news/", 301, "/"),
    ],
)
def test_past_the_end(still: ReplicaFarm, key: str, path: str, status: int, location: str | None) -> None:
    base = still.base_urls[key]
    answer = get(base + path)
    assert (answer.status, answer.headers["Location"]) == (status, location and base + location)


def test_past_the_end_repeats_the_last_page(still: ReplicaFarm) -> None:
    base = still.base_urls[DOTNETNUKE] + "/Tin-tuc-Su-kien"
    assert links(f"{base}?page=9") == links(f"{base}?page=2")


def test_past_the_end_is_empty(still: ReplicaFarm) -> None:
    assert not [url for url in links(f"{still.base_urls[WEBFORMS]}/ChuyenMuc.aspx?cat=12&trang=9") if "ChiTiet" in url]


def test_second_category_redirects_to_the_main_one(still: ReplicaFarm) -> None:
    base = still.base_urls[NUKEVIET]
    shown = {url for listing in LISTINGS[NUKEVIET] for page in walk(base, NUKEVIET, listing) for url in page}
    twins = {url for url in shown if re.search(r"-\d+\.html$", url)} - set(still.truth(NUKEVIET))
    moved = {get(url).headers["Location"] for url in twins if get(url).status == 301}
    assert len(moved) == 2
    assert moved <= set(still.truth(NUKEVIET))


def test_both_list_layouts(still: ReplicaFarm) -> None:
    base = still.base_urls[NUKEVIET]
    classes = ("list-group-item-heading", "fa-clock-o")
    seen = {listing: tuple(name in get(base + listing).text for name in classes) for listing in LISTINGS[NUKEVIET]}
    assert set(seen.values()) == {(True, False), (False, True)}


def test_print_twin(still: ReplicaFarm) -> None:
    url, story = next(iter(still.truth(NUKEVIET).items()))
    twin = get(url.replace(still.base_urls[NUKEVIET], still.base_urls[NUKEVIET] + "/print"))
    assert story.paragraphs[0] in twin.shown


def test_rss_minutes_are_the_month(still: ReplicaFarm) -> None:
    feed = get(f"{still.base_urls[NUKEVIET]}/rss/").text
    months = re.findall(r"<pubDate>\w{3}, \d\d (\w{3}) \d{4} \d\d:(\d\d):\d\d GMT", feed)
    assert {minutes for name, minutes in months if name == "Apr"} == {"04"}


@pytest.mark.parametrize("key", [WORDPRESS, NUKEVIET])
def test_feed_is_xml_with_article_links(still: ReplicaFarm, key: str) -> None:
    path = "/feed/" if key == WORDPRESS else "/rss/"
    feed = lxml.etree.fromstring(get(still.base_urls[key] + path).body)
    assert set(feed.xpath("//item/link/text()")) & set(still.truth(key))


def test_sitemap_lists_every_article(still: ReplicaFarm) -> None:
    tree = lxml.etree.fromstring(get(f"{still.base_urls[NUKEVIET]}/sitemap-vi.news.xml").body)
    assert set(still.truth(NUKEVIET)) <= set(tree.xpath("//*[local-name()='loc']/text()"))


# HTTP


@pytest.mark.parametrize(
    ("key", "validator"),
    [(WORDPRESS, "ETag"), (NUKEVIET, "Last-Modified"), (DOTNETNUKE, None), (WEBFORMS, None), (DOCSHARE, None)],
)
def test_validators(still: ReplicaFarm, key: str, validator: str | None) -> None:
    headers = get(first_article(still, key)).headers
    assert [name for name in ("ETag", "Last-Modified") if headers[name]] == ([validator] if validator else [])


@pytest.mark.parametrize(
    ("key", "validator", "condition"),
    [(WORDPRESS, "ETag", "If-None-Match"), (NUKEVIET, "Last-Modified", "If-Modified-Since")],
)
def test_known_page_costs_no_body(still: ReplicaFarm, key: str, validator: str, condition: str) -> None:
    url = first_article(still, key)
    answer = get(url, headers={condition: str(get(url).headers[validator])})
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    "headers",
    [{"If-None-Match": '"other"'}, {"If-None-Match": '"other"', "If-Modified-Since": "Thu, 18 Apr 2030 00:00:00 GMT"}],
)
def test_another_copy_is_answered_in_full(still: ReplicaFarm, headers: dict[str, str]) -> None:
    assert get(first_article(still, WORDPRESS), headers=headers).status == 200


def test_one_site_compresses(still: ReplicaFarm) -> None:
    url, plain = first_article(still, DOCSHARE), {"Accept-Encoding": "identity"}
    packed = get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    size = len(get(url, headers=plain).body)
    assert abs(len(gzip.decompress(packed.body)) - size) < 9, "but for the view count the same"


def test_head_has_no_body(still: ReplicaFarm) -> None:
    answer = get(first_article(still, WEBFORMS), method="HEAD")
    assert (answer.status, answer.body, int(answer.headers["Content-Length"]) > 0) == (200, b"", True)


def test_requests_are_logged(farm: ReplicaFarm) -> None:
    get(f"{farm.base_urls[WEBFORMS]}/ChuyenMuc.aspx?cat=12")
    [request] = farm.requests()
    assert (request.site, request.method, request.path, request.in_flight) == (
        WEBFORMS,
        "GET",
        "/ChuyenMuc.aspx?cat=12",
        1,
    )


def test_two_visits_differ_in_their_counters(still: ReplicaFarm) -> None:
    url = first_article(still, DOTNETNUKE)
    assert get(url).text != get(url).text


# Between two nights


def test_edit_changes_text_and_validator(farm: ReplicaFarm) -> None:
    before = {key: farm.truth(key) for key in KEYS}
    key, url = farm.edit_one()
    story = farm.truth(key)[url]
    assert story != before[key][url]
    assert all(p in get(url).shown for p in story.paragraphs)


def test_edit_is_seen_by_a_conditional_request(farm: ReplicaFarm) -> None:
    stamps = {url: str(get(url).headers["Last-Modified"]) for url in farm.truth(NUKEVIET)}
    _, url = farm.edit_one()
    answers = {page: get(page, headers={"If-Modified-Since": stamp}).status for page, stamp in stamps.items()}
    assert [page for page, status in answers.items() if status == 200] == [url]


def test_edits_take_another_article_each_time(farm: ReplicaFarm) -> None:
    assert len({farm.edit_one() for _ in range(3)}) == 3


def test_no_fourth_day_is_touched(farm: ReplicaFarm) -> None:
    with pytest.raises(IndexError):
        for _ in range(20):
            farm.remove_one()


def test_removed_article_is_gone_from_site_and_listings(farm: ReplicaFarm) -> None:
    key, url = farm.remove_one()
    base = farm.base_urls[key]
    assert get(url).status == 410
    assert not [listing for listing in LISTINGS[key] for page in walk(base, key, listing) if url in page]


@pytest.mark.parametrize("change", [ReplicaFarm.edit_one, ReplicaFarm.remove_one])
def test_changes_touch_what_a_night_revalidates(farm: ReplicaFarm, change: object) -> None:
    days = {
        farm.base_urls[key] + farm._replicas[key].path(entry): entry.published.date()
        for key in KEYS
        for entry in farm._replicas[key].listed()
    }
    key, url = change(farm)  # type: ignore[operator]
    assert TODAY - timedelta(days=3) <= days[url] < TODAY
    assert farm._replicas[key].revalidates


def test_added_article_comes_first_and_is_of_today(farm: ReplicaFarm) -> None:
    before = farm.sites[WEBFORMS].articles
    key, url = farm.add_one()
    base = farm.base_urls[key]
    listed = [link for link in links(base + LISTINGS[key][0]) if "ChiTiet" in link]
    assert listed[0] == url
    assert f"Cập nhật ngày: {TODAY:%d/%m/%Y}" in get(url).text
    assert farm.sites[key].articles == before + 1


def test_removal_is_taken_off_the_expected(farm: ReplicaFarm) -> None:
    before = farm.sites[WORDPRESS]
    farm.remove_one()
    assert farm.sites[WORDPRESS] == Expected(before.articles - 1, before.rejected)


# The made-up news


def test_stories_are_distinct_even_with_numbers_masked() -> None:
    room = Newsroom(7)
    stories = [room.story("Cao Bằng", datetime(2024, 4, 17)) for _ in range(120)]
    paragraphs = [re.sub(r"\d+", "0", p) for story in stories for p in story.paragraphs]
    assert len({story.title for story in stories}) == len(stories)
    assert len(set(paragraphs)) == len(paragraphs)


@given(st.integers(min_value=0, max_value=10_000))
def test_a_story_is_whole(seed: int) -> None:
    story = Newsroom(seed).story("Trà Vinh", datetime(2024, 4, 17))
    texts = (story.title, story.lead, *story.paragraphs, story.caption, story.author)
    assert 5 <= len(story.paragraphs) <= 9
    assert not [t for t in texts if not t or "{" in t or "  " in t or not unicodedata.is_normalized("NFC", t)]


def test_the_same_seed_tells_the_same_stories() -> None:
    first, second = (Newsroom(11).story("Quảng Trị", datetime(2024, 4, 17)) for _ in range(2))
    assert first == second


def test_stories_cite_numbered_documents() -> None:
    room = Newsroom(3)
    stories = [room.story("Thanh Hóa", datetime(2024, 4, 17)) for _ in range(30)]
    cited = [re.findall(r"số \d+(?:/\d{4})?[-/][A-ZĐ]+[-/][A-ZĐ]+", " ".join(s.paragraphs)) for s in stories]
    assert sum(bool(numbers) for numbers in cited) > 15


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Xã Đồng Vạn Ninh: Gỡ khó", "xa-dong-van-ninh-go-kho"), ("Phòng, chống sạt lở", "phong-chong-sat-lo")],
)
def test_slugify(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_pdf_offsets_point_at_its_objects() -> None:
    data = pdf.document(("Nghị quyết số 12/2023/NQ-HĐND", "“Được”"))
    table = int(re.findall(rb"startxref\n(\d+)", data)[0])
    offsets = [int(offset) for offset in re.findall(rb"(\d{10}) 00000 n", data[table:])]
    assert [data[offset:].split(b" ")[0] for offset in offsets] == [b"1", b"2", b"3", b"4", b"5", b"6"]


def test_pdf_refuses_too_many_letters() -> None:
    with pytest.raises(ValueError, match="224"):
        pdf.document(("".join(map(chr, range(0x4E00, 0x4F00))),))

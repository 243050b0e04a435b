"""Template memory on made-up sites that no family knows: their chrome goes, and nobody's prose does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_site import WORDS, Site

from pipelines.page import RawPage
from pipelines.refinery import refine
from pipelines.template import KNOWN, LIMIT, Template, learn
from schemas.article import Accepted, Content


def content(page: RawPage, template: Template | None) -> Content:
    verdict = refine([page], None, template)
    assert isinstance(verdict, Accepted), verdict
    return verdict.content


@pytest.mark.parametrize("seed", range(8))
def test_ten_pages_of_an_unknown_site_teach_its_chrome(seed: int) -> None:
    site = Site(seed)
    template = learn(None, [site.page(n) for n in range(10)])
    assert content(site.page(3), None).text.split("\n\n") != site.prose(3)
    for number in (3, 77):
        found = content(site.page(number, visit=9), template)
        assert found.text.split("\n\n") == site.prose(number)
        assert found.template == template.version


def test_refetches_over_many_nights_never_erase_their_prose() -> None:
    site = Site(1)
    template: Template | None = None
    for night in range(30):
        template = learn(template, [site.page(4, visit=night), site.page(5, visit=night)])
    assert template is not None
    assert template.texts == 2
    assert set(site.prose(4)) <= set(content(site.page(4), template).text.split("\n\n"))


@pytest.mark.parametrize("copies", [12, 60])
def test_twins_under_other_addresses_and_with_a_changed_word_are_one_text(copies: int) -> None:
    site = Site(2)
    prose = site.prose(6)
    twins = []
    for copy in range(copies):
        edited = [*prose[:-1], f"{prose[-1][:-1]} sửa lần {WORDS[copy % 30]}."]
        twins.append(site.page(6, edited, copy, f"https://{site.name}.example.vn/ban-{copy}.html"))
    template = learn(None, [*twins, site.page(7)])
    assert template.texts == 2
    assert set(prose[:-1]) <= set(content(site.page(6), template).text.split("\n\n"))


def test_a_lead_that_every_other_page_quotes_stays_with_its_article() -> None:
    site = Site(3)
    lead = site.prose(0)[0]
    site.after = [*site.after, lead]
    pages = [site.page(n) for n in range(1, 11)]
    site.after = site.after[:-1]
    own = site.page(0)
    template = learn(None, [*pages, own])
    assert lead in content(own, template).text


@pytest.mark.parametrize(
    "line",
    [
        "Tin, ảnh: Lò Thị Mai",
        "Nguồn: Báo Thác Ngà",
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
        "Điều 1.",
        "Vi Văn Dậu",
    ],
)
def test_what_authors_repeat_is_no_chrome(line: str) -> None:
    site = Site(4)
    pages = [site.page(n, [*site.prose(n), *([line] if n % 2 else [])]) for n in range(12)]
    assert not learn(None, pages).is_chrome(line)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_of_the_pages_does_not_count(order: list[int]) -> None:
    pages = [Site(5).page(n) for n in range(12)]
    assert learn(None, [pages[at] for at in order]) == learn(None, pages)


def test_a_redesign_is_learned_and_the_old_look_forgotten() -> None:
    old, new = Site(6), Site(7)
    template = learn(None, [old.page(n) for n in range(100)])
    line = old.after[0]
    assert template.is_chrome(line)
    for start in range(0, 300, 50):
        template = learn(template, [new.page(n) for n in range(start, start + 50)])
    assert not template.is_chrome(line)
    assert template.is_chrome(new.after[0])
    assert len(template.blocks) <= LIMIT
    assert len(template.known) <= KNOWN


def test_nothing_new_keeps_the_version_and_a_stored_template_is_the_same() -> None:
    pages = [Site(8).page(n) for n in range(6)]
    template = learn(None, pages)
    assert learn(template, pages) == template
    assert Template.model_validate_json(template.model_dump_json()) == template
    assert learn(None, []) == Template()


OFTEN = {
    "a closing formula": ("Hội nghị thành công, các đại biểu nhất trí cao với những việc đã bàn.", 14),
    "a short sentence": ("Ai nấy đều vui.", 15),
    "a line before pictures": ("Một số hình ảnh tại buổi lễ:", 15),
    "the sapo of a series": ("Loạt bài về những người giữ rừng ở vùng lòng hồ, viết trong mùa khô năm nay.", 15),
}


@pytest.mark.parametrize(("line", "times"), OFTEN.values(), ids=OFTEN)
def test_a_sentence_that_half_of_the_articles_share_stays(line: str, times: int) -> None:
    site = Site(15)
    prose = [[*site.prose(n), line] if n < times else site.prose(n) for n in range(30)]
    pages = [site.page(n, prose[n]) for n in range(30)]
    template = learn(None, pages)
    for number in (0, times - 1, 29):
        assert content(pages[number], template).text.split("\n\n") == prose[number]


def test_a_redesign_is_learned_from_the_first_ten_texts_in_it() -> None:
    old, new = Site(16), Site(17)
    template = learn(None, [old.page(n) for n in range(60)])
    template = learn(template, [new.page(n) for n in range(10)])
    assert template.is_chrome(new.after[0])
    assert not any(template.is_chrome(line) for n in range(10) for line in new.prose(n))


def test_a_text_that_is_fetched_every_night_is_counted_once_for_ever() -> None:
    site = Site(18)
    template = learn(None, [site.page(0)])
    first = template.known[0]
    for night in range(1, 12):
        fresh = range(night * 40, night * 40 + 40)
        template = learn(template, [site.page(0, visit=night), *(site.page(n) for n in fresh)])
    assert len(template.known) == KNOWN
    assert template.known.count(first) == 1

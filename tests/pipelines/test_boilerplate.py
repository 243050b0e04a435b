"""The named rules, tested from their own examples, and what sifting may never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import boilerplate
from pipelines.boilerplate import Rule, rules

PROSE = (
    "Trong những năm qua, cấp ủy xã Hoa Ban đã lãnh đạo chuyển đổi cây trồng, mở đường liên thôn và xây nhà văn hóa,"
    " nhờ vậy đời sống của Nhân dân được nâng lên rõ rệt."
)
CHROME = [line for rule in rules() for line in rule.drops]


@pytest.mark.parametrize(
    ("rule", "line"), [(rule, line) for rule in rules() for line in rule.drops], ids=lambda x: getattr(x, "id", x)
)
def test_a_rule_drops_its_examples(rule: Rule, line: str) -> None:
    found = boilerplate.match(line)
    assert found is not None
    assert found.id == rule.id
    assert boilerplate.sift([PROSE, line]).kept == (0,)


@pytest.mark.parametrize("line", [line for rule in rules() for line in rule.keeps])
def test_a_rule_keeps_its_counter_examples(line: str) -> None:
    assert boilerplate.match(line) is None


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_says_why_and_shows_both_sides(rule: Rule) -> None:
    assert rule.why
    assert rule.drops
    assert rule.keeps
    assert not any(letter in rule.pattern for letter in ("\\S", "\\D", "\\W"))


def test_the_ids_are_unique() -> None:
    assert len({rule.id for rule in rules()}) == len(rules())


LONG = st.text(alphabet="ăâêôơưđ aeiou nghtrchm,", min_size=110, max_size=600).map(lambda s: f"Đ{s}a.")


@given(st.lists(st.one_of(LONG, st.sampled_from(CHROME)), max_size=30))
def test_long_prose_is_never_dropped(blocks: list[str]) -> None:
    kept = boilerplate.sift(blocks).kept
    assert all(at in kept for at, block in enumerate(blocks) if boilerplate.is_prose(block))


@given(st.lists(st.one_of(LONG, st.sampled_from(CHROME)), max_size=30))
def test_every_block_is_kept_or_accounted_for(blocks: list[str]) -> None:
    sifted = boilerplate.sift(blocks)
    assert len(sifted.kept) + sum(removed.count for removed in sifted.removed) == len(blocks)


@pytest.mark.parametrize(
    "line",
    [
        "Hôm nay, huyện ra quân làm thủy lợi.",
        "Tổng kinh phí là 12 tỷ đồng",
        "Khách đến thăm: 221 đoàn",
        "Địa chỉ: thôn Một, xã Hoa Ban",
        "Thành viên 3",
        "Liên hệ",
    ],
)
def test_a_line_between_paragraphs_stays(line: str) -> None:
    assert boilerplate.sift([PROSE, line, PROSE]).kept == (0, 1, 2)


@pytest.mark.parametrize(
    ("blocks", "kept"),
    [
        pytest.param(
            [PROSE, "Những tin cũ hơn", "Hoa Ban được mùa", "(12/05/2022)"], (0,), id="all-after-a-head-at-the-tail"
        ),
        pytest.param(["Trang chủ > Tin tức", PROSE, "Hôm nay 12"], (1,), id="edges"),
        pytest.param([PROSE, "Tin liên quan", "Hội nghị sơ kết công tác dân vận khéo", PROSE], (0, 3), id="box-inside"),
        pytest.param([PROSE, "Có thể bạn quan tâm!", "- Một", "- Hai", PROSE], (0, 4), id="bulleted-box-inside"),
        pytest.param(
            [PROSE, "Tin liên quan", "1. Kết quả đạt được trong năm qua", PROSE], (0, 2, 3), id="heading-after-a-box"
        ),
        pytest.param([], (), id="nothing"),
    ],
)
def test_sift(blocks: list[str], kept: tuple[int, ...]) -> None:
    assert boilerplate.sift(blocks).kept == kept


def test_short_words_of_a_broken_line_are_no_chrome() -> None:
    assert boilerplate.sift(["đã nói", "trước", "đây"], broken=True).kept == (0, 1, 2)


def test_what_a_rule_removed_is_logged() -> None:
    (removed,) = boilerplate.sift([PROSE, "spot_img", "spot_img"]).removed
    assert (removed.rule, removed.count, len(removed.hash)) == ("picture-name", 2, 16)

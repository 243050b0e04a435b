"""What was taken down is known again by hashes: whatever its case and tone placement, and never by a formula."""

import unicodedata
from datetime import UTC, datetime

import pytest

from schemas.suppression import Phrases, Suppressed, Suppression, name_hash, phrases, runs, words
from schemas.urls import pack_hashes, unpack_hashes, url_hash

TITLE = "Xã Hoà Bình hỗ trợ gia đình bà Lành dựng lại nhà sau bão"
TEXT = (
    "Sáng 3/10, Đoàn công tác của xã đến thăm gia đình bà Lành ở thôn Nà Rọ, nơi căn nhà gỗ bị đổ trong đêm bão.\n\n"
    "Bà sống một mình. Con trai của bà làm ăn xa. Lãnh đạo xã trao số tiền 20 triệu đồng do cán bộ, công chức và "
    "nhân dân quyên góp, đồng thời giao Đoàn Thanh niên cử người giúp gia đình lợp lại mái."
)
OTHER = (
    "Chiều 4/10, Thường trực Hội đồng nhân dân xã họp phiên thứ chín, cho ý kiến về chương trình kỳ họp cuối năm và "
    "phân công các ban chuẩn bị báo cáo thẩm tra."
)


def suppressed() -> Suppressed:
    known = phrases([TITLE, TEXT])
    one = Suppression(
        site="mau",
        at=datetime(2026, 11, 20, tzinfo=UTC),
        reason="privacy",
        articles=(name_hash("mau:7"),),
        urls=pack_hashes({url_hash("id:7")}),
        documents=("ab" * 32,),
    )
    widths = tuple(sorted(set(known.values())))
    return Suppressed((one,), (Phrases(article=name_hash("mau:7"), widths=widths, hashes=pack_hashes(known)),))


def test_names_are_known_by_their_site() -> None:
    known = suppressed()
    assert known.article("mau:7") and not known.article("mau:8")
    assert known.url("mau", "id:7") and not known.url("khac", "id:7") and not known.url("mau", "id:8")
    assert known.document("ab" * 32) and not known.document("cd" * 32)
    assert not Suppressed().article("mau:7") and not Suppressed().repeats(TEXT)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (TEXT, True),
        (TEXT.upper(), True),
        (unicodedata.normalize("NFD", TEXT), True),
        (TEXT.replace("20 triệu", "25 triệu").replace("Sáng", "Trưa"), True),  # a light edit
        (TEXT.split("\n\n")[0], True),  # an excerpt
        (f"{OTHER}\n\n{TEXT}\n\n{OTHER * 9}", True),  # inside another text
        (OTHER, False),
        (f"{OTHER} {TITLE}. {OTHER}", False),  # an article that only names it
        ("", False),
    ],
)
def test_a_text_that_repeats_is_known(text: str, same: bool) -> None:
    assert suppressed().repeats(text) is same


def test_texts_are_known_at_their_own_site_and_formulas_count_for_the_share() -> None:
    known = suppressed()
    assert known.about("mau").repeats(TEXT) and known.about("khac", "mau").holds(list(words(TEXT)))
    assert not known.about("khac").repeats(TEXT) and known.about("khac").article("mau:7")
    (one,) = known.phrases
    mostly_formulas = one.model_copy(update={"of": 3 * len(unpack_hashes(one.hashes))})
    assert not Suppressed((), (mostly_formulas,)).holds(list(words(f"{TEXT}")))


def test_what_a_page_says_itself_is_not_found() -> None:
    sentence = "Con trai của bà làm ăn xa."
    shown = list(words(f"{OTHER} {sentence} {TEXT.split('.')[0]}. Hết."))
    own = runs(f"{OTHER} {sentence}")
    assert suppressed().found(shown) == [(len(list(words(OTHER))), len(shown) - 1)]
    assert suppressed().found(shown, own) == [(len(list(words(f"{OTHER} {sentence}"))), len(shown) - 1)]
    assert suppressed().found(shown, runs(" ".join(shown))) == []


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("Tin mới: XÃ HÒA BÌNH HỖ TRỢ GIA ĐÌNH BÀ LÀNH DỰNG LẠI NHÀ SAU BÃO, 3/10", "xã hòa bình … sau bão"),
        ("Ảnh. Sáng 3/10 - Đoàn công tác của xã đến thăm gia đình bà Lành ở…", "sáng 3 … lành ở"),
        ("Bà sống một mình. Hết.", None),  # four words
        ("Ghi chú: con trai của bà làm ăn xa, xem tiếp", "con trai … ăn xa"),
        ("Đoàn công tác của xã đến thăm gia đình", None),  # less than ten words of a longer sentence
        ("Lãnh đạo tỉnh thăm và làm việc tại các xã vùng biên giới, tặng quà cho đồng bào", None),
    ],
)
def test_what_a_page_shows_of_it_is_found(shown: str, found: str | None) -> None:
    said = list(words(shown))
    stretches = [said[begin:end] for begin, end in suppressed().found(said)]
    if found is None:
        assert not stretches
    else:
        first, _, last = found.partition(" … ")
        (stretch,) = stretches
        assert stretch[: len(first.split())] == list(words(first)) and stretch[-len(last.split()) :] == list(
            words(last)
        )

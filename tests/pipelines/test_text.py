"""The text contract, clause by clause as docs/text.md numbers them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import text
from pipelines.syllables import TONES, is_syllable

SENTENCE = "Sáng 12/5, Thường trực HĐND tỉnh Sông Xanh họp thẩm tra “tờ trình” về thủy lợi… Kết quả: 12,04%."
WORDS = ["việc", "túc", "hành", "tiếng", "nước", "quyết", "khuỷu", "giếng", "Đảng", "ủy", "GRDP", "“tự soi”", "½", "…"]


@pytest.mark.parametrize(
    ("given_", "clean"),
    [
        pytest.param(unicodedata.normalize("NFD", SENTENCE), SENTENCE, id="1-nfc"),
        pytest.param("giám sát viêc̣ chi", "giám sát việc chi", id="2-dot-under-the-final"),
        pytest.param("nghiêm tuć", "nghiêm túc", id="2-acute-on-the-final"),
        pytest.param("chấp haǹ h nghiêm", "chấp hành nghiêm", id="2-torn-digraph"),
        pytest.param("tiênǵ nói", "tiếng nói", id="2-tone-on-the-last-of-two"),
        pytest.param("viêc ̣ ấy", "việc ấy", id="2-tone-after-a-gap"),
        pytest.param("tı̉nh ta", "tỉnh ta", id="2-dotless-i"),
        pytest.param("Viê\u0323\u0323t", "Việt", id="2-mark-twice"),
        pytest.param("ví dụ é\u0302", "ví dụ ế", id="2-marks-in-the-wrong-order"),
        pytest.param("Muñoz, Gdańsk, Perić", "Muñoz, Gdańsk, Perić", id="2-foreign-names-stay"),
        pytest.param("Ðảng bộ, QÐ-UBND, ɖội", "Đảng bộ, QĐ-UBND, đội", id="3-look-alikes-of-d"),
        pytest.param("Ðura Jakšić", "Ðura Jakšić", id="3-foreign-stays"),
        pytest.param("\u00a0 Tỉnh\u00a0\u00a0ủy\u2003họp\t\n ", "Tỉnh ủy họp", id="4-white-space"),
        pytest.param("Nhân\u200b dân\ufeff, tỉ\u00adnh \u200e", "Nhân dân, tỉnh", id="4-invisible"),
        pytest.param(
            "đạt ddwwocj, ngànhTrung ương, đựơc … ½", "đạt ddwwocj, ngànhTrung ương, đựơc … ½", id="5-typos-stay"
        ),
        pytest.param("khoá X, Tỉnh uỷ", "khoá X, Tỉnh uỷ", id="5-tone-style-stays"),
    ],
)
def test_clean(given_: str, clean: str) -> None:
    assert text.clean(given_).text == clean


def test_what_was_mended_is_logged() -> None:
    log = text.clean("làm viêc̣ ở Ðảng bộ").mended
    assert [(m.rule, m.found, m.became) for m in log] == [("tone-mark", "viêc̣", "việc"), ("d-stroke", "Ðảng", "Đảng")]


def test_clean_text_is_returned_as_it_is() -> None:
    assert text.clean(SENTENCE).text is SENTENCE


@given(st.text())
def test_clean_is_idempotent(s: str) -> None:
    once = text.clean(s).text
    assert text.clean(once).text == once


@given(st.lists(st.sampled_from([*WORDS, *TONES, "\u0302", "\u00a0", "\u200b", " h", "ı", "Ð"])).map("".join))
def test_clean_is_idempotent_on_broken_vietnamese(s: str) -> None:
    once = text.clean(s).text
    assert text.clean(once).text == once


@given(st.text())
def test_clean_text_is_nfc_on_one_line(s: str) -> None:
    once = text.clean(s).text
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    ("broken", "rule", "mended"),
    [
        (SENTENCE.encode().decode("latin-1"), "mojibake", SENTENCE),
        ("Tá»‰nh á»§y vÃ cÃ¡c Ä‘á»“ng chÃ­", "mojibake", "Tỉnh ủy và các đồng chí"),
        ("TØnh ñy, Héi ®ång nh©n d©n tr­êng kú", "tcvn3", "Tỉnh ủy, Hội đồng nhân dân trường kỳ"),
        ("®¶NG Bé TØNH S¤NG XANH", "tcvn3", "ĐẢNG BỘ TỈNH SÔNG XANH"),
        ("Tænh uûy, Hoäi ñoàng nhaân daân, nöôùc Vieät Nam", "vni", "Tỉnh ủy, Hội đồng nhân dân, nước Việt Nam"),
    ],
)
def test_a_wrong_decoding_of_a_document_is_undone(broken: str, rule: str, mended: str) -> None:
    whole, log = text.mend_document(broken)
    assert (whole, [entry.rule for entry in log]) == (mended, [rule])


@pytest.mark.parametrize(
    "right",
    [
        SENTENCE,
        "The council of the province met on Monday – “naïve”, café, Ångström, Straße ©2024 ®",
        "Anh nói: «cá» và «Ã» rồi thôi.",
        "Mülheim an der Ruhr, Öñe, aê, Niño, Señor Muñoz y los años",
        "",
    ],
)
def test_a_right_document_stays(right: str) -> None:
    assert text.mend_document(right) == (right, ())


def test_a_page_that_mixes_right_and_wrong_lines_is_mended_in_the_wrong_ones() -> None:
    wrong = "Tỉnh ủy Sông Xanh họp".encode().decode("cp1252", errors="replace")
    assert text.mend_document(f"Đảng bộ\n{wrong}\n")[0].splitlines()[0] == "Đảng bộ"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"), ("Uỷ ban", "ủy  ban"), ("thuý", "thúy"), ("khoẻ", "khỏe"), ("tòan", "toàn"), ("kỹ", "kĩ"),
        ("qúy", "quý"), ("ĐẢNG", "đảng"), (unicodedata.normalize("NFD", "nghị quyết"), "nghị quyết"),
    ],
)  # fmt: skip
def test_keys_of_one_word_in_two_spellings_are_equal(one: str, other: str) -> None:
    assert text.fold(one) == text.fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("hoa", "hòa"), ("quý", "quy"), ("ma", "má"), ("tỉnh", "tính"), ("đa", "da")]
)
def test_keys_keep_the_tone_and_the_letter(one: str, other: str) -> None:
    assert text.fold(one) != text.fold(other)


def test_quy_keeps_its_tone_on_y() -> None:
    assert text.fold("Quý") == "quý"


@given(st.text())
def test_fold_is_idempotent(s: str) -> None:
    assert text.fold(text.fold(s)) == text.fold(s)


@given(
    st.sampled_from(["", "h", "th", "kh", "l", "t", "ngh", "x"]),
    st.sampled_from(["oa", "oe", "uy"]),
    st.sampled_from(TONES),
)
def test_fold_does_not_see_where_the_tone_stands(initial: str, rime: str, tone: str) -> None:
    early = unicodedata.normalize("NFC", f"{initial}{rime[0]}{tone}{rime[1]}")
    late = unicodedata.normalize("NFC", f"{initial}{rime}{tone}")
    assert text.fold(early) == text.fold(late)


@pytest.mark.parametrize(
    ("sample", "vietnamese"),
    [
        (SENTENCE, True),
        ("HĐND tỉnh thông qua 12 nghị quyết", True),
        ("The server could not find the requested page", False),
        ("Slot gacor hari ini gampang menang", False),
        ("12/5/2024 – 1.770", False),
    ],
)
def test_looks_vietnamese(sample: str, vietnamese: bool) -> None:
    assert text.looks_vietnamese(sample) is vietnamese


@pytest.mark.parametrize("word", ["nghiêng", "quốc", "giữ", "gìn", "khuya", "Đắk", "yêu", "thuở", "ổi", "xoong"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["ddwwocj", "tác phẩm", "stop", "nghi5", "việcc", "bàt", "wiki"])
def test_no_syllables(word: str) -> None:
    assert not is_syllable(word)


BROKEN = [
    "Chỉ đạo đổi",
    "mới cách làm:",
    "Từ năm 2015 đến nay, Đảng bộ xã Hoa Ban đã tập trung xây dựng đường",
    "liên thôn, trường học và nhà văn hóa; nhiều hộ tự nguyện hiến đất để",
    "mở đường",
    "mới.",
    "Bài học rút ra là phải “lấy dân làm gốc. Việc gì có lợi cho dân thì làm.",
    "Việc gì hại dân thì tránh” [12, tr. 7].",
    "1.2. Kết quả thực hiện",
    "Toàn xã có 10.613 lượt người tham gia.",
]


def test_lines_of_a_pdf_become_paragraphs() -> None:
    assert text.is_broken(BROKEN)
    assert text.rejoin(BROKEN) == [
        " ".join(BROKEN[:6]),
        " ".join(BROKEN[6:8]),
        "1.2. Kết quả thực hiện",
        "Toàn xã có 10.613 lượt người tham gia.",
    ]


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        pytest.param(["Toàn huyện có", "12.500 hộ nghèo."], 1, id="thousands-are-no-heading"),
        pytest.param(["Các nhiệm vụ:", "- Một là;", "- Hai là."], 3, id="list-items"),
        pytest.param(["Hội nghị tại", "", "xã Hoa Ban."], 1, id="blank-line-in-a-sentence"),
        pytest.param(["Hội nghị đã họp.", "", "Ngày sau họp tiếp."], 2, id="blank-line-after-a-sentence"),
        pytest.param([], 0, id="nothing"),
    ],
)
def test_where_a_paragraph_ends(lines: list[str], paragraphs: int) -> None:
    assert len(text.rejoin(lines)) == paragraphs


@given(st.lists(st.text(alphabet="ab A.\u0300")))
def test_rejoining_loses_no_word(lines: list[str]) -> None:
    assert " ".join(text.rejoin(lines)).split() == " ".join(lines).split()


def test_paragraphs_in_lines_of_their_own_are_not_broken() -> None:
    assert not text.is_broken([SENTENCE, "", SENTENCE, "", "Mai Hoa"])

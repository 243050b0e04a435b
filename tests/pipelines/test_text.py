"""The text contract, clause by clause as docs/text.md numbers them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import text
from pipelines.page import decode
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


# Every letter of the alphabet; encoded by tables that are not ours (a TCVN3 and a VNI converter in public use).
LEGACY = [
    "ĐẢNG BỘ TỈNH LAM SƠN LẦN THỨ XVII: XÃ HOA BAN VỀ ĐÍCH SỚM",
    "Sáng 12/5, đồng chí Nguyễn Văn Ước, Bí thư Tỉnh uỷ dự lễ ở Ngọc Ân; xã Tả Phìn hỗ trợ 15 hộ.",
    "Kỹ sư trẻ vững bước: gỡ vướng, mở đường, giữ đất, nhặt sỏi, đẵn tre, bẫy chuột, chặng cuối,",
    "về Huế, chị kể: bà cụ bệnh nặng đã ngủ kỹ; kỳ lạ, rẽ lối đẹp, nắng hè bằng phẳng, ngập lũ,",
    "tử tế, hổ nghĩ, vừa ý, bé lò dò, lõm bõm, ân cần, mẹ ẳm, ậm ừ,",
    " ùn ùn, ủng hộ, tẻ nhạt, quỵ gối, êm, ẩm, lúa, đó, cô.",
]
TCVN3 = [
    "§¶NG Bé TØNH LAM S¥N LÇN THø XVII: X· HOA BAN VÒ §ÝCH SíM",
    "S¸ng 12/5, ®ång chÝ NguyÔn V¨n ¦íc, BÝ th\u00ad TØnh uû dù lÔ ë Ngäc ¢n; x· T¶ Ph×n hç trî 15 hé.",
    "Kü s\u00ad trÎ v÷ng b\u00adíc: gì v\u00adíng, më ®\u00adêng, gi÷ ®Êt, nhÆt sái, ®½n tre, bÉy chuét, chÆng cuèi,",
    "vÒ HuÕ, chÞ kÓ: bµ cô bÖnh nÆng ®· ngñ kü; kú l¹, rÏ lèi ®Ñp, n¾ng hÌ b»ng ph¼ng, ngËp lò,",
    "tö tÕ, hæ nghÜ, võa ý, bÐ lß dß, lâm bâm, ©n cÇn, mÑ ¼m, Ëm õ,",
    " ïn ïn, ñng hé, tÎ nh¹t, quþ gèi, ªm, Èm, lóa, ®ã, c«.",
]
VNI = [
    "ÑAÛNG BOÄ TÆNH LAM SÔN LAÀN THÖÙ XVII: XAÕ HOA BAN VEÀ ÑÍCH SÔÙM",
    "Saùng 12/5, ñoàng chí Nguyeãn Vaên Öôùc, Bí thö Tænh uyû döï leã ôû Ngoïc AÂn; xaõ Taû Phìn hoã trôï 15 hoä.",
    "Kyõ sö treû vöõng böôùc: gôõ vöôùng, môû ñöôøng, giöõ ñaát, nhaët soûi, ñaün tre, baãy chuoät, chaëng cuoái,",
    "veà Hueá, chò keå: baø cuï beänh naëng ñaõ nguû kyõ; kyø laï, reõ loái ñeïp, naéng heø baèng phaúng, ngaäp luõ,",
    "töû teá, hoå nghó, vöøa yù, beù loø doø, loõm boõm, aân caàn, meï aúm, aäm öø,",
    " uøn uøn, uûng hoä, teû nhaït, quî goái, eâm, aåm, luùa, ñoù, coâ.",
]


@pytest.mark.parametrize(("old", "rule"), [(TCVN3, "tcvn3"), (VNI, "vni")], ids=["tcvn3", "vni"])
def test_a_document_in_an_old_font_is_converted_letter_by_letter(old: list[str], rule: str) -> None:
    whole, log = text.mend_document("\n".join(old))
    assert whole.split("\n") == LEGACY
    assert [entry.rule for entry in log] == [rule]
    assert text.mend_document(whole) == (whole, ())


@pytest.mark.parametrize("old", [TCVN3, VNI], ids=["tcvn3", "vni"])
@pytest.mark.parametrize("charset", [None, "windows-1252", "windows-1258", "x-user-defined", "utf-8"])
def test_an_old_font_is_read_whatever_charset_its_page_claims(old: list[str], charset: str | None) -> None:
    declared = f"text/html; charset={charset}" if charset else None
    assert text.mend_document(decode("\n".join(old).encode("cp1252"), declared))[0].split("\n") == LEGACY


def in_1258(letter: str) -> bytes:
    """The letter with its hat, breve or horn, then the tone."""
    apart = unicodedata.normalize("NFD", letter)
    tones = "".join(mark for mark in apart if mark in TONES)
    return (unicodedata.normalize("NFC", "".join(m for m in apart if m not in TONES)) + tones).encode("cp1258")


@pytest.mark.parametrize("charset", [None, "windows-1252", "iso-8859-1", "windows-1258", "utf-8"])
def test_windows_1258_is_read_whatever_charset_its_page_claims(charset: str | None) -> None:
    body = b"".join(map(in_1258, "\n".join(LEGACY)))
    assert decode(body, f"text/html; charset={charset}" if charset else None).split("\n") == LEGACY


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("charset", ["latin-1", "sloppy-windows-1252"])
def test_mojibake_of_several_rounds_is_undone(times: int, charset: str) -> None:
    whole = broken = "\n".join(LEGACY)
    for _ in range(times):
        broken = broken.encode().decode(charset)
    assert text.mend_document(broken)[0] == whole


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

"""Document numbers (số hiệu) in a text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import annotated
from pipelines import references


@pytest.mark.parametrize(
    ("printed", "kind", "number"),
    [
        ("05-CT/TW", "CT", "05-CT/TW"),
        ("01QC/TU", "QC", "01-QC/TU"),
        ("1051 QĐ/TU", "QĐ", "1051-QĐ/TU"),
        ("1031QĐ-/TU", "QĐ", "1031-QĐ/TU"),
        ("194-QĐ//TU", "QĐ", "194-QĐ/TU"),
        ("146-KH/ TU", "KH", "146-KH/TU"),
        ("19-Ctr/TU", "CTr", "19-CTr/TU"),
        ("01-QĐi/TU", "QĐi", "01-QĐi/TU"),
        ("96-HD/BTGTW", "HD", "96-HD/BTGTW"),
        ("12/2023/NQ-HĐND", "NQ", "12/2023/NQ-HĐND"),
        ("02/2018/NQHĐND", "NQ", "02/2018/NQ-HĐND"),
        ("113/2018-NĐ/CP", "NĐ", "113/2018/NĐ-CP"),
        ("29/NQ-HĐND", "NQ", "29/NQ-HĐND"),
        ("1234/QĐ-TTg", "QĐ", "1234/QĐ-TTg"),
        ("15/KH-UBND", "KH", "15/KH-UBND"),
        ("78/2008/QÐ-UBND", "QĐ", "78/2008/QĐ-UBND"),
        ("72/2025/NQLT/UBTVQH15-CP", "NQLT", "72/2025/NQLT/UBTVQH15-CP"),
        ("24/2015/TT-BTTTT", "TT", "24/2015/TT-BTTTT"),
        ("45-BC/ĐU", "BC", "45-BC/ĐU"),
    ],
)
def test_a_number_in_every_spelling(printed: str, kind: str, number: str) -> None:
    (found,) = references.find(f"Thực hiện văn bản số {printed}, các cấp ủy đã vào cuộc.")
    assert (found.kind, found.number) == (kind, number)


def test_the_printed_form_is_kept() -> None:
    assert references.find("Quy định số 1031QĐ-/TU")[0].as_printed == "1031QĐ-/TU"


@pytest.mark.parametrize(
    ("sentence", "number", "issuer", "year", "day"),
    [
        ("Chỉ thị 05-CT/TW, ngày 15/5/2016 của Bộ Chính trị", "05-CT/TW", "Bộ Chính trị", 2016, date(2016, 5, 15)),
        ("Bộ Chính trị đã ban hành Chỉ thị số 35-CT/TW về đại hội", "35-CT/TW", "Bộ Chính trị", None, None),
        ("Ngày 01/7/2013, Tỉnh ủy ban hành Quyết định 1051 QĐ/TU", "1051-QĐ/TU", "Tỉnh ủy", 2013, date(2013, 7, 1)),
        (
            "Số 12/2023/NQ-HĐND ngày 8-12-2023 của HĐND tỉnh Lam",
            "12/2023/NQ-HĐND",
            "HĐND tỉnh Lam",
            2023,
            date(2023, 12, 8),
        ),
        ("Quyết định số 9/QĐ-TTg ngày 5 tháng 6 năm 2020", "9/QĐ-TTg", "Thủ tướng Chính phủ", 2020, date(2020, 6, 5)),
        ("Luật Thủ đô số 39/2024/QH15", "39/2024/QH15", "Quốc hội", 2024, None),
        ("Kế hoạch số 15-KH/TU năm 2023", "15-KH/TU", None, 2023, None),
        ("Kết luận 14-KL/TW (khóa XIII) của Bộ Chính trị", "14-KL/TW", "Bộ Chính trị", None, None),
        ("Quyết định 217 của Bộ Chính trị", "217", "Bộ Chính trị", None, None),
        ("Công văn số 45 ngày 3/4/2020 của Bộ Nội vụ về", "45", "Bộ Nội vụ", 2020, date(2020, 4, 3)),
        ("Nghị định 108/2014/NĐ-CP", "108/2014/NĐ-CP", "Chính phủ", 2014, None),
    ],
)
def test_issuer_year_and_date(
    sentence: str, number: str, issuer: str | None, year: int | None, day: date | None
) -> None:
    (found,) = references.find(sentence)
    assert (found.number, found.issuer, found.year, found.date) == (number, issuer, year, day)


@pytest.mark.parametrize(
    "sentence",
    [
        "HĐND tỉnh ban hành 229 nghị quyết để triển khai.",
        "Trong 24/7, tỷ lệ đạt 12,04%; ngày 15/5/2016; 22/22 chỉ tiêu.",
        "Nghị quyết Trung ương 4 khóa XII của Đảng",
        "Nghị quyết Đại hội XIII và 550 mô hình",
        "Năm 2020 CT TW",
        "Chương trình 12 giờ của đài",
    ],
)
def test_what_is_no_number(sentence: str) -> None:
    assert references.find(sentence) == ()


def test_one_head_word_for_several_numbers() -> None:
    found = references.find("Nghị quyết số 18-NQ/TW, 19-NQ/TW và 20-NQ/TW của Ban Chấp hành Trung ương khóa XII")
    assert [(ref.number, ref.issuer) for ref in found] == [
        (number, "Ban Chấp hành Trung ương") for number in ("18-NQ/TW", "19-NQ/TW", "20-NQ/TW")
    ]


def test_mentions_of_one_document_are_one() -> None:
    found = references.find(
        "Chỉ thị 05-CT/TW đi vào cuộc sống. Chỉ thị số 05-CT/TW ngày 15/5/2016 của Bộ Chính trị."
        " Chỉ thị số 05 của Bộ Chính trị."
    )
    assert [(ref.number, ref.issuer, ref.year) for ref in found] == [("05-CT/TW", "Bộ Chính trị", 2016)]


@pytest.mark.parametrize(
    "text",
    [
        "Quyết định số 15-QĐ/TU của Tỉnh ủy Sông Xanh và Quyết định số 15-QĐ/TU của Tỉnh ủy Núi Biếc",
        "Kế hoạch số 7-KH/TU ngày 1/2/2020; Kế hoạch số 7-KH/TU ngày 3/2/2021",
    ],
)
def test_the_same_number_of_two_issuers_or_years_is_two(text: str) -> None:
    assert len(references.find(text)) == 2


@pytest.mark.parametrize(("text", "cited"), tuple(annotated.passages()))
def test_what_a_reader_sees(text: str, cited: set[annotated.Key]) -> None:
    assert annotated.found(text) == cited


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("Chỉ thị 05/CT-TW", "05-CT/TW"),
        ("Chỉ thị số 05-CT\\TW", "05-CT/TW"),
        ("Nghị định 08/2024/ND-CP", "08/2024/NĐ-CP"),
        ("Quyết định số 1719/QĐ-TTG", "1719/QĐ-TTg"),
        ("Lệnh số 12/2020/L-CTN", "12/2020/L-CTN"),
        ("Công văn số 4512/BNV-CQĐP", "4512/BNV-CQĐP"),
        ("Nghị định 154/2020 của Chính phủ", "154/2020"),
    ],
)
def test_a_number_as_typists_leave_it(printed: str, number: str) -> None:
    assert [ref.number for ref in references.find(f"{printed} được triển khai.")] == [number]


def test_the_day_of_a_conference_is_not_that_of_what_it_taught() -> None:
    (found,) = references.find("Ngày 5/3/2024, Tỉnh ủy tổ chức hội nghị quán triệt Nghị quyết số 57-NQ/TW.")
    assert (found.date, found.issuer) == (None, None)


@given(
    st.integers(1, 9999),
    st.sampled_from(["NQ", "CT", "QĐ", "KH", "KL", "HD", "TB", "BC", "TTr", "CV", "CTr", "ĐA", "QC"]),
    st.sampled_from(["TW", "TU", "BTCTW", "UBKTTU", "HU", "ĐUK"]),
    st.sampled_from(["{}-{}/{}", "{}{}/{}", "{} {}/{}", "{}-{} /{}", "{} - {}/{}"]),
    st.sampled_from(["theo {}.", "({})", "Nghị quyết số {}, khóa", "{}"]),
)
def test_generated_numbers_are_found(no: int, kind: str, organ: str, form: str, around: str) -> None:
    found = references.find(around.format(form.format(no, kind, organ)))
    assert [ref.number for ref in found] == [f"{no}-{kind}/{organ}"]


@given(st.text(max_size=200))
def test_any_text_may_be_searched(text: str) -> None:
    assert isinstance(references.find(text), tuple)

"""Bylines: who wrote it, where it came from, and the prose without the lines that said so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import byline

PROSE = "Với sự đồng lòng của Nhân dân, xã Hoa Ban quyết tâm về đích nông thôn mới trong năm nay./."
SITE = "Trang thông tin điện tử Tỉnh ủy Sông Xanh"


@pytest.mark.parametrize(
    ("line", "authors", "role"),
    [
        ("Phúc Lâm", ("Phúc Lâm",), None),
        ("Lê Thị Hoa Ban", ("Lê Thị Hoa Ban",), None),
        ("Đinh Công Thuần", ("Đinh Công Thuần",), None),
        (
            "Tác giả: Trần Văn Lâm, Ủy viên Ban Thường vụ, Bí thư Huyện ủy",
            ("Trần Văn Lâm",),
            "Ủy viên Ban Thường vụ, Bí thư Huyện ủy",
        ),
        ("Hoa Lâm (Văn phòng Tỉnh ủy)", ("Hoa Lâm",), "Văn phòng Tỉnh ủy"),
        ("Tác giả: Hoa Lâm (Văn phòng Tỉnh ủy)", ("Hoa Lâm",), "Văn phòng Tỉnh ủy"),
        ("Hoa Lâm-Ban Tuyên giáo Tỉnh ủy", ("Hoa Lâm",), "Ban Tuyên giáo Tỉnh ủy"),
        ("Thu Sơn - Hải Lâm", ("Thu Sơn", "Hải Lâm"), None),
        ("Bài và ảnh: Thu Sơn – Hải Lâm", ("Thu Sơn", "Hải Lâm"), None),
        ("Tin, ảnh: Đỗ Lâm", ("Đỗ Lâm",), None),
        ("(Bài, ảnh: Đỗ Lâm)", ("Đỗ Lâm",), None),
        ("CTV Thu Sơn", ("CTV Thu Sơn",), None),
        ("HOA LÂM (thực hiện)", ("HOA LÂM",), None),
        ("T.H(bt)", ("T.H",), None),
        ("T.H (t/h)", ("T.H",), None),
        ("BBT", ("BBT",), None),
        ("TQ", ("TQ",), None),
        ("Nhóm PV", ("Nhóm PV",), None),
        ("TS. Lê Văn Sơn", ("Lê Văn Sơn",), "TS."),
        ("PGS, TS. Lê Văn Sơn", ("Lê Văn Sơn",), "PGS, TS."),
        ("TS. Lê Văn Sơn - ThS. Hoa Lâm", ("Lê Văn Sơn", "Hoa Lâm"), "TS., ThS."),
        ("Hoa Lâm - CTV", ("Hoa Lâm",), "CTV"),
        ("Nhà báo Hoa Lâm", ("Hoa Lâm",), "Nhà báo"),
        ("Hoa Lâm, Thu Sơn và Hải Lâm", ("Hoa Lâm", "Thu Sơn", "Hải Lâm"), None),
        ("Hoa Lâm, Ban Tuyên giáo và Dân vận Tỉnh ủy", ("Hoa Lâm",), "Ban Tuyên giáo và Dân vận Tỉnh ủy"),
        ("Hoa Lâm - Hải Sơn (Ban Dân vận Tỉnh ủy)", ("Hoa Lâm", "Hải Sơn"), "Ban Dân vận Tỉnh ủy"),
        ("Bài: Hoa Lâm - Ảnh: Thu Sơn", ("Hoa Lâm",), None),
        ("Bút ký: Hoa Lâm", ("Hoa Lâm",), None),
        ("Ký sự của Hoa Lâm", ("Hoa Lâm",), None),
        ("H'Nga Niê", ("H'Nga Niê",), None),
        ("Y Blir Ayun", ("Y Blir Ayun",), None),
        ("Ksor Lâm", ("Ksor Lâm",), None),
        ("K’Brang", ("K’Brang",), None),
        ("PV: Hoa Lâm", ("PV: Hoa Lâm",), None),
        ("Đại tá, TS. Lê Văn Sơn", ("Lê Văn Sơn",), "Đại tá, TS."),
        ("Hoa Lâm – VP Đoàn ĐBQH & HĐND tỉnh", ("Hoa Lâm",), "VP Đoàn ĐBQH & HĐND tỉnh"),
        ("Rơ Chăm Hlin", ("Rơ Chăm Hlin",), None),
        ("Đinh Y-Lâm", ("Đinh Y-Lâm",), None),
        ("Thào A Sơn", ("Thào A Sơn",), None),
        ("Hằng", ("Hằng",), None),
    ],
)
@pytest.mark.parametrize("glued", [False, True], ids=["own-line", "after-the-end"])
def test_a_signature_is_lifted(line: str, authors: tuple[str, ...], role: str | None, glued: bool) -> None:
    found = byline.split([f"{PROSE} {line}"] if glued else [PROSE, line])
    assert (found.authors, found.role, found.paragraphs) == (authors, role, (PROSE,))


@pytest.mark.parametrize(
    ("paragraphs", "source"),
    [
        ([PROSE, "Nguồn: Ban Tuyên giáo Tỉnh ủy Sông Xanh"], "Ban Tuyên giáo Tỉnh ủy Sông Xanh"),
        ([PROSE, "Nguồn tin: TTXVN"], "TTXVN"),
        ([PROSE, "(Nguồn: http://example.vn)"], "http://example.vn"),
        ([PROSE, "(Theo Báo Sông Xanh)"], "Báo Sông Xanh"),
        ([PROSE, "Theo TTXVN"], "TTXVN"),
        ([PROSE, "Nguồn: TTXVN, ảnh: Internet"], "TTXVN"),
        ([f"{PROSE} (Theo TTXVN)"], "TTXVN"),
        ([f"{PROSE} Theo Báo Sông Xanh"], "Báo Sông Xanh"),
        ([PROSE, "Nguồn baosongxanh.example.vn"], "baosongxanh.example.vn"),
        ([PROSE, "Hoa Lâm (Theo Báo Sông Xanh)"], "Báo Sông Xanh"),
        ([PROSE, "Hoa Lâm/TTXVN"], "TTXVN"),
        ([PROSE, "(Nguồn Báo Sông Xanh)"], "Báo Sông Xanh"),
        ([PROSE, "Link gốc: https://example.vn/bai"], "https://example.vn/bai"),
        ([PROSE, "Theo Hoa Lâm/TTXVN"], "TTXVN"),
        ([f"(Mặt trận) - {PROSE}"], "Mặt trận"),
        ([f"(TTXVN/Vietnam+) - {PROSE}"], "TTXVN/Vietnam+"),
        ([f"(BSX) - {PROSE}"], "BSX"),
        ([f"BSX - {PROSE}"], "BSX"),
        ([f"(Baosongxanh.vn) – {PROSE}"], "Baosongxanh.vn"),
    ],
)
def test_a_source_line_is_lifted(paragraphs: list[str], source: str) -> None:
    found = byline.split(paragraphs)
    assert (found.source, found.paragraphs) == (source, (PROSE,))


def test_signature_and_source_together() -> None:
    found = byline.split([PROSE, "Phúc Lâm", "Ảnh: Thu Sơn", "Nguồn: Báo Sông Xanh"])
    assert (found.authors, found.source, found.paragraphs) == (("Phúc Lâm",), "Báo Sông Xanh", (PROSE,))


def test_an_office_below_the_name_is_the_role() -> None:
    found = byline.split([PROSE, "Lê Văn Sơn", "Phó Bí thư Huyện ủy"])
    assert (found.authors, found.role, found.paragraphs) == (("Lê Văn Sơn",), "Phó Bí thư Huyện ủy", (PROSE,))


@pytest.mark.parametrize(
    "line",
    [
        "Một là, nâng cao chất lượng sinh hoạt chi bộ",
        "Kết luận",
        "Theo đó, các xã cần làm tốt công tác này",
        "Sông Xanh, ngày 12/5/2024",
        "HĐND - UBND tỉnh: phối hợp chặt chẽ",
        "Việt Nam",
        "Hà Giang",
        "Thực hiện: Nghị quyết của Tỉnh ủy về chuyển đổi số",
        "Tài Liệu Tham Khảo",
        "NHIỆM VỤ TRỌNG TÂM",
        "Đoàn Kết - Dân Chủ - Kỷ Cương",
        "Đảng Cộng Sản Việt Nam",
        "Đồng chí Lê Văn Sơn",
        "- Lê Văn Sơn",
        "CHỦ TỊCH",
        "Độc Lập - Tự Do - Hạnh Phúc",
        "DANH SÁCH ĐẠI BIỂU",
        "Buôn Ma Thuột",
    ],
)
def test_prose_is_no_signature(line: str) -> None:
    found = byline.split([PROSE, line])
    assert (found.authors, found.paragraphs) == ((), (PROSE, line))


@pytest.mark.parametrize("tail", [" và đồng chí Lê Văn Sơn", " - Lê Văn Sơn", ". Đó là ThS.Lê Sơn"])
def test_a_short_last_paragraph_that_ends_in_a_name_stays(tail: str) -> None:
    last = f"Cùng dự có lãnh đạo các ban{tail}"
    assert byline.split([PROSE, last]).paragraphs == (PROSE, last)


def test_a_short_last_paragraph_is_not_lost_with_its_signature() -> None:
    found = byline.split([PROSE, "Đại hội thành công tốt đẹp./. Hoa Lâm"])
    assert (found.authors, found.paragraphs[-1]) == (("Hoa Lâm",), "Đại hội thành công tốt đẹp./.")


def test_who_signed_a_document_is_no_author() -> None:
    for signed in (("TM. BAN THƯỜNG VỤ", "PHÓ BÍ THƯ", "Lê Văn Sơn"), ("CHỦ TỊCH", "(Đã ký)", "Lê Văn Sơn")):
        assert byline.split([PROSE, *signed]).paragraphs == (PROSE, *signed)


def test_who_posted_it_is_no_author() -> None:
    assert byline.split([PROSE, "Người đăng: Hoa Lâm"]) == byline.Byline(paragraphs=(PROSE,))


def test_an_organ_alone_under_the_text_is_the_role() -> None:
    found = byline.split([f"{PROSE[:-3]}.", "Văn phòng Tỉnh ủy"])
    assert (found.authors, found.role, len(found.paragraphs)) == ((), "Văn phòng Tỉnh ủy", 1)


@pytest.mark.parametrize("mark", ["(BSX) - ", "(Baosongxanh.vn) – ", "BSX - "])
def test_the_mark_of_an_agency_is_known_in_a_lead_too(mark: str) -> None:
    assert byline.lead_in(f"{mark}{PROSE}") == (mark.strip("() -–"), PROSE)


def test_a_list_of_people_is_no_signature() -> None:
    winners = ["Các tác giả đoạt giải:", "Lê Văn Sơn", "Trần Thị Lâm"]
    assert byline.split([PROSE, *winners]).paragraphs == (PROSE, *winners)


@pytest.mark.parametrize(
    ("field", "authors", "role"),
    [
        ("Hoa Lâm (Văn phòng Tỉnh ủy)", ("Hoa Lâm",), "Văn phòng Tỉnh ủy"),
        ("Tác giả: Hoa Lâm", ("Hoa Lâm",), None),
        ("Thu Sơn, Hải Lâm", ("Thu Sơn", "Hải Lâm"), None),
        ("Thu Sơn-Hải Lâm", ("Thu Sơn", "Hải Lâm"), None),
        ("Y Bhăm Niê", ("Y Bhăm Niê",), None),
        ("Ban Biên tập", ("Ban Biên tập",), None),
        ("Viết bởi Hoa Lâm", ("Hoa Lâm",), None),
        ("Bài, ảnh: Hoa Lâm", ("Hoa Lâm",), None),
        ("Ảnh: Hoa Lâm", (), None),
        ("Đang cập nhật", (), None),
        ("Super Administrator", (), None),
        ("Văn phòng Đoàn ĐBQH và HĐND tỉnh", (), None),
        ("admin", (), None),
        ("Administrator", (), None),
        ("Quản trị viên", (), None),
        ("bientap02", (), None),
        ("hoalam", (), None),
        ("hoalam@example.vn", (), None),
        (SITE, (), None),
        (SITE.upper(), (), None),
        ("Cổng thông tin điện tử tỉnh", (), None),
        ("https://example.vn", (), None),
        ("", (), None),
        (None, (), None),
    ],
)
def test_the_author_field(field: str | None, authors: tuple[str, ...], role: str | None) -> None:
    found = byline.split([PROSE], author_field=field, site_names=(SITE,))
    assert (found.authors, found.role) == (authors, role)


def test_a_person_signs_over_the_editors() -> None:
    assert byline.split([PROSE, "Phúc Lâm"], author_field="Ban Biên tập").authors == ("Phúc Lâm",)


def test_the_field_wins_over_initials() -> None:
    assert byline.split([PROSE, "T.H"], author_field="Phúc Lâm").authors == ("Phúc Lâm",)


def test_the_source_field_loses_its_label() -> None:
    assert byline.split([PROSE], source_field="Nguồn tin: Báo Sông Xanh").source == "Báo Sông Xanh"


@given(st.lists(st.text(max_size=60)))
def test_nothing_but_byline_lines_is_lost(paragraphs: list[str]) -> None:
    kept = byline.split([*paragraphs, PROSE]).paragraphs
    assert kept[-1] == PROSE

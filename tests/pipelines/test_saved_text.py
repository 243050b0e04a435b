"""Pages saved as visible text: made-up ones in the manner of five kinds of sites, and the real ones where present."""

import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from pipelines import saved_text
from pipelines.dates import ZONE
from schemas.article import Accepted, Rejected
from schemas.outcome import Outcome

FETCHED = datetime(2026, 1, 10, 1, 0, tzinfo=ZONE)
SEEDS = Path(__file__).parents[2] / "../shared/seeds"
TITLE = "Hoa Ban: Đổi mới phương thức lãnh đạo của cấp ủy cơ sở"
FIRST = (
    "Nhiệm kỳ qua, Đảng bộ huyện Hoa Ban chọn cải cách hành chính làm khâu đột phá, phân công từng cấp ủy viên phụ"
    " trách thôn, định kỳ nghe dân nói và trả lời dân."
)
SECOND = (
    "Thực hiện Kế hoạch số 15-KH/TU ngày 02/3/2021 của Tỉnh ủy, các chi bộ đăng ký việc làm theo hằng tháng; đến nay"
    " toàn huyện có 1.770 đảng viên tự nguyện hiến đất mở đường./."
)
ENGLISH = (
    "The council met on Monday and talked about roads, schools and water for the villages of the province and more."
)
GONE = "Không tìm thấy trang bạn yêu cầu. Trang có thể đã bị xóa hoặc đổi địa chỉ."
LOGIN = "Vui lòng đăng nhập để dùng hệ thống quản lý văn bản của huyện; mọi thắc mắc xin hỏi Văn phòng Huyện ủy."
CAPTION = "Cán bộ xã hướng dẫn người dân nộp hồ sơ qua mạng tại nhà văn hóa thôn"

TAGDIV = [
    "Thứ Bảy, 10 Tháng Một, 2026",
    "",
    TITLE,
    "",
    FIRST,
    "",
    f"          {SECOND}",
    "",
    "    \u00a0\u00a0 Phúc Lâm",
    "",
    "Nguồn: Ban Tuyên giáo Tỉnh ủy Sông Xanh",
    "",
    "spot_img",
    "TIN CÙNG MỤC",
    "Hoa Ban vào mùa lễ hội",
    "TIN MỚI NHẤT",
]
PORTAL = [
    f"{TITLE} ",
    "",
    FIRST,
    "",
    f"{SECOND}{' ' * 60}Phúc Lâm-Ban Tuyên giáo Tỉnh ủy",
    " ",
    "305 Go top",
    "Hiện tại không có bình chọn nào đang hoạt động.",
    "Thống kê truy cập",
    "  • Khách Khách 12",
]
UNKNOWN = [TITLE, "Cập nhật ngày: 21/10/2019 08:28", CAPTION, CAPTION, "", FIRST, "", SECOND, "", "Phúc Lâm"]
COUNCIL = [
    "Trang nhất",
    "• Tin tức",
    "• Thăm dò ý kiến",
    TITLE,
    "Chủ nhật - 11/02/2024 23:43",
    FIRST,
    CAPTION,
    CAPTION,
    "",
    SECOND,
    "Tác giả: Phúc Lâm, Bí thư Huyện ủy",
    "Click để đánh giá bài viết",
    "  Ý kiến bạn đọc",
    "Những tin mới hơn",
    "quochuy",
    "Địa chỉ: Số 1 đường Hoa Ban",
    "Bạn đã không sử dụng Site, Bấm vào đây",
]


@pytest.mark.parametrize(
    ("lines", "captions", "role", "source", "published"),
    [
        pytest.param(TAGDIV, (), None, "Ban Tuyên giáo Tỉnh ủy Sông Xanh", None, id="tagdiv"),
        pytest.param(PORTAL, (), "Ban Tuyên giáo Tỉnh ủy", None, None, id="dotnetnuke"),
        pytest.param(UNKNOWN, (CAPTION,), None, None, "2019-10-21T08:28", id="unknown"),
        pytest.param(COUNCIL, (CAPTION,), "Bí thư Huyện ủy", None, "2024-02-11T23:43", id="nukeviet"),
    ],
)
def test_a_saved_page(
    lines: list[str], captions: tuple[str, ...], role: str | None, source: str | None, published: str | None
) -> None:
    found = saved_text.read("\n".join(lines), FETCHED)
    assert found is not None
    assert (found.title, found.paragraphs) == (TITLE, (FIRST, SECOND))
    assert (found.captions, found.authors, found.role, found.source) == (captions, ("Phúc Lâm",), role, source)
    assert (found.published and found.published[0].value.isoformat()[:16]) == published


TEASER = "Đoàn kiểm tra đề nghị các xã khắc phục ngay tồn tại, rà soát từng hộ, báo cáo huyện trước ngày 30/6 tới."


@pytest.mark.parametrize(
    "below",
    [
        pytest.param(
            [
                "Facebook",
                "Bài trước",
                "Hội thi kể chuyện ở Sậy Vàng",
                "Phúc Lâm",
                "BÌNH LUẬN Hủy trả lời",
                "VỀ CHÚNG TÔI",
            ],
            id="wordpress",
        ),
        pytest.param(
            ["• Đang truy cập", "• 21", "• Hôm nay", "• 5,702", "quochuy"], id="numbers on lines of their own"
        ),
        pytest.param(["Khách", "Khách", "22", "Tổng lượt truy cập:", "9.876.543"], id="doubled labels"),
        pytest.param(["Xếp hạng: 5 - 3 phiếu bầu", "5", "1", "2", "Tags: Hoa Ban", "Hội xuân Vũng Sậy"], id="rating"),
        pytest.param(
            ["Những tin cũ hơn", *(line for n in range(5) for line in (f"Tin cũ số {n} của huyện Hoa Ban", TEASER))],
            id="more teasers than article",
        ),
        pytest.param(["Ý kiến bạn đọc", "Nông Văn Tiến - 06/03/2023 08:10", TEASER, "Trả lời", "Gửi"], id="readers"),
        pytest.param(
            ["Bản quyền thuộc Huyện ủy Hoa Ban. Ghi rõ nguồn khi phát hành lại thông tin từ trang này."],
            id="an imprint as long as prose",
        ),
        pytest.param(["Các bài viết khác", "• Hoa Ban sơ kết phong trào thi đua (12/05)"], id="related"),
    ],
)
def test_what_follows_an_article_is_left_out(below: list[str]) -> None:
    lines = ["Trang chủ", TITLE, "Ngày đăng: 12/05/2024 08:00", FIRST, SECOND, "Phúc Lâm", *below]
    found = saved_text.read("\n".join(lines), FETCHED)
    assert found is not None
    assert (found.title, found.paragraphs, found.authors) == (TITLE, (FIRST, SECOND), ("Phúc Lâm",))


@pytest.mark.parametrize(
    "beside",
    [
        ["Bởi", "Phúc Lâm", "-", "12/05/2024", "0", "132"],
        ["Posted on", "12/05/2024", "by", "Phúc Lâm"],
        ["12/05/2024 | Lượt xem: 41 | Chuyên mục: Tin tức", "Tác giả: Phúc Lâm"],
        ["Tin trong huyện", "Ngày đăng: 12/05/2024", "Số lần xem: 1.022", "Tác giả: Phúc Lâm"],
    ],
)
def test_what_stands_beside_the_date_is_no_text(beside: list[str]) -> None:
    found = saved_text.read("\n".join([TITLE, *beside, FIRST, SECOND]), FETCHED)
    assert found is not None and found.published is not None
    assert (found.paragraphs, found.authors) == ((FIRST, SECOND), ("Phúc Lâm",))
    assert f"{found.published[0].value:%d/%m/%Y}" == "12/05/2024"


def test_a_byline_behind_a_rating_is_found() -> None:
    lines = [TITLE, FIRST, SECOND, "Click để đánh giá bài viết", "Tác giả: Phúc Lâm", "Ý kiến bạn đọc"]
    found = saved_text.read("\n".join(lines), FETCHED)
    assert found is not None
    assert (found.paragraphs, found.authors) == ((FIRST, SECOND), ("Phúc Lâm",))


def test_the_paragraph_between_date_and_picture_is_the_lead() -> None:
    found = saved_text.read("\n".join(COUNCIL), FETCHED)
    assert found is not None
    assert found.lead == FIRST


PDF = [
    "Chỉ",
    "đạo đổi mới cách ra nghị",
    "quyết",
    "ở xã:",
    "Thực hiện Quy chế số 01QC/TU, các chi bộ đã phát huy trí tuệ của tổ",
    "Có thể bạn quan tâm!",
    "- Chỉ Đạo Xây Dựng Tổ Chức Đảng",
    "- Đảng bộ huyện Hoa Ban - 19",
    "Xem toàn bộ 120 trang tài liệu này.",
    "chức cơ sở, giám sát viêc̣",
    "thực hiện quy chế [12, tr. 7].",
    "1.2. Kết quả",
    "Chi bộ nào cũng có quy chế làm việc.",
]


def test_a_sentence_is_joined_across_an_injected_box() -> None:
    found = saved_text.read("\n".join(PDF), FETCHED)
    assert found is not None
    assert found.rejoined
    assert found.paragraphs == (
        "Chỉ đạo đổi mới cách ra nghị quyết ở xã: Thực hiện Quy chế số 01QC/TU, các chi bộ đã phát huy trí tuệ của tổ"
        " chức cơ sở, giám sát việc thực hiện quy chế [12, tr. 7].",
        "1.2. Kết quả",
        "Chi bộ nào cũng có quy chế làm việc.",
    )


def test_footnotes_under_a_signature_stay() -> None:
    note = "(1) Huyện ủy Hoa Ban: Lịch sử Đảng bộ huyện, tập I, tr.18."
    found = saved_text.read("\n".join([TITLE, FIRST, SECOND, "Phúc Lâm", "———", note, "spot_img"]), FETCHED)
    assert found is not None
    assert (found.paragraphs, found.authors) == ((FIRST, SECOND, note), ("Phúc Lâm",))


def test_a_heading_that_is_called_like_a_menu_ends_nothing() -> None:
    found = saved_text.read("\n".join([TITLE, FIRST, "Liên hệ", SECOND]), FETCHED)
    assert found is not None
    assert found.paragraphs == (FIRST, "Liên hệ", SECOND)


@pytest.mark.parametrize(("first", "kept"), [(57, False), (1, True)], ids=["pages", "a table"])
def test_numbers_of_pages_are_no_text(first: int, kept: bool) -> None:
    lines = [line for n in range(first, first + 3) for line in (PDF[4], str(n), *PDF[9:11])]
    found = saved_text.read("\n".join(lines), FETCHED)
    assert found is not None
    assert (f" {first} " in " ".join(found.paragraphs)) is kept


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        ("", Outcome.NOT_AN_ARTICLE),
        ("Trang chủ\nTìm kiếm\nĐăng nhập", Outcome.NOT_AN_ARTICLE),
        ("\n".join(PDF), Outcome.OUT_OF_SCOPE),
        ("\n".join(["TỐI MẬT", *PORTAL]), Outcome.CLASSIFIED),
        ("\n".join(["LƯU HÀNH NỘI BỘ", *PORTAL]), Outcome.RESTRICTED),
        (f"A headline\n{ENGLISH}", Outcome.WRONG_LANGUAGE),
        ("Hoa Ban\n12/05/2024\n" * 15_001, Outcome.TOO_LARGE),
        (f"Lỗi 404\n{GONE}\nVề trang chủ", Outcome.SOFT_404),
        ("Cổng thông tin\nPhiên làm việc của bạn đã hết hạn.\nĐăng nhập", Outcome.SESSION_EXPIRED),
        (f"Đăng nhập\nTên đăng nhập\nMật khẩu\n{LOGIN}", Outcome.LOGIN_WALL),
        (
            "\n".join(line for n in range(1, 5) for line in (f"{TITLE} {n}", f"0{n}/05/2024", TEASER)),
            Outcome.NOT_AN_ARTICLE,
        ),
        (
            "\n".join(line for n in range(1, 5) for line in (f"{TITLE} {n}", TEASER, "Xem tiếp...")),
            Outcome.NOT_AN_ARTICLE,
        ),
    ],
)
def test_what_is_refused(saved: str, reason: Outcome) -> None:
    verdict = saved_text.refine(saved, None, FETCHED)
    assert isinstance(verdict, Rejected)
    assert verdict.reason is reason


FORM = [
    "HUYỆN ỦY HOA BAN ĐẢNG CỘNG SẢN VIỆT NAM",
    "Số 15-QĐ/HU Hoa Ban, ngày 12 tháng 3 năm 2012",
    "QUY ĐỊNH",
    "về chế độ làm việc của cấp ủy",
    "Điều 1. Cấp ủy viên có trách nhiệm dự sinh",
    "hoạt với chi bộ nơi",
    "mình phụ trách, mỗi",
    "tháng một",
    "lần, có nhận xét.",
    "Điều 2. Quy định này có hiệu lực từ ngày ký.",
]


def test_an_issued_document_keeps_its_form() -> None:
    verdict = saved_text.refine("\n".join([*FORM, "Xem toàn bộ 12 trang tài liệu này."]), None, FETCHED)
    assert isinstance(verdict, Accepted)
    assert verdict.content.text.split("\n\n") == [
        *FORM[:2],
        " ".join(FORM[2:4]),
        " ".join(FORM[4:9]),
        FORM[9],
    ]


@pytest.mark.parametrize("line", ["12/05/2024 10:00", "Nguyễn Văn An", "Tác giả: Lò Pó", "12/05/2024 | Lượt xem: 4"])
def test_many_lines_cost_in_proportion(line: str) -> None:
    begun = time.process_time()
    saved_text.refine("\n".join([FIRST, *[line] * 3_000]), None, FETCHED)
    assert (
        time.process_time() - begun < 20
    )  # tenths of one on a quiet machine; minutes where each line looks at all others


def test_a_slice_of_a_thesis_is_accepted_when_asked() -> None:
    assert isinstance(saved_text.refine("\n".join(PDF), None, FETCHED, include_out_of_scope=True), Accepted)


def test_the_verdict_holds_the_article() -> None:
    verdict = saved_text.refine("\n".join(COUNCIL), None, FETCHED)
    assert isinstance(verdict, Accepted)
    content = verdict.content
    assert content.text.split("\n\n") == [FIRST, SECOND]
    assert (content.lead, content.body) == (FIRST, SECOND)
    assert [ref.number for ref in content.document_refs] == ["15-KH/TU"]


@pytest.mark.skipif(not SEEDS.exists(), reason="the real pages are not beside this checkout")
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("part", ["title", "paragraphs", "captions", "authors", "published", "references"])
def test_a_real_page(number: int, part: str) -> None:
    ideal = json.loads((SEEDS / f"{number}.json").read_text(encoding="utf-8"))
    saved = (SEEDS / ideal["seed"]).read_text(encoding="utf-8")
    verdict = saved_text.refine(saved, None, FETCHED, include_out_of_scope=True)
    assert isinstance(verdict, Accepted)
    got = verdict.content
    want = {
        "title": ideal["title"] or "",
        "paragraphs": [p for p in (ideal["lead"], *ideal["body_paragraphs"]) if p],
        "captions": ideal["captions"],
        "authors": [ideal["author"]] if ideal["author"] else [],
        "published": ideal["published_at"],
        "references": sorted({ref["number_normalised"] for ref in ideal["document_refs"] if ref["number"]}),
    }
    have = {
        "title": got.title,
        "paragraphs": got.text.split("\n\n"),
        "captions": list(got.captions),
        "authors": list(got.authors),
        "published": got.published_at and got.published_at.isoformat(),
        "references": sorted({ref.number for ref in got.document_refs}),
    }
    assert have[part] == want[part]

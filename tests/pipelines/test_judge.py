"""The judge: what is no article, by name; and what looks odd and is one."""

from datetime import UTC, datetime

import pytest

from pipelines import judge
from pipelines.page import RawPage, parse
from pipelines.refinery import refine
from schemas.article import Accepted, Rejected
from schemas.outcome import Outcome
from schemas.site import Organ, Site

NOW = datetime(2025, 6, 3, 1, tzinfo=UTC)
SENTENCE = "Bà con bản Khằm gùi lúa về sân nhà văn hóa từ sáng sớm, mỗi nhà góp một gùi để làm lễ mừng cơm mới. "
PROSE = "".join(f"<p>{SENTENCE} Đó là việc thứ {n}.</p>" for n in ("nhất", "hai", "ba", "tư"))
ITEMS = "".join(
    f"<div><h3><a href='/tin/le-mung-com-moi-{n}.html'>Lễ mừng cơm mới ở bản Khe số {n}</a></h3><p>{SENTENCE}</p></div>"
    for n in range(8)
)
SITE = Site(key="a", name="Tỉnh ủy A", organ=Organ.PARTY, province="cao-bang", url="https://a.example.vn/")


def page(
    body: str, title: str = "Lễ mừng cơm mới ở bản Khằm", url: str = "https://a.example.vn/tin/le-mung-5.html"
) -> RawPage:
    return RawPage(
        url, f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(), NOW, "text/html"
    )


def article(body: str, title: str = "Lễ mừng cơm mới ở bản Khằm") -> RawPage:
    return page(f"<div id='nd'><h1>{title}</h1>{body}</div>", title)


LOGIN = "<h1>Đăng nhập</h1><form><input name='u'><input type='password' name='p'><button>Vào</button></form>"
GAMBLING = (
    "Nhà cái uy tín, casino trực tuyến, nổ hũ đổi thưởng, tài xỉu mỗi ngày, cá cược thể thao cho người mới chơi. "
)
HIDDEN = "".join(
    f"<a style='position:absolute;left:-9999px' href='https://bad{n}.example.com/'>casino nhà cái</a>" for n in range(4)
)

REFUSED = {
    "a listing": (page(f"<div id='ds'>{ITEMS}</div>", "Tin hoạt động"), Outcome.NOT_AN_ARTICLE),
    "a home page": (page(f"<div id='ds'>{ITEMS}</div>", "Tỉnh ủy A", "https://a.example.vn/"), Outcome.NOT_AN_ARTICLE),
    "a soft 404": (
        page("<h1>Thông báo</h1><p>Bài viết không tồn tại hoặc đã bị xóa.</p>", "Thông báo"),
        Outcome.SOFT_404,
    ),
    "a server's error": (
        page("<h1>Server Error in '/' Application.</h1><p>Runtime Error</p>", "Runtime Error"),
        Outcome.SOFT_404,
    ),
    "a firewall": (
        page("The requested URL was rejected. Your support ID is: 4711", "Request Rejected"),
        Outcome.BLOCKED,
    ),
    "a challenge": (
        page("<script src='/cdn-cgi/challenge-platform/x.js'></script>", "Just a moment..."),
        Outcome.BLOCKED,
    ),
    "a cookie check": (page("<script>document.cookie='D1N=1';location.reload()</script>", ""), Outcome.BLOCKED),
    "a login": (page(LOGIN, "Đăng nhập hệ thống"), Outcome.LOGIN_WALL),
    "an expired session": (
        page("<p>Phiên làm việc của bạn đã hết hạn. Vui lòng tải lại trang.</p>"),
        Outcome.SESSION_EXPIRED,
    ),
    "an empty body": (article("<p>&nbsp;</p>"), Outcome.TOO_SHORT),
    "a headline and two words": (article("<div id='news-bodyhtml'><p>Đang xử lý</p></div>"), Outcome.TOO_SHORT),
    "English": (
        article(
            "<p>The council met on Monday to discuss the budget for the next year with all members.</p>" * 5,
            "Council meeting",
        ),
        Outcome.WRONG_LANGUAGE,
    ),
    "gambling": (article(f"<p>{GAMBLING}</p>" * 3, "Nhà cái số một"), Outcome.HIJACKED),
    "hidden links to gambling": (article(PROSE + HIDDEN), Outcome.HIJACKED),
    "MẬT": (article(f"<p><b>MẬT</b></p>{PROSE}"), Outcome.CLASSIFIED),
    "TỐI MẬT in brackets": (article(f"<p>(TỐI MẬT)</p>{PROSE}"), Outcome.CLASSIFIED),
    "TUYỆT MẬT in entities": (article(f"<p>TUY&#7878;T M&#7852;T</p>{PROSE}"), Outcome.CLASSIFIED),
    "LƯU HÀNH NỘI BỘ": (article(f"<p>(Lưu hành nội bộ)</p>{PROSE}"), Outcome.RESTRICTED),
    "empty bytes": (RawPage("https://a.example.vn/", b"", NOW), Outcome.UNREADABLE),
}


@pytest.mark.parametrize(("raw", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_article_is_named(raw: RawPage, reason: Outcome) -> None:
    verdict = refine([raw], SITE, None)
    assert isinstance(verdict, Rejected)
    assert verdict.reason is reason
    assert verdict.detail


TAKEN = {
    "an article": article(PROSE),
    "very short news": article(f"<p>{SENTENCE}</p>"),
    "an article beside a login box": article(PROSE + "<b>Đăng nhập</b><input type='password'>"),
    "a notice of a resolution with its PDF": article(
        "<p>Xem nghị quyết tại đây.</p><p><a href='/files/nq-15.pdf'>Nghị quyết số 15/NQ-HĐND</a></p>",
        "Nghị quyết số 15/NQ-HĐND",
    ),
    "a picture story": article(
        "".join(
            f"<figure><img src='/{n}.jpg'><figcaption>Lễ mừng cơm mới, cảnh thứ {n}.</figcaption></figure>"
            for n in range(1, 5)
        )
        + "<p>Chùm ảnh của bản Khằm.</p>"
    ),
    "state secrets in a sentence": article(f"<p>{SENTENCE} Công tác bảo vệ bí mật nhà nước được giữ.</p>{PROSE}"),
    "declassified": article(f"<p>ĐÃ GIẢI MẬT</p><p>MẬT</p>{PROSE}"),
    "honey": article(f"<p>Mật ong bạc hà</p>{PROSE}", "Mật ong bạc hà được mùa"),
    "a stamp far down in the prose": article(f"{PROSE}{PROSE}{PROSE}<p>MẬT</p>"),
    "against gambling": article(
        f"<p>Công an triệt phá đường dây cá cược, lô đề online, tài xỉu, xóc đĩa qua mạng.</p>{PROSE}",
        "Triệt phá ổ cá cược, nổ hũ",
    ),
    "an article with related titles": article(
        PROSE + "".join(f"<a href='/tin/ban-khe-{n}.html'>Lễ mừng cơm mới bản Khe số {n}</a><br>" for n in range(6))
    ),
}


@pytest.mark.parametrize("raw", TAKEN.values(), ids=TAKEN)
def test_what_is_an_article_is_taken(raw: RawPage) -> None:
    verdict = refine([raw], SITE, None)
    assert isinstance(verdict, Accepted), verdict


STAMPED = {
    "NFC": ("<p>MẬT</p>", True),
    "decomposed": ("<p>MÂ\u0323T</p>", True),
    "spaced": ("<td>M Ậ T</td>", True),
    "in a word": ("<p>BÍ MẬT CỦA RỪNG</p>", False),
    "no stamp": ("<p>THẬT</p>", False),
}


@pytest.mark.parametrize(("stamp", "answer"), STAMPED.values(), ids=STAMPED)
def test_the_stamp_is_found_before_shipping(stamp: str, answer: bool) -> None:
    assert judge.is_classified(article(stamp + PROSE)) is answer


def test_bytes_that_are_no_page_bear_no_stamp() -> None:
    assert judge.is_classified(RawPage("https://a.example.vn/a.pdf", b"%PDF-1.4 " + "MẬT".encode(), NOW)) is False


def test_a_listing_with_a_login_box_is_no_wall() -> None:
    assert judge.wall(parse(page(ITEMS + LOGIN, "Tin hoạt động"))) is None


THESIS = article(
    "".join(f"<p>2.2.{n}. Thực trạng đội ngũ</p><p>{SENTENCE}</p>" for n in range(1, 5))
    + "<p>Xem toàn bộ 112 trang tài liệu này.</p>",
    "Nâng cao chất lượng sinh hoạt chi bộ - Luận văn thạc sĩ",
)


@pytest.mark.parametrize(
    ("site", "include", "accepted"), [(None, False, False), (None, True, True), (SITE, False, True)]
)
def test_a_thesis_is_out_of_scope_only_without_a_site(site: Site | None, include: bool, accepted: bool) -> None:
    verdict = refine([THESIS], site, None, include_out_of_scope=include)
    assert isinstance(verdict, Accepted) is accepted
    assert accepted or getattr(verdict, "reason", None) is Outcome.OUT_OF_SCOPE

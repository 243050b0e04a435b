"""Every kind of notice, by the examples that stand beside it in notices.toml."""

import pytest

from pipelines import notices
from pipelines.notices import Notice

SAYS = [(kind, line) for kind in notices.kinds() for line in kind.says]
KEEPS = [line for kind in notices.kinds() for line in kind.keeps]


@pytest.mark.parametrize(("kind", "line"), SAYS, ids=[line for _, line in SAYS])
def test_a_notice_is_told_by_its_words(kind: Notice, line: str) -> None:
    assert notices.of_line(line) is kind.outcome


@pytest.mark.parametrize("line", KEEPS)
def test_news_is_no_notice(line: str) -> None:
    assert notices.of_line(line) is None


def test_a_date_or_a_paragraph_beside_it_tells_something() -> None:
    notice = "Hệ thống đang bảo trì, mời quý vị quay lại sau."
    assert notices.of_lines([notice]) is not None
    assert notices.of_lines([notice, "Từ 20 giờ ngày 22/8 đến 6 giờ ngày 23/8."]) is None
    assert notices.of_lines([notice, "Bà con bản Khằm " * 10]) is None

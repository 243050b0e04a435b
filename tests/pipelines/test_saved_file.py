"""Text files as people leave them: which encoding, or none."""

import pytest

from pipelines import saved_file
from pipelines.page import UnreadablePage
from schemas.outcome import Outcome

WORDS = "Đảng bộ huyện Hoa Ban họp bàn việc nước ở các thôn bản vùng cao, có nhiều ý kiến đóng góp.\n" * 20


@pytest.mark.parametrize(
    "body",
    [
        WORDS.encode(),
        b"\xef\xbb\xbf" + WORDS.encode(),
        WORDS.encode("utf-16"),
        WORDS.encode("utf-16-le"),
        WORDS.encode("utf-16-be"),
        WORDS.replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8", "mark", "utf-16", "utf-16 le, no mark", "utf-16 be, no mark", "crlf"],
)
def test_an_encoding_is_told(body: bytes) -> None:
    assert saved_file.read(body).split() == WORDS.split()


def test_an_old_font_reaches_its_mender() -> None:
    printed = "Héi ®ång nh©n d©n tØnh häp bµn vÒ c¸c nhiÖm vô träng t©m. " * 5
    assert saved_file.read(printed.encode("cp1252")) == printed


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Outcome.UNREADABLE),
        (b" \r\n\0", Outcome.UNREADABLE),
        (bytes(range(256)) * 8, Outcome.UNREADABLE),
        (b"a" * 20_000_001, Outcome.TOO_LARGE),
    ],
    ids=["empty", "blank", "binary", "large"],
)
def test_what_is_no_text(body: bytes, reason: Outcome) -> None:
    with pytest.raises(UnreadablePage) as raised:
        saved_file.read(body)
    assert raised.value.outcome is reason

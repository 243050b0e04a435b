"""The words in a text file of unknown encoding: UTF-8 mostly, also UTF-16, windows-1258 and the old fonts."""

from pipelines import text
from pipelines.page import MAX_BYTES, UnreadablePage, decode
from schemas.outcome import Outcome

_CONTROLS = bytes([*range(9), *range(14, 27), *range(28, 32), 127])
_BINARY = 0.01
"""Share of control bytes from which a file is no text."""
_WIDE = 0.4
"""Share of zeros among every other byte from which a file without a mark is UTF-16."""


def read(body: bytes) -> str:
    """The text of a saved file.

    Raises:
        UnreadablePage: it is empty, too large, or no text file.
    """
    if not body.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise UnreadablePage("the file is empty")
    if len(body) > MAX_BYTES:
        raise UnreadablePage(f"the file has {len(body)} bytes, more than {MAX_BYTES}", Outcome.TOO_LARGE)
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return decode(body)
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if body[start::2].count(0) > _WIDE * len(body) / 2 and body[1 - start :: 2].count(0) < 0.1 * len(body):
            return body.decode(name, "replace")
    if len(body) - len(body.translate(None, _CONTROLS)) > _BINARY * len(body):
        raise UnreadablePage("the file is no text file")
    said = decode(body)
    if not text.looks_vietnamese(said):
        old = body.decode("cp1252", "replace")  # the fonts before Unicode are told apart in this one
        if text.mend_document(old)[0] != old:
            return old
    return said

"""The row of an attachment that is kept by its content."""

from schemas.frozen import Frozen


class DocumentRow(Frozen):
    """`documents`: one row per kept document; `articles.attachments[].sha256` names it from the other side."""

    sha256: str
    media_type: str | None = None
    size: int
    """Bytes."""
    key: str
    """Key of its bytes below the clean prefix."""
    text_key: str | None = None
    """Key of its text; None: it has none that can be read."""
    scanned: bool | None = None
    article_ids: tuple[str, ...] = ()
    """The articles that link it now, sorted."""

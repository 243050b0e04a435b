"""A capture with what the refinery said of it: the rows that are staged between refining and publishing."""

from schemas.article import Accepted, Rejected
from schemas.capture import Capture
from schemas.frozen import Frozen
from schemas.rows import RawPlace


class Refined(Frozen):
    """One captured article page and its verdict; None where there was no body to judge (304, 404, 410)."""

    capture: Capture
    verdict: Accepted | Rejected | None = None
    more_pages: tuple[RawPlace, ...] = ()
    """Where the further pages of the article are."""

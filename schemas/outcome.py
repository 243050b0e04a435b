"""How a captured article page ends: in exactly one `Outcome`."""

from enum import StrEnum


class Outcome(StrEnum):
    """The end of one captured article page. The counts of a run add up to its captures."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    GONE = "gone"

    NOT_AN_ARTICLE = "not_an_article"
    NOT_FOUND = "not_found"
    SOFT_404 = "soft_404"
    BLOCKED = "blocked"
    LOGIN_WALL = "login_wall"
    SESSION_EXPIRED = "session_expired"
    TOO_SHORT = "too_short"
    WRONG_LANGUAGE = "wrong_language"
    CLASSIFIED = "classified"
    RESTRICTED = "restricted"
    OUT_OF_SCOPE = "out_of_scope"
    OUT_OF_WINDOW = "out_of_window"
    UNDATED = "undated"
    DUPLICATE_URL = "duplicate_url"
    ID_REUSED = "id_reused"
    SOURCE_CLOSED = "source_closed"
    HIJACKED = "hijacked"
    SUPPRESSED = "suppressed"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    EXTRACT_TIMEOUT = "extract_timeout"
    EXTRACT_CRASH = "extract_crash"

    @property
    def rejected(self) -> bool:
        """Whether the page was refused, by this name."""
        return self not in SETTLED


SETTLED = frozenset({Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.GONE})
"""The outcomes that left the page's article in the bucket's history."""

NOT_FINAL = frozenset(
    {
        Outcome.BLOCKED,
        Outcome.LOGIN_WALL,
        Outcome.SESSION_EXPIRED,
        Outcome.EXTRACT_TIMEOUT,
        Outcome.EXTRACT_CRASH,
        Outcome.OUT_OF_WINDOW,
        Outcome.SOURCE_CLOSED,
        Outcome.ID_REUSED,
    }
)
"""Rejections that say nothing about the article itself: its URL stays due."""

SAYS_NOTHING = NOT_FINAL - {Outcome.OUT_OF_WINDOW}
"""Where such a page had an article, the article is neither there nor missing: it is asked again next night."""

"""Rows about articles that several sites carry: who published the same text, and the signatures they are found by."""

from typing import Literal

from pydantic import AwareDatetime

from schemas.frozen import Frozen

Likeness = Literal["copy", "light_edit", "excerpt"]
"""How one text repeats another: word for word, with small changes, or a part of it."""


class ClusterRow(Frozen):
    """`clusters`: one row per article that has near-duplicates on other sites; partitioned by `month`."""

    cluster: str
    """Id of the cluster: the article id of its founding member, never reused."""
    article_id: str
    site: str
    month: str
    """Of the article, as in `articles`."""
    published_at: AwareDatetime | None = None
    like: str
    """Article id of the member that it is most like; its own id for the earliest copy."""
    kind: Likeness
    similarity: float
    """Jaccard similarity of the word shingles of the two texts, 0 to 1."""
    contained: float
    """Share of the shorter text's shingles that the longer one holds, 0 to 1."""
    earliest: bool
    """Whether it is the earliest copy by publication (then by first seen) of its cluster."""
    version: int
    """Version of `articles` in which it was compared."""
    formerly: tuple[str, ...] = ()
    """Ids of the clusters that it belonged to before they were merged into this one, or split, oldest first."""


class SignatureRow(Frozen):
    """`signatures`: the MinHash bands of an article's text, for finding candidates; partitioned by `month`."""

    article_id: str
    site: str
    month: str
    """By which it is looked up: the article's; of an undated one, the local month in which it was first seen."""
    article_month: str
    """Of the article, as in `articles`."""
    content_hash: str
    algorithm: str
    """Name and version of the hashing: rows of another one are signed again by `tintinh maintain`."""
    words: int
    bands: tuple[int, ...]

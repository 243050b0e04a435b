"""A release: the articles of one table version as plain Parquet, frozen, for those who read without Delta."""

from pydantic import AwareDatetime

from schemas.frozen import Frozen


class ReleaseFile(Frozen):
    """One Parquet file of a release: the articles published in one month."""

    key: str
    """Below the clean prefix: `releases/<yyyy-mm>/articles/<month>.parquet`."""
    month: str
    """`YYYY-MM`, or `undated`."""
    rows: int
    bytes: int
    sha256: str


class Claim(Frozen):
    """`releases/<yyyy-mm>/writing.json`: the state that a release is to hold, from its first file to its last."""

    release: str
    """`YYYY-MM`, Asia/Ho_Chi_Minh: the month in which, or as of whose end, it was made."""
    seq: int
    """The change feed's newest change that it holds: a consumer goes on after it."""
    version: int
    """The version of `articles` that it is."""
    created_at: AwareDatetime


class Release(Claim):
    """One release as `releases/index.json` lists it."""

    rows: int
    bytes: int
    manifest: str
    """Key of the `Manifest`."""
    erased_at: AwareDatetime | None = None
    """When articles were last taken out of it by a takedown; its files and checksums changed then."""


class Manifest(Release):
    """`releases/<yyyy-mm>/manifest.json`: the release with its files; written when all of them are there."""

    files: tuple[ReleaseFile, ...]


class ReleaseIndex(Frozen):
    """`releases/index.json`, oldest release first."""

    releases: tuple[Release, ...] = ()

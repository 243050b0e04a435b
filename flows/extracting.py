"""`tintinh extract`: pages from files to articles, with no server, bucket or network."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipelines import refinery, saved_file
from pipelines.page import RawPage, UnreadablePage
from schemas.article import Accepted, Rejected, Verdict
from schemas.errors import UsageError
from schemas.outcome import Outcome
from schemas.site import Site

_MARKUP = re.compile(r"(?i)\s*<(?:!doctype html|html|head|body)\b")


@dataclass(frozen=True)
class Request:
    """One article to extract."""

    paths: tuple[Path, ...]
    """Its pages in order."""
    url: str = "about:blank"
    fetched_at: datetime | None = None
    site: Site | None = None
    family: str | None = None
    content_type: str | None = None
    saved_text: bool = False
    """The file is a page's visible text, line by line."""
    include_out_of_scope: bool = False

    def pages(self) -> tuple[RawPage, ...]:
        """The files' bytes as raw pages. Raises OSError."""
        when = self.fetched_at or datetime.now(UTC)
        return tuple(RawPage(self.url, path.read_bytes(), when, self.content_type) for path in self.paths)


def extract(request: Request) -> Verdict:
    """Refine one request in this process.

    Raises:
        OSError: a file cannot be read.
    """
    if request.saved_text:
        return saved(request)
    return refinery.refine(
        request.pages(),
        request.site,
        None,
        family=request.family,
        include_out_of_scope=request.include_out_of_scope,
    )


def saved(request: Request) -> Verdict:
    """Refine a page that somebody saved as plain text. Raises OSError."""
    try:
        text = saved_file.read(request.paths[0].read_bytes())
    except UnreadablePage as error:
        return Rejected(reason=error.outcome, detail=str(error))
    if _MARKUP.match(text):  # a page saved whole under the name of a text
        return extract(replace(request, saved_text=False))
    return refinery.refine_saved_text(
        text,
        None if request.url == "about:blank" else request.url,
        request.fetched_at or datetime.now(UTC),
        include_out_of_scope=request.include_out_of_scope,
    )


def document(url: str | None, verdict: Verdict) -> dict[str, object]:
    """The JSON object that `extract` prints for one page."""
    if isinstance(verdict, Accepted):
        return {
            "url": url,
            "outcome": "accepted",
            "reason": None,
            "article": verdict.content.model_dump(mode="json"),
        }
    return {
        "url": url,
        "outcome": "rejected",
        "reason": verdict.reason.value,
        "detail": verdict.detail,
        "article": None,
    }


def requests(lines: Iterable[str], folder: Path, sites: dict[str, Site], defaults: Request) -> Iterator[Request]:
    """Read the lines of a batch: `{"url","path","fetched_at","site"?,"content_type"?,"more"?}`.

    Relative paths are looked up from the current folder, then from the batch file's.

    Raises:
        UsageError: a line is not such an object; it names the line.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _request(json.loads(line), folder, sites, defaults)
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"line {number} of the batch cannot be read ({error}); see tintinh extract --help"
            ) from None


def _request(row: dict[str, object], folder: Path, sites: dict[str, Site], defaults: Request) -> Request:
    names = [row["path"], *(row.get("more") or [])]  # type: ignore[misc]
    paths = tuple(_resolve(Path(str(name)), folder) for name in names)
    key = row.get("site")
    if key is not None and key not in sites:
        raise ValueError(f"no site {key!r} in the registry")
    return Request(
        paths=paths,
        url=str(row.get("url") or defaults.url),
        fetched_at=instant(str(row["fetched_at"])) if row.get("fetched_at") else defaults.fetched_at,
        site=sites[str(key)] if key is not None else defaults.site,
        family=defaults.family,
        content_type=str(row["content_type"]) if row.get("content_type") else None,
        saved_text=defaults.saved_text or paths[0].suffix == ".txt",
        include_out_of_scope=defaults.include_out_of_scope,
    )


def _resolve(path: Path, folder: Path) -> Path:
    return path if path.is_absolute() or path.exists() else folder / path


def instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset it is Hanoi time. Raises ValueError."""
    from zoneinfo import ZoneInfo

    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def unreadable(error: OSError) -> Rejected:
    """The verdict on a file that is not there."""
    return Rejected(reason=Outcome.UNREADABLE, detail=f"{error.filename}: {error.strerror}")

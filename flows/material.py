"""From captures on local disk to the pages that are refined, one article at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from flows.captured import record
from flows.memory import SiteMemory
from flows.refining import Material
from flows.visit import Visit
from pipelines import warc
from pipelines.payload import PayloadTooLargeError
from pipelines.store.archive import why_withheld
from schemas.article import Rejected
from schemas.capture import Capture
from schemas.outcome import Outcome
from schemas.site import Site
from schemas.urls import url_hash

_WITHHELD = {
    "classified": Rejected(reason=Outcome.CLASSIFIED, detail="withheld: a secrecy stamp"),
    "suppressed": Rejected(reason=Outcome.SUPPRESSED, detail="withheld: it was taken down"),
}


def material(visit: Visit, path: Path, captured: Sequence[tuple[Capture, ...]]) -> Iterator[Material[Capture]]:
    """Read the pages of each article from a WARC file on local disk, one article at a time."""
    family = recognised(visit)
    with path.open("rb") as stream:
        for captures in captured:
            told = tuple(_listed(c, visit.memory) for c in captures)
            yield replace(_material(stream, told, visit.site, family), template=visit.templates.get(path.name))


def recognised(visit: Visit) -> str | None:
    """The family that this crawl met, or an earlier one: captures that wait are read alike whoever reads them. None:
    each page is asked for itself."""
    met = visit.report.family if visit.report else None
    state = visit.memory.state
    family = met or (state.family if state else None)
    return None if family == "generic" else family


def _listed(capture: Capture, memory: SiteMemory) -> Capture:
    """The capture with the date that a listing once told, where this visit did not come from a listing."""
    past = memory.pages.get(url_hash(capture.url_key))
    if capture.listed_at or past is None or past.listed_at is None:
        return capture
    return capture.model_copy(update={"listed_at": past.listed_at})


def _material(stream: BinaryIO, captures: Sequence[Capture], site: Site, family: str | None) -> Material[Capture]:
    first = captures[0]
    if first.status != 200:
        return Material(first)
    try:
        records = [(c, record(stream, c)) for c in captures if c.status == 200]
        if why := why_withheld(records[0][1]):
            return Material(first, verdict=_WITHHELD[why])
        return Material(first, tuple(warc.raw_page(c, r) for c, r in records), site, family)
    except PayloadTooLargeError as error:
        return Material(first, verdict=Rejected(reason=Outcome.TOO_LARGE, detail=str(error)))

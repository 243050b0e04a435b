"""Whether a site's `ETag` and `Last-Modified` can be believed, by what its pages said when asked again. Pure."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ledger import Ledger
from schemas.outcome import Outcome

ENOUGH = 5
"""Answers after which a validator that never helped is sent no more."""
_PROVEN, _UNPROVEN = 10, 3
"""One look in so many goes without validators: what they hide shows only then."""


@dataclass(frozen=True)
class Validators:
    """What may be sent with a question to a site."""

    etag: bool = True
    last_modified: bool = True
    proven: bool = False
    """A page that changed has shown it by its validators."""

    def may_go(self, url_hash: int, day: date) -> bool:
        """Whether this page is asked with its validators on this day: each page is once in a while asked without."""
        return (url_hash + day.toordinal()) % (_PROVEN if self.proven else _UNPROVEN) != 0


def learn(ledger: Ledger) -> Validators:
    """What the site's answers teach: a validator that stayed while the page changed lies and is never sent again; one
    that changes while the page does not, or gets no 304, is of no use."""
    again = ledger.answers_again()
    helped = pc.sum(pc.equal(again["status"], 304)).as_py() or 0
    # where the bytes are the same, it is our reading that changed
    other_bytes = pc.invert(pc.equal(again["digest"], again["digest_before"]))
    changed = pc.and_(pc.equal(again["outcome"], Outcome.CHANGED.value), other_bytes)
    same_page = pc.and_(pc.equal(again["outcome"], Outcome.UNCHANGED.value), pc.equal(again["status"], 200))
    use, proven = {}, False
    for name in ("etag", "last_modified"):
        kept = pc.equal(again[name], again[f"{name}_before"])
        lies = _count(pc.and_(changed, kept))
        proven = proven or (not lies and _count(pc.and_(changed, pc.invert(kept))) > 0)
        restless, vain = _count(pc.and_(same_page, pc.invert(kept))), _count(pc.and_(same_page, kept))
        use[name] = not lies and not (restless >= ENOUGH and restless > helped) and not (vain >= ENOUGH and not helped)
    return Validators(**use, proven=proven)


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.fill_null(mask, False)).as_py() or 0)

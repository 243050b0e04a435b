"""The pool of refining processes: a page that hangs or kills its process ends by name, and the others go on."""

import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from flows.demo.pdf import document as pdf
from flows.refining import Material, refiners
from flows.settings import Settings
from pipelines import worker
from pipelines.documents import Document
from pipelines.page import RawPage
from schemas.article import Accepted, Rejected
from schemas.outcome import Outcome

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BODY = "<html><title>Bản Nà Lếch họp bàn</title><body><h1>Bản Nà Lếch họp bàn</h1><div class='entry-content'>" + (
    "<p>Chiều nay, bà con bản Nà Lếch họp bàn việc nạo vét con mương đầu làng trước mùa mưa.</p>" * 5
)


def misbehave(pages: Sequence[RawPage], *_: object) -> Accepted | Rejected:
    """What a worker does with a page whose URL says what to do."""
    deed = pages[0].url.rsplit("/", 1)[-1]
    if deed == "hang":
        time.sleep(300)
    if deed == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if deed == "hog":
        raise MemoryError
    if deed == "raise":
        raise KeyError(deed)
    return worker_refine(pages, None, None, False)


worker_refine = worker.refine


def test_one_bad_page_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "refine", misbehave)
    deeds = ["good", "hang", "good", "die", "good", "hog", "raise", "good"]
    pages = [Material(deed, (RawPage(f"https://a.example.vn/{deed}", BODY.encode(), NOW),)) for deed in deeds]
    begun = time.monotonic()
    with refiners(Settings(page_seconds=4, workers=2)) as pool:
        found = [
            (tag, v.reason if isinstance(v, Rejected) else v.outcome if v else None) for tag, v in pool.refine(pages)
        ]
    assert time.monotonic() - begun < 150
    ends = {
        "good": "accepted",
        "hang": Outcome.EXTRACT_TIMEOUT,
        "die": Outcome.EXTRACT_CRASH,
        "hog": Outcome.EXTRACT_CRASH,
        "raise": Outcome.EXTRACT_CRASH,
    }
    assert found == [(deed, ends[deed]) for deed in deeds]


def test_documents_are_read_and_refused_in_the_pool() -> None:
    with refiners(Settings(workers=1)) as pool:
        good = pool.read_document(pdf(["Nghị quyết của xã"]), "a.pdf")
        page = pool.read_document(b"<html>", "a.pdf")
        stamped = pool.read_document(pdf(["TỈNH ỦY", "MẬT", "Nội dung"]), "a.pdf")
        secret = pool.is_classified(RawPage("https://a.vn/a.pdf", pdf(["MẬT", "Nội dung"]), NOW))
        public = pool.is_classified(RawPage("https://a.vn/tin", BODY.encode(), NOW))
    assert isinstance(good, Document) and good.text == "Nghị quyết của xã"
    assert isinstance(page, Rejected) and page.reason is Outcome.UNREADABLE
    assert isinstance(stamped, Rejected) and stamped.reason is Outcome.CLASSIFIED
    assert (secret, public) == (True, False)

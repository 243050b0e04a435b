"""A crawl as its parent runs it: plan file in, exit code, report and records out."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import walks, warc
from schemas.capture import Capture, CrawlPlan, CrawlReport
from schemas.state import SiteState
from schemas.urls import pack_hashes, url_hash


@dataclass(frozen=True)
class Done:
    """What a crawl left."""

    code: int
    log: str
    report: CrawlReport
    records: list[warc.StoredRecord]
    captures: list[Capture]

    def remembered(self, past: SiteState | None = None) -> SiteState:
        """The state of the site after this crawl."""
        notes = list(warc.notes(iter(self.records)))
        answered = {capture.url_key for capture in self.captures}
        return walks.fold(past or SiteState(site="mau"), self.report.run, notes, answered, date(2026, 3, 1))

    def next_plan(self, *earlier: "Done") -> dict[str, Any]:
        """The fields of the next crawl's plan, as this one and those before it leave them."""
        state: SiteState | None = None
        for number, done in enumerate((*earlier, self)):
            state = done.remembered(state and state.model_copy(update={"folded": (str(number),)}))
        assert state is not None
        keys = {c.url_key for done in (*earlier, self) for c in done.captures}
        return {
            "known": pack_hashes(map(url_hash, keys)),
            "failed": pack_hashes(url_hash(link.url_key) for link in state.due),
            "due": state.due,
            "family": state.family,
            "listings": state.listings,
        }

    @property
    def failed(self) -> dict[str, int]:
        return self.report.failed


def records_of(spool: str | Path) -> list[warc.StoredRecord]:
    with Path(spool).open("rb") as stream:
        return list(warc.scan(stream))


def start(plan: CrawlPlan, before: str = "") -> "subprocess.Popen[str]":
    """The child, with a pipe on its stdin; `before` is Python that it runs first."""
    file = Path(plan.report).with_suffix(".plan")
    file.write_text(plan.model_dump_json(), encoding="utf-8")
    code = f"import sys\n{before}\nfrom spiders.crawl import main\nsys.exit(main(sys.argv[1:]))"
    run = ["-c", code] if before else ["-m", "spiders.crawl"]
    return subprocess.Popen(
        [sys.executable, "-W", "error", *run, str(file)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def finish(plan: CrawlPlan, child: "subprocess.Popen[str]", timeout: float = 120.0) -> Done:
    """Wait for the child and read what it left."""
    assert child.stderr is not None and child.stdin is not None
    try:
        log = child.stderr.read()
        code = child.wait(timeout)
    finally:
        child.kill()
        child.wait()
        child.stderr.close()
        child.stdin.close()
    report = Path(plan.report)
    assert report.exists(), log
    records = records_of(plan.spool)
    return Done(
        code=code,
        log=log,
        report=CrawlReport.model_validate_json(report.read_text(encoding="utf-8")),
        records=records,
        captures=[capture for capture, _ in warc.captures(iter(records), "k")],
    )

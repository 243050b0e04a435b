"""A crawl is a child process: plan it, run it, read what it says. Scrapy never enters this process."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flows.memory import SiteMemory
from flows.settings import Settings
from schemas import keys
from schemas.capture import CrawlPlan, CrawlReport
from schemas.errors import CrawlError, MachineError, UsageError
from schemas.site import Site
from schemas.window import Window
from schemas.zone import HANOI

GRACE_SECONDS = 120.0
"""Beyond its budget a child gets this long to end by itself, then it is told to, then killed."""
_children: set["subprocess.Popen[str]"] = set()
"""The crawls that this process runs now."""
VERSION_CONTACT = "tintinh/{version} (+{contact})"


def lanes_folder() -> Path:
    """The folder of lane locks: one for the machine's user, whatever the home, so that lanes never double."""
    uid = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir()) / f"tintinh-lanes-{uid}"


def spool_folder(settings: Settings, site: str) -> Path:
    """Where the WARC files of a site wait to be shipped."""
    return settings.home / "spool" / site


def require_room(settings: Settings) -> None:
    """Refuse to begin a crawl on a disk that is nearly full.

    Raises:
        MachineError: less than TINTINH_MIN_FREE_MEGABYTES are free below the home folder.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free // 2**20
    if free < settings.min_free_megabytes:
        raise MachineError(
            f"only {free} MB are free at {settings.home} and a crawl wants {settings.min_free_megabytes}; "
            "free some, or lower TINTINH_MIN_FREE_MEGABYTES"
        )


def require_contact(settings: Settings, sites: list[Site]) -> None:
    """Refuse to crawl a public host without saying who asks.

    Raises:
        UsageError: TINTINH_CONTACT is unset and a site is on a host that TINTINH_ALLOW_HOSTS does not name.
    """
    if settings.contact:
        return
    for site in sites:
        parts = urlsplit(site.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if f"{parts.hostname}:{port}" not in settings.allow_hosts:
            raise UsageError(
                f"TINTINH_CONTACT is not set: {parts.hostname} is a public host, and its owner must be able to reach "
                "you; set it to a mail address or a web page"
            )


def plan(
    site: Site,
    run: str,
    kind: str,
    settings: Settings,
    memory: SiteMemory,
    window: Window,
    rechecks: int | None = None,
) -> CrawlPlan:
    """What a child is told for one site; `rechecks`: pages that a recheck asks at most, else as the site says."""
    from importlib.metadata import version

    started = datetime.now(UTC)
    folder = spool_folder(settings, site.key)
    folder.mkdir(parents=True, exist_ok=True)
    # Two commands may begin a crawl of one site in the same second: the serial is this process's own.
    spool = folder / keys.warc_name(site.key, started, os.getpid() % 100_000)
    lanes = lanes_folder()
    lanes.mkdir(mode=0o700, exist_ok=True)
    contact = settings.contact or "local replica"
    return CrawlPlan.model_validate(
        {
            "run": run,
            "kind": kind,
            "site": site,
            "spool": str(spool),
            "report": str(settings.home / "runs" / run / site.key / "report.json"),
            "lanes": str(lanes),
            "user_agent": VERSION_CONTACT.format(version=version("tintinh"), contact=contact),
            "delay": settings.delay,
            "first_pages": settings.first_pages,
            "budget_seconds": site.budget_minutes * 60.0,
            "space": site.space_on(started.astimezone(HANOI).date()),
            "since": window.since,
            "until": window.until,
            **memory.told(site, kind, window, started, site.rechecks_per_night if rechecks is None else rechecks),
            "allow_hosts": settings.allow_hosts,
        }
    )


def crawl(plan: CrawlPlan, say: Callable[[str], None]) -> CrawlReport:
    """Run the child to its end, passing its log lines to `say`.

    The child reads our end of a pipe: when this process dies, however it dies, the child sees the pipe close and
    ends by itself.

    Raises:
        CrawlError: the child left no report.
    """
    report = Path(plan.report)
    report.parent.mkdir(parents=True, exist_ok=True)
    file = report.with_name("plan.json")
    file.write_text(plan.model_dump_json(), encoding="utf-8")
    child = subprocess.Popen(
        [sys.executable, "-m", "spiders.crawl", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    _children.add(child)
    tail: list[str] = []
    reader = threading.Thread(target=_relay, args=(child, say, tail), daemon=True)
    reader.start()
    try:
        code = _wait(child, plan.budget_seconds + GRACE_SECONDS)
    finally:
        _end(child)
        _children.discard(child)
        reader.join(timeout=5)
    if not report.exists():
        last = tail[-1] if tail else "it said nothing"
        raise CrawlError(f"the crawl of {plan.site.key} ended with code {code} and no report: {last}")
    return CrawlReport.model_validate(json.loads(report.read_text(encoding="utf-8")))


def interrupt() -> None:
    """Have every crawl of this process end now, with a report; whoever waits for one gets it."""
    for child in tuple(_children):
        with suppress(OSError):
            child.terminate()


def _relay(child: "subprocess.Popen[str]", say: Callable[[str], None], tail: list[str]) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        tail[:] = [*tail[-9:], line.rstrip()]
        say(line.rstrip())


def _wait(child: "subprocess.Popen[str]", seconds: float) -> int:
    try:
        return child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return -1


def _end(child: "subprocess.Popen[str]") -> None:
    if child.stdin:
        child.stdin.close()
    if child.poll() is None:
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stderr:
        child.stderr.close()

"""`tintinh demo`: two nights over the replica sites, on this machine alone, and what they left in the bucket."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel

from flows import showing
from flows.demo.replicas import ReplicaFarm
from flows.query import rows
from flows.scheduler import scheduler, service
from flows.settings import Settings
from flows.storage import Storage, attached, embedded
from schemas.errors import UsageError
from schemas.run import RunReport
from schemas.zone import HANOI

DELAY = 0.01
"""Seconds between requests to a replica: they are ours, and nobody wants to wait."""
SAMPLES = """
    select title, site, published_at, authors, source, text from articles
    where source_status = 'live' and published_at is not null
    qualify row_number() over (partition by site order by published_at desc) = 1
    order by site limit 3
"""


def run(settings: Settings, as_json: bool) -> int:
    """Play the demo and print it; returns the exit code.

    Raises:
        UsageError: another command is using the demo's home.
    """
    home = settings.home / "demo"
    console = Console(stderr=as_json)
    _wipe(home)
    today = datetime.now(HANOI).date()
    with ReplicaFarm(today) as farm, _environment(home, farm.host_ports):
        farm.write_sites(home / "sites")
        console.print(f"[bold]{len(farm.sites)} replica sites[/] answer on loopback.")
        own = Settings()
        with ExitStack() as stack:
            with console.status("starting the S3 server and the Prefect server …"):
                storage = stack.enter_context(attached(own))
                stack.enter_context(scheduler(own))
            with console.status("first night …"):
                first = _night()
            showing.show(first, console, "First night: everything is new")
            (one, edited), (other, removed) = farm.edit_one(), farm.remove_one()
            console.print(f"Then {one} edits\n  {edited}\nand {other} removes\n  {removed}\n", soft_wrap=True)
            with console.status("second night …"):
                second = _night()
            showing.show(second, console, "Second night: only what moved")
            console.print(_saved(first, second))
            _samples(console, storage)
            document = {
                "nights": [first.model_dump(mode="json"), second.model_dump(mode="json")],
                "clean_uri": storage.clean.uri,
                "raw_uri": storage.raw.uri,
                "home": str(home),
            }
            _where(console, storage, home)
    if as_json:
        print(json.dumps(document, ensure_ascii=False))
    return max(first.exit_code, second.exit_code)


def _wipe(home: Path) -> None:
    if not home.exists():
        return
    for one in (embedded(home), service(home)):
        if not one.evict():
            raise UsageError(f"another command is using {home}; wait for it, then run the demo again")
    shutil.rmtree(home)


@contextmanager
def _environment(home: Path, host_ports: tuple[str, ...]) -> Iterator[None]:
    """The variables under which the flows see only the demo: its home, its sites, its own servers."""
    ours: Mapping[str, str | None] = {
        "TINTINH_HOME": str(home),
        "TINTINH_ALLOW_HOSTS": ",".join(host_ports),
        "TINTINH_DELAY": str(DELAY),
        "TINTINH_CONTACT": "demo@localhost",
        "TINTINH_RAW_URI": None,
        "TINTINH_CLEAN_URI": None,
        "TINTINH_SITES": None,
        "PREFECT_API_URL": None,
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    before = {name: os.environ.get(name) for name in ours}
    _set(ours)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _night() -> RunReport:
    from flows.nightly import nightly  # imports Prefect, which reads its settings once

    report: dict[str, Any] = nightly()
    return RunReport.model_validate(report)


def _saved(first: RunReport, second: RunReport) -> str:
    was, now = (sum(c.requests for c in night.sites.values()) for night in (first, second))
    return f"The second night asked {now} times instead of {was}: {was - now} requests saved ({1 - now / was:.0%})."


def _samples(console: Console, storage: Storage) -> None:
    for row in rows(storage.clean, SAMPLES):
        people = ", ".join(row["authors"]) or "no byline"
        about = f"{row['site']} · {row['published_at']} · {people}"
        first = row["text"].split("\n\n")[0]
        console.print(Panel(f"{first[:400]}", title=row["title"], subtitle=about, title_align="left"))


def _where(console: Console, storage: Storage, home: Path) -> None:
    console.print(f"The bucket: [bold]{storage.clean.uri}[/] (raw: {storage.raw.uri}), data below {home / 'storage'}")
    console.print("Try next:", style="bold")
    for command in (
        'tintinh query "select site, count(*) n from articles group by site"',
        'tintinh query "select title, document_refs from articles where len(document_refs) > 0 limit 3"',
        "tintinh reprocess",
        "tintinh doctor",
    ):
        console.print(f"  TINTINH_HOME={home} {command}", highlight=False, soft_wrap=True)

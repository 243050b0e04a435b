"""A publish that is cut short: what do readers see, and does the next run complete it?

python -m benchmarks.cuts [--count 50] [--seed 1] [--json]

Example: python -m benchmarks.cuts --count 10 --seed 3

A night of two made sites is published into tables that hold one before it, by a process that reaches the embedded S3
server through a proxy. At a request drawn at random the process is killed, before or after the server has its request,
or the storage goes away for good, or one answer is lost. Readers must then have the rows from before or from after,
never between, a feed that adds up to either, and a catalog that is not ahead of it. The next run, over what is still
due, must leave all as an undisturbed night does. Exit 1 when a cut breaks that.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from benchmarks.interleavings import replayed
from benchmarks.made_nights import Endpoint, site
from benchmarks.made_runs import Run, first_run, four_runs, play
from flows.settings import Settings
from flows.storage import attached
from pipelines.store import feed
from pipelines.store.archive import Archive
from pipelines.store.arrow import from_table
from pipelines.store.tables import Tables
from schemas import keys
from schemas.errors import StorageError
from schemas.outcome import SETTLED, Outcome
from schemas.rows import Article, LedgerRow, Revision

HOW = ("kill before", "kill after", "outage", "outage after", "lost answer")
MOST_SECONDS = 240.0
_BY_RUN = {"run", "settled_at", "changed_at", "table_version"}
"""Columns that differ when another run completes what one began."""


class Proxy:
    """A way to the server on which one request goes wrong."""

    def __init__(self, endpoint: str) -> None:
        self._upstream = urlsplit(endpoint).netloc
        self._lock = Lock()
        self.count, self.at, self.how, self.down = 0, 0, "", False
        self.strike: Callable[[], None] = lambda: None
        self.armed = Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        for verb in ("GET", "PUT", "HEAD", "POST", "DELETE"):
            setattr(Handler, f"do_{verb}", lambda handler: outer._pass(handler))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Serve until the end of the block."""
        Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def arm(self, at: int, how: str, strike: Callable[[], None]) -> None:
        """From now on count anew; request `at` goes wrong (0: none)."""
        self.count, self.at, self.how, self.strike, self.down = 0, at, how, strike, False
        self.armed.set()

    def _pass(self, handler: BaseHTTPRequestHandler) -> None:
        self.armed.wait()
        body = _body(handler)
        with self._lock:
            self.count += 1
            struck = self.count == self.at
            self.down = self.down or (struck and self.how == "outage")
        if struck and self.how == "kill before":
            self.strike()
        handler.close_connection = True
        if self.down or (struck and self.how == "kill before"):
            return
        answer = self._answer(handler, body)
        if struck and self.how != "outage":
            self.down = self.how == "outage after"
            self.strike()
            return
        if answer and not self.down:
            _reply(handler, *answer)

    def _answer(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], bytes] | None:
        upstream = HTTPConnection(self._upstream, timeout=60)
        try:
            upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in ("expect", "connection", "transfer-encoding", "content-length"):
                    upstream.putheader(name, value)
            upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body)
            found = upstream.getresponse()
            return found.status, found.getheaders(), found.read()
        except (OSError, HTTPException):
            return None
        finally:
            upstream.close()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" in handler.headers.get("Transfer-Encoding", ""):
        parts = []
        while size := int(handler.rfile.readline().split(b";")[0], 16):
            parts.append(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
        return b"".join(parts)
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _reply(handler: BaseHTTPRequestHandler, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
    try:
        handler.send_response_only(status)
        told = {name.lower(): value for name, value in headers}
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                handler.send_header(name, value)
        length = told.get("content-length", "0") if handler.command == "HEAD" else str(len(body))
        handler.send_header("Content-Length", length)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(b"" if handler.command == "HEAD" else body)
    except OSError:
        return  # who asked is gone


@dataclass(frozen=True)
class Seen:
    """What a reader finds in the bucket."""

    articles: dict[str, dict[str, Any]]
    revisions: list[dict[str, Any]]
    ledger: list[dict[str, Any]]

    @classmethod
    def of(cls, tables: Tables) -> "Seen":
        """Rows of the tables without what tells one run from another."""
        rows = {row.article_id: row for row in from_table(tables.articles.read(), Article)}
        changes = sorted(from_table(tables.revisions.read(), Revision), key=lambda row: row.seq)
        captures = sorted(from_table(tables.captures.read(), LedgerRow), key=lambda row: (row.warc, row.offset))
        # the run that finds its articles in the table already calls them unchanged: the ledger's word is as final
        settled = {"outcome": "settled"}
        ledger = [
            row.model_dump(exclude=_BY_RUN) | (settled if Outcome(row.outcome) in SETTLED else {}) for row in captures
        ]
        # in which order one commit's changes are numbered is no promise
        told = [row.model_dump(exclude=_BY_RUN | {"seq"}) for row in changes]
        return cls(
            {one: row.model_dump(exclude=_BY_RUN) for one, row in rows.items()},
            sorted(told, key=lambda row: (row["article_id"], row["revision"])),
            ledger,
        )


@dataclass(frozen=True)
class Cut:
    """One cut and what came of it."""

    number: int
    how: str
    at: int
    """The request at which it struck."""
    wrong: tuple[str, ...]


class Cuts:
    """A night that is cut again and again, each time in a prefix of its own."""

    def __init__(self, endpoint: Endpoint, home: Path, proxy: Proxy) -> None:
        self._endpoint, self._home, self._proxy = endpoint, home, proxy
        self._first, self._night = first_run(0), self._both()
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["benchmarks.interleavings"])
        before, usual = endpoint.below("undisturbed"), home / "undisturbed"
        self._prepare(before, usual)
        self._before = Seen.of(Tables(before.storage().clean))
        self._run(before, usual, 0, "")
        self.requests = proxy.count
        self._after = Seen.of(Tables(before.storage().clean))

    def cut(self, number: int, at: int, how: str) -> Cut:
        """Cut the night at request `at`, look, complete it, and look again."""
        endpoint, home = self._endpoint.below(f"cut-{number}"), self._home / f"cut-{number}"
        self._prepare(endpoint, home)
        self._run(endpoint, home, at, how)
        tables = Tables(endpoint.storage().clean)
        wrong = [f"after the cut: {one}" for one in self._torn(tables)]
        again = replace(self._night, name="nightly-next", refined=self._due(endpoint))
        try:
            if again.refined:
                play(endpoint, home, again, unsettled=True)
            wrong += [f"after the next run: {one}" for one in self._incomplete(tables)]
        except StorageError as error:
            wrong.append(f"the next run failed: {error}")
        return Cut(number, how, at, tuple(wrong))

    def _both(self) -> Run:
        """One night of both sites."""
        left, right, *_ = four_runs(4)
        return Run("nightly-cut", "nightly", {**left.refined, **right.refined})

    def _prepare(self, endpoint: Endpoint, home: Path) -> None:
        play(endpoint, home, self._first)
        for one, some in self._night.refined.items():
            for name in {item.capture.warc.rsplit("/", 1)[-1] for item in some}:
                endpoint.storage().raw.put(keys.due_key(site(one).key, name), b"{}")

    def _due(self, endpoint: Endpoint) -> dict[int, Any]:
        archive = Archive(endpoint.storage().raw)
        return {one: some for one, some in self._night.refined.items() if archive.due(site(one).key)}

    def _run(self, endpoint: Endpoint, home: Path, at: int, how: str) -> None:
        self._proxy.armed.clear()
        process = self._context.Process(
            target=_victim, args=(replace(endpoint, endpoint=self._proxy.url), home, self._night)
        )
        process.start()
        assert process.pid is not None
        pid = process.pid
        self._proxy.arm(at, how, (lambda: os.kill(pid, signal.SIGKILL)) if how.startswith("kill") else lambda: None)
        process.join(MOST_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
            raise RuntimeError(f"{how} at request {at}: the run did not end in {MOST_SECONDS:.0f} s")

    def _torn(self, tables: Tables) -> Iterator[str]:
        """What a reader would see that is neither the state before nor the one after."""
        rows = Seen.of(tables).articles
        if rows not in (self._before.articles, self._after.articles):
            yield "the rows are neither those before nor those after"
        told = {one: row.model_dump(exclude=_BY_RUN) for one, row in replayed(tables).items()}
        if told not in (self._before.articles, self._after.articles):
            yield "the feed adds up to neither"
        if told == self._after.articles != rows:
            yield "the feed is ahead of the table"
        yield from _ahead(tables)

    def _incomplete(self, tables: Tables) -> Iterator[str]:
        seen = Seen.of(tables)
        for name in ("articles", "revisions", "ledger"):
            if getattr(seen, name) != getattr(self._after, name):
                yield f"{name} are not those of an undisturbed night"
        if {one: row.model_dump(exclude=_BY_RUN) for one, row in replayed(tables).items()} != seen.articles:
            yield "the feed does not add up to the table"
        catalog, index = json.loads(tables.clean.get(keys.CATALOG)), feed.read_index(tables)[0]
        if catalog["changes"]["newest_seq"] != index.last_seq:
            yield f"the catalog knows change {catalog['changes']['newest_seq']} of {index.last_seq}"
        yield from _ahead(tables)


def _ahead(tables: Tables) -> Iterator[str]:
    catalog, index = json.loads(tables.clean.get(keys.CATALOG)), feed.read_index(tables)[0]
    if catalog["changes"]["newest_seq"] > index.last_seq:
        yield "the catalog is ahead of the feed"
    if catalog["tables"][keys.ARTICLES]["version"] > (tables.articles.version() or 0):
        yield "the catalog is ahead of the table"


def _victim(endpoint: Endpoint, home: Path, run: Run) -> None:
    try:
        play(endpoint, home, run)
    except StorageError:
        sys.exit(3)


def cuts(endpoint: Endpoint, home: Path, count: int, seed: int) -> Iterator[Cut]:
    """Cut `count` nights, each at a request and in a way drawn with `seed`."""
    draw = random.Random(seed)
    assert endpoint.endpoint is not None
    with Proxy(endpoint.endpoint).running() as proxy:
        made = Cuts(endpoint, home, proxy)
        for number in range(count):
            yield made.cut(number, draw.randint(1, made.requests), HOW[number % len(HOW)])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    options = _options(arguments)
    began, bad = time.monotonic(), []
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tintinh-cuts-")))
        endpoint = Endpoint.of(stack.enter_context(attached(Settings(home=home))))
        for one in cuts(endpoint, home, options.count, options.seed):
            if one.wrong:
                bad.append(one)
                print(f"cut {one.number}, {one.how} at request {one.at}: {'; '.join(one.wrong)}", file=sys.stderr)
    seconds = round(time.monotonic() - began, 1)
    if options.json:
        print(json.dumps({"count": options.count, "seconds": seconds, "bad": [asdict(one) for one in bad]}, indent=1))
    else:
        print(f"{options.count} nights cut in {seconds} s, {len(bad)} not as they should be")
    return 1 if bad else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    said = __doc__ or ""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="nights to cut")
    parser.add_argument("--seed", type=int, default=1, help="of where they are cut")
    parser.add_argument("--json", action="store_true", help="what was found, as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

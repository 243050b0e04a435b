"""The `tintinh` command. Each sub-command imports what it needs when it runs, so that `extract` starts quickly."""

import json
import os
import signal
import sys
import traceback
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from flows.backfill_commands import backfill_app
from flows.command_line import Json, SiteKeys, examples, read_settings, run_flow, tell_broken
from flows.import_commands import import_
from flows.maintain_commands import maintain_app
from flows.reading_commands import add_to
from flows.recheck_commands import recheck_app
from flows.rekey_commands import rekey_app
from flows.sites_commands import sites_app
from flows.status_commands import status
from flows.takedown_commands import takedown_app
from schemas.errors import SiteFileError, TintinhError

app = typer.Typer(
    name="tintinh",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Every night, the news of Vietnam's provincial Party committees and People's Councils, clean, in S3.\n\n"
    "Exit codes: 0 done · 1 some site held or down · 2 wrong usage or nothing to do · 3 storage unreachable or unfit "
    "· 4 Prefect server not answering · 5 this machine cannot (disk nearly full) · 6 a bug. A rejected page changes "
    "nothing.",
    epilog=examples(
        "tintinh demo",
        "tintinh nightly --site cao-bang-council",
        "tintinh extract page.html --url https://hdnd.example.vn/tin-12.html",
        "tintinh explain https://hdnd.example.vn/tin-12.html",
        then="Each command has its own: `tintinh COMMAND --help`.",
    ),
)
app.add_typer(backfill_app, name="backfill")
app.add_typer(sites_app, name="sites")
app.add_typer(recheck_app)
app.add_typer(maintain_app)
app.add_typer(rekey_app)
app.add_typer(takedown_app)
add_to(app)
app.command("status", epilog=examples("tintinh status", "tintinh status --json"))(status)
app.command(
    "import",
    epilog=examples(
        "tintinh import --site cao-bang-council CC-MAIN-2024-10.warc.gz --dry-run",
        "tintinh import --site cao-bang-council browsertrix/*.warc.gz --since 2023-01-01 --until 2023-12-31",
        then="Exit code 2 also: a file is missing or no WARC, or holds no page of the site.",
    ),
)(import_)

FetchedAt = Annotated[str | None, typer.Option(metavar="T", help="When it was saved, ISO 8601; else now.")]
More = Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Its further saved pages, in order.")]
SavedText = Annotated[bool, typer.Option("--text", help="The file is the page's visible text.")]
OutOfScope = Annotated[bool, typer.Option("--include-out-of-scope", help="Accept theses and other strangers.")]


def main() -> None:
    """Run the command and exit with the code of DESIGN §8."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        code = app(standalone_mode=False)
    except typer.Exit as ended:
        code = ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except TintinhError as error:
        print(f"tintinh: {error}", file=sys.stderr)
        code = error.exit_code
    except Exception as error:
        code = _unforeseen(error)
    _leave(code if isinstance(code, int) else 0)


def _interrupted(number: int, frame: FrameType | None) -> None:
    """Ctrl-C: no crawl asks its site further while the command finds its way out, which takes Prefect seconds."""
    if (crawl := sys.modules.get("flows.crawl")) is not None:
        crawl.interrupt()
    signal.default_int_handler(number, frame)


def _leave(code: int) -> NoReturn:
    """End the process. Prefect's own way out waits without limit for its server, which may be gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "prefect" in sys.modules:
        os._exit(code)
    sys.exit(code)


def _unforeseen(error: Exception) -> int:
    if hasattr(error, "show"):  # a wrong flag: typer keeps click's exceptions private, but they show themselves
        error.show()
        return 2
    traceback.print_exception(error)
    print("tintinh: this is a bug of ours; please report it with the lines above", file=sys.stderr)
    return 6


@app.command(epilog=examples("tintinh nightly", "tintinh nightly --site cao-bang-council --json"))
def nightly(
    site: SiteKeys = None,
    include_candidates: Annotated[bool, typer.Option("--include-candidates", help="Also those never tried.")] = False,
    as_json: Json = False,
) -> int:
    """Visit every active site once and publish what is new."""
    from spiders import registry

    settings = read_settings()
    book = registry.load(settings.sites, settings.home)
    tell_broken(book.broken.values())
    book.pick(site or [], include_candidates)

    def run() -> dict[str, Any]:
        from flows.nightly import nightly as flow

        return flow(site=site or [], include_candidates=include_candidates)

    code = run_flow(run, as_json)
    return SiteFileError.exit_code if book.broken and not site else code


@app.command(epilog=examples("tintinh reprocess", "tintinh reprocess --site cao-bang-council --since 2024-01-01"))
def reprocess(
    site: SiteKeys = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Captured on or after.")] = None,
    as_json: Json = False,
) -> int:
    """Read the archive again with today's rules; no site is visited."""

    def run() -> dict[str, Any]:
        from flows.reprocess import reprocess as flow

        return flow(site=site or [], since=since.date() if since else None)

    return run_flow(run, as_json)


@app.command(
    epilog=examples(
        "tintinh extract page.html --url https://hdnd.example.vn/tin-12.html",
        "tintinh extract saved.txt",
        "tintinh extract - --site cao-bang-council < page.html",
        "tintinh extract --batch pages.jsonl",
        then='A line of a batch is `{"path": "a.html", "url": …, "fetched_at": …, "site": …, "content_type": …, '
        '"more": ["a-2.html"]}`; only `path` is needed. Pages of one host share a template memory.',
    )
)
def extract(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE|-]", help="A saved page; `-` reads stdin.")] = None,
    batch: Annotated[Path | None, typer.Option(metavar="IN.jsonl", help="One page a line.")] = None,
    site: Annotated[str | None, typer.Option(metavar="KEY", help="The site it belongs to.")] = None,
    family: Annotated[str | None, typer.Option(metavar="NAME", help="Its CMS family; else recognised.")] = None,
    url: Annotated[str | None, typer.Option(help="Where it came from.")] = None,
    fetched_at: FetchedAt = None,
    text: SavedText = False,
    include_out_of_scope: OutOfScope = False,
    as_json: Json = False,
) -> int:
    """Turn saved pages into articles; needs no server, bucket or network."""
    from flows import extracting_command as command

    given = command.Given(file, batch, site, family, url, fetched_at, text, include_out_of_scope, as_json)
    return command.run(given, read_settings())


@app.command(
    epilog=examples(
        "tintinh explain https://hdnd.example.vn/tin-12.html",
        "tintinh explain page.html --url https://hdnd.example.vn/tin-12.html",
        "tintinh explain page.html --more page-2.html --family generic --json",
    )
)
def explain(
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page that a run met, or a saved one.")],
    site: Annotated[str | None, typer.Option(metavar="KEY", help="The site it belongs to.")] = None,
    family: Annotated[str | None, typer.Option(metavar="NAME", help="Read it as this CMS family's.")] = None,
    url: Annotated[str | None, typer.Option(help="Where a saved page came from.")] = None,
    fetched_at: FetchedAt = None,
    more: More = None,
    text: SavedText = False,
    include_out_of_scope: OutOfScope = False,
    as_json: Json = False,
) -> int:
    """Say why a page became what it is: each field's origin and what lost against it, each removed block's rule.

    Of a URL it also says what the bucket remembers, or the stage at which the page stopped: never asked, forbidden
    by robots.txt, rejected, stored, gone. No site is visited.
    """
    from flows import explaining

    question = explaining.Question(target, site, family, url, include_out_of_scope, tuple(more or ()), text, fetched_at)
    said = explaining.answer(question, read_settings())
    if as_json:
        print(said.model_dump_json())
    else:
        from flows.explaining_terminal import show

        show(said)
    return 0


@app.command(
    epilog=examples(
        "tintinh record cao-bang-council https://hdnd.caobang.gov.vn/tin-12.html",
        "tintinh record cao-bang-council page.html --url https://hdnd.caobang.gov.vn/tin-12.html --dry-run",
        then="Exit code 1: the site gave no page (robots.txt, 404, ...); 2 also: a reviewed fixture is in the way.",
    )
)
def record(
    site: Annotated[str, typer.Argument(metavar="SITE", help="Key of its site in the registry.")],
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="A page of the site, or a saved one.")],
    url: Annotated[str | None, typer.Option(help="Where a saved page came from.")] = None,
    fetched_at: FetchedAt = None,
    more: More = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Else tests/fixtures of a checkout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also replace a reviewed fixture.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the record and write nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Make a page a fixture of the tests: its bytes, headers and record, failing until somebody reviewed it.

    A URL is asked as a night asks it: guard, robots.txt, lane and user agent are the same.
    """
    from flows import record as recorder

    wish = recorder.Wish(site, target, url, fetched_at, tuple(more or ()), out, force, dry_run)
    done = recorder.record(wish, read_settings())
    print(done.model_dump_json() if as_json else done.told)
    return 0


@app.command(epilog=examples("tintinh demo", "tintinh demo --json"))
def demo(as_json: Json = False) -> int:
    """Two nights over replica sites on this machine, from nothing to a queryable bucket."""
    from flows.demo.show import run

    return run(read_settings(), as_json)


@app.command(epilog=examples("tintinh serve", "tintinh serve --port 4300"))
def serve(port: Annotated[int, typer.Option(help="Of the Prefect server and its UI.")] = 4200) -> int:
    """Storage, Prefect server with its UI, schedules and a worker, until Ctrl-C."""
    from flows.serve import serve as forever

    return forever(read_settings(), port)


@app.command(epilog=examples("tintinh doctor", "tintinh doctor --json", "tintinh doctor --reader"))
def doctor(
    reader: Annotated[bool, typer.Option("--reader", help="Print the embedded server's key for readers.")] = False,
    as_json: Json = False,
) -> int:
    """Prove that the storage and this machine honour what publishing relies on."""
    from flows.doctor import examine
    from flows.storage import attached, reading

    settings = read_settings()
    if reader:
        with reading(settings) as clean:
            facts = clean.options.environment()
        print(json.dumps(facts) if as_json else "\n".join(f"{name}={value}" for name, value in facts.items()))
        return 0
    with attached(settings) as storage:
        findings = examine(storage, settings)
    if as_json:
        print(json.dumps({"fit": all(f.ok for f in findings), "findings": [asdict(f) for f in findings]}))
    else:
        for finding in findings:
            print(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.detail}")
    return max((f.exit_code for f in findings if not f.ok), default=0)


if __name__ == "__main__":
    main()

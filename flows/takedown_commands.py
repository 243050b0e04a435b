"""`tintinh takedown`: the command."""

import sys
from typing import Annotated

import typer

from flows.command_line import Json, examples, read_settings

takedown_app = typer.Typer()
EXAMPLES = examples(
    "tintinh takedown cao-bang-council:1234 --reason privacy --dry-run",
    "tintinh takedown https://hdnd.example.vn/tin-12.html --reason court",
    "tintinh takedown 3f786850e387550fdab836ed7e6dc881de23001b9c3a1e7a6d1b5f3c8a9e0d12 --reason rights",
    then="The reason is a code of your own (letters, digits, dashes), never a name. Exit code 1: done, but something "
    "is still held, as the report names (object lock; a command at work); 2: the bucket has never heard of it; 3: "
    "storage. A call that was cut short is finished by the same call again.",
)


def _code(value: str) -> str:
    if not value.replace("-", "").isalnum() or not value.isascii() or len(value) > 40:
        raise typer.BadParameter("a code of letters, digits and dashes, at most 40")
    return value.lower()


@takedown_app.command("takedown", epilog=EXAMPLES)
def takedown(
    name: Annotated[str, typer.Argument(metavar="ID|URL|SHA256", help="An article, or a document by its bytes.")],
    reason: Annotated[str, typer.Option(metavar="CODE", callback=_code, help="Why: `court`, `privacy`, `rights`, …")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go and change nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Take an article or a document out of the whole bucket for good: tables, feed, releases, files, raw archive.

    What is left is a list of hashes by which no run, import or release brings it back.
    """
    from flows.takedown import takedown as take_down

    report = take_down(read_settings(), name, reason, dry_run, lambda line: print(line, file=sys.stderr))
    if as_json:
        print(report.model_dump_json())
        return report.exit_code
    verb = "would go" if dry_run else "went"
    for what, count in (
        ("articles", report.articles),
        ("articles that linked it (they stay)", report.unlinked),
        ("revisions", report.revisions),
        ("rows of the ledger", report.captures),
        ("files of the change feed", report.feed_files),
        ("files of releases", len(report.releases)),
        ("objects of documents", report.documents),
        ("pages in the raw archive", report.pages),
    ):
        if count:
            print(f"{count} {what} {verb}")
    for what, which in (("taken down", report.ids), ("erased", report.erased), ("words blanked in", report.blanked)):
        for one in which:
            print(f"{what}: {one}")
    for one in report.elsewhere:
        print(f"stays: {one} carries the same text")
    for one in report.kept:
        print(f"still held: {one}")
    return report.exit_code

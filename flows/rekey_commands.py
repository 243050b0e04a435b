"""`tintinh rekey`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.command_line import Json, examples, read_settings
from schemas.errors import UsageError

rekey_app = typer.Typer()


@rekey_app.command(
    "rekey",
    epilog=examples(
        "tintinh rekey moved.csv --dry-run",
        "tintinh rekey moved.csv --json",
        then="A line is `old_id,new_id`, both of one site. Readers see a DEL and an ADD with the reason `rekey`, "
        "and the old id in `previous_ids`; later nights follow. Exit codes: 0 done · 2 a line is wrong (each is named: "
        "an unknown or a taken id, two to one, a circle, another site), and nothing was done · 3 storage.",
    ),
)
def rekey(
    file: Annotated[Path, typer.Argument(metavar="MAP.csv", help="Old and new ids, a pair a line, UTF-8.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the list, and write nothing.")] = False,
    as_json: Json = False,
) -> int:
    """Give articles other ids, and remember those they had. All lines are checked first; killed, it can be repeated."""
    from flows.rekeying import rekey as run
    from flows.storage import attached
    from pipelines.store.tables import Tables

    with attached(read_settings()) as storage:
        done = run(Tables(storage.clean), file, dry_run, lambda said: print(said, file=sys.stderr))
    if as_json:
        print(done.model_dump_json())
    else:
        for wrong in done.wrong:
            print(f"tintinh: {file}, line {wrong.line}: {wrong.old_id} -> {wrong.new_id}: {wrong.why}", file=sys.stderr)
        if not done.wrong:
            before = f"; {done.done_before:,} had theirs before" if done.done_before else ""
            print(f"{done.moved:,} articles {'would get' if dry_run else 'have'} their new ids{before}")
    return UsageError.exit_code if done.wrong else 0

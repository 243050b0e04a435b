"""What the modules of commands share: options, settings, and running a flow to its report."""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from schemas.errors import TintinhError, UsageError

Json = Annotated[bool, typer.Option("--json", help="One JSON document as the last line of stdout; logs on stderr.")]
SiteKeys = Annotated[list[str] | None, typer.Option("--site", help="Only this site; may be repeated.", metavar="KEY")]


def examples(*commands: str, then: str = "") -> str:
    """An epilog with one command a line."""
    return "Examples:\n\n" + "".join(f"- `{command}`\n" for command in commands) + (f"\n{then}" if then else "")


def tell_broken(errors: Iterable[Exception]) -> None:
    """Name the site files that cannot be read, on stderr."""
    for error in errors:
        print(f"tintinh: {error}", file=sys.stderr)


def read_settings() -> Any:
    """The settings of the environment. Raises UsageError in one sentence."""
    from pydantic import ValidationError

    from flows.settings import Settings

    try:
        return Settings()
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = "TINTINH_" + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(f"{name} is wrong: {first['msg']}") from None


def run_flow(flow: Callable[[], dict[str, Any]], as_json: bool) -> int:
    """Run a flow against the scheduler and print its report."""
    from flows.showing import show
    from schemas.run import RunReport

    report = RunReport.model_validate(run_scheduled(flow))
    if as_json:
        print(report.model_dump_json())
    else:
        show(report)
    return report.exit_code


def run_scheduled(flow: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a flow against the scheduler; what it returns."""
    from flows.scheduler import scheduler

    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_without_traceback)
    with scheduler(read_settings()):
        return flow()


def _without_traceback(record: logging.LogRecord) -> bool:
    """An error that we foresaw is told in one sentence, at the end, by `main`."""
    if record.exc_info and isinstance(record.exc_info[1], TintinhError):
        record.exc_info = None
    return True

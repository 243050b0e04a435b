"""A run's report for people."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from schemas.run import RunReport, SiteCounts

COLUMNS = ("captured", "new", "changed", "unchanged", "gone", "rejected", "requests")


def table(report: RunReport, title: str | None = None) -> Table:
    """One row a site; fits 80 columns."""
    result = Table(title=title or report.run, title_justify="left", box=SIMPLE_HEAD, padding=0)
    result.add_column("site", no_wrap=True)
    for name in COLUMNS:
        result.add_column(name, justify="right", no_wrap=True)
    for key, counts in report.sites.items():
        numbers = counts.model_dump() | {"rejected": sum(counts.rejected.values())}
        result.add_row(key, *(str(numbers[name]) for name in COLUMNS))
    return result


def notes(report: RunReport) -> list[str]:
    """A line for each site with something that a number does not tell."""
    return [
        f"{key}: {told}" for key, counts in report.sites.items() if (told := "; ".join(filter(None, _told(counts))))
    ]


def _told(counts: SiteCounts) -> Iterator[str]:
    """What is worth a word: a hold, an alarm, refused pages, and what failed with an example of each reason."""
    yield f"HELD, {counts.held}" if counts.held else ""
    yield f"ALARM, {counts.alarm}" if counts.alarm else ""
    yield _named(counts.rejected)
    yield _named(counts.failed)
    shown = {trouble.reason: trouble for trouble in reversed(counts.troubles)}
    yield ", ".join(f"{one.reason}: {one.url}{f' -> {one.target}' if one.target else ''}" for one in shown.values())


def show(report: RunReport, console: Console | None = None, title: str | None = None) -> None:
    """Print the report, on stdout unless a console is given."""
    console = console or Console()
    console.print(table(report, title))
    for line in notes(report):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    if report.campaign:
        console.print(f"  campaign {report.campaign}: {report.left or 'done'}", highlight=False, soft_wrap=True)
    console.print(f"  articles version {report.version}, {report.seconds} s\n", highlight=False)


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())

"""An explanation in a terminal: what stands where it wraps is never cut, what is only context is."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.explaining import Answer, Stored, judged
from pipelines.remainder import OUTSIDE
from pipelines.tracing import Claim, Explanation, Field

LINES_OUTSIDE = 12
"""Lines around the article that are shown; `--json` has them all."""
_RULES = {
    "field": "told above as a field",
    "pruned": "chrome in the article's element, by the family's marks or as a list of other pages",
    "extraction": "chrome by its shape",
    "template": "on many pages of the site",
}
"""Rules that are no named line of boilerplate.toml, for a person."""
LONGEST = 200
"""Characters shown of a field's value; `tintinh extract` prints the article."""


def show(said: Answer, console: Console | None = None) -> None:
    """Print the answer for a person."""
    console = console or Console(highlight=False)
    console.print(Text(said.asked, style="bold", overflow="fold"))
    console.print(Text(said.stage))
    if said.stored is not None:
        console.print(_stored(said.stored))
    told = said.explanation
    if told is None:
        return
    if said.stored is not None:
        console.print(Text(f"\nread again now: {judged(told.verdict)}"))
    sure = ", ".join(f"{claim.rule} {claim.value}" for claim in told.families)
    console.print(Text(f"family: {told.family or '-'} (how sure of the page: {sure or '-'})"))
    console.print(Text(f"template memory: {told.template or 'none'}"))
    _fields(console, told)
    _lines(console, "Removed", ((block.rule, block.text) for block in told.removed if block.rule != OUTSIDE))
    _lines(console, "Kept, though trafilatura drops it", (("", line) for line in told.restored))
    _lines(console, "Removed, though trafilatura lets it in", (("", line) for line in told.refused))
    _lines(console, "Mended", ((mend.rule, f"{mend.found} → {mend.became}") for mend in told.mended))
    around = [block.text for block in told.removed if block.rule == OUTSIDE]
    place = "Around the article" if told.verdict.outcome == "accepted" else "On the page"
    _lines(console, f"{place} ({len(around)} lines)", (("", line) for line in around[:LINES_OUTSIDE]))
    if len(around) > LINES_OUTSIDE:
        console.print(Text(f"  … and {len(around) - LINES_OUTSIDE} more; --json has them all", style="dim"))


def _stored(stored: Stored) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in stored.model_dump(mode="json").items():
        if value is not None:
            grid.add_row(f"  {name}", Text(str(value)))
    return grid


def _fields(console: Console, told: Explanation) -> None:
    """A row a value, and under it what lost against it; fields that nothing on the page tells are only named."""
    if not told.fields:
        return
    table = Table("field", "value", "from", box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.columns[0].no_wrap = True
    table.columns[1].overflow = table.columns[2].overflow = "fold"
    for field in told.fields:
        for row in _rows(field):
            table.add_row(*row)
    console.print(table)
    silent = [field.name for field in told.fields if field.value is None and not field.lost]
    if silent and told.verdict.outcome == "accepted":
        console.print(Text(f"told by nothing on the page: {', '.join(silent)}", style="dim"))


def _rows(field: Field) -> Iterable[tuple[Text, Text, Text]]:
    if field.value is not None:
        yield Text(field.name, style="bold"), Text(_short(field.value)), Text(field.rule or "-")
    elif field.lost:
        yield Text(field.name, style="bold"), Text("(none)"), Text("-")
    yield from (_lost(claim) for claim in field.lost)


def _lost(claim: Claim) -> tuple[Text, Text, Text]:
    return Text("  lost", style="dim"), Text(_short(claim.value), style="dim"), Text(claim.rule, style="dim")


def _lines(console: Console, title: str, lines: Iterable[tuple[str, str]]) -> None:
    """Lines under their rule, each rule once, in order of first appearance."""
    by_rule: dict[str, list[str]] = {}
    for rule, line in lines:
        by_rule.setdefault(rule, []).append(line)
    if by_rule:
        console.print(Text(f"\n{title}", style="bold"))
    for rule, found in by_rule.items():
        if rule:
            console.print(Text(f"  {rule}{f': {_RULES[rule]}' if rule in _RULES else ''}", style="italic"))
        for line in found:
            console.print(Padding(Text(_short(line)), (0, 0, 0, 4)))


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"

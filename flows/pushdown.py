"""Which files of the tables a SQL statement can need, told from its WHERE clauses and the bounds in the Delta log.

DuckDB opens every file of a dataset that it is given, so the files are chosen before. A file is left out only where
no row of it can make the WHERE clause above its table true; what is not understood keeps the file.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from pipelines.store.snapshot import StoredFile
from schemas.keys import TABLES
from schemas.rows import UNDATED_MONTH
from schemas.zone import HANOI

Tree = Mapping[str, Any]
"""A part of what `json_serialize_sql` says of a statement."""

_SAFE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "repeat_row", "repeat"})
"""Table functions that read no table which only their arguments name."""
_SIDES = {"INNER": ("left", "right"), "LEFT": ("left",), "SEMI": ("left",), "ANTI": ("left",), "RIGHT": ("right",)}
"""Of which side of a join a row that fails WHERE can be left out without another row appearing instead."""
_FLIPPED = {"EQUAL": "EQUAL", "LESSTHAN": "GREATERTHAN", "GREATERTHAN": "LESSTHAN"}
_FLIPPED |= {"LESSTHANOREQUALTO": "GREATERTHANOREQUALTO", "GREATERTHANOREQUALTO": "LESSTHANOREQUALTO"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:\d\d)?)?)?")
_MILLISECOND = timedelta(milliseconds=1)
"""Delta's bounds of instants may be cut to it."""


@dataclass(frozen=True)
class Use:
    """One place of a statement that reads a table: by what name, and below which WHERE (None: all rows count)."""

    table: str
    alias: str
    where: Tree | None

    def needs(self, file: StoredFile) -> bool:
        """Whether a row of the file can pass."""
        return self.where is None or _possible(self.where, self.alias, file)


@dataclass(frozen=True)
class Reading:
    """What a statement reads."""

    uses: tuple[Use, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The bucket's tables that it names."""
        return frozenset(use.table for use in self.uses)

    def needs(self, table: str, file: StoredFile) -> bool:
        """Whether some place of the statement can need a row of this file."""
        return any(use.needs(file) for use in self.uses if use.table == table)


def reading(connection: duckdb.DuckDBPyConnection, sql: str) -> Reading:
    """What the statement reads of the bucket's tables; all of those whose names stand in it when it is not clear."""
    ((said,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    tree = json.loads(said)
    if tree.get("error", True) or any(_is_opaque(part) for part in _parts(tree)):
        return Reading(tuple(Use(name, name, None) for name in TABLES if name in sql.casefold()))
    clear = {id(table): where for node in _parts(tree) for table, where in _narrowed(node)}
    tables = [part for part in _parts(tree) if part.get("type") == "BASE_TABLE"]
    known = [part for part in tables if part["table_name"].casefold() in TABLES]
    return Reading(tuple(_use(part, clear.get(id(part))) for part in known))


def _use(table: Tree, where: Tree | None) -> Use:
    name = table["table_name"].casefold()
    return Use(name, (table["alias"] or name).casefold(), where)


def _is_opaque(part: Tree) -> bool:
    if part.get("type") != "TABLE_FUNCTION":
        return False
    function = part.get("function") or {}
    return str(function.get("function_name", "")).casefold() not in _SAFE_FUNCTIONS


def _parts(tree: Any) -> Iterator[Tree]:
    if isinstance(tree, dict):
        yield tree
    if isinstance(tree, dict | list):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from _parts(part)


def _narrowed(node: Tree) -> Iterator[tuple[Tree, Tree]]:
    """The tables of a SELECT of which only rows that pass its WHERE count, and that WHERE."""
    if node.get("type") == "SELECT_NODE" and node.get("where_clause") and not node.get("sample"):
        yield from ((table, node["where_clause"]) for table in _below(node["from_table"]))


def _below(ref: Tree) -> Iterator[Tree]:
    if ref.get("sample"):
        return
    if ref["type"] == "BASE_TABLE" and not ref.get("column_name_alias") and not ref.get("at_clause"):
        yield ref
    if ref["type"] == "JOIN" and ref.get("ref_type") in ("REGULAR", "CROSS", "NATURAL"):
        for side in _SIDES.get(ref["join_type"], ()):
            yield from _below(ref[side])


def _possible(condition: Tree, alias: str, file: StoredFile) -> bool:
    """Whether the condition can be true for a row of the file, as far as its bounds tell."""
    kind = str(condition.get("type"))
    match condition.get("class"):
        case "CONJUNCTION":
            fold = all if kind == "CONJUNCTION_AND" else any
            return fold(_possible(part, alias, file) for part in condition["children"])
        case "COMPARISON":
            return _compares(kind.removeprefix("COMPARE_"), condition["left"], condition["right"], alias, file)
        case "BETWEEN":
            within = (("GREATERTHANOREQUALTO", "lower"), ("LESSTHANOREQUALTO", "upper"))
            return all(_compares(how, condition["input"], condition[end], alias, file) for how, end in within)
        case "OPERATOR" if kind == "COMPARE_IN":
            column, *values = condition["children"]
            return any(_compares("EQUAL", column, value, alias, file) for value in values)
        case _:
            return True


def _compares(how: str, left: Tree, right: Tree, alias: str, file: StoredFile) -> bool:
    if left.get("class") != "COLUMN_REF":
        left, right, how = right, left, _FLIPPED.get(how, how)
    column = _column(left, alias)
    if column is None or how not in _FLIPPED:
        return True
    if column == "published_on" and "month" in file.parts:
        return _in_month(how, right, file.parts["month"])
    if column in file.nulls:
        return False
    bounds = file.bounds.get(column)
    value = _constant(right, type(bounds[0])) if bounds else None
    if bounds is None or value is None:
        return True
    low, high = bounds
    if isinstance(value, datetime):
        low, high = low - _MILLISECOND, high + _MILLISECOND
    return _holds(how, low, high, value)


def _holds(how: str, low: Any, high: Any, value: Any) -> bool:
    """Whether some value from `low` to `high` is so to `value`."""
    match how:
        case "EQUAL":
            return bool(low <= value <= high)
        case "LESSTHAN":
            return bool(low < value)
        case "LESSTHANOREQUALTO":
            return bool(low <= value)
        case "GREATERTHAN":
            return bool(high > value)
        case _:
            return bool(high >= value)


def _in_month(how: str, value: Tree, month: str) -> bool:
    """Whether a day of the month is so to the given day; an undated article's day is null, so to nothing."""
    day = _constant(value, date)
    if day is None:
        return True
    if month == UNDATED_MONTH:
        return False
    strict = {"LESSTHAN": "LESSTHANOREQUALTO", "GREATERTHAN": "GREATERTHANOREQUALTO"}.get(how, how)
    return _holds(strict, month, month, f"{day:%Y-%m}")


def _column(part: Tree, alias: str) -> str | None:
    """The column of our table that it names; None for anything else."""
    if part.get("class") != "COLUMN_REF":
        return None
    names: Sequence[str] = [name.casefold() for name in part["column_names"]]
    if len(names) == 1 or (len(names) == 2 and names[0] == alias):
        return names[-1]
    return None


def _constant(part: Tree, kind: type) -> Any:
    """The constant as DuckDB would cast it to compare it with a column of this kind; None when it is not clear."""
    cast = None
    if part.get("class") == "CAST" and not part.get("try_cast"):
        cast = str((part.get("type_expr") or {}).get("type_name", "")).upper()
        part = part["child"]
    literal = part.get("literal") if part.get("class") == "CONSTANT" else None
    if not literal:
        return None
    text, written = str(literal.get("text", "")), literal.get("kind")
    if kind is str:
        return text if written == "STRING" and cast is None else None
    if kind is int:
        return int(text) if written == "INTEGER" and cast is None and text.lstrip("-").isdecimal() else None
    return _moment(text, cast, kind) if written == "STRING" and kind in (date, datetime) else None


def _moment(text: str, cast: str | None, kind: type) -> Any:
    if not _INSTANT.fullmatch(text):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if kind is date:
        return when.date() if cast in (None, "DATE") and len(text) == 10 else None
    if cast == "DATE":
        when = datetime(when.year, when.month, when.day)
    elif cast not in (None, "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE") and not (
        cast == "TIMESTAMP" and not when.tzinfo
    ):
        return None
    return when if when.tzinfo else when.replace(tzinfo=HANOI)

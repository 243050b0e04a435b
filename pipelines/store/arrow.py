"""Arrow schemas out of the row models, and rows to and from Arrow tables."""

import datetime
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache
from itertools import islice
from tempfile import TemporaryFile
from types import UnionType
from typing import Annotated, Any, Literal, Self, TypeVar, Union, get_args, get_origin

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel

Row = TypeVar("Row", bound=BaseModel)
BATCH = 1000
"""Rows turned at once, so that a night's articles are never held twice as Python objects."""

_SCALARS = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime.date: pa.date32(),
    AwareDatetime: pa.timestamp("us", "UTC"),
}


@lru_cache
def arrow_schema(model: type[BaseModel]) -> pa.Schema:
    """The Arrow schema of a row model, columns in its order. Raises TypeError for a type that no column can hold."""
    return pa.schema(_fields(model))


def to_table(rows: Iterable[Row], model: type[Row]) -> pa.Table:
    """The rows as one Arrow table with the model's schema."""
    schema = arrow_schema(model)
    waiting = iter(rows)
    batches = []
    while chunk := [row.model_dump() for row in islice(waiting, BATCH)]:
        batches.append(pa.RecordBatch.from_pylist(chunk, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def from_table(table: pa.Table, model: type[Row]) -> list[Row]:
    """The table's rows as models. Columns that the model does not know (of a later version) are left out; those
    that an older writer did not fill take the model's default."""
    names = [name for name in table.column_names if name in model.model_fields]
    filled = [name for name in names if not _optional(model.model_fields[name].annotation)]
    rows: list[Row] = []
    for batch in table.select(names).to_batches(max_chunksize=BATCH):
        for values in batch.to_pylist():
            for name in filled:
                if values[name] is None:
                    del values[name]
            rows.append(model.model_validate(values))
    return rows


def plain(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the types of `schema` where it names the column, all nullable, and strings for string views
    (as delta-rs gives them) elsewhere: half of PyArrow's functions know no views."""
    known = {field.name: field.type for field in schema}
    types = {field.name: known.get(field.name, field.type) for field in table.schema}
    plain_types = {name: pa.string() if kind == pa.string_view() else kind for name, kind in types.items()}
    return table.cast(pa.schema(list(plain_types.items())))


class Spill:
    """Arrow tables of one schema on local disk, to be read back as one stream: a commit larger than memory."""

    def __init__(self, schema: pa.Schema) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._writer = pa.ipc.new_stream(self._file, schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, table: pa.Table) -> None:
        """Put further rows at the end."""
        self._writer.write_table(table)

    def reader(self) -> pa.RecordBatchReader:
        """All rows, batch by batch. Nothing can be added afterwards."""
        self._writer.close()
        self._file.seek(0)
        return pa.ipc.open_stream(self._file)


def _fields(model: type[BaseModel]) -> Sequence[pa.Field]:
    return [
        pa.field(name, _type(info.annotation, f"{model.__name__}.{name}"), nullable=_optional(info.annotation))
        for name, info in model.model_fields.items()
    ]


def _optional(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation)


def _type(annotation: Any, where: str) -> pa.DataType:
    origin, args = get_origin(annotation), get_args(annotation)
    if _optional(annotation):
        inner = [arg for arg in args if arg is not type(None)]
        if len(inner) == 1:
            return _type(inner[0], where)
    if origin is Annotated:
        return _type(args[0], where)
    if origin is Literal and all(isinstance(arg, str) for arg in args):
        return pa.string()
    if origin in (tuple, list) and (origin is list or args[1:] == (...,)):
        return pa.list_(pa.field("element", _type(args[0], where), nullable=_optional(args[0])))
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Enum) and issubclass(annotation, str):
        return pa.string()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pa.struct(_fields(annotation))
    raise TypeError(f"{where}: no Arrow type for {annotation!r}")

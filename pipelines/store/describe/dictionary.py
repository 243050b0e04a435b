"""What each column of each table is: name, type, meaning, and its terms in schema.org and Dublin Core.

Types come from the Arrow schemas of the models, meanings from the strings below their fields; terms, and the meanings
of fields that speak for themselves in the source, from dictionary.toml.
"""

import ast
import inspect
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import pyarrow as pa
from pydantic import BaseModel

from pipelines.store.arrow import arrow_schema
from schemas import keys
from schemas.clusters import ClusterRow
from schemas.documents import DocumentRow
from schemas.rows import Article, LedgerRow, Revision, RunRow

MODELS: Mapping[str, type[BaseModel]] = {
    keys.ARTICLES: Article,
    keys.REVISIONS: Revision,
    keys.CAPTURES: LedgerRow,
    keys.RUNS: RunRow,
    keys.CLUSTERS: ClusterRow,
    keys.DOCUMENTS: DocumentRow,
}
"""The model of a row of each table that readers are told of."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: pa.DataType
    nullable: bool
    meaning: str
    schema_org: str | None
    """Name of its schema.org property; None: it has none."""
    dublin_core: str | None
    """Name of its term in `dcterms`; None: it has none."""


@lru_cache
def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table in its order. Raises KeyError for a column that dictionary.toml does not name."""
    model = MODELS[table]
    said = notes(model)
    inherited = terms()[keys.ARTICLES] if table == keys.REVISIONS else {}
    known = {**inherited, **terms()[table]}
    found = []
    for field in arrow_schema(model):
        schema_org, dublin_core, *meaning = known[field.name]
        told = said.get(field.name) or "".join(meaning)
        found.append(Column(field.name, field.type, field.nullable, told, _term(schema_org), _term(dublin_core)))
    return tuple(found)


@lru_cache
def terms() -> Mapping[str, Mapping[str, list[str]]]:
    """dictionary.toml: by table and column the schema.org property, the Dublin Core term and, maybe, the meaning."""
    return tomllib.loads(files("pipelines.store.describe").joinpath("dictionary.toml").read_text(encoding="utf-8"))


@lru_cache
def notes(model: type[BaseModel]) -> Mapping[str, str]:
    """What the model's source says of each field: the string below it, on one line."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if not issubclass(part, BaseModel) or part is BaseModel:
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(part))).body
        assert isinstance(tree, ast.ClassDef)
        for field, below in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                found[field.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def markdown() -> str:
    """The dictionary of all tables, as Markdown."""
    return "\n".join(line for table in MODELS for line in _section(table))


def _section(table: str) -> Iterator[str]:
    inherited = {column.name for column in columns(keys.ARTICLES)} if table == keys.REVISIONS else set()
    yield f"### {table}\n\n{' '.join((MODELS[table].__doc__ or '').split())}\n"
    if inherited:
        yield "All columns of `articles`, and:\n"
    yield "| column | type | null | meaning | schema.org | Dublin Core |\n|---|---|---|---|---|---|"
    for one in columns(table):
        if one.name not in inherited:
            schema_org = f"`schema:{one.schema_org}`" if one.schema_org else "-"
            dublin_core = f"`dcterms:{one.dublin_core}`" if one.dublin_core else "-"
            null = "yes" if one.nullable else ""
            yield f"| `{one.name}` | {spelled(one.kind)} | {null} | {one.meaning} | {schema_org} | {dublin_core} |"
    yield ""


def spelled(kind: pa.DataType) -> str:
    """A column's type in words."""
    if pa.types.is_list(kind):
        return f"list of {spelled(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "struct of " + ", ".join(f"{part.name} ({spelled(part.type)})" for part in kind)
    if pa.types.is_timestamp(kind):
        return "timestamp (UTC)"
    return {"date32[day]": "date", "int64": "integer", "double": "number", "bool": "boolean"}.get(str(kind), str(kind))


def _term(name: str) -> str | None:
    return None if name == "-" else name

"""JSON Schemas of the tables' rows, as `schema/<table>.v1.json`."""

from typing import Any

from pipelines.store.describe.dictionary import MODELS, columns
from schemas import keys


def schema(table: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a row of the table as JSON: an article of the feed, a row of `query --json`.

    A property that it does not name is allowed: within v1 columns are added.
    """
    made: dict[str, Any] = _opened(MODELS[table].model_json_schema(mode="serialization"))
    for column in columns(table):
        if column.meaning:
            made["properties"][column.name]["description"] = column.meaning
    made |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": keys.schema_key(table), "title": table}
    return made


def _opened(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _opened(value) for name, value in part.items() if name != "additionalProperties"}
    return [_opened(one) for one in part] if isinstance(part, list) else part

"""The base of every value that passes between stages: frozen, closed, Vietnamese kept NFC."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that nobody changes after it was made, and that refuses a field it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

"""Ids that articles had and those that they have now: one map a site, in the clean bucket."""

from collections.abc import Collection, Mapping

from pydantic import model_validator

from schemas.frozen import Frozen
from schemas.site import SiteKey


class IdMap(Frozen):
    """The articles of one site that got another id, by `tintinh rekey`."""

    site: SiteKey
    ids: Mapping[str, str] = {}
    """From each id that an article ever had to the one it has: never to one that is itself in the map."""
    pending: Mapping[str, str] = {}
    """Those of a rekey that is being done, which are in `ids` too."""
    run: str | None = None
    """The name of that rekey."""

    @model_validator(mode="after")
    def _is_closed(self) -> "IdMap":
        if open_ends := sorted({new for new in self.ids.values() if new in self.ids}):
            raise ValueError(f"{open_ends[0]} is an id that an article had and one that it has")
        if any(self.ids.get(old) != new for old, new in self.pending.items()):
            raise ValueError("a rekey that is being done is not in the map")
        return self

    def current(self, article_id: str) -> str:
        """The id of the article that had this one."""
        return self.ids.get(article_id, article_id)

    def every(self, ids: Collection[str]) -> set[str]:
        """All ids that the articles with these ever had, and those that they have."""
        now = {self.current(one) for one in ids}
        return {*ids, *now, *(old for old, new in self.ids.items() if new in now)}

    def begun(self, run: str, moved: Mapping[str, str]) -> "IdMap":
        """With the rekey `run` of these articles, from the id that each has to the one that it gets."""
        ids = {old: moved.get(now, now) for old, now in self.ids.items()} | dict(moved)
        return IdMap(site=self.site, ids=dict(sorted(ids.items())), pending=dict(moved), run=run)

    def ended(self, run: str) -> "IdMap":
        """Without the note that `run` is being done."""
        return IdMap(site=self.site, ids=self.ids) if self.run == run else self

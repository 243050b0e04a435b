"""Which pages are one article: by the URL whatever its variant, and by what the page says where no URL tells. Pure."""

import re
from collections.abc import Iterable
from datetime import date

from pipelines.families.base import Family
from pipelines.text import fold
from schemas.article import Content
from schemas.rows import Article
from schemas.urls import canonical, url_hash, url_key
from schemas.zone import HANOI

REWRITTEN = 0.25
"""Share of four-word runs that two texts have in common: below it they are two texts. Of gold's distinct articles,
made from one stock of sentences, 99 % lie below 0.20; half rewritten ones keep 0.43 (median)."""
ANOTHER_TITLE = 0.5
"""Share of words in common below which a title without a date beside it is another one, not a corrected one."""
FEW_WORDS = 60
"""A shorter text may be a form of words for the documents under it, which then count."""

_SERVED_BY_IIS = re.compile(r"^[^?#]*\.(?:aspx?|ashx)(?:[/?#]|$)", re.I)
# the mobile site and the site's own language, where they are a folder before the same path
_FOLDERS = re.compile(r"^(\w+://[^/?#]+)(?:/(?:m|mobile|vi|vi-vn))+(?=/[^/?#])", re.I)
_LANGUAGE = re.compile(r"^([^?#]*)/language/vi-vn(?=/)", re.I)


def key_of(family: Family, url: str, folds_case: bool | None = None, space: str | None = None) -> str:
    """The identity of the article at `url` on its site: one for all variants of its URL.

    `folds_case`: whether paths that differ in case are one page; None: as the product's server has it. `space`: name of
    the id space of the product's own ids, where a relaunched product counts from one again. Raises ValueError for what
    is no URL.
    """
    url = family.original(canonical(url))
    own = family.article_id(url)
    if own is None and folds_case is None:
        folds_case = family.ignores_case or _SERVED_BY_IIS.match(url) is not None
    if own is not None and space is not None:
        own = f"{space}~{own}"
    return url_key(_LANGUAGE.sub(r"\1", _FOLDERS.sub(r"\1", url)), own, bool(folds_case))


def text_hash(content: Content) -> int | None:
    """64 bits that two URLs of one article share: its title, text and local day, not where or when it was read.

    None where that is too little to say that two pages are one: few words and no day.
    """
    day, words = _day(content), content.text.casefold().split()
    said = [" ".join(content.title.casefold().split()), " ".join(words), str(day)]
    if len(words) < FEW_WORDS:
        if day is None:
            return None
        said += sorted(url_key(file.url) for file in content.attachments)
    return url_hash("\x1f".join(said))


class Shown:
    """The articles that one site shows, by what they say: the second URL of one is a duplicate."""

    def __init__(self, articles: Iterable[tuple[int | None, str | None]]) -> None:
        """`articles`: `text_hash` and id of each, the older first."""
        self._said = {name: said for said, name in articles if said is not None and name is not None}
        self._names = {said: name for name, said in reversed(self._said.items())}

    def twin(self, article: Article) -> str | None:
        """The id of another article of the site that says the same; None: there is none."""
        said = text_hash(article)
        name = self._names.get(said) if said is not None else None
        return None if name == article.article_id else name

    def take(self, article: Article) -> None:
        """The article became this, or is gone."""
        name = article.article_id
        before, said = self._said.pop(name, None), text_hash(article) if article.source_status != "gone" else None
        if before is not None and self._names.get(before) == name:
            del self._names[before]
        if said is not None:
            self._said[name] = said
            self._names.setdefault(said, name)


def reused(before: Content, now: Content) -> bool:
    """Whether an id names another article now: another title, another day and another text.

    A corrected headline, a moved date or a rewritten body alone is an edit. Without both days only a title that
    shares few words counts as another.
    """
    days = (_day(before), _day(now))
    if None not in days and days[0] == days[1]:
        return False
    titles = _likeness(set(fold(before.title).split()), set(fold(now.title).split()))
    return titles < (ANOTHER_TITLE if None in days else 1.0) and _likeness(_runs(before), _runs(now)) < REWRITTEN


def _day(content: Content) -> date | None:
    return content.published_at.astimezone(HANOI).date() if content.published_at else None


def _runs(content: Content) -> set[str]:
    """The runs of four words."""
    words = fold(content.text).split()
    return {" ".join(words[at : at + 4]) for at in range(max(len(words) - 3, 1))}


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0

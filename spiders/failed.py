"""What gave no answer tonight: counted by reason, told by a few examples, and noted to be asked again."""

from collections import Counter

from schemas.capture import Trouble
from schemas.state import LinkFailed
from spiders.failures import NoAnswerError
from spiders.frontier import Candidate
from spiders.notes import Notebook

TOLD = 5
"""Examples of each kind of failure in the report."""


class Failed:
    """The articles of one crawl that gave no answer, each for one reason: the last."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._reasons: dict[str, str] = {}
        self._lacking: Counter[str] = Counter()
        self._troubles: dict[str, list[Trouble]] = {}

    def __contains__(self, key: str) -> bool:
        """Whether the article of this URL key failed, and nothing has answered since."""
        return key in self._reasons

    @property
    def counts(self) -> dict[str, int]:
        """How many failed, by reason."""
        return dict(Counter(self._reasons.values()) + self._lacking)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Examples."""
        return tuple(one for kind in self._troubles.values() for one in kind)

    def add(self, link: Candidate, error: NoAnswerError, found_on: str | None) -> None:
        """The article gave no answer."""
        self._reasons[link.key] = error.reason
        self.tell(Trouble(url=link.url, reason=error.reason, target=error.target))
        self.note(link, error.reason, found_on)

    def lack(self, link: Candidate, reason: str, url: str, found_on: str | None) -> None:
        """The article answered, and its further page or document at `url` did not: it is asked again for its sake."""
        self._lacking[reason] += 1
        self.tell(Trouble(url=url, reason=reason))
        self.note(link, reason, found_on, lacks=True)

    def forget(self, key: str) -> None:
        """The article answered, perhaps under another URL."""
        self._reasons.pop(key, None)

    def tell(self, trouble: Trouble) -> None:
        """An example for the report, if there are not enough of its kind."""
        told = self._troubles.setdefault(trouble.reason, [])
        if len(told) < TOLD:
            told.append(trouble)

    def note(self, link: Candidate, reason: str, found_on: str | None, lacks: bool = False) -> None:
        """Have the article asked again on another night."""
        failed = LinkFailed(
            url=link.url, url_key=link.key, reason=reason, listed_at=link.listed_at, found_on=found_on, lacks=lacks
        )
        self._notebook.write(failed, link.url)

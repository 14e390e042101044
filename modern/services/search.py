"""The search of the pages: words in, releases out, the weightiest first (B091-B093); and what browsing counts.

The database weighs, so that no description travels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, case, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ..models import Release, ReleaseClassifier

STOP_WORDS = frozenset(
    """a an and are as at be but by for if in into is it no not of on or such that the their then there these they this
    to was will""".split()  # noqa: SIM905 - a list of thirty quoted words is no easier to read
)
WEIGHTS = (
    (Release.name, 4), (Release.summary, 2), (Release.keywords, 2), (Release.description, 1), (Release.author, 1),
    (Release.maintainer, 1),
)  # fmt: skip
SAME_NAME = 4
"""What a word that is the name weighs on top."""


@dataclass(frozen=True)
class Hit:
    """The highest release of a project that matches, and what all words together weigh in it."""

    name: str
    version: str
    summary: str | None
    weight: int


class Search:
    """Finds releases."""

    def __init__(self, db: Session) -> None:
        self._db = db

    def find(self, terms: Sequence[str]) -> list[Hit]:
        """Projects in whose visible releases every word occurs, the weightiest first, then by name."""
        weights = [_weight(term) for term in terms]
        query = (
            select(Release.name, Release.version, Release.summary, _sum(weights).label("weight"))
            .where(Release.hidden.is_(False), *(weight > 0 for weight in weights))
            .ext(distinct_on(Release.name))
            .order_by(Release.name, Release.ordering.desc().nulls_last())
        )
        hits = [Hit(*row) for row in self._db.execute(query)]
        return sorted(hits, key=lambda hit: (-hit.weight, hit.name.lower()))

    def classifiers(self) -> Sequence[Row[str | None, str | None, int | None]]:
        """(name, version, id) of the classifiers of all visible releases."""
        has = ReleaseClassifier
        release = (Release.name == has.name) & (Release.version == has.version) & Release.hidden.is_(False)
        return self._db.execute(select(has.name, has.version, has.trove_id).join(Release, release)).all()


def words(term: str | Iterable[str]) -> list[str]:
    """Return the words to look for, in lower case; several terms count as one text, stop words for nothing."""
    text = term if isinstance(term, str) else " ".join(term)
    # Only ASCII letters count as letters: a search for accents finds nothing, as ever.
    kept = re.sub(r"[^\w\s.-]", "", text.strip().lower(), flags=re.ASCII)
    return [word for word in kept.split() if word not in STOP_WORDS]


def _weight(term: str) -> ColumnElement[int]:
    """What one word weighs in a release: 0 where it does not occur."""
    found = [case((func.strpos(func.lower(column), term) > 0, points), else_=0) for column, points in WEIGHTS]
    return _sum([*found, case((func.lower(Release.name) == term, SAME_NAME), else_=0)])


def _sum(weights: Iterable[ColumnElement[int]]) -> ColumnElement[int]:
    return sum(weights, literal(0))

"""Releases with their metadata, classifiers and dependencies: names, versions and values in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, contains_eager

from ..models import Classifier, Dependency, JournalEntry, Project, Release, ReleaseClassifier
from .clock import naive_now
from .journal import Journal
from .projects import remove_parts

COLUMNS = (
    "author", "author_email", "maintainer", "maintainer_email", "home_page", "license", "summary", "description",
    "keywords", "platform", "requires_python", "download_url",
)  # fmt: skip
# The number of a kind in the database is its place here, from 1.
KINDS = (
    "requires", "provides", "obsoletes", "requires_dist", "provides_dist", "obsoletes_dist", "requires_external",
    "project_url",
)  # fmt: skip
SEARCHABLE = (
    "name", "version", "author", "author_email", "maintainer", "maintainer_email", "home_page", "license", "summary",
    "description", "keywords", "platform", "download_url",
)  # fmt: skip

Listed = Row[str, str, str | None, bool | None, int | None]


class Releases:
    """Reads and writes releases."""

    def __init__(self, db: Session, journal: Journal) -> None:
        self._db = db
        self._journal = journal

    # -- reading --

    def get(self, name: Any, version: Any) -> Release | None:
        """A release with its project."""
        wanted = select(Release).join(Project, Project.name == Release.name).options(contains_eager(Release.project))
        return self._db.scalar(wanted.where(Release.name == name, Release.version == version))

    def of_project(self, name: Any, *, hidden: bool | None = None) -> Sequence[Listed]:
        """(name, version, summary, hidden, ordering) of a project's releases, the highest first; `hidden` selects."""
        release = Release
        rows = select(release.name, release.version, release.summary, release.hidden, release.ordering)
        chosen = rows.where(release.name == name)
        if hidden is not None:
            chosen = chosen.where(release.hidden.is_(hidden))
        return self._db.execute(chosen.order_by(release.ordering.desc(), release.version)).all()

    def latest_version(self, name: Any, *, hidden_too: bool) -> str | None:
        """The version of highest ordering that has an entry `new release` (B164)."""
        made = exists().where(
            JournalEntry.name == Release.name, JournalEntry.version == Release.version,
            JournalEntry.action == "new release",
        )  # fmt: skip
        visible = true() if hidden_too else Release.hidden.is_not(True)
        return self._db.scalar(
            select(Release.version)
            .where(Release.name == name, visible, made)
            .order_by(Release.ordering.desc(), Release.version)
            .limit(1)
        )

    def newest(self, count: int) -> Sequence[Row[str, str, datetime | None, str | None]]:
        """(name, version, created, summary) of the visible releases made last."""
        release = Release
        return self._db.execute(
            select(release.name, release.version, release.created, release.summary)
            .where(release.hidden.is_(False))
            .order_by(release.created.desc(), release.name, release.version)
            .limit(count)
        ).all()

    def search(self, spec: Mapping[str, Sequence[str]], operator: Any = "and") -> Sequence[Row[*tuple[Any, ...]]]:
        """(name, version, summary, ordering) of visible releases matching {field: [texts]}: substrings in any case,
        any of a field's, `operator` between fields. Unknown fields are ignored.
        """
        fields = {field: texts for field, texts in spec.items() if field in SEARCHABLE and texts}
        clauses = [
            or_(*(func.lower(getattr(Release, field)).like(f"%{text.lower()}%") for text in texts))
            for field, texts in fields.items()
        ]
        matching = (or_ if operator == "or" else and_)(*clauses) if clauses else true()
        hidden = spec.get("_pypi_hidden") == ["1"]
        return self._db.execute(
            select(Release.name, Release.version, Release.summary, Release.ordering)
            .where(matching, Release.hidden.is_(hidden))
            .order_by(func.lower(Release.name), Release.ordering, Release.name)
        ).all()

    # -- writing --

    def create(self, name: str, version: str, data: Mapping[str, Any]) -> None:
        """Add a release; `data` has columns, classifiers and dependencies, as far as they are given."""
        columns = {column: data[column] for column in COLUMNS if data.get(column) is not None}
        self._db.execute(
            insert(Release).values(name=name, version=version, hidden=False, created=naive_now(), **columns)
        )
        if data.get("classifiers"):
            self.set_classifiers(name, version, data["classifiers"])
        for kind in KINDS:
            if data.get(kind):
                self.set_dependencies(name, version, kind, data[kind])
        self._journal.write(name, version, "new release")

    def update(self, name: str, version: str, changes: Mapping[str, Any]) -> None:
        """Write changed columns (also `_pypi_hidden`), classifiers and dependencies, and one entry that names them."""
        columns = [column for column in (*COLUMNS, "_pypi_hidden") if column in changes]
        if columns:
            values = {Release.hidden.key if column == "_pypi_hidden" else column: changes[column] for column in columns}
            wanted = update(Release).where(Release.name == name, Release.version == version)
            self._db.execute(wanted.values(values).execution_options(synchronize_session=False))
        if "classifiers" in changes:
            self.set_classifiers(name, version, changes["classifiers"])
        for kind in KINDS:
            if kind in changes:
                self.set_dependencies(name, version, kind, changes[kind])
        named = [*columns, *(key for key in ("classifiers", *KINDS) if key in changes)]
        self._journal.write(name, version, "update " + ", ".join(named))

    def hide_others(self, name: str, version: str) -> None:
        """Hide every other release of the project."""
        others = (Release.name == name, Release.version != version, Release.hidden.is_not(True))
        self._db.execute(
            update(Release).where(*others).values(hidden=True).execution_options(synchronize_session=False)
        )

    def set_ordering(self, name: str, versions: Iterable[str]) -> None:
        """Number the releases of a project in the given order, from 0, touching only what changes."""
        before = {row.version: row.ordering for row in self.of_project(name)}
        for number, version in enumerate(versions):
            if before[version] != number:
                wanted = update(Release).where(Release.name == name, Release.version == version)
                self._db.execute(wanted.values(ordering=number).execution_options(synchronize_session=False))

    def remove(self, name: str, version: str) -> list[str]:
        """Delete a release and all of it but its journal, which gets one more entry; return its files' paths."""
        paths = remove_parts(self._db, lambda table: and_(table.name == name, table.version == version))
        self._journal.write(name, version, "remove")
        return paths

    # -- classifiers --

    def all_classifiers(self) -> list[str | None]:
        """All there are, by the collation of the database."""
        return list(self._db.scalars(select(Classifier.classifier).order_by(Classifier.classifier)))

    def unknown_classifiers(self, texts: Sequence[str]) -> list[str]:
        """Those of `texts` that are none."""
        if not texts:
            return []
        known = set(self._db.scalars(select(Classifier.classifier).where(Classifier.classifier.in_(texts))))
        return [text for text in texts if text not in known]

    def classifiers(self, name: str, version: str) -> Sequence[Row[str | None, int]]:
        """(classifier, id) of a release, by text."""
        return self._db.execute(
            select(Classifier.classifier, Classifier.id)
            .join(ReleaseClassifier, ReleaseClassifier.trove_id == Classifier.id)
            .where(ReleaseClassifier.name == name, ReleaseClassifier.version == version)
            .order_by(Classifier.classifier)
        ).all()

    def set_classifiers(self, name: str, version: str, texts: Iterable[str]) -> None:
        """Replace the classifiers of a release."""
        here = (ReleaseClassifier.name == name, ReleaseClassifier.version == version)
        self._db.execute(delete(ReleaseClassifier).where(*here).execution_options(synchronize_session=False))
        for text in texts:
            found = select(literal(name), literal(version), Classifier.id).where(Classifier.classifier == text)
            self._db.execute(insert(ReleaseClassifier).from_select(["name", "version", "trove_id"], found))

    # -- dependencies --

    def dependencies(self, name: str, version: str) -> dict[str, list[str]]:
        """{kind: [specifier]} of a release, only the kinds it has, as they were inserted."""
        rows = self._db.execute(
            select(Dependency.kind, Dependency.specifier)
            .where(Dependency.name == name, Dependency.version == version)
            .order_by(Dependency.kind, literal_column("release_dependencies.ctid"))
        )
        found: dict[str, list[str]] = {}
        for kind, specifier in rows:
            found.setdefault(KINDS[(kind or 1) - 1], []).append(specifier or "")
        return found

    def set_dependencies(self, name: str, version: str, kind: str, specifiers: Sequence[str]) -> None:
        """Replace the dependencies of one kind."""
        number = KINDS.index(kind) + 1
        here = (Dependency.name == name, Dependency.version == version, Dependency.kind == number)
        self._db.execute(delete(Dependency).where(*here).execution_options(synchronize_session=False))
        for specifier in specifiers:
            self._db.execute(insert(Dependency).values(name=name, version=version, kind=number, specifier=specifier))

    def trove(self) -> dict[int, str]:
        """{id: classifier} of all there are."""
        rows = self._db.execute(select(Classifier.id, Classifier.classifier))
        return {number: text or "" for number, text in rows}

    def classified(self, selected: Iterable[Sequence[int]]) -> Sequence[Row[str, str, str | None]]:
        """(name, version, summary) of visible releases that have, for each list of ids, one of its classifiers."""
        having = (
            exists().where(
                ReleaseClassifier.name == Release.name, ReleaseClassifier.version == Release.version,
                ReleaseClassifier.trove_id.in_(ids),
            )
            for ids in selected
        )  # fmt: skip
        return self._db.execute(
            select(Release.name, Release.version, Release.summary)
            .where(Release.hidden.is_(False), *having)
            .order_by(func.lower(Release.name), Release.ordering)
        ).all()

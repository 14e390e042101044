"""Metadata that somebody sends: checked, then stored as a release, its project first if that is new."""

from __future__ import annotations

from typing import Any

from ..errors import Forbidden, FormError
from ..forms import Form
from ..models import Release
from . import metadata
from .metadata import BadMetadata, Data
from .projects import Projects
from .releases import COLUMNS, KINDS, Releases
from .roles import Roles


class Submissions:
    """Stores metadata for the acting user."""

    def __init__(self, projects: Projects, releases: Releases, roles: Roles) -> None:
        self.projects, self.releases, self.roles = projects, releases, roles

    def checked(self, form: Form) -> Data:
        """Return the form's metadata. Raises FormError for the first rule that it breaks."""
        data = metadata.form_metadata(form)
        self.check(data)
        return data

    def check(self, data: Data) -> None:
        """Refuse metadata that breaks a rule. Raises FormError."""
        try:
            metadata.validate(data, self.releases.unknown_classifiers)
        except BadMetadata as error:
            raise FormError(str(error)) from None

    def store(self, data: Data, username: str) -> None:
        """Write checked metadata as a release of a project that is the user's, or becomes it. Raises Forbidden."""
        name, version = data["name"], data["version"]
        refuse_forbidden(name)
        self.projects.reserve(name)
        if self.projects.exists(name):
            if not self.roles.may_change(name):
                raise Forbidden(f"You are not allowed to store '{name}' package information")
            self.projects.lock(name)
        else:
            found = self.projects.find(name)
            if found is not None:
                raise Forbidden(f"Package name conflicts with existing package '{found}'")
            self.projects.create(name)
            self.roles.add(username, "Owner", name)
        self.store_release(name, version, data)

    def store_release(self, name: str, version: str, data: Data) -> None:
        """Write a new release or what changes in an old one; a new one hides the others where the project wants it."""
        current = self.releases.get(name, version)
        if current is not None:
            changes = self._changes(current, data)
            if changes:
                self.releases.update(name, version, changes)
            return
        if self.projects.hides_old_releases(name):
            self.releases.hide_others(name, version)
        self.releases.create(name, version, data)
        self.releases.set_ordering(name, metadata.in_order(row.version for row in self.releases.of_project(name)))

    def _changes(self, release: Release, data: Data) -> dict[str, Any]:
        """What `data` says that the release does not say yet; fields that are not mentioned stay."""
        name, version = release.name, release.version
        changes = {
            column: data[column] for column in COLUMNS if column in data and data[column] != getattr(release, column)
        }
        if "classifiers" in data:
            known = [text for text, _ in self.releases.classifiers(name, version)]
            if sorted(data["classifiers"]) != known:
                changes["classifiers"] = data["classifiers"]
        stored = self.releases.dependencies(name, version)
        for kind in KINDS:
            if kind in data and sorted(data[kind]) != sorted(stored.get(kind, [])):
                changes[kind] = data[kind]
        return changes


def refuse_forbidden(name: str) -> None:
    """Refuse the names that no project may have. Raises Forbidden."""
    if name.lower() in metadata.FORBIDDEN_NAMES:
        raise Forbidden(f"Package name '{name}' invalid")

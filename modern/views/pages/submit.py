"""The form of a release's metadata."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...errors import Forbidden, Unauthorised
from ...request import IndexRequest
from ..sessions import begin_session
from .project import HIDDEN
from .show import show

# (name, whether it has several lines)
FIELDS = (
    ("name", False), ("version", False), ("author", False), ("author_email", False), ("maintainer", False),
    ("maintainer_email", False), ("home_page", False), ("license", True), ("summary", False), ("description", True),
    ("keywords", False), ("platform", True), ("download_url", False),
)  # fmt: skip
LISTS = ("requires", "provides", "obsoletes")


def submit_form(request: IndexRequest) -> Response:
    """The form, empty or of a release; whoever came by Basic authentication is logged in by the way (B246)."""
    visitor, services = request.visitor, request.services
    if visitor.username is None:
        raise Unauthorised("You must log in.")
    if not visitor.logged_in:
        begin_session(request, visitor.username)
    name: Any = request.form.get("name")
    version: Any = request.form.get("version")
    release, chosen, dependencies = None, set(), {}
    if name and version:
        if not services.roles.may_change(name):
            raise Forbidden("Not Owner or Maintainer")
        release = services.releases.get(name, version)
        if release is None:
            raise KeyError(version)
        dependencies = services.releases.dependencies(name, version)
        chosen = {text for text, _ in services.releases.classifiers(name, version)}
    values = {name: getattr(release, name, None) or "" for name, _ in FIELDS}
    return show(
        request, "submit.jinja2", "Submitting package information", release=release, chosen=chosen,
        fields=[(label(name), name, long, values[name]) for name, long in FIELDS], hidden_options=HIDDEN,
        hidden="1" if release and release.hidden else "0",
        bugtrack_url=release.project.bugtrack_url or "" if release else "",
        lists=[(label(kind), kind, "\n".join(dependencies.get(kind, ()))) for kind in LISTS],
        classifiers=[(text, text) for text in services.releases.all_classifiers()],
    )  # fmt: skip


def label(name: str) -> str:
    """The name of a field, for people."""
    return name.replace("_", " ").capitalize()

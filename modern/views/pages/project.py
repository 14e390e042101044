"""The page that lists a project's releases for those who may edit it, and what its forms do: hide, describe, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from pyramid.response import Response

from ...errors import Unauthorised
from ...request import IndexRequest
from ..sessions import check_token
from ..upload import IDENTIFY, edited_project
from .home import home
from .show import show

HIDDEN = (("0", "No"), ("1", "Yes"))


def pkg_edit(request: IndexRequest) -> Response:
    """Hide releases and change their summaries; the page shows them as they were before (B078, B079)."""
    if not request.visitor.authenticated:
        raise Unauthorised(IDENTIFY)
    if "submit_remove" in request.form:
        return remove_pkg(request)
    name = edited_project(request)
    services = request.services
    if "submit_autohide" in request.form or request.method == "POST":
        services.projects.lock(name)
    if "submit_autohide" in request.form:
        services.projects.set_autohide(name, "autohide" in request.form)
    releases = services.releases.of_project(name)
    if request.method == "POST":
        changes = changed(request.form, {release.version: release for release in releases})
        for version, values in changes.items():
            services.releases.update(name, version, values)
    return show_edit(request, name, releases)


def changed(form: Mapping[str, Any], releases: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return {version: {column: value}} of what `hid_VERSION` and `sum_VERSION` say; versions may be percent-encoded
    once more. Raises KeyError for an unknown one: 500, as ever (B078).
    """
    found: dict[str, dict[str, Any]] = {}
    for key, value in form.items():
        kind, _, version = unquote(key).partition("_")
        if kind not in ("hid", "sum") or not version:
            continue
        release = releases[version]
        if kind == "hid" and (value == "1") != release.hidden:
            found.setdefault(version, {})["_pypi_hidden"] = value == "1"
        if kind == "sum" and value != release.summary:
            found.setdefault(version, {})["summary"] = value
    return found


def show_edit(request: IndexRequest, name: str, releases: Sequence[Any]) -> Response:
    """The page of a project's releases."""
    return show(
        request, "edit.jinja2", f"Package '{name}' Editing", name=name, releases=releases, hidden_options=HIDDEN,
        autohide=request.services.projects.hides_old_releases(name),
    )  # fmt: skip


def remove_pkg(request: IndexRequest) -> Response:
    """Remove releases or a whole project; asks before it does (B080)."""
    if not request.visitor.authenticated:
        raise Unauthorised(IDENTIFY)
    check_token(request)
    given: Any = request.form.get("version")
    versions: list[Any] = given if isinstance(given, list) else [given] if given else []
    name = edited_project(request, owner=not versions)
    services = request.services
    if "submit_cancel" in request.form:
        return show_edit(request, name, services.releases.of_project(name))
    if "submit_ok" not in request.form:
        return ask_removal(request, name, versions)
    services.projects.lock(name)
    if not versions:
        services.files.forget(services.projects.remove(name))
        return home(request)
    services.files.forget([path for version in versions for path in services.releases.remove(name, version)])
    return show_edit(request, name, services.releases.of_project(name))


def ask_removal(request: IndexRequest, name: str, versions: Sequence[str]) -> Response:
    """The question before releases or a project are removed."""
    what = f"the project {name} and all its releases"
    if versions:
        what = f"releases {', '.join(versions)} of {name}"
    carried = [(":action", "remove_pkg"), ("name", name), *(("version", version) for version in versions)]
    return show(
        request, "dialog.jinja2", f"Confirm removal of {what}", carried=carried,
        question=f"Removed are {what}. Files of these names can never be stored again.",
    )  # fmt: skip

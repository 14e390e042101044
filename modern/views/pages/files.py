"""The page of a release's files: a form to add one, a list to remove some from (B075)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...answers import failure
from ...request import IndexRequest
from .release import PACKAGE_TYPES, shown_file
from .show import show

REQUIRED = "Name and version are required"
KINDS = (("", "which kind?"), *PACKAGE_TYPES.items())
VERSIONS = ("any", "2.3", "2.4", "2.5", "2.6", "2.7", "3.0", "3.1", "3.2", "3.3", "3.4", "3.5")
PYTHONS = (("", "which Python?"), *((version, version) for version in VERSIONS))


def files(request: IndexRequest) -> Response:
    """The files of a release; who may, uploads and removes some."""
    form: dict[str, Any] = request.form
    name, version = form.get("name"), form.get("version")
    if not name or not version:
        return failure(REQUIRED, heading=REQUIRED)
    services = request.services
    maintainer = services.roles.may_change(name)
    if maintainer and "submit_upload" in form:
        services.uploads.store(form)
        services.commit()
    if maintainer and "submit_remove" in form:
        remove_files(request, name)
    stored = [shown_file(file) for file in services.files.of_release(name, version)]
    return show(
        request, "files.jinja2", f"Files for {name} {version}", name=name, version=version, stored=stored,
        maintainer=maintainer, kinds=KINDS, pythons=PYTHONS,
    )  # fmt: skip


def remove_files(request: IndexRequest, name: str) -> None:
    """Remove the files whose digests are ticked."""
    ticked = request.form.get("file-ids") or []
    digests = ticked if isinstance(ticked, list) else [ticked]
    request.services.projects.lock(name)
    stored = request.services.files
    stored.forget([path for digest in digests for path in stored.remove(name, digest)])

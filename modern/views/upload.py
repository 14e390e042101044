"""What tools publish with: file_upload and doc_upload. The forms of people are `pages`'."""

from __future__ import annotations

from pyramid.response import Response

from ..answers import answer
from ..errors import Forbidden, FormError, Redirect, Unauthorised
from ..forms import Upload
from ..request import IndexRequest
from ..services import documentation
from ..services.submissions import refuse_forbidden

IDENTIFY = "You must be identified to edit package information"
MAX_DOCS = 100 * 1024 * 1024  # bytes of a zip of documentation


def file_upload(request: IndexRequest) -> Response:
    """Store a file, and say so in three bytes."""
    if not request.visitor.authenticated:
        raise Unauthorised(IDENTIFY)
    request.services.uploads.store(request.form)
    return answer("OK\n", "text/plain")


def doc_upload(request: IndexRequest) -> Response:
    """A zip of a project's documentation takes the place of the last one (B220)."""
    if not request.visitor.authenticated:
        raise Unauthorised(IDENTIFY)
    if not request.form.get("name"):
        raise FormError("No package name given")
    name = edited_project(request)
    content = request.form.get("content")
    if not isinstance(content, Upload) or not content.value:
        raise FormError("No file uploaded")
    if len(content.value) > MAX_DOCS:
        raise FormError("Documentation zip file is too large")
    try:
        documentation.store(request.installation.store, name, content.value)
    except documentation.BadArchive as error:
        raise FormError(str(error)) from None
    request.services.projects.set_docs(name, True)
    request.services.commit()
    raise Redirect(f"{request.urls.secure_docs}/{name}/")


def edited_project(request: IndexRequest, *, owner: bool = False) -> str:
    """The name in the form, if its project is the visitor's to edit; `owner` asks for more than a Maintainer.

    Raises FormError and Forbidden.
    """
    name = request.form.get("name")
    if not name or not isinstance(name, str):
        raise FormError("Invalid package name")
    refuse_forbidden(name)
    roles = ("Admin", "Owner") if owner else ("Admin", "Owner", "Maintainer")
    if not request.services.roles.has(name, *roles):
        raise Forbidden(f"You are not allowed to edit '{name}' package information")
    return name


ACTIONS = {"file_upload": file_upload, "doc_upload": doc_upload}

"""The form of a release's metadata, and what becomes of it; `setup.py register` sends it, too."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ...answers import failure
from ...errors import Forbidden, FormError, Unauthorised
from ...forms import Upload
from ...request import IndexRequest
from ...services import metadata
from ..sessions import begin_session, check_token
from .project import HIDDEN
from .release import show_release
from .show import say, show

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
    release = None
    dependencies: dict[str, list[str]] = {}
    chosen: set[str | None] = set()
    if name and version:
        if not services.roles.may_change(name):
            raise Forbidden("Not Owner or Maintainer")
        release = services.releases.get(name, version)
        if release is None:
            raise KeyError(version)
        dependencies = services.releases.dependencies(name, version)
        chosen = {row.classifier for row in services.releases.classifiers(name, version)}
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


def submit(request: IndexRequest) -> Response:
    """Register a release, and its project if that is new; then show it."""
    username = request.visitor.username
    if username is None:
        raise Unauthorised
    services = request.services
    data = services.submissions.checked(request.form)
    services.submissions.store(data, username)
    services.commit()
    # The page is looked up by the form's version, not by the stripped one that was stored (B187).
    return show_release(request, data["name"], request.form["version"], "Thank you: the release is stored.")


def submit_pkg_info(request: IndexRequest) -> Response:
    """The same from a PKG-INFO file (B197)."""
    username = request.visitor.username
    if username is None:
        raise Unauthorised("You must be identified to store package information")
    check_token(request)
    sent: Any = request.form.get("pkginfo")
    text = sent.value.decode("utf-8", "replace") if isinstance(sent, Upload) else sent
    if not text:
        raise FormError("You must supply the PKG-INFO file")
    services = request.services
    data = metadata.pkginfo_metadata(text)
    services.submissions.check(data)
    services.submissions.store(data, username)
    services.commit()
    return show_release(request, data["name"], data["version"])


def verify(request: IndexRequest) -> Response:
    """A dry run of `submit`; anybody may (B102)."""
    try:
        metadata.validate(metadata.form_metadata(request.form), request.services.releases.unknown_classifiers)
    except metadata.BadMetadata as error:
        return failure(str(error), heading="Package verification")
    return say(request, "Validated OK")

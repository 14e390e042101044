"""The page of a release, and what a name without a version leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from pyramid.response import Response

from ...answers import failure
from ...errors import NotFound, Redirect
from ...models import File
from ...request import IndexRequest
from ...services.downloads import UNKNOWN
from .show import show

PACKAGE_TYPES = {
    "sdist": "Source", "bdist_dumb": '"dumb" binary', "bdist_rpm": "RPM", "bdist_wininst": "MS Windows installer",
    "bdist_msi": "Windows MSI installer", "bdist_egg": "Python Egg", "bdist_dmg": "macOS disk image",
    "bdist_wheel": "Python Wheel",
}  # fmt: skip
WEB = ("http://", "https://")
DOAP = Markup('<a href="http://usefulinc.com/doap">DOAP</a> record')


@dataclass(frozen=True)
class ShownFile:
    """A file as people read of it."""

    path: str
    filename: str
    md5_digest: str
    has_signature: bool
    comment_text: str
    kind: str
    python: str
    uploaded: str
    size: str
    downloads: str = ""


def display(request: IndexRequest) -> Response:
    """A release; a project with one visible release is that release, with several a list of them (B065)."""
    from .lists import show_releases  # which shows releases

    name, version = request.form.get("name"), request.form.get("version")
    if not isinstance(name, str):
        return failure("Which package do you want to display?")
    if isinstance(version, list):
        raise TypeError("expected one version")
    if version is not None:
        return show_release(request, name, version)
    visible = request.services.releases.of_project(name, hidden=False)
    if not visible:
        raise other_spelling(request, name)
    if len(visible) == 1:
        return show_release(request, name, visible[0].version)
    return show_releases(request, "Index of Packages", visible)


def other_spelling(request: IndexRequest, name: Any, version: Any = None) -> NotFound | Redirect:
    """What to raise where there is no such release: the way to the registered spelling, if there is one (B067)."""
    found = request.services.projects.find(name)
    if found is None or found == name:
        return NotFound()
    return Redirect("/".join(part for part in (request.urls.index, found, version) if part))


def show_release(request: IndexRequest, name: Any, version: Any, message: str = "") -> Response:
    """The page of one release. Raises NotFound, or Redirect to another spelling of the name."""
    services = request.services
    release = services.releases.get(name, version)
    if release is None:
        raise other_spelling(request, name, version)
    files, downloads = services.files.of_release(name, version), services.downloads
    dependencies = services.releases.dependencies(name, version)
    roles = [(row.role_name or "", row.user_name or "") for row in services.roles.shown_of_project(name)]
    return show(
        request, "release.jinja2", f"{name} {version}", name=name, version=version, release=release, message=message,
        files=[shown_file(file, count(downloads.of_file(file.downloads))) for file in files], counted=downloads.state,
        classifiers=services.releases.classifiers(name, version),
        project_links=list(project_links(dependencies.get("project_url", ()))), lists=list(lists(dependencies, roles)),
        is_link=is_link,
        latest=services.releases.latest_version(name, hidden_too=False), doap_label=DOAP,
        maintainer=request.visitor.logged_in and services.roles.may_change(name),
        readme=request.installation.readme.html(text) if (text := given(release.description)) else None,
    )  # fmt: skip


def given(value: str | None) -> str:
    """A value that says something, else an empty one: distutils writes UNKNOWN for what its user left out."""
    return "" if value in (None, "UNKNOWN") else str(value)


def project_links(urls: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(label, URL) of `Label, http://...`; other schemes than the web's are not made clickable."""
    for label, _, url in (text.partition(",") for text in urls):
        if url.strip().startswith(WEB):
            yield label, url


def is_link(url: str) -> bool:
    """Whether home page or download are made clickable: rows of before 2016 may hold anything, scripts too (B190)."""
    return url.strip().lower().startswith((*WEB, "ftp://"))


def lists(dependencies: Mapping[str, Sequence[str]], roles: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    """(label, values) of what a release needs and offers, and of who may change its project."""
    for kind, specifiers in dependencies.items():
        yield kind.replace("_", " ").capitalize(), specifiers
    for role in ("Owner", "Maintainer"):
        users = [user for given_role, user in roles if given_role == role]
        if users:
            yield f"Package Index {role}", users


def shown_file(file: File, downloads: str = "") -> ShownFile:
    """A row of a stored file, for people."""
    return ShownFile(
        path=file.path or "", filename=file.filename or "", md5_digest=file.md5_digest or "",
        has_signature=bool(file.has_signature), comment_text=file.comment_text or "",
        kind=PACKAGE_TYPES.get(file.packagetype or "", file.packagetype or ""),
        python="" if file.python_version in (None, "source") else str(file.python_version),
        uploaded=file.upload_time.strftime("%Y-%m-%d") if file.upload_time else "", size=size(file.size),
        downloads=downloads,
    )  # fmt: skip


def count(number: int | None) -> str:
    """Downloads, for people."""
    return "unknown" if number in (None, UNKNOWN) else f"{number:,}"


def size(count: int | None) -> str:
    """Bytes, for people."""
    if count is None:
        return ""
    if count < 1024:
        return f"{count}B"
    return f"{count // 1024}KB" if count < 1024 * 1024 else f"{count // 1024 // 1024}MB"

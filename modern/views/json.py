"""Releases for machines: JSON, JSONP, DOAP and PKG-INFO."""

from __future__ import annotations

import re
from datetime import datetime
from json import dumps
from typing import Any

from pyramid.response import Response

from ..answers import answer
from ..caching import Public, named_project
from ..errors import NotFound, Redirect
from ..models import Release
from ..request import IndexRequest
from ..services import documents, records
from ..services.kept import Kept
from ..services.projects import simple_name

CALLBACK = re.compile(r"[\w$.]+")


def wanted_release(request: IndexRequest, *, hidden_too: bool) -> Release:
    """The release that the form means. Raises NotFound with the old words."""
    name, version = request.form.get("name"), request.form.get("version")
    if isinstance(name, list) or isinstance(version, list):
        raise TypeError("expected one name and one version")
    if version is None:
        version = request.services.releases.latest_version(name, hidden_too=hidden_too)
        if version is None:
            raise NotFound("no releases")
    release = request.services.releases.get(name, version)
    if release is None:
        raise NotFound("invalid name/version")
    return release


def json(request: IndexRequest) -> Response:
    """A release with its files, and the files of all releases; as a call of `callback`, if asked for (JSONP)."""
    name, version = request.form.get("name"), request.form.get("version")
    state = request.installation.database.states.project(name) if isinstance(name, str) else None
    if state is not None and state.name != name:
        raise Redirect("/".join(str(part) for part in (request.urls.path, state.name, version, "json") if part))
    if state is None or isinstance(version, list):
        kept = write_json(request)  # which says what is wrong
    else:
        answers, key = request.installation.kept, ("json", name, version, request.urls)
        holds = (state[:2], request.installation.feed.state())
        kept = answers.get(key, holds) or answers.put(key, holds, write_json(request))
    body, kind = kept.body, 'application/json; charset="UTF-8"'
    callback = request.form.get("callback", "")
    if CALLBACK.fullmatch(str(callback)):
        body, kind = f"{callback}(".encode() + body + b")", 'text/javascript; charset="UTF-8"'
    serial = state.last_serial if state else None
    return answer(
        body, kind, ("Content-Disposition", "inline"), ("X-PYPI-LAST-SERIAL", str(serial)), *kept.headers,
        ("Surrogate-Control", "max-age=86400"), ("Cache-Control", "max-age=600, public"),
        ("Access-Control-Allow-Origin", "*"),
    )  # fmt: skip


def write_json(request: IndexRequest) -> Kept:
    """The JSON document as Python 2 wrote it, which left a space after the comma at the end of a line."""
    release = wanted_release(request, hidden_too=True)
    body = dumps(document(request, release), indent=4, separators=(", ", ": ")).encode()
    return Kept(body, (("Surrogate-Key", "json pkg~" + simple_name(release.name)),))


def document(request: IndexRequest, release: Release) -> dict[str, Any]:
    """The whole JSON document."""
    services, name, version = request.services, release.name, release.version
    files = services.files.by_version(name)

    def of_version(version: str) -> list[dict[str, Any]]:
        return [records.file_info(request.urls, file, iso_time, services.downloads) for file in files.get(version, ())]

    classifiers = [text for text, _ in services.releases.classifiers(name, version) if text is not None]
    dependencies = services.releases.dependencies(name, version)
    return {
        "info": records.release_info(
            request.urls, release, classifiers, dependencies, services.downloads.of_project(name)
        ),
        "releases": {row.version: of_version(row.version) for row in services.releases.of_project(name)},
        "urls": of_version(version),
    }


def iso_time(when: datetime) -> str:
    """A time without a zone, in seconds."""
    return when.strftime("%Y-%m-%dT%H:%M:%S")


def doap(request: IndexRequest) -> Response:
    """A project in RDF; the newest visible release where no version is asked for."""
    release = wanted_release(request, hidden_too=False)
    filename = f"{release.name}-{release.version}.xml".encode("ascii", "replace").decode()
    disposition = ("Content-Disposition", f"attachment; filename={filename}")
    return answer(documents.doap(release), 'text/xml; charset="UTF-8"', disposition)


def display_pkginfo(request: IndexRequest) -> Response:
    """A release as the PKG-INFO file of a source distribution."""
    release, releases = wanted_release(request, hidden_too=False), request.services.releases
    classifiers = [text for text, _ in releases.classifiers(release.name, release.version) if text is not None]
    return answer(documents.pkginfo(release, releases.dependencies(release.name, release.version), classifiers))


ACTIONS = {"json": json, "doap": doap, "display_pkginfo": display_pkginfo}
PUBLIC = dict.fromkeys((json, doap, display_pkginfo), Public(named_project))

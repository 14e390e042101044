"""Pages of releases for those who are not logged in, which are most who read them: kept until the project changes."""

from __future__ import annotations

from pyramid.response import Response

from ...answers import answer
from ...request import IndexRequest
from ...services.kept import Kept
from .release import display


def kept_display(request: IndexRequest) -> Response:
    """`display`, kept by project and version; what is no page is raised, and found out each time."""
    name, version = request.form.get("name"), request.form.get("version")
    if request.visitor.authenticated or not isinstance(name, str) or isinstance(version, list):
        return display(request)
    project = request.installation.database.states.project(name)
    if project is None:
        return display(request)
    answers = request.installation.kept
    key = ("page", name, version, request.rest, request.urls)
    state = (project.name, project.serial, project.roles, request.installation.feed.state())
    page = answers.get(key, state)
    if page is None:
        made = display(request)
        page = answers.put(key, state, Kept(made.body, tuple(made.headerlist)))
    return answer(page.body, None, *page.headers)

"""/simple/: what installers and mirrors read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyramid.response import Response

from ..answers import answer
from ..caching import Public
from ..errors import NotFound, Redirect
from ..request import IndexRequest
from ..services import keys, simple
from ..services.kept import Kept
from ..services.projects import simple_name

HTML, JSON = "text/html; charset=utf-8", "application/vnd.pypi.simple.v1+json"
# Media ranges of Accept (RFC 9110 section 12.5.1) that mean one of our two.
RANGES = {
    "application/vnd.pypi.simple.v1+json": JSON, "application/vnd.pypi.simple.latest+json": JSON, "text/html": HTML,
    "application/vnd.pypi.simple.v1+html": HTML, "application/vnd.pypi.simple.latest+html": HTML, "*/*": HTML,
}  # fmt: skip
_quality = re.compile(r";\s*q\s*=([^;]*)")
_number = re.compile(r"\s*(?:[01](?:\.\d*)?|\.\d+)\s*")


def index(request: IndexRequest) -> Response:
    """/simple, /simple/ and /simple/NAME/, each spelling redirected to the one that answers."""
    path = request.rest_text()
    if not path:
        raise Redirect("/simple/")
    if path == "/":
        return all_projects(request)
    if not path.endswith("/"):
        raise Redirect(f"/simple{path}/")
    name = path[1:-1]
    if "/" in name:
        raise NotFound(name)
    return one_project(request, name)


def all_projects(request: IndexRequest) -> Response:
    """All projects, from the kept page: any change of them is in the journal, and changes their number."""
    kind = wanted_type(request)
    write = simple.json_index if kind == JSON else simple.html_index
    with request.tm:
        services = request.services
        serial = services.journal.last_serial() or 0
        state = (serial, services.journal.recent(serial), services.projects.count())
        page = request.installation.kept_pages.get(kind, state, lambda: write(services.projects.each_name(), serial))
    return simple_answer(page, page.size, kind, "simple simple-index", serial)


def one_project(request: IndexRequest, name: str) -> Response:
    """The files of one project. Two rules of normalisation meet: dots are folded by only one of them (B110)."""
    folded = simple_name(name)
    found = request.installation.database.states.serial(name)
    if folded != name:
        if found is None:
            raise NotFound(f"{name} does not have any releases")
        raise Redirect(f"/simple/{folded}")
    if found is None:
        raise NotFound(f"{name} does not exist")
    real, serial, kind = found.name, found.serial, wanted_type(request)
    write = simple.json_project if kind == JSON else simple.html_project
    kept, key, state = request.installation.kept, ("simple", name, kind), (real, serial)
    answered = kept.get(key, state)
    if answered is None:
        with request.tm:
            body = write(name, serial or 0, request.services.files.for_installers(real)).encode()
        answered = kept.put(key, state, Kept(body))
    size = len(answered.body)
    return simple_answer([answered.body], size, kind, "simple pkg~" + simple_name(real), serial)


def simple_answer(body: Iterable[bytes], size: int, kind: str, key: str, serial: int | None) -> Response:
    """A response with what caches and mirrors need."""
    return answer(
        body, kind, ("Surrogate-Key", key), ("X-PYPI-LAST-SERIAL", str(serial)), ("Content-Length", str(size)),
        ("Vary", "Accept"),
    )  # fmt: skip


def wanted_type(request: IndexRequest) -> str:
    """HTML, unless JSON is asked for and at least as welcome."""
    accept = request.environ.get("HTTP_ACCEPT", "").lower()
    if "json" not in accept:
        return HTML
    best = {HTML: 0.0, JSON: 0.0}
    for item in accept.split(","):
        kind = RANGES.get(item.partition(";")[0].strip())
        if kind is not None:
            best[kind] = max(best[kind], quality(item))
    return JSON if best[JSON] > 0 and best[JSON] >= best[HTML] else HTML


def quality(item: str) -> float:
    """How welcome a media range is; not at all where it does not say so by a number."""
    given = _quality.search(item)
    if given is None:
        return 1.0
    return float(given[1]) if _number.fullmatch(given[1]) else 0.0


def keys_of(request: IndexRequest) -> Iterable[str]:
    """The key of the project that the path names, by whatever spelling; `one_project` adds the old one."""
    name = request.rest.strip("/")
    return (keys.of_project(name),) if name else ()


SITE = {"simple": index}
PUBLIC = {index: Public(keys_of)}

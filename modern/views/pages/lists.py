"""Pages that list releases: the whole index, what matches a form, the search, browsing by classifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyramid.response import Response

from ...answers import answer, failure
from ...errors import FormError, RedirectTemporary
from ...request import IndexRequest
from ...services import browsing, metadata, search
from .release import show_release
from .show import show


def show_releases(
    request: IndexRequest, title: str, releases: Sequence[Any], scores: Mapping[str, int] | None = None
) -> Response:
    """A table of releases, with their weights where there are any."""
    return show(request, "release_list.jinja2", title, name=request.form.get("name"), releases=releases, scores=scores)


def index(request: IndexRequest) -> Response:
    """All visible releases, or those whose metadata contain what the form asks for (B096)."""
    found = metadata.form_metadata(request.form)
    spec = {key: value if isinstance(value, list) else [value] for key, value in found.items() if value}
    hits = request.services.releases.search(spec)
    if len(hits) == 1:
        return show_release(request, hits[0].name, hits[0].version)
    return show_releases(request, "Index of Packages", hits)


def find(request: IndexRequest) -> Response:
    """Projects in which every word of `term` occurs, the weightiest first (B091-B095)."""
    term: Any = request.form.get("term", "")
    terms = search.words(term)
    if not terms:
        raise FormError("You need to supply a search term")
    hits = request.services.search.find(terms)
    if len(hits) == 1:
        raise RedirectTemporary(f"{request.urls.index}/{hits[0].name}/{hits[0].version}")
    title = f"Index of Packages Matching '{' '.join(terms)}'"
    return show_releases(request, title, hits, {hit.name: hit.weight for hit in hits})


def browse(request: IndexRequest) -> Response:
    """Releases by classifier; robots get a blank page, since they got lost in here (B087)."""
    if browsing.is_robot(request.environ.get("HTTP_USER_AGENT", "")):
        return answer("This page intentionally blank.", "text/plain")
    services = request.services
    trove = services.releases.trove()
    chosen, show_all = browsing.choices(request.environ.get("QUERY_STRING", ""), trove)
    if len(chosen) > browsing.MOST:
        return failure("Too many classifiers", 500)
    releases = services.releases.classified([browsing.below(id, trove) for id in chosen])
    found = [(row.name, row.version) for row in releases]
    boxes = browsing.boxes(trove, chosen, found, services.search.classifiers())
    base = f"{request.urls.path}?:action=browse"
    return show(
        request, "browse.jinja2", "Browse", count=len(releases), all_url=_url(base, chosen) + "&show=all",
        chosen=[(trove[id], _url(base, (other for other in chosen if other != id))) for id in chosen],
        releases=releases if chosen and (len(releases) < browsing.LONG or show_all) else None,
        boxes=[(heading, [(_url(base, [*chosen, id]), label, number) for id, label, number in entries])
               for heading, entries in boxes],
    )  # fmt: skip


def _url(base: str, ids: Iterable[int]) -> str:
    return base + "".join(f"&c={id}" for id in sorted(ids))

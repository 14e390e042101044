"""RSS feeds, and the plain lists of old tools."""

from __future__ import annotations

from datetime import timedelta

from pyramid.response import Response

from ..answers import answer
from ..caching import of_index
from ..errors import NotFound
from ..rendering import check_path, login_cookie
from ..request import IndexRequest
from ..services import keys
from ..services.clock import naive_now
from ..services.documents import channel, item, release_link

XML = "text/xml; charset=utf-8"
COUNT = 40


def rss(request: IndexRequest) -> Response:
    """The newest releases; no guid."""
    urls = request.urls
    items = [
        item(f"{row.name} {row.version}", release_link(urls, row.name, row.version), row.summary, row.created)
        for row in request.services.releases.newest(COUNT)
    ]
    return answer(channel(urls, "PyPI Recent Updates", "Recent updates to the Python Package Index", items), XML)


def packages_rss(request: IndexRequest) -> Response:
    """The newest projects; the guid is for readers that took a new link for a new item (I35)."""
    urls, items = request.urls, []
    for row in request.services.projects.newest(COUNT):
        link = release_link(urls, row.name)
        items.append(item(f"{row.name} added to PyPI", link, row.summary, row.created, guid=link))
    title, description = "PyPI Newest Packages", "Newest packages registered at the Python Package Index"
    return answer(channel(urls, title, description, items), XML)


def lasthour(request: IndexRequest) -> Response:
    """All that happened in the last hour, one item an event; served as pages are, with the cookie that logs in."""
    check_path(request)
    urls = request.urls
    items = [
        item(row.name or "", release_link(urls, row.name or "", row.version), row.action, row.submitted_date)
        for row in request.services.journal.after(naive_now() - timedelta(hours=1))
    ]
    feed = channel(urls, "PyPI changes", "Updates to the Python Package Index in the last hour", items)
    return answer(feed, XML, *login_cookie(request))


def list_classifiers(request: IndexRequest) -> Response:
    """All classifiers, one a line: distutils asks for this."""
    return answer("\n".join(text or "" for text in request.services.releases.all_classifiers()) + "\n")


def show_md5(request: IndexRequest) -> Response:
    """The digest of a stored file, if it is one."""
    digest = request.form.get("digest")
    if not request.services.files.has_md5(digest):
        raise NotFound
    return answer(str(digest))


ACTIONS = {
    "rss": rss, "packages_rss": packages_rss, "lasthour": lasthour, "list_classifiers": list_classifiers,
    "show_md5": show_md5,
}  # fmt: skip
NEWEST = of_index(keys.NEWEST)
PUBLIC = {rss: NEWEST, packages_rss: NEWEST, lasthour: of_index(keys.NEWEST, seconds=60), list_classifiers: of_index()}

"""XML-RPC's methods: functions of the services and what the caller sends, in METHODS.

What is wrong with a call comes out as an exception, whose text and old type clients have matched on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xmlrpc.client import DateTime

from . import records
from .clock import seconds

if TYPE_CHECKING:
    from . import Services

Method = Callable[..., Any]


def list_packages(services: Services) -> list[str]:
    """Names of all projects."""
    return list(services.projects.names())


def list_packages_with_serial(services: Services) -> dict[str, int | None]:
    """{name: last serial}."""
    return services.projects.serials()


def package_releases(services: Services, package_name: Any, show_hidden: Any = False) -> list[str]:
    """Versions of a project, highest first; an empty list for an unknown one."""
    hidden = None if show_hidden else False
    return [row.version for row in services.releases.of_project(package_name, hidden=hidden)]


def release_data(services: Services, package_name: Any, version: Any) -> dict[str, Any]:
    """The metadata of a release; an empty struct for an unknown one."""
    release = services.releases.get(package_name, version)
    if release is None:
        return {}
    classifiers = [text for text, _ in services.releases.classifiers(package_name, version) if text is not None]
    dependencies = services.releases.dependencies(package_name, version)
    return records.release_info(
        services.urls, release, classifiers, dependencies, services.downloads.of_project(release.name)
    )


def release_urls(services: Services, package_name: Any, version: Any) -> list[dict[str, Any]]:
    """The files of a release, by file name."""
    files = services.files.of_release(package_name, version)
    return [records.file_info(services.urls, file, xml_time, services.downloads) for file in files]


def search(services: Services, spec: Any, operator: Any = "and") -> list[dict[str, Any]]:
    """Visible releases whose fields contain the given texts; unknown fields are ignored, unknown operators mean
    `and`.
    """
    wanted = {field: value if isinstance(value, list) else [value] for field, value in spec.items()}
    wanted.pop("_pypi_hidden", None)
    return [
        {"name": row.name, "version": row.version, "summary": row.summary, "_pypi_ordering": row.ordering}
        for row in services.releases.search(wanted, operator)
    ]


def updated_releases(services: Services, since: Any) -> list[list[str | None]]:
    """[name, version] of visible releases made since, newest first."""
    return [[row.name, row.version] for row in services.journal.new_releases(moment(since))]


def changelog(services: Services, since: Any, with_ids: Any = False) -> list[list[Any]]:
    """[name, version, time, action(, serial)] of journal rows after a time."""
    events = [event(row) for row in services.journal.after(moment(since))]
    return events if with_ids else [row[:4] for row in events]


def changelog_since_serial(services: Services, since: Any) -> list[list[Any]]:
    """[name, version, time, action, serial] of journal rows with a higher serial."""
    return [event(row) for row in services.journal.after_serial(since)]


def changelog_last_serial(services: Services) -> int | None:
    """The newest serial, or nil."""
    return services.journal.last_serial()


def changed_packages(services: Services, since: Any) -> list[str | None]:
    """Names of projects with journal rows after a time."""
    return services.journal.changed_projects(moment(since))


def user_packages(services: Services, user: Any) -> list[list[str | None]]:
    """[role, project] of a user."""
    return [list(row) for row in services.roles.of_user(user)]


def package_roles(services: Services, package_name: Any) -> list[list[str | None]]:
    """[role, user] of a project."""
    return [list(row) for row in services.roles.of_project(package_name)]


def package_hosting_mode(services: Services, package_name: Any) -> str | None:
    """How the simple page of a project links elsewhere."""
    return services.projects.hosting_mode(package_name)


def release_downloads(services: Services, package_name: Any, version: Any) -> list[list[Any]]:
    """[file name, downloads] of a release: counts ended with May 2016."""
    files = services.files.of_release(package_name, version)
    return [[file.filename, services.downloads.of_file(file.downloads)] for file in files]


def top_packages(services: Services, number: Any = None) -> list[list[Any]]:
    """[name, downloads] of the projects downloaded most."""
    rows = services.files.most_downloaded(number)
    return [[name, services.downloads.of_file(downloads)] for name, downloads in rows]


def browse(services: Services, categories: Any) -> list[list[str]]:
    """[name, version] of visible releases that have all of the given classifiers, or ones below them."""
    if not isinstance(categories, list):
        raise TypeError("Parameter categories must be a list")
    known = services.releases.trove()
    for category in categories:
        if category not in known.values():
            raise ValueError(f'Unknown category "{category}"')
    found = services.releases.classified([below(category, known) for category in categories])
    return [[row.name, row.version] for row in found]


def below(category: str, trove: dict[int, str]) -> list[int]:
    """The ids of a classifier and of all below it."""
    return [id for id, text in trove.items() if text == category or text.startswith(category + " :: ")]


def post_cheesecake_for_release(
    services: Services, package_name: Any, version: Any, scores: Any, password: Any
) -> None:
    """Scores of a rating service that is no more: nobody knows its password."""
    raise ValueError("Bad password.")


def moment(since: Any) -> datetime:
    """Seconds since the epoch as the database has times; a number beyond a machine's word was no int once."""
    if not isinstance(since, int) or not -(2**63) <= since < 2**63:
        raise AssertionError("")
    return datetime.fromtimestamp(since, UTC).replace(tzinfo=None)


def event(row: Sequence[Any]) -> list[Any]:
    """A journal row with its time as seconds since the epoch."""
    name, version, when, action, serial = row
    return [name, version, seconds(when), action, serial]


def xml_time(when: datetime) -> DateTime:
    """XML-RPC's dateTime."""
    return DateTime(when.strftime("%Y%m%dT%H:%M:%S"))


METHODS: dict[str, Method] = {
    function.__name__: function
    for function in (
        list_packages, list_packages_with_serial, package_releases, release_data, release_urls, search,
        updated_releases, changelog, changelog_since_serial, changelog_last_serial, changed_packages, user_packages,
        package_roles, package_hosting_mode, release_downloads, top_packages, browse, post_cheesecake_for_release,
    )
}  # fmt: skip
METHODS |= {"package_urls": release_urls, "package_data": release_data}  # the names of 2005

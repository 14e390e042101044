"""Releases and files as XML-RPC and JSON show them: rows in, dictionaries out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ..models import File, Release
from ..settings import Urls
from .downloads import Downloads

INFO = (
    "name", "version", "author", "author_email", "maintainer", "maintainer_email", "home_page", "license", "summary",
    "description", "keywords", "platform", "requires_python", "download_url",
)  # fmt: skip
CHEESECAKE = ("cheesecake_installability_id", "cheesecake_documentation_id", "cheesecake_code_kwalitee_id")
FILE = (
    "comment_text", "downloads", "filename", "md5_digest", "packagetype", "path", "python_version", "size",
    "upload_time",
)  # fmt: skip


def release_info(
    urls: Urls, release: Release, classifiers: Iterable[str], dependencies: Mapping[str, list[str]],
    downloads: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """What release_data answers and JSON calls info."""
    base = f"{urls.public}/pypi/{release.name}"
    info: dict[str, Any] = {field: getattr(release, field) for field in INFO}
    info |= {
        "bugtrack_url": release.project.bugtrack_url, "_pypi_ordering": release.ordering,
        "_pypi_hidden": release.hidden,
    }  # fmt: skip
    info |= {field: getattr(release, field) for field in CHEESECAKE}
    info |= {
        "classifiers": list(classifiers), "package_url": base, "release_url": f"{base}/{release.version}",
        "docs_url": f"{urls.docs}/{release.name}/" if release.project.has_docs else None, "downloads": downloads,
    }  # fmt: skip
    return info | dict(dependencies)


def file_info(urls: Urls, file: File, time: Callable[[datetime], Any], downloads: Downloads) -> dict[str, Any]:
    """What release_urls answers and JSON calls urls; `time` makes the upload time what the format wants."""
    info = {field: getattr(file, field) for field in FILE}
    uploaded = time(file.upload_time) if file.upload_time else None
    return info | {
        "upload_time": uploaded, "has_sig": file.has_signature, "url": urls.file(file.path or ""),
        "downloads": downloads.of_file(file.downloads),
    }  # fmt: skip

"""Releases and events in the older machine formats: DOAP, PKG-INFO and RSS. Rows in, text out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from urllib.parse import quote

from ..models import Release
from ..settings import Urls

DOAP = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<rdf:RDF xmlns="http://usefulinc.com/ns/doap#" xmlns:foaf="http://xmlns.com/foaf/0.1/"'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Project>{}</Project></rdf:RDF>'
)
PKGINFO = (
    "name", "version", "author", "author_email", "maintainer", "maintainer_email", "home_page", "download_url",
    "summary", "license", "description", "keywords", "platform",
)  # fmt: skip
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91">
 <channel>
  <title>{title}</title>
  <link>{link}</link>
  <description>{description}</description>
  <language>en</language>
{items}
  </channel>
</rss>
"""
ITEM = """
  <item>
    <title>{title}</title>
    <link>{link}</link>
{guid}    <description>{description}</description>
    <pubDate>{date}</pubDate>
   </item>"""


def doap(release: Release) -> str:
    """A project in RDF; what is empty or UNKNOWN is left out."""
    return DOAP.format(
        "".join(
            (
                element("name", release.name), element("shortdesc", release.summary),
                element("description", release.description), link("download-page", release.download_url),
                link("homepage", release.home_page), person(release),
                f"<release><Version><revision>{escape(release.version, quote=False)}</revision></Version></release>\n",
            )
        )
    )  # fmt: skip


def given(value: str | None) -> bool:
    """Whether a value says something: distutils writes UNKNOWN for what its user left out."""
    return bool(value) and value != "UNKNOWN"


def element(tag: str, value: str | None) -> str:
    """An element with text, if there is one."""
    return f"<{tag}>{escape(value or '', quote=False)}</{tag}>\n" if given(value) else ""


def link(tag: str, value: str | None) -> str:
    """An element that refers to a URL, if there is one."""
    return f'<{tag} rdf:resource="{escape(value or "")}" />\n' if given(value) else ""


def person(release: Release) -> str:
    """The maintainer, or the author where there is none; the address only as a digest of its mailto URL, as FOAF does
    for spam's sake.
    """
    for name, address in (
        (release.maintainer, release.maintainer_email), (release.author, release.author_email),
    ):  # fmt: skip
        if given(name):
            digest = hashlib.sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()
            mailbox = element("foaf:mbox_sha1sum", digest) if given(address) else ""
            return f"<maintainer><foaf:Person>{element('foaf:name', name)}{mailbox}</foaf:Person></maintainer>\n"
    return ""


def pkginfo(release: Release, dependencies: Mapping[str, list[str]], classifiers: Iterable[str]) -> str:
    """A release as a PKG-INFO file: metadata 1.1, whatever else is known (B179, B181)."""
    lines = ["Metadata-Version: 1.1"]
    for field in PKGINFO:
        value: str | None = getattr(release, field)
        if value:
            lines.append(f"{header(field)}: " + value.replace("\n", "\n        "))
    for kind in ("requires", "provides", "obsoletes"):
        lines += [f"{header(kind)}: {specifier}" for specifier in dependencies.get(kind, ())]
    lines += [f"Classifier: {text}" for text in classifiers]
    return "\n".join(lines) + "\n\n"


def header(field: str) -> str:
    """The name of a field in a PKG-INFO file."""
    return "Download-URL" if field == "download_url" else field.capitalize().replace("_", "-")


def channel(urls: Urls, title: str, description: str, items: Iterable[str]) -> str:
    """A feed: RSS 0.91."""
    return RSS.format(title=title, link=urls.index, description=description, items="".join(items))


def item(title: str, link: str, description: str | None, when: datetime | None, *, guid: str = "") -> str:
    """One item of a feed."""
    return ITEM.format(
        title=escape(title, quote=False), link=link, guid=f"    <guid>{guid}</guid>\n" if guid else "",
        description=escape(description or "", quote=False),
        date=when.strftime("%d %b %Y %H:%M:%S GMT") if when else "",
    )  # fmt: skip


def release_link(urls: Urls, name: str, version: str | None = None) -> str:
    """The public URL of a project or a release."""
    return "/".join([urls.public, "pypi", quote(name), *([quote(version)] if version else [])])

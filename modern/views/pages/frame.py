"""What stands around every page: addresses, navigation, who is logged in. Values in, links for the templates out.

No markup, no request and no database here. Which colon is quoted in a link, and which not, is as it always was: people
and programs have these links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from markupsafe import Markup

from ...settings import Urls

Link = tuple[str, str]
"""(URL, text)."""
PYTHON_3 = 533
"""The id of its classifier in the index of the time; the menu had it in its markup."""
NAVIGATION = (
    ("browse", "Browse by classifier"), ("submit_form", "Submit a package"), ("list_classifiers", "All classifiers"),
    ("index", "All packages"), ("rss", "Feed: latest 40 updates"), ("packages_rss", "Feed: newest 40 packages"),
)  # fmt: skip
RELEASE_ACTIONS = (("display", "view"), ("submit_form", "edit"), ("files", "files"), ("display_pkginfo", "PKG-INFO"))
ROW_ACTIONS = (("display", "show"), ("submit_form", "edit"), ("files", "files"), ("urls", "urls"))


@dataclass(frozen=True)
class Frame:
    """One visitor's frame. `username` is of a login by cookie; `token` gives the hidden field that this user's forms
    carry, nothing for nobody.
    """

    urls: Urls
    stylesheet: str = ""
    sandbox: bool = False
    authenticated: bool = False
    admin: bool = False
    username: str | None = None
    packages: tuple[str, ...] = ()
    token: Callable[[], Markup] = Markup

    def action_url(self, action: str, **parameters: object) -> str:
        """`/pypi?%3Aaction=...`, relative to the host."""
        return self.urls.path + "?" + urlencode({":action": action, **parameters}, quote_via=quote)

    def raw_url(self, action: str, **parameters: object) -> str:
        """The same with a colon: some pages never quoted it."""
        return self.action_url(action, **parameters).replace("%3A", ":", 1)

    def plain_url(self, action: str, **parameters: str) -> str:
        """The same with slashes in its values: some never quoted those either."""
        return f"{self.urls.path}?:action={action}" + "".join(
            f"&{name}={quote(value)}" for name, value in parameters.items()
        )

    def release_url(self, name: str, version: str | None = None) -> str:
        """`/pypi/NAME[/VERSION]`."""
        return "/".join([self.urls.path, *(quote(part, safe="") for part in (name, version) if part is not None)])

    def full_release_url(self, name: str, version: str) -> str:
        """The same with scheme and host."""
        return self.urls.scheme_host + self.release_url(name, version)

    def doap_url(self, name: str, version: str) -> str:
        """The DOAP record of a release: never quoted."""
        return f"{self.urls.path}?:action=doap&name={name}&version={version}"

    def file_url(self, path: str) -> str:
        """Where a stored file is downloaded from."""
        return self.urls.file(path)

    def docs_url(self, name: str) -> str:
        """Where a project's documentation is read."""
        return f"{self.urls.docs}/{quote(name)}"

    def navigation(self) -> list[Link]:
        """What can be done without a login."""
        actions = (*NAVIGATION, ("role_form", "Administration")) if self.admin else NAVIGATION
        links = [(self.action_url(action), label) for action, label in actions]
        return [*links, (self.raw_url("browse", c=PYTHON_3, show="all"), "For Python 3")]

    def breadcrumb(self, name: str | None = None, version: str | None = None) -> list[Link]:
        """Index, project, release."""
        links = [(self.urls.path, "Package Index")]
        if name:
            links.append((self.release_url(name), name))
        if name and version:
            links.append((self.release_url(name, version), version))
        return links

    def account_links(self) -> list[Link]:
        """For whoever is logged in what is theirs; for others the ways in, and to forget what a browser remembers."""
        if self.username:
            own = [(self.action_url("user_form"), "My account"), (self.action_url("logout"), "Log out")]
            return own + [(self.action_url("pkg_edit", name=name), name) for name in self.packages]
        links = [(self.action_url("clear_auth"), "Forget my password")] if self.authenticated else []
        return [
            *links, (self.action_url("login_form"), "Log in"), (self.action_url("register_form"), "Make an account"),
            (self.action_url("forgotten_password_form"), "Forgotten password"), (self.raw_url("openid"), "OpenID"),
            (self.raw_url("login", provider="Launchpad"), "Launchpad"), ("/google_login", "Google"),
        ]  # fmt: skip

    def maintainer_links(self, name: str, version: str | None = None) -> list[Link]:
        """What those who may edit a project, and a release of it, can do with it."""
        links = [(self.plain_url("role_form", package_name=name), "roles"),
                 (self.plain_url("pkg_edit", name=name), "releases")]  # fmt: skip
        if version is None:
            return links
        release = f"{self.urls.path}?name={quote(name)}&version={quote(version)}"
        return links + [(f"{release}&:action={action}", label) for action, label in RELEASE_ACTIONS]

    def release_links(self, name: str, version: str) -> list[Link]:
        """The ways to the pages of a release, for the list of them."""
        return [(self.plain_url(action, name=name, version=version), label) for action, label in ROW_ACTIONS]

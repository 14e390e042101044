"""A browser: what people did on the index's pages, by clicking through its forms in headless Chromium.

Playwright drives the system's Chromium (the `dev` extra of setup.py; it downloads no browser). Each scenario starts
from the seed; links of mails are read from the file that the index writes them to. A step that lands on another page
than expected raises ClientError, like a client that fails.
"""

from __future__ import annotations

import contextlib
import functools
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

from recordings.environments import MissingError
from recordings.projects import Project, write_docs, write_sdist, write_wheel
from recordings.session import ClientError, Scenario, Session

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WAIT = 20_000  # milliseconds for a page
REDIRECTS = (301, 302, 303, 307, 308)


class Visitor:
    """Somebody at a browser: opens pages, follows links, fills in forms and looks at what came."""

    def __init__(self, session: Session, page: Any) -> None:
        self.session = session
        self.page = page

    def open(self, target: str, shows: str, status: int = 200) -> None:
        """Type an address, from the index's root on; the page must have that status and show text found by `shows`."""
        self._look(self.page.goto(self.session.base + target), shows, status)

    def challenged(self, target: str) -> None:
        """Type an address that asks for a name and password: a browser without a screen shows its own error page."""
        from playwright.sync_api import Error

        tab = self.page.context.new_page()
        with tab.expect_response(self.session.base + target) as answer, contextlib.suppress(Error):
            tab.goto(self.session.base + target)
        status = answer.value.status
        tab.close()
        if status != 401:
            raise ClientError(f"{target} gave {status} (expected 401)")

    def follow(self, label: str, shows: str, status: int = 200) -> None:
        """Click the first link with this text."""
        self._click(self.page.get_by_role("link", name=label, exact=True).first, shows, status)

    def send(self, action: str, fields: dict[str, Any], button: str | None, shows: str, status: int = 200) -> None:
        """Fill in the form of an `:action` and press a button (None: its only one).

        A value is text, True or False for a box to tick, a list for a choice, a Path for a file.
        """
        form = self.page.locator("form").filter(has=self.page.locator(f'input[name=":action"][value="{action}"]'))
        if button:
            form = form.filter(has=self.page.locator(f'input[type="submit"][value="{button}"]'))
        form = form.first
        for name, value in fields.items():
            _fill(form.locator(f'[name="{name}"]'), value)
        pressed = form.locator('input[type="submit"]' + (f'[value="{button}"]' if button else ""))
        self._click(pressed.first, shows, status)

    def press(self, button: str, shows: str, status: int = 200) -> None:
        """Press a button of a page that only asks a question."""
        self._click(self.page.locator(f'input[type="submit"][value="{button}"]').first, shows, status)

    def log_in(self, name: str, password: str) -> None:
        """Log in by the form."""
        self.open("/pypi?:action=login_form", "PyPI Login")
        self.send("login_form", {"username": name, "password": password}, None, "My account")

    def mailed_link(self) -> str:
        """Return the target of the link in the last mail."""
        links = re.findall(r"https?://[^/\s]+(/\S+)", self.session.mail.read_text(encoding="utf-8"))
        if not links:
            raise ClientError("no mail with a link came")
        return str(links[-1])

    def _click(self, place: Any, shows: str, status: int) -> None:
        """Click, and look at the answer that comes after all redirects."""

        def last(answer: Any) -> bool:
            return answer.request.is_navigation_request() and answer.status not in REDIRECTS

        with self.page.expect_response(last) as answer:
            place.click()
        self.page.wait_for_load_state()
        self._look(answer.value, shows, status)

    def _look(self, answer: Any, shows: str, status: int) -> None:
        shown = self.page.inner_text("body")
        if answer.status != status or not re.search(shows, shown):
            raise ClientError(f"{answer.url} gave {answer.status} (expected {status}, showing {shows!r}):\n{shown}")


def _fill(control: Any, value: Any) -> None:
    if isinstance(value, bool):
        control.set_checked(value)
    elif isinstance(value, str):
        control.fill(value)
    elif isinstance(value, list):
        control.select_option(value)
    else:
        control.set_input_files(value)


@contextlib.contextmanager
def visitor(session: Session, credentials: tuple[str, str] | None) -> Iterator[Visitor]:
    """Somebody with a fresh profile, who gives a name and password when the browser asks for them.

    Raises MissingError where there is no Chromium, or nothing to drive it by.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise MissingError("no playwright: pip install playwright") from None
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise MissingError(f"none of {', '.join(PROGRAMS)} on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        asked = dict(zip(("username", "password"), credentials, strict=True)) if credentials else None
        page = browser.new_context(http_credentials=asked).new_page()
        page.set_default_timeout(WAIT)
        try:
            yield Visitor(session, page)
        except Error as error:
            raise ClientError(f"{page.url}: {error}\n{page.inner_text('body')}") from None
        finally:
            browser.close()


def _play(steps: Callable[[Visitor], None], credentials: tuple[str, str] | None, session: Session) -> None:
    with visitor(session, credentials) as somebody:
        steps(somebody)


def _read(visitor: Visitor) -> None:
    """Somebody looks around without an account."""
    visitor.open("/", "Python Package Index")
    visitor.follow("Browse by classifier", "(?i)classifier")
    visitor.follow("All packages", "demo-extras")
    visitor.page.locator("#term").fill("demo")
    visitor.press("search", "Matching 'demo'")
    visitor.follow("demo-extras\N{NO-BREAK SPACE}2.0", "demo_extras-2.0-py2.py3-none-any.whl")
    visitor.follow("md5", "^[0-9a-f]{32}$")
    visitor.page.go_back()
    visitor.follow("Package Index", "with \\d+ packages")
    visitor.page.locator("#term").fill("secretive")
    visitor.press("search", "Nothing was found")
    visitor.page.locator("#term").fill("lone-wheel 4.1")
    visitor.press("search", "Index of Packages Matching|lone-wheel")
    visitor.page.locator("#term").fill("the")
    visitor.press("search", "You need to supply a search term", 400)
    visitor.open("/pypi/CAMELCASE", "CamelCase 3.0|Index of Packages")
    visitor.open("/pypi/no-such-project", "Not Found", 404)
    visitor.open("/security", "(?i)security")
    visitor.open("/mirrors", "(?i)mirror")
    visitor.open("/pypi?:action=about", "(?i)index")
    visitor.open("/simple/", "demo")
    visitor.follow("demo", "demo-1.1.tar.gz")
    visitor.challenged("/pypi?:action=submit_form")
    visitor.challenged("/pypi?:action=user_form")
    visitor.open("/pypi?:action=openid", "OpenID Login")
    visitor.open("/pypi?:action=login&provider=Nobody", "Unknown provider", 400)


def _register(visitor: Visitor) -> None:
    """A new account, by the link of a mail; used, changed and deleted."""
    visitor.open("/pypi", "Make an account")
    visitor.follow("Make an account", "Manual user registration")
    account = {"name": "greta", "password": "Secret-and-2016", "confirm": "Secret-and-2016"}
    email = {"email": "greta@example.org"}
    visitor.send("user", {**account, "email": "alice@example.org"}, None, "already registered as user alice", 400)
    visitor.page.go_back()
    visitor.send("user", {**account, **email, "confirm": "another"}, None, "same password in both", 400)
    visitor.page.go_back()
    visitor.send("user", {**account, **email}, None, "A mail is on its way to greta@example.org")
    link = visitor.mailed_link()
    visitor.open(link, "Name: greta")
    visitor.send("user", {}, None, "need to confirm the usage agreement", 400)
    visitor.open(link, "Name: greta")
    visitor.send("user", {"agree": True}, None, "The account can be used now")
    visitor.open(link, "Invalid or expired key", 400)
    visitor.log_in("greta", "Secret-and-2016")
    _own_account(visitor)
    visitor.send("delete_user", {}, None, "will be gone for good")
    visitor.press("CANCEL", "My account")
    visitor.follow("My account", "User profile")
    visitor.send("delete_user", {}, None, "will be gone for good")
    visitor.press("OK", "Log in")
    visitor.open("/pypi?:action=login_form", "PyPI Login")
    visitor.send("login_form", {"username": "greta", "password": "Other-than-2016"}, None, "Incorrect password", 401)


def _own_account(visitor: Visitor) -> None:
    """The page of one's own account: details, identities, keys."""
    visitor.follow("My account", "User profile")
    visitor.send("user", {"password": "short", "confirm": "short"}, None, "at least 8 characters", 400)
    visitor.open("/pypi?:action=user_form", "User profile")
    visitor.send(
        "user",
        {"password": "Other-than-2016", "confirm": "Other-than-2016", "email": "greta2@example.org"},
        None,
        "User profile",
    )
    visitor.send("claim", {"openid_identifier": "https://greta.example.org/"}, None, "no provider was found", 400)
    visitor.open("/pypi?:action=user_form", "User profile")
    visitor.send("claim", {}, None, "Missing parameter", 400)
    visitor.open("/pypi?:action=claim", "claim request must be a POST", 400)
    visitor.open("/pypi?:action=dropid&openid=https://alice.example.org/", "You don't own this ID", 403)
    visitor.open("/pypi?:action=user_form", "User profile")


def _forget(visitor: Visitor) -> None:
    """A forgotten password, and a new one by the link of a mail; the link works once."""
    visitor.open("/pypi?:action=login_form", "PyPI Login")
    visitor.send("login_form", {"username": "frank", "password": "a guess"}, None, "Incorrect password", 401)
    visitor.open("/pypi", "Forgotten password")
    visitor.follow("Forgotten password", "Request password reset")
    visitor.send("forgotten_password", {"name": "nobody"}, None, "unknown to me", 400)
    visitor.page.go_back()
    visitor.send("forgotten_password", {"name": "frank"}, None, "A mail with a link is on its way")
    link = visitor.mailed_link()
    visitor.open(link, "Choose a new password")
    visitor.send("pw_reset_change", {"password": "frank", "confirm": "frank"}, None, "at least 8", 400)
    visitor.open(link, "Choose a new password")
    fresh = "Found-again-2016"
    visitor.send("pw_reset_change", {"password": fresh, "confirm": fresh}, None, "The new password holds")
    visitor.open(link, "Invalid reset code", 400)
    visitor.log_in("frank", fresh)
    visitor.follow("Log out", "Log in")


def _publish(visitor: Visitor) -> None:
    """An owner at work: a new project by form, its files, its documentation, its end."""
    session = visitor.session
    visitor.log_in("bob", "bobpw")
    visitor.follow("Submit a package", "Submitting package information")
    visitor.send("submit", {"name": "clicked", "version": "one two"}, None, "Invalid version", 400)
    visitor.page.go_back()
    visitor.send(
        "submit",
        {
            "name": "clicked",
            "version": "1.0",
            "summary": "Registered by hand",
            "description": "Written into a form:\nl\N{LATIN SMALL LETTER O WITH DIAERESIS}sbar.",
            "home_page": "http://clicked.example.org/",
            "classifiers": ["Programming Language :: Python :: 3"],
        },
        None,
        "the release is stored",
    )
    visitor.follow("files", "Files for clicked 1.0")
    source = {"filetype": ["sdist"], "content": write_sdist(session, Project("clicked"))}
    visitor.send("files", source, "Upload new File", r"clicked-1\.0\.tar\.gz")
    visitor.send("files", source, "Upload new File", "already exists for", 400)
    visitor.open("/pypi?:action=files&name=clicked&version=1.0", "Files for clicked 1.0")
    wheel = {"filetype": ["bdist_wheel"], "content": write_wheel(session, Project("clicked"))}
    visitor.send("files", wheel, "Upload new File", "Python version is required", 400)
    visitor.open("/pypi?:action=files&name=clicked&version=1.0", "Files for clicked 1.0")
    visitor.send("files", {**wheel, "pyversion": ["3.5"], "comment": "by hand"}, "Upload new File", "by hand")
    visitor.page.locator('input[name="file-ids"]').first.check()
    visitor.press("Remove", "Files for clicked 1.0")
    visitor.open("/pypi/clicked/1.0", "Registered by hand")
    visitor.follow("edit", "Submitting package information")
    visitor.send("submit", {"summary": "Described anew", "license": "MIT"}, None, "Described anew")
    _document(visitor)
    visitor.send("remove_pkg", {}, None, "Confirm removal")
    visitor.press("CANCEL", "Package 'clicked' Editing")
    visitor.send("remove_pkg", {}, None, "Confirm removal")
    visitor.press("OK", "with \\d+ packages")
    visitor.open("/pypi/clicked", "Not Found", 404)
    visitor.open("/pypi", "Log out")
    visitor.follow("Log out", "Log in")


def _document(visitor: Visitor) -> None:
    """Documentation by the form of the project's page, which leads to where it is read."""
    visitor.open("/pypi?:action=pkg_edit&name=clicked", "Package 'clicked' Editing")
    visitor.send("doc_upload", {}, None, "No file uploaded", 400)
    visitor.open("/pypi?:action=pkg_edit&name=clicked", "Package 'clicked' Editing")
    visitor.send("doc_upload", {"content": write_docs(visitor.session)}, None, "How to use it")
    visitor.open("/pypi?:action=pkg_edit&name=clicked", "Package 'clicked' Editing")


def _maintain(visitor: Visitor) -> None:
    """Releases hidden, described and removed; roles given, refused and taken."""
    visitor.log_in("alice", "alicepw")
    visitor.follow("demo", "Package 'demo' Editing")
    visitor.send("pkg_edit", {"hid_1.0": ["1"], "sum_1.1": "Described by alice"}, "Update Releases", "demo")
    visitor.follow("releases", "Package 'demo' Editing")
    visitor.send("pkg_edit", {"autohide": True}, "Change", "Package 'demo' Editing")
    visitor.open("/pypi/demo", "Described by alice")
    visitor.follow("releases", "Package 'demo' Editing")
    visitor.page.locator('input[name="version"][value="0.9"]').check()
    visitor.press("Remove", "Confirm removal of releases 0.9")
    visitor.press("OK", "Package 'demo' Editing")
    visitor.follow("roles", "Role maintenance")
    role = {"user_name": "carol", "role_name": ["Maintainer"]}
    visitor.send("role", role, "Add Role", "Role maintenance")
    visitor.send("role", role, "Add Role", "has that role already", 400)
    visitor.open("/pypi?:action=role_form&package_name=demo", "Role maintenance")
    visitor.send("role", role, "Remove Role", "Role maintenance")
    visitor.send("role", {**role, "user_name": "nobody"}, "Add Role", "user doesn't exist", 400)
    visitor.open("/pypi?:action=role_form&package_name=demo", "Role maintenance")
    visitor.send("role", {"user_name": "alice", "role_name": ["Owner"]}, "Remove Role", "last owner", 400)
    visitor.open("/pypi", "Administration")
    visitor.follow("Administration", "Role maintenance")
    visitor.send(
        "role", {"user_name": "frank", "package_name": ["markup"], "role_name": ["Owner"]}, "Add Role", "Role main"
    )
    visitor.follow("Log out", "Log in")
    visitor.challenged("/pypi?:action=pkg_edit&name=demo")


def _authenticate(visitor: Visitor) -> None:
    """The browser's own dialogue for a name and password, which becomes a login by cookie."""
    visitor.open("/pypi?:action=login", "My account")
    visitor.follow("demo-extras", "Package 'demo-extras' Editing")
    visitor.follow("Log out", "Log in")
    visitor.open("/pypi?:action=submit_form", "Submitting package information")
    visitor.open("/pypi?:action=role_form&package_name=demo-extras", "Role maintenance")


SCENARIOS = tuple(
    Scenario(name, None, functools.partial(_play, steps, credentials), about)
    for name, steps, credentials, about in (
        ("browser-reading", _read, None, "Chromium: home, browsing, searching, project pages, what asks for a login"),
        ("browser-account", _register, None, "Chromium: an account by mail, its details changed, deleted"),
        ("browser-password", _forget, None, "Chromium: a forgotten password, a new one by mail"),
        ("browser-basic", _authenticate, ("bob", "bobpw"), "Chromium: logged in by the dialogue of a browser"),
        ("browser-publish", _publish, None, "Chromium: a project by form, files, documentation, removal"),
        ("browser-maintain", _maintain, None, "Chromium: releases hidden and removed, roles given and taken"),
    )
)

"""The pages in a real browser: searching, a project with its description, logging in; narrow, wide, light and dark."""

import dataclasses
import importlib.util
import shutil
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from modern.app import make_app

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    not (BROWSER and importlib.util.find_spec("playwright")), reason="needs playwright and Chromium"
)
WAIT = 20_000  # milliseconds


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *args):
        """Nothing."""


class Server(ThreadingMixIn, WSGIServer):
    """Several requests at once, none of which the end waits for."""

    daemon_threads = True


@pytest.fixture(scope="module")
def address(seeded_site):
    """Where the index of the session listens, under a name of its own: `http://127.0.0.1:PORT`."""
    found = {}
    server = make_server("127.0.0.1", 0, lambda *call: found["app"](*call), Server, Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    found["app"] = make_app(dataclasses.replace(seeded_site[0], base_url=f"{base}/pypi"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield base
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    """One browser for the module."""
    from playwright.sync_api import sync_playwright  # where there is none, all of this is skipped

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(chromium):
    """A window without scripts: none of the pages needs any. What a page complains of fails the test."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1200, "height": 800})
    context.set_default_timeout(WAIT)
    opened = context.new_page()
    failed = []
    opened.on("requestfailed", lambda request: failed.append(request.url))
    opened.on("response", lambda answer: failed.append(answer.url) if answer.status == 404 else None)
    yield opened
    context.close()
    assert [url for url in failed if not url.endswith("/favicon.ico")] == []


@pytest.fixture
def expect():
    """What is expected of a page comes to hold: a click returns before the next page is there."""
    from playwright.sync_api import expect

    expect.set_options(timeout=WAIT)
    return expect


def test_searching_leads_to_a_project_with_its_description(page, address, expect):
    """From the front page by the form, over the list, to a rendered description and its files."""
    page.goto(f"{address}/pypi")
    page.get_by_role("searchbox", name="Search packages").fill("demo")
    page.get_by_role("button", name="search").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Index of Packages Matching 'demo'")
    page.get_by_role("main").get_by_role("link", name="demo 1.1", exact=False).first.click()
    expect(page).to_have_title("demo 1.1 : Python Package Index")
    expect(page.get_by_role("heading", name="A demonstration")).to_be_visible()
    page.get_by_role("link", name="Download").first.focus()


def test_somebody_logs_in_and_out(page, address, expect):
    """By labels and buttons; the browser keeps the cookie."""
    page.goto(f"{address}/pypi")
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Name").fill("bob")
    page.get_by_label("Password").fill("bobpw")
    # The nonce of this form is in a cookie for https, which browsers take from this machine without it.
    page.get_by_role("button", name="Login").click()
    account = page.get_by_role("navigation", name="Account")
    expect(account).to_contain_text("bob")
    account.get_by_role("link", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1200, "light")], ids=["narrow and dark", "wide"])
def test_pages_fit_the_window_and_the_taste(page, address, width, scheme):
    """Nothing is cut off or scrolls sideways; the colours follow the system."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    grounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 25, 31)"}
    for target in ("/pypi", "/pypi/demo/1.1", "/pypi?:action=login_form"):
        page.goto(address + target)
        box = page.locator("#content-body").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert page.locator("body").evaluate("it => getComputedStyle(it).backgroundColor") == grounds[scheme]
        for name in ("#searchform", "h1", "footer"):
            found = page.locator(name).bounding_box()
            assert found["x"] + found["width"] <= width


def test_the_keyboard_gets_past_the_menu(page, address, expect):
    """The first stop of a page is the way to its content."""
    page.goto(f"{address}/pypi/demo/1.1")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/pypi/demo/1.1#content-body")

"""An office with logins, redirects, mails, a feed and HEAD, and one mistake at a time: WSGI, for tests of grouping.

`office:application` is right, `office:broken("NAME")` makes the mistake of that name. All is kept in memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from html import escape
from urllib.parse import parse_qs

PEOPLE = {
    "alice": {"id": 7, "name": "Alice Adams", "mail": "alice@example.com", "town": "Antwerp", "room": "A 12"},
    "bob": {"id": 9, "name": "Bob Brown", "mail": "bob@example.org", "town": "Bergen", "room": "K 3"},
    "carol": {"id": 12, "name": "Carol Clark", "mail": "carol@example.net", "town": "Cologne", "room": "B 77"},
}
THINGS = ["chair", "desk", "lamp", "shelf", "table", "sofa"]
MADE = ["oak", "steel", "glass", "pine", "beech", "cloth"]
HTML = ("Content-Type", "text/html; charset=utf-8")


class Office:
    """The application; `mistake` names what it does wrong."""

    def __init__(self, mistake: str = "") -> None:
        self.mistake = mistake
        self.sessions: dict[str, str] = {}
        self.orders: list[tuple[str, int]] = []

    def __call__(self, environ, start_response):
        """Answer one request."""
        status, headers, text = self.answer(environ)
        body = text.encode()
        headers = [*headers, ("Content-Length", str(len(body)))]
        head = environ["REQUEST_METHOD"] == "HEAD"
        if self.mistake in AFTER:
            status, headers, body = AFTER[self.mistake](environ, status, headers, body)
            names = [name.lower() for name, _ in headers]
            if "content-length" in names and (not head or self.mistake != "length lost"):
                at = names.index("content-length")
                headers[at] = (headers[at][0], str(len(body)))
        start_response(status, headers)
        return [b"" if head else body]

    def answer(self, environ):
        """Return status, headers and text."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"].replace("HEAD", "GET")
        form = parse_qs(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode())
        found = re.search(r"sid=(\w+)", environ.get("HTTP_COOKIE", ""))
        user = self.sessions.get(found[1]) if found else None
        if (method, path) == ("POST", "/login"):
            return self.log_in(form)
        if path in ("/", "/things.json", "/feed.xml"):
            return {"/": self.index, "/things.json": self.list, "/feed.xml": self.feed}[path]()
        if thing := re.fullmatch(r"/thing/(\d+)(/?)", path):
            return self.thing(int(thing[1]), bool(thing[2]))
        if not user:
            return "302 Found", [("Location", "/login"), HTML], "Log in first.\n"
        if path in ("/me", "/me.json"):
            return self.me(user, path)
        if (method, path) == ("POST", "/order"):
            return self.order(user, THINGS.index(form["thing"][0]) + 1)
        if order := re.fullmatch(r"/order/(\d+)", path):
            return self.ordered(int(order[1]))
        return "404 Not Found", [HTML], page("Nothing here", "<p>Look elsewhere.</p>")

    def log_in(self, form):
        """Make a session."""
        user = form["name"][0]
        sid = hashlib.sha256(f"{user} {len(self.sessions)} {os.environ.get('SALT', '')}".encode()).hexdigest()
        self.sessions[sid] = user
        cookie = [] if self.mistake == "cookie lost" else [("Set-Cookie", f"sid={sid}; Path=/; HttpOnly")]
        return "303 See Other", [("Location", "/me"), *cookie, HTML], "Welcome.\n"

    def index(self):
        """All things."""
        links = "".join(f'<li><a href="/thing/{n}/">{name}</a></li>\n' for n, name in enumerate(THINGS, 1))
        return "200 OK", [HTML, ("Cache-Control", "max-age=60")], page("Things", f"<ul>\n{links}</ul>")

    def list(self):
        """All things, for programs."""
        found = [{"id": n, "name": name, "made_of": MADE[n - 1], "price": 17 * n} for n, name in enumerate(THINGS, 1)]
        return "200 OK", [("Content-Type", "application/json")], json.dumps({"things": found}, indent=1) + "\n"

    def feed(self):
        """All things, as a feed."""
        entries = "".join(f"<entry><title>{name}</title><id>urn:x:{n}</id></entry>\n" for n, name in enumerate(THINGS))
        space = "http://www.w3.org/2005/Atom" if self.mistake != "other namespace" else "http://purl.org/atom/ns#"
        text = f'<?xml version="1.0"?>\n<feed xmlns="{space}">\n<title>Things</title>\n{entries}</feed>\n'
        return "200 OK", [("Content-Type", "application/atom+xml")], text

    def thing(self, number, slash):
        """One thing, at an address with a slash."""
        if not 0 < number <= len(THINGS):
            return "404 Not Found", [HTML], page("Nothing here", "<p>Look elsewhere.</p>")
        if not slash:
            there = number % len(THINGS) + 1 if self.mistake == "another place" else number
            return "301 Moved Permanently", [("Location", f"/thing/{there}/"), HTML], "Moved.\n"
        name, made = THINGS[number - 1], MADE[number - 1]
        tag = ("ETag", f'"{hashlib.sha1(name.encode()).hexdigest()[:12]}"')
        text = f"<p>A {name} of {made}.</p>\n<dl><dt>Price</dt><dd>{17 * number} EUR</dd></dl>"
        return "200 OK", [HTML, tag, ("Last-Modified", f"Mon, {number:02} Feb 2016 10:00:00 GMT")], page(name, text)

    def me(self, user, path):
        """Who is logged in."""
        if self.mistake == "another person":
            names = [*PEOPLE]
            user = names[(names.index(user) + 1) % len(names)]
        person = PEOPLE[user]
        if path.endswith(".json"):
            return "200 OK", [("Content-Type", "application/json")], json.dumps({"login": user, **person}) + "\n"
        rows = "".join(f"<tr><th>{name}</th><td>{escape(str(value))}</td></tr>\n" for name, value in person.items())
        text = f'<p>You are <a href="/people/{user}">{user}</a>.</p>\n<table>\n{rows}</table>'
        return "200 OK", [HTML], page(person["name"], text)

    def order(self, user, number):
        """Order a thing; the person gets a mail."""
        self.orders.append((user, number))
        to = "office@example.com" if self.mistake == "mail to another" else PEOPLE[user]["mail"]
        mail = f"From: shop@example.com\nTo: {to}\nSubject: Your {THINGS[number - 1]}\n\nThank you, {user}.\n"
        subprocess.run([os.environ["SENDMAIL"], "-oi", to], input=mail.encode(), check=True, timeout=30)
        there = 100 + len(self.orders) + (self.mistake == "off by one")
        return "303 See Other", [("Location", f"/order/{there}"), HTML], "Ordered.\n"

    def ordered(self, number):
        """What was ordered."""
        if not 100 < number <= 100 + len(self.orders):
            return "404 Not Found", [HTML], page("No such order", "<p>Look elsewhere.</p>")
        user, thing = self.orders[number - 101]
        text = f"<p>{THINGS[thing - 1]}, {17 * thing} EUR, for {PEOPLE[user]['name']}</p>"
        return "200 OK", [HTML], page(f"Order {number}", text)


def page(title, text):
    """Return a page."""
    title = escape(title)
    head = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
    return f"{head}<body>\n<h1>{title}</h1>\n{text}\n</body></html>\n"


def names_lowercased(environ, status, headers, body):
    """As HTTP/2 has them."""
    return status, [(name.lower(), value) for name, value in headers], body


def text_in_page(environ, status, headers, body):
    """Pages have a footer."""
    return status, headers, body.replace(b"</body>", b"<address>The office</address>\n</body>")


def comment_in_page(environ, status, headers, body):
    """Pages say by what they were made."""
    return status, headers, body.replace(b"</body>", b"<!-- made by the office -->\n</body>")


def emptied(environ, status, headers, body):
    """Pages of things have nothing in them."""
    return status, headers, b"" if environ["PATH_INFO"].startswith("/thing/") and status[:3] == "200" else body


AFTER = {
    "names lowercased": names_lowercased,
    "length of HEAD": text_in_page,
    "comment": comment_in_page,
    "emptied": emptied,
}

application = Office()


def broken(mistake: str) -> Office:
    """Return the office that makes a mistake."""
    return Office(mistake)

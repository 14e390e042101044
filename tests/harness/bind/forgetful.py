"""A site whose users forget their passwords: WSGI, SQLite, a mail with a link, for the tests of redacted recordings.

`DB` is its database, `MAIL` the file that its mails go to; `BROKEN` greets otherwise.
"""

import os
import secrets
import sqlite3
from urllib.parse import parse_qs


def create(path):
    """Make the database, with alice in it."""
    with sqlite3.connect(path) as base:
        base.execute("create table users (name text primary key, mail text, password text)")
        base.execute("create table resets (token text primary key, name text)")
        base.execute("insert into users values ('alice', 'alice.liddell@mail.example', 'wonderland-1865')")
    base.close()


def application(environ, start_response):
    """Answer one request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    base = sqlite3.connect(os.environ["DB"])
    with base:
        status, text = answer(base, environ["REQUEST_METHOD"], environ["PATH_INFO"], form)
    base.close()
    start_response(status, [("Content-Type", "text/html"), ("Content-Length", str(len(text.encode())))])
    return [text.encode()]


def answer(base, method, path, form):
    """Do what was asked."""
    if path == "/forgot":
        token = secrets.token_urlsafe(24)
        (mail,) = base.execute("select mail from users where name = ?", (form["user"],)).fetchone()
        base.execute("insert into resets values (?, ?)", (token, form["user"]))
        with open(os.environ["MAIL"], "a") as file:
            file.write(f"From site\nTo: {mail}\nSubject: reset\n\nGo to http://site.example/reset/{token}.\n\n")
        return "200 OK", f"<p>A mail was sent to {mail}.</p>\n"
    if path.startswith("/reset/"):
        found = base.execute("select name from resets where token = ?", (path[7:],)).fetchone()
        if not found:
            return "404 Not Found", "<p>This link is not known.</p>\n"
        if method == "POST":
            base.execute("update users set password = ? where name = ?", (form["password"], *found))
        return "200 OK", f"<p>A new password for {found[0]}</p>\n"
    known = base.execute(
        "select mail from users where name = ? and password = ?", (form.get("user"), form.get("password"))
    ).fetchone()
    if not known:
        return "403 Forbidden", "<p>No.</p>\n"
    return "200 OK", f"<p>{'Hi' if os.environ.get('BROKEN') else 'Hello'} {form['user']}, {known[0]}</p>\n"

"""The rewrite of notes.cgi: WSGI, standard library and webob. It was meant to be the same, and differs in three ways.

The export names no charset, a note does not keep which program it was written with, and mails lost the `[notes]` tag.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import webob

MAX_BODY = 200_000
SESSION = re.compile(r"[0-9a-f]{32}")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The notes as a WSGI application."""
    answer = Notes(webob.Request(environ)).answer()
    start_response(answer.status, list(answer.headers))
    return [answer.body.encode()]


@dataclass(frozen=True)
class Answer:
    """Status line, headers in order, and text."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""


class Notes:
    """One request."""

    def __init__(self, request: webob.Request) -> None:
        self.request = request
        self.data = Path(os.environ["NOTES_DATA"])
        self.database = sqlite3.connect(self.data / "notes.db", isolation_level=None)
        self.user = self.session_user()

    def answer(self) -> Answer:
        """Answer."""
        actions = {
            "login": self.login,
            "logout": self.logout,
            "list": self.list,
            "view": self.view,
            "add": self.add,
            "export": self.export,
        }
        action = self.request.GET.get("action") or "list"
        try:
            if action not in actions:
                return failure("404 Not Found", f"There is no action {action}.")
            if action != "login" and self.user is None:
                return self.redirect("action=login")
            return actions[action]()
        finally:
            self.database.close()

    def param(self, name: str) -> str | None:
        """Return a field of the form that was sent, else of the query, as CGI.pm does."""
        return (self.request.POST if self.request.method == "POST" else self.request.GET).get(name)

    def session_user(self) -> str | None:
        """Return who is logged in."""
        identity = self.request.cookies.get("notes", "")
        file = self.data / "sessions" / identity
        if not SESSION.fullmatch(identity) or not file.is_file():
            return None
        return file.read_text().strip().removeprefix("user=")

    def redirect(self, query: str, cookie: str = "") -> Answer:
        """Send the client on."""
        cookies = (("Set-Cookie", cookie),) if cookie else ()
        return Answer("302 Found", (*cookies, ("Location", f"{self.request.script_name}?{query}")))

    def login(self) -> Answer:
        """Show the form, or make a session."""
        name = self.param("name")
        if name is None:
            return page(
                "Log in",
                '<form method="post" action="?action=login">\n'
                '<input name="name"> <input name="password" type="password">\n'
                '<input type="submit" value="Log in">\n</form>\n',
            )
        password = hashlib.sha1((self.param("password") or "").encode()).hexdigest()
        known = self.database.execute(
            "SELECT name FROM users WHERE name = ? AND password = ?", (name, password)
        ).fetchone()
        if known is None:
            return failure("403 Forbidden", "Wrong name or password.")
        identity = secrets.token_hex(16)
        (self.data / "sessions" / identity).write_text(f"user={name}\n")
        (self.data / "sessions" / identity).chmod(0o600)
        self.database.execute("UPDATE users SET logins = logins + 1 WHERE name = ?", (name,))
        return self.redirect("action=list", f"notes={identity}; path=/; HttpOnly")

    def logout(self) -> Answer:
        """Forget the session."""
        (self.data / "sessions" / self.request.cookies["notes"]).unlink()
        return self.redirect("action=login", "notes=; path=/; HttpOnly")

    def list(self) -> Answer:
        """All notes, and the form for another."""
        rows = self.database.execute("SELECT id, title, author FROM notes ORDER BY id")
        items = [
            f'<li><a href="?action=view&amp;id={number}">{text(title)}</a> ({author})</li>\n'
            for number, title, author in rows
        ]
        return page(
            f"Notes of {self.user}",
            "<ul>\n"
            + "".join(items)
            + '</ul>\n<form method="post" action="?action=add" enctype="multipart/form-data">\n'
            '<input name="title"><textarea name="text"></textarea><input name="file" type="file">\n'
            '<input type="submit" value="Add">\n</form>\n<a href="?action=logout">Log out</a>\n',
        )

    def view(self) -> Answer:
        """One note."""
        number = self.param("id") or ""
        if not re.fullmatch("[0-9]{1,9}", number):
            return failure("400 Bad Request", "Which note?")
        query = "SELECT title, author, text, file FROM notes WHERE id = ?"
        note = self.database.execute(query, (number,)).fetchone()
        if note is None:
            return failure("404 Not Found", f"There is no note {number}.")
        title, author, body, file = note
        attached = f"<p>Attached: {text(file)}</p>\n" if file is not None else ""
        return page(
            title, f'<p>By {author}</p>\n<pre>{text(body)}</pre>\n{attached}<a href="?action=list">All notes</a>\n'
        )

    def add(self) -> Answer:
        """Keep a note and what is attached, and tell everybody."""
        title = self.param("title") or ""
        if not title.strip():
            return failure("400 Bad Request", "A note needs a title.")
        body = (self.param("text") or "").replace("\r\n", "\n")
        upload = self.request.POST.get("file")
        name = None
        if getattr(upload, "filename", None):
            found = re.search(r"[a-z0-9._-]{1,60}$", upload.filename.lower())
            if found is None:
                return failure("400 Bad Request", "What a name.")
            name = found[0]
            (self.data / "uploads" / name).write_bytes(upload.file.read())
        cursor = self.database.execute(
            "INSERT INTO notes (title, text, author, file, created) VALUES (?, ?, ?, ?, ?)",
            (title, body, self.user, name, int(time.time())),
        )
        self.notify(cursor.lastrowid, title)
        return self.redirect(f"action=view&id={cursor.lastrowid}")

    def notify(self, number: int | None, title: str) -> None:
        """Mail all users."""
        to = ", ".join(mail for (mail,) in self.database.execute("SELECT mail FROM users ORDER BY mail"))
        subject = re.sub("[^ -~]", "?", title)
        mail = f"From: notes@example.com\nTo: {to}\nSubject: {subject}\n\n{self.user} wrote note {number}.\n"
        subprocess.run([os.environ["NOTES_SENDMAIL"], "-t", "-oi"], input=mail.encode(), check=True, timeout=30)

    def export(self) -> Answer:
        """All notes for a spreadsheet."""
        rows = self.database.execute("SELECT id, author, title FROM notes ORDER BY id")
        lines = "".join(f"{number}\t{author}\t{title}\n" for number, author, title in rows)
        return Answer("200 OK", (("Content-Type", "text/plain"),), lines)


def page(title: str, body: str) -> Answer:
    """Return a page."""
    html = f"<html><head><title>{text(title)}</title></head>\n<body>\n<h1>{text(title)}</h1>\n{body}</body></html>\n"
    return Answer("200 OK", (("Content-Type", "text/html; charset=utf-8"),), html)


def text(value: str) -> str:
    """Escape a text for HTML, with the entities that CGI.pm writes."""
    return escape(value).replace("&#x27;", "&#39;")


def failure(status: str, message: str) -> Answer:
    """Return a refusal."""
    return Answer(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{message}\n")

"""A shop whose sessions, tokens and numbers are its own: a WSGI application for the tests of identity.

`SALT` makes its tokens, `FIRST` its first number; `BROKEN` names what a careless rewrite did to it. All is kept in the
memory of one process. It knows alice, whose password is `secret`.
"""

import hashlib
import html
import json
import os
import re
from email import message_from_bytes
from urllib.parse import parse_qs
from xmlrpc.client import dumps, loads

SALT, FIRST, BROKEN = os.environ.get("SALT", "recorded"), int(os.environ.get("FIRST", "12")), os.environ.get("BROKEN")
COOKIE = "session" if BROKEN == "cookie" else "sid"
sessions, items, tokens, serial = {}, {}, {}, [0]


def token(sort):
    """A token that only this process gives."""
    serial[0] += 1
    digest = hashlib.sha256(f"{SALT} {sort} {serial[0]}".encode()).hexdigest()
    if BROKEN == "short token" and sort == "csrf":
        return digest[:20]
    if BROKEN == "one session" and sort == "session":
        return "0" * 31 + "1"
    return digest[:18] + "+/" + digest[20:28] + "=" if sort == "csrf" else digest[:32]


def application(environ, start_response):
    """Answer one request."""
    cookies = dict(
        pair.strip().partition("=")[::2] for pair in environ.get("HTTP_COOKIE", "").split(";") if "=" in pair
    )
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    call = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    session = cookies.get(COOKIE, "")
    user = environ.get("REMOTE_USER") or sessions.get(session, {}).get("user") or basic(environ)
    status, headers, text = answer(environ, call, session, user, fields(environ, body), body)
    data = text.encode()
    start_response(status, [*headers, ("Content-Length", str(len(data)))])
    return [data]


def basic(environ):
    """The user of Basic credentials."""
    return "alice" if environ.get("HTTP_AUTHORIZATION") == "Basic YWxpY2U6c2VjcmV0" else ""


def fields(environ, body):
    """A form's fields, of both encodings."""
    kind = environ.get("CONTENT_TYPE", "")
    if kind.startswith("multipart/"):
        parts = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).get_payload()
        return {
            part.get_param("name", header="content-disposition"): part.get_payload().rstrip("\r\n") for part in parts
        }
    form = parse_qs(body.decode()) if "urlencoded" in kind else {}
    return {name: values[0] for name, values in {**parse_qs(environ["QUERY_STRING"]), **form}.items()}


def page(text, **headers):
    """An HTML page."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return "200 OK", [("Content-Type", "text/html"), *named], f"<html><body>\n{text}\n</body></html>\n"


def redirect(where, *headers):
    """A redirect."""
    return "302 Found", [("Location", where), *headers], ""


def refused(status):
    """A refusal."""
    return status, [("Content-Type", "text/plain")], status


def csrf(session):
    """A hidden field; each form has its own token."""
    sessions.setdefault(session, {})["csrf"] = made = token("csrf")
    return f'<input type="hidden" name="csrf" value="{html.escape(made)}">'


def answer(environ, call, session, user, form, body):
    """Do what was asked."""
    item = re.fullmatch(r"/item/(\d+)", call[1])
    thing = re.fullmatch(r"/api/items/(\d+)", call[1])
    if call == ("GET", "/login"):
        session = token("session")
        fields = csrf(session) + '<input name="user"><input type="password" name="password">'
        return page(f'<form action="/login" method="post">{fields}</form>', Set_Cookie=f"{COOKIE}={session}; Path=/")
    if call == ("POST", "/login"):
        if form.get("csrf") != sessions.get(session, {}).get("csrf"):
            return refused("403 Forbidden")
        if (form.get("user"), form.get("password")) != ("alice", "secret"):
            return refused("401 Unauthorized")
        session = token("session")
        sessions[session] = {"user": "alice"}
        return redirect("/items", ("Set-Cookie", f"{COOKIE}={session}; Path=/; HttpOnly"))
    if call == ("GET", "/logout"):
        return redirect("/login", ("Set-Cookie", f"{COOKIE}=gone; Max-Age=0"))
    if call[1] == "/api/token":
        made = token("bearer")
        tokens[made] = "alice"
        return "200 OK", [("Content-Type", "application/json")], json.dumps({"access_token": made, "lasts": 3600})
    if call[1].startswith("/api/") and environ.get("HTTP_AUTHORIZATION", "")[7:] not in tokens:
        return refused("401 Unauthorized")
    if call == ("POST", "/api/items"):
        number = FIRST + len(items)
        items[number] = json.loads(body)["name"]
        return "201 Created", [("Content-Type", "application/json")], json.dumps({"id": number, "count": len(items)})
    if thing:
        known = int(thing[1]) in items
        made = json.dumps({"id": int(thing[1]), "name": items.get(int(thing[1]))})
        return ("200 OK", [("Content-Type", "application/json")], made) if known else refused("404 Not Found")
    if call[1] == "/RPC2":
        arguments, method = loads(body)
        if method == "create":
            items[FIRST + len(items)] = arguments[0]
            made = {"item_id": FIRST + len(items) - 1}
        else:
            made = {"name": items[arguments[0]["item_id"]]}
        return "200 OK", [("Content-Type", "text/xml")], dumps((made,), methodresponse=True)
    if not user:
        return redirect("/login")
    if call == ("GET", "/items"):
        links = "".join(f'<li><a href="/item/{number}">{name}</a></li>' for number, name in items.items())
        extra = "<p>on sale</p>" if BROKEN == "text" else ""
        return page(f'<ul>{links}</ul>{extra}<form action="/item/add" method="post">{csrf(session)}</form> page 12')
    if call[1] in ("/item/add", "/item/edit") and form.get("csrf") != sessions.get(session, {}).get("csrf"):
        return refused("403 Forbidden")
    if call == ("POST", "/item/add"):
        number = FIRST + len(items)
        items[number] = form["name"]
        return redirect("/items" if BROKEN == "redirect" else f"/item/{number}")
    if call == ("POST", "/item/edit"):
        if int(form["item_id"]) not in items:
            return refused("404 Not Found")
        items[int(form["item_id"])] = form["name"]
        return redirect("/item/" + form["item_id"])
    if item and int(item[1]) in items:
        number = int(item[1])
        digest = hashlib.sha1(f"{SALT} {number} {items[number]}".encode()).hexdigest()
        etag = f'"{digest}"'
        if environ.get("HTTP_IF_NONE_MATCH") == etag:
            return "304 Not Modified", [("ETag", etag)], ""
        hidden = f'{csrf(session)}<input type="hidden" name="item_id" value="{number}">'
        return page(f'<h1>{items[number]} costs 12</h1><form action="/item/edit">{hidden}</form>', ETag=etag)
    return refused("404 Not Found")

"""A small application, and nothing else: a page with a link, and what the link leads to."""

PAGE = b'<html><body><h1>Things</h1>\n<a href="/file/thing-1.txt">thing-1</a><br/>\n</body></html>\n'


def application(environ, start_response):
    """Answer the page or the file."""
    found = {"/": ("text/html; charset=utf-8", PAGE), "/file/thing-1.txt": ("text/plain", b"one\n")}
    kind, body = found.get(environ["PATH_INFO"], ("text/plain", b""))
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def changed(environ, start_response):
    """Answer the same with another heading, and another link."""
    body = b"".join(application(environ, start_response))
    return [body.replace(b"Things", b"Goods!").replace(b'thing-1.txt"', b'thing-1.txt?v=1"')]

"""Form data of a request, parsed as the standard library's FieldStorage did on Python 2: bytes in, {name: value} out.

A value is a text, a `FileUpload`, or a list of those where the name was repeated. Kept by code, since `cgi` left
Python: the query is merged into a POST, empty values vanish from queries and urlencoded bodies but stay in multipart
ones, `;` separates like `&`, and multipart lines may end in a bare LF (distutils sends that). No strict parser
accepts it all.
"""

import re

URLENCODED = 'application/x-www-form-urlencoded'
HEADER_LINE = re.compile(rb'[^\n]*\n|[^\n]+')


class BadEncoding(Exception):
    """A value is not UTF-8 (B223)."""


class FileUpload:
    """A file part: its name as sent, its content, and its media type (None where the part has no Content-Type)."""

    def __init__(self, filename, value, type):
        self.filename = filename
        self.value = value
        self.type = type


def parse_form(env, rfile):
    """Return the form of a request; `env` has CGI variables as latin-1 text, `rfile` the body.

    ValueError for a multipart body without a boundary: nobody caught that, and it never came to an answer (B016).
    """
    method = env.get('REQUEST_METHOD', 'GET').upper()
    query = env.get('QUERY_STRING', '').encode('latin-1')
    content_type = env.get('CONTENT_TYPE') or (URLENCODED if method == 'POST' else '')
    if method in ('GET', 'HEAD'):
        fields = parse_urlencoded(query)
    elif content_type:
        fields = parse_post(content_type, query, read_body(env, rfile))
    else:
        fields = []  # what does not say that it is a form has neither query nor body for FieldStorage (B030)
    return gather(fields)


def read_body(env, rfile):
    """Read CONTENT_LENGTH bytes, or to the end of the input where there is no usable length."""
    try:
        length = int(env.get('CONTENT_LENGTH') or -1)
    except ValueError:
        length = -1
    return rfile.read(length) if length >= 0 else rfile.read()


def parse_post(content_type, query, body):
    """Return the (name, value) pairs of a POST, or of what has a body like one: of its body and of its query."""
    kind, parameters = parse_header(content_type)
    if kind == URLENCODED:
        return parse_urlencoded(body + b'&' + query if query else body)
    if kind.startswith('multipart/'):
        boundary = parameters.get('boundary', '')
        if not re.fullmatch('[ -~]{0,200}[!-~]', boundary):
            raise ValueError('Invalid boundary in multipart form: %r' % boundary)
        return parse_urlencoded(query) + parse_multipart(body, boundary.encode('latin-1'))
    return []


def parse_urlencoded(data):
    """Return the (name, value) pairs of `a=1&b=2;c=3`, without those that have no value."""
    pairs = (piece.split(b'=', 1) for piece in re.split(b'[&;]', data))
    return [(unquote_plus(pair[0]), unquote_plus(pair[1])) for pair in pairs if len(pair) == 2 and pair[1]]


def unquote_plus(data):
    """Undo `+` and percent quoting."""
    data = data.replace(b'+', b' ')
    if b'%' not in data:
        return data
    from urllib.parse import unquote_to_bytes  # not at the top: many CGI requests never need it
    return unquote_to_bytes(data)


def parse_multipart(body, boundary):
    """Return the (name, value) pairs of a multipart body; the values of file parts are FileUploads."""
    delimiter = re.compile(rb'^--' + re.escape(boundary) + rb'(--)?[ \t\r\f\v]*(?:\n|\Z)', re.MULTILINE)
    fields = []
    match = delimiter.search(body)
    while match is not None and not match.group(1):
        headers, start = parse_headers(body, match.end())
        length = re.fullmatch('[0-9]{1,18}', headers.get(b'content-length', ''))
        given = start + int(length[0]) if length else None
        match = delimiter.search(body, given or start)
        end = match.start() if match is not None else len(body)  # cut off: the last part goes to the end
        content = re.sub(rb'\r?\n\Z', b'', body[start:end]) if given is None else body[start:given]
        field = parse_part(headers, content)
        if field is not None:
            fields.append(field)
    return fields


def parse_headers(body, start):
    """Return ({name in lower case: value}, where the content begins) of the part at `start`: after an empty line, or at
    the first line that is no header.
    """
    headers, name = {}, None
    for line in HEADER_LINE.finditer(body, start):
        text = line.group()
        if text in (b'\n', b'\r\n'):
            return headers, line.end()
        if text[:1] in b' \t' and name:
            headers[name] += ' ' + text.strip().decode('latin-1')
            continue
        name, colon, value = text.partition(b':')
        if not colon:
            return headers, line.start()
        name = name.lower()
        headers[name] = value.strip().decode('latin-1')
    return headers, len(body)


def parse_part(headers, content):
    """Return one (name, value) of a part, or None if it has no name."""
    _, parameters = parse_header(headers.get(b'content-disposition', ''))
    if 'name' not in parameters:
        return None
    if 'filename' in parameters:
        filename = parameters['filename'].encode('latin-1').decode('utf-8', 'replace')
        content = FileUpload(filename, content, headers.get(b'content-type') or None)
    return parameters['name'].encode('latin-1'), content


def parse_header(value):
    """Return ('form-data', {'name': ...}) of `form-data; name="..."`; a semicolon in quotes separates nothing."""
    kind, *pieces = re.findall(r'(?:;|^)((?:[^;"]|"(?:\\"|[^"])*(?:"|$))*)', value)
    parameters = {}
    for piece in pieces:
        name, equals, text = piece.partition('=')
        text = text.strip()
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = re.sub(r'\\(["\\])', r'\1', text[1:-1])
        if equals:
            parameters[name.strip().lower()] = text
    return kind.strip(), parameters


def gather(fields):
    """Return {name: value or list} of pairs in order; every text must be UTF-8, names need not be."""
    form = {}
    for name, value in fields:
        name = name.decode('utf-8', 'replace')
        if isinstance(value, bytes):
            try:
                value = value.decode('utf-8')
            except UnicodeDecodeError:
                raise BadEncoding('Form data is not correctly encoded in UTF-8') from None
        if name not in form:
            form[name] = value
        elif isinstance(form[name], list):
            form[name].append(value)
        else:
            form[name] = [form[name], value]
    return form

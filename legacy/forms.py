"""Form data of a request, parsed as the standard library's FieldStorage did on Python 2: bytes in, {name: value} out.

A value is a text, a `FileUpload`, or a list of those where the name was repeated. Kept by code, since `cgi` left
Python: the query is merged into a POST, empty values vanish from queries and urlencoded bodies but stay in multipart
ones, `;` separates like `&`, and multipart lines may end in a bare LF (distutils sends that). No strict parser
accepts it all.
"""

import re

URLENCODED = 'application/x-www-form-urlencoded'


class BadEncoding(Exception):
    """A value is not UTF-8 (B223)."""


class FileUpload:
    """A file part: its name as sent, its content, and its media type (None where the part has no Content-Type)."""

    def __init__(self, filename, value, type):
        self.filename = filename
        self.value = value
        self.type = type


def parse_form(env, rfile):
    """Return the form of a request; `env` has CGI variables as latin-1 text, `rfile` the body."""
    method = env.get('REQUEST_METHOD', 'GET').upper()
    query = env.get('QUERY_STRING', '').encode('latin-1')
    if method in ('GET', 'HEAD'):
        fields = parse_urlencoded(query)
    elif method == 'POST':
        fields = parse_post(env.get('CONTENT_TYPE') or URLENCODED, query, read_body(env, rfile))
    else:
        fields = []  # FieldStorage looks at neither query nor body of other methods (B030)
    return gather(fields)


def read_body(env, rfile):
    """Read CONTENT_LENGTH bytes, or to the end of the input where there is no usable length."""
    try:
        length = int(env.get('CONTENT_LENGTH') or -1)
    except ValueError:
        length = -1
    return rfile.read(length) if length >= 0 else rfile.read()


def parse_post(content_type, query, body):
    """Return the (name, value) pairs of a POST: of its body and of its query."""
    kind, parameters = parse_header(content_type)
    if kind == URLENCODED:
        return parse_urlencoded(body + b'&' + query if query else body)
    if kind == 'multipart/form-data' and parameters.get('boundary'):
        return parse_urlencoded(query) + parse_multipart(body, parameters['boundary'].encode('latin-1'))
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
    fields, start = [], None
    for match in delimiter.finditer(body):
        if start is not None:
            fields.append(parse_part(body[start:match.start()]))
        start = match.end()
        if match.group(1):
            break
    else:
        if start is not None:  # cut off: the last part goes to the end
            fields.append(parse_part(body[start:]))
    return [field for field in fields if field is not None]


def parse_part(data):
    """Return one (name, value) of the bytes between two delimiter lines, or None if it has no name."""
    blank = re.search(rb'^\r?\n', data, re.MULTILINE)
    head, content = (data[:blank.start()], data[blank.end():]) if blank else (data, b'')
    headers = {}
    for line in re.sub(rb'\r?\n[ \t]+', b' ', head).splitlines():
        name, colon, value = line.partition(b':')
        if colon:
            headers[name.strip().lower()] = value.strip().decode('latin-1')
    _, parameters = parse_header(headers.get(b'content-disposition', ''))
    if 'name' not in parameters:
        return None
    content = re.sub(rb'\r?\n\Z', b'', content)
    if 'filename' in parameters:
        filename = parameters['filename'].encode('latin-1').decode('utf-8', 'replace')
        content = FileUpload(filename, content, headers.get(b'content-type'))
    return parameters['name'].encode('latin-1'), content


def parse_header(value):
    """Return ('form-data', {'name': ...}) of `form-data; name="..."`."""
    kind = value.partition(';')[0].strip()
    parameters = {}
    for match in re.finditer(r';\s*([^=;\s]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;]*))', value):
        name, quoted, plain = match.groups()
        text = re.sub(r'\\(["\\])', r'\1', quoted) if quoted is not None else plain.strip()
        parameters[name.lower()] = text
    return kind, parameters


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

"""Downloads: a path below files_dir and the request's conditions in; status, headers and chunks out.

As the front end of the time served them from disk (B278): ranges, validators made of size and modification time.
"""

import os
import re
import time
from typing import NamedTuple

CHUNK = 64 * 1024
BOUNDARY = 'part-of-a-distribution'  # fixed, so that the same request always has the same answer
TYPES = {
    '.gz': 'application/gzip', '.tgz': 'application/gzip', '.zip': 'application/zip', '.bz2': 'application/x-bzip2',
    '.asc': 'application/pgp-signature', '.exe': 'application/x-msdos-program',
}


class Answer(NamedTuple):
    """What to send."""

    status: int
    reason: str
    headers: list
    chunks: object


def answer(root, env):
    """Return the Answer to a request for the file at PATH_INFO."""
    path = stored_path(root, env.get('PATH_INFO', ''))
    if path is None:
        return Answer(404, 'Not Found', [('Content-Type', 'text/plain; charset=utf-8')], [b'Not Found\n'])
    stat = os.stat(path)
    validators = [('Last-Modified', last_modified(stat)), ('ETag', entity_tag(stat)),
                  ('Accept-Ranges', 'bytes')]
    if env.get('REQUEST_METHOD') not in ('GET', 'HEAD'):
        return Answer(405, 'Method Not Allowed', [('Allow', 'GET, HEAD'), ('Content-Type', 'text/plain')], [b''])
    if not_modified(env, stat):
        return Answer(304, 'Not Modified', validators, [])
    full = Answer(200, 'OK', [*validators, ('Content-Type', media_type(path)), ('Content-Length', str(stat.st_size))],
                  pieces(path, [(0, stat.st_size)]))
    found = full if not applies(env, stat) else ranged(path, stat.st_size, env.get('HTTP_RANGE', ''), validators, full)
    return found._replace(chunks=[]) if env.get('REQUEST_METHOD') == 'HEAD' else found


def stored_path(root, path_info):
    """The file below `root`, or None: also for whatever would lead out of it."""
    parts = path_info.encode('latin-1').decode('utf-8', 'surrogateescape').split('/')[1:]
    if not root or not parts or any(part in ('', '.', '..') or '\0' in part for part in parts):
        return None
    path = os.path.join(root, *parts)
    inside = os.path.realpath(path).startswith(os.path.realpath(root) + os.sep)
    return path if inside and os.path.isfile(path) else None


def media_type(path):
    """The type by the last extension."""
    return TYPES.get(os.path.splitext(path)[1].lower()) or 'application/octet-stream'


def last_modified(stat):
    """The modification time as an HTTP date."""
    return time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime(stat.st_mtime))


def entity_tag(stat):
    """Size and modification time, in hexadecimal, as Apache makes it."""
    return '"%x-%x"' % (stat.st_size, stat.st_mtime_ns // 1000)


def not_modified(env, stat):
    """RFC 9110 section 13.1: If-None-Match decides; without it If-Modified-Since."""
    tags = env.get('HTTP_IF_NONE_MATCH')
    if tags:
        return tags.strip() == '*' or entity_tag(stat) in [tag.strip().removeprefix('W/') for tag in tags.split(',')]
    since = http_date(env.get('HTTP_IF_MODIFIED_SINCE'))
    return since is not None and int(stat.st_mtime) <= since


def http_date(text):
    """Seconds since the epoch of an HTTP date, or None."""
    from email.utils import parsedate_to_datetime  # 10 ms of a CGI start, and rarely needed
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except ValueError:
        return None


def applies(env, stat):
    """A Range counts unless an If-Range names another state of the file (RFC 9110 section 13.1.5)."""
    condition = env.get('HTTP_IF_RANGE', '').strip()
    if not env.get('HTTP_RANGE') or env.get('REQUEST_METHOD') != 'GET':
        return False
    return not condition or condition == entity_tag(stat) or http_date(condition) == int(stat.st_mtime)


def ranged(path, size, header, validators, full):
    """Return the Answer for a Range header: one part, several parts, none, or all where the header is no range."""
    wanted = byte_ranges(header, size)
    if wanted is None:
        return full
    if not wanted:
        return Answer(416, 'Requested Range Not Satisfiable', [
            ('Content-Range', 'bytes */%d' % size), ('Content-Type', 'text/plain; charset=utf-8'),
        ], [b'Range not satisfiable\n'])
    if len(wanted) == 1:
        start, end = wanted[0]
        return Answer(206, 'Partial Content', [
            *validators, ('Content-Range', 'bytes %d-%d/%d' % (start, end - 1, size)),
            ('Content-Type', media_type(path)), ('Content-Length', str(end - start)),
        ], pieces(path, wanted))
    body = b''.join(multipart(path, wanted, size))
    return Answer(206, 'Partial Content', [
        *validators, ('Content-Type', 'multipart/byteranges; boundary=' + BOUNDARY),
        ('Content-Length', str(len(body)))], [body])


def byte_ranges(header, size):
    """[(start, end)] of `bytes=0-9,-5`, those that exist; None if the header is not of that form."""
    if not re.fullmatch(r'bytes=\s*(\d+-\d*|-\d+)(\s*,\s*(\d+-\d*|-\d+))*\s*', header):
        return None
    ranges = []
    for first, last in re.findall(r'(\d*)-(\d*)', header.partition('=')[2]):
        start = int(first) if first else max(size - int(last), 0)
        end = min(int(last) + 1, size) if first and last else size
        if first and last and int(last) < int(first):
            return None
        if start < end:
            ranges.append((start, end))
    return ranges


def pieces(path, ranges):
    """The bytes of a file, in chunks."""
    with open(path, 'rb') as source:
        for start, end in ranges:
            source.seek(start)
            while start < end:
                chunk = source.read(min(CHUNK, end - start))
                if not chunk:
                    return
                start += len(chunk)
                yield chunk


def multipart(path, ranges, size):
    """Several ranges as multipart/byteranges (RFC 9110 section 14.6)."""
    for start, end in ranges:
        yield ('\r\n--%s\r\nContent-type: %s\r\nContent-range: bytes %d-%d/%d\r\n\r\n' % (
            BOUNDARY, media_type(path), start, end - 1, size)).encode()
        yield from pieces(path, [(start, end)])
    yield ('\r\n--%s--\r\n' % BOUNDARY).encode()

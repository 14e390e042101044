"""What curl is told to ask, by topic: (words, status that must come). `{base}` is the index's address."""

from __future__ import annotations

PAGES = (
    ("{base}/", 301),
    ("--location {base}/", 200),
    ("{base}/pypi", 200),
    ("{base}/pypi/", 200),
    ("'{base}/pypi?:action=home'", 200),
    ("'{base}/pypi?:action=index'", 200),
    ("'{base}/pypi?:action=display&name=demo'", 200),
    ("'{base}/pypi?:action=display&name=demo&version=1.0'", 200),
    ("'{base}/pypi?:action=display&name=demo&version=99'", 404),
    ("'{base}/pypi?:action=display'", 400),
    ("{base}/pypi/demo", 200),
    ("{base}/pypi/demo/", 200),
    ("{base}/pypi/Demo", 301),
    ("--location {base}/pypi/DEMO/1.0", 200),
    ("{base}/pypi/demo/99.99", 404),
    ("{base}/pypi/no-such-project", 404),
    ("{base}/pypi/no-such-project/1.0", 404),
    ("{base}/nowhere", 404),
    ("{base}/favicon.ico", 404),
    ("{base}/robots.txt", 404),
)
SIMPLE = (
    ("{base}/simple", 301),
    ("{base}/simple/", 200),
    ("--head {base}/simple/", 200),
    ("{base}/simple/demo", 301),
    ("{base}/simple/Demo/", 301),
    ("{base}/simple/DEMO", 301),
    ("--location {base}/simple/DEMO", 200),
    ("{base}/simple/no-such-project", 301),
    ("{base}/simple/no-such-project/", 404),
    ("{base}/simple/No_Such.Project/", 404),
    ("{base}/simple/demo/1.0/", 404),
    ("{base}/simple/demo/1.0", 301),
    ("--header 'Accept: application/vnd.pypi.simple.v1+json' {base}/simple/demo/", 200),
    ("--compressed {base}/simple/demo/", 200),
    ("--http1.0 {base}/simple/demo/", 200),
    ("'{base}/simple/demo/?x=1'", 200),
    ("{base}/simple//demo/", 404),
    ("{base}/simple/%64emo/", 200),
)
MACHINE = (
    ("'{base}/pypi?:action=rss'", 200),
    ("--header 'If-None-Match: \"x\"' '{base}/pypi?:action=rss'", 200),
    ("'{base}/pypi?:action=list_classifiers'", 200),
    ("'{base}/pypi?%3Aaction=list_classifiers'", 200),
    ("'{base}/pypi?:action=json&name=demo'", 200),
    ("'{base}/pypi?:action=json&name=demo&version=1.0'", 200),
    ("{base}/pypi/Demo/json", 301),
    ("--location {base}/pypi/DEMO/json", 200),
    ("{base}/pypi/demo/99.99/json", 404),
    ("{base}/pypi/no-such-project/json", 404),
    ("'{base}/pypi?:action=doap&name=demo&version=1.0'", 200),
    ("'{base}/pypi?:action=doap&name=no-such-project'", 404),
    ("'{base}/pypi?:action=search&term=demo&submit=search'", 200),
    ("'{base}/pypi?:action=search&term=nothing-of-that-kind'", 200),
    ("'{base}/pypi?:action=search&term='", 400),
    ("'{base}/pypi?:action=search&name=demo'", 400),
    ("'{base}/pypi?%3Aaction=search&term=d%C3%A9mo&submit=search'", 200),
    ("--data ':action=search&term=demo' {base}/pypi", 200),
    ("'{base}/pypi?:action=show_md5&digest=00000000000000000000000000000000'", 404),
    ("'{base}/pypi?:action=show_md5'", 404),
)
FILES = (
    ("{url}", 200),
    ("--head {url}", 200),
    ("--range 0-99 {url}", 206),
    ("--range -50 {url}", 206),
    ("--range 100- {url}", 206),
    ("--range 0-0,5-9 {url}", 206),
    ("--range 999999- {url}", 416),
    ("--header 'Range: nonsense' {url}", 200),
    ("--http1.0 {url}", 200),
    ("--header 'If-None-Match: \"another\"' {url}", 200),
    ("--header 'If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT' {url}", 200),
    ("{url}.asc", 404),
    ("'{base}/pypi?:action=show_md5&digest={digest}'", 200),
)
NO_FILES = (
    ("{base}/packages", 404),
    ("{base}/packages/", 404),
    ("{base}/packages/source/d/demo/demo-1.0.tar.gz", 404),
    ("{base}/packages/00/00/nothing/demo-1.0.tar.gz", 404),
    ("--head {base}/packages/00/00/nothing/demo-1.0.tar.gz", 404),
    ("--data x {base}/packages/00/00/nothing/demo-1.0.tar.gz", 404),
)
PASSWORDS = (
    ("--user alice:alicepw {base}/pypi", 200),
    ("--user alice:wrong {base}/pypi", 200),
    ("--user nobody:x {base}/pypi", 200),
    ("--user ALICE:alicepw {base}/pypi", 200),
    ("--user bob:bobpw --form :action=submit --form name=curled-password --form version=1 {base}/pypi", 200),
    ("--user bob:wrong --form :action=submit --form name=curled-password --form version=2 {base}/pypi", 401),
    ("--user nobody:x --form :action=submit --form name=curled-password --form version=2 {base}/pypi", 401),
    ("--form :action=submit --form name=curled-password --form version=2 {base}/pypi", 401),
    ("--user carol:carol:has:colons --form :action=submit --form name=curled-colons --form version=1 {base}/pypi", 200),
    ("--user 'Erin:Erin pw with spaces' --form :action=submit --form name=spaced --form version=1 {base}/pypi", 200),
    ("--anyauth --user bob:bobpw --form :action=submit --form name=curled-password --form version=3 {base}/pypi", 200),
    ("--user frank:frankpw --form :action=submit --form name=curled-password --form version=4 {base}/pypi", 403),
    ("--header 'Authorization: Bearer abc' --form :action=submit --form name=x --form version=1 {base}/pypi", 401),
    ("--header 'Authorization: Basic !!!' --form :action=submit --form name=x --form version=1 {base}/pypi", 401),
    ("--header 'Authorization: Basic YWxpY2U=' --form :action=submit --form name=x --form version=1 {base}/pypi", 401),
    ("--header 'Authorization: basic YWxpY2U6YWxpY2Vwdw==' {base}/pypi", 200),
    ("--header 'Authorization: Basic' {base}/pypi", 200),
    ("--header 'Cookie: pypi=0123456789abcdef0123456789abcdef' {base}/pypi", 200),
    ("--user alice:alicepw {base}/simple/demo/", 200),
)
ODD = (
    ("--request PROPFIND {base}/pypi", 200),
    ("--request PROPFIND --header 'Content-Type: text/xml' --data '<propfind/>' {base}/pypi", 200),
    ("--request OPTIONS {base}/pypi", 200),
    ("--request OPTIONS {base}/simple/demo/", 200),
    ("--request PUT --data x {base}/pypi", 200),
    ("--request DELETE {base}/pypi/demo", 200),
    ("--request BREW {base}/pypi", 200),
    ("--head {base}/pypi", 200),
    ("--head {base}/pypi/demo", 200),
    ("--head {base}/pypi/demo/json", 200),
    ("--head '{base}/pypi?:action=rss'", 200),
    ("--head {base}/simple/no-such-project/", 404),
    ("--data '' {base}/pypi", 200),
    ("--header 'Content-Type: text/xml' --data '' {base}/pypi", 200),
    ("--header 'Content-Type: text/xml' --data '<nonsense' {base}/pypi", 200),
    (
        "--header 'Content-Type: text/xml; charset=utf-8' --data "
        '\'<?xml version="1.0"?><methodCall><methodName>package_releases</methodName><params><param><value>demo</value>'
        "</param></params></methodCall>' {base}/pypi",
        200,
    ),
    (
        "--header 'Content-Type: application/xml' --data "
        "'<methodCall><methodName>list_packages</methodName></methodCall>' {base}/pypi",
        200,
    ),
    ("--header 'Content-Type: application/json' --data '{}' {base}/pypi", 200),
    ("--data 'name=demo&version=1.0' '{base}/pypi?:action=display'", 200),
    ("--data 'name=demo' '{base}/pypi?name=other&:action=display'", 400),
    ("'{base}/pypi?:action=nonsense'", 404),
    ("'{base}/pypi?:action='", 200),
    ("'{base}/pypi?:action=display&:action=home'", 500),
    ("'{base}/pypi?:action=display&name='", 400),
    ("'{base}/pypi?:action=display&name=demo;version=1.0'", 200),
    ("'{base}/pypi?&&&'", 200),
    ("'{base}/pypi?='", 200),
    ("'{base}/pypi?:action=display&name=%FF%FE'", 400),
    ("'{base}/pypi?:action=display&name=demo%00'", 500),
    ("'{base}/pypi/d%C3%A9mo'", 404),
    ("'{base}/pypi/%FF'", 404),
    ("'{base}/pypi/demo%2F1.0'", 200),
    ("'{base}/pypi/demo/1.0/extra/parts'", 404),
    ("--path-as-is {base}/pypi/../pypi/demo", 404),
    ("--path-as-is {base}/packages/../../../etc/passwd", 404),
    ("--path-as-is {base}/packages/%2e%2e/%2e%2e/etc/passwd", 404),
    ("{base}//pypi", 404),
    ("{base}/pypi//demo", 400),
    ("{base}/PYPI", 404),
    ("--request-target {base}/simple/demo/ {base}", 200),
    ("--header 'Host: pypi.example.org' {base}/simple/demo", 301),
    ("--header 'Host: pypi.example.org' {base}/pypi/demo", 200),
    ("--header 'X-Forwarded-Proto: https' --header 'X-Forwarded-For: 192.0.2.1' {base}/pypi/demo", 200),
    ("--header 'Proxy: http://192.0.2.1/' {base}/pypi", 200),
    ("--header 'X-Twice: a' --header 'X-Twice: b' {base}/pypi", 200),
    ("--header 'Accept: text/xml' {base}/pypi", 200),
    ("--header 'Accept-Language: de' {base}/pypi", 200),
    ("--user-agent '' {base}/pypi", 200),
    ("--user-agent 'Mozilla/5.0 (compatible; search-bot/2.1)' {base}/pypi/demo", 200),
    ("--http1.0 --header 'Host:' {base}/pypi", 200),
)
_SUBMIT = "--user bob:bobpw --form :action=submit --form name=curled"
_WHEEL = "--form filetype=bdist_wheel --form pyversion=py2.py3"
_SDIST = "--form filetype=sdist"
_UPLOAD = "--user bob:bobpw --form :action=file_upload --form protocol_version=1 --form name=curled"
WRITES = (
    ("--form :action=verify --form name=curled --form version=1.0 {base}/pypi", 200),
    ("--form :action=verify --form name=curled {base}/pypi", 400),
    ("--form :action=verify --form name=curled --form version=1.0 --form 'classifiers=Of :: Nobody' {base}/pypi", 400),
    (f"{_SUBMIT} --form version=1.0 --form 'summary=by hand' {{base}}/pypi", 200),
    (f"{_SUBMIT} --form version=1.0 --form 'summary=by hand, again' --form license=MIT {{base}}/pypi", 200),
    (f"{_SUBMIT} --form version=1.1 --form 'description=von Hand: \u00fc\u00f6\u00e4' --http1.0 {{base}}/pypi", 200),
    (f"{_SUBMIT} --form version=1.2 --header 'Transfer-Encoding: chunked' {{base}}/pypi", 200),
    (f"{_SUBMIT} --form version=1.3 --header 'Expect: 100-continue' {{base}}/pypi", 200),
    (f"{_SUBMIT} --form version=1.4 --form home_page=nowhere {{base}}/pypi", 400),
    (f"{_SUBMIT} --form 'version=one point zero' {{base}}/pypi", 400),
    (f"{_SUBMIT} {{base}}/pypi", 400),
    ("--user bob:bobpw --form :action=submit --form version=1.0 {base}/pypi", 400),
    ("--user bob:bobpw --form :action=submit --form name=Curled --form version=1.0 {base}/pypi", 403),
    ("--user bob:bobpw --data ':action=submit&name=curled&version=1.5&summary=a+form' {base}/pypi", 200),
    (f"{_UPLOAD} --form version=1.0 {_WHEEL} --form content=@{{wheel}} {{base}}/pypi", 200),
    (f"{_UPLOAD} --form version=1.0 {_WHEEL} --form content=@{{wheel}} {{base}}/pypi", 400),
    (f"{_UPLOAD} --form version=1.1 --form filetype=bdist_wheel --form content=@{{other}} {{base}}/pypi", 400),
    (f"{_UPLOAD} --form version=1.1 {_WHEEL} --form md5_digest=00 "
     "--form content=@{other} {base}/pypi", 400),
    (f"{_UPLOAD} --form version=1.1 {_WHEEL} --form content=@{{other}} "
     "--header 'Transfer-Encoding: chunked' {base}/pypi/", 200),
    (f"{_UPLOAD} --form version=2.0 {_SDIST} --form content=@{{big}} "
     "--header 'Expect: 100-continue' {base}/pypi", 200),
    (f"{_UPLOAD} --form version=9.9 {_SDIST} --form 'content=@{{small}};filename=curled-9.9.txt' {{base}}/pypi", 400),
    (f"{_UPLOAD} --form version=9.9 {_SDIST} --form 'content=@{{small}};filename=other-9.9.tar.gz' {{base}}/pypi", 400),
    (f"{_UPLOAD} --form version=9.9 {_SDIST} --form content= {{base}}/pypi", 400),
    (f"{_UPLOAD} --form version=9.9 --form filetype=nonsense --form content=@{{small}} {{base}}/pypi", 400),
    ("--user frank:frankpw --form :action=file_upload --form name=curled --form version=1.0 --form filetype=sdist "
     "--form content=@{small} {base}/pypi", 403),
    ("--form :action=file_upload --form name=curled --form version=1.0 --form filetype=sdist "
     "--form content=@{small} {base}/pypi", 401),
    ("{base}/simple/curled/", 200),
    ("{base}/pypi/curled/json", 200),
    ("'{base}/pypi?:action=rss'", 200),
    ("{base}/pypi/curled/1.0", 200),
)  # fmt: skip
_BOUNDARY = "--------------GHSKFJDLGDS7543FJKLFHRE75642756743254"


def _lines(fields: dict[str, str], end: str, encoding: str = "utf-8") -> bytes:
    """A multipart body as `register` of distutils writes it: an empty line first, and `end` for every line's end."""
    parts = [f'Content-Disposition: form-data; name="{name}"{end}{end}{value}{end}' for name, value in fields.items()]
    body = end + f"--{_BOUNDARY}{end}" + f"--{_BOUNDARY}{end}".join(parts) + f"--{_BOUNDARY}--{end}"
    return body.encode(encoding)


_FIELDS = {
    ":action": "submit",
    "name": "bare",
    "version": "1.0",
    "summary": "line ends alone",
    "metadata_version": "1.0",
}
BODIES = {
    "lf": _lines(_FIELDS, "\n"),
    "crlf": _lines({**_FIELDS, "version": "1.1"}, "\r\n"),
    "empty-values": _lines({**_FIELDS, "version": "1.2", "license": "", "keywords": ""}, "\n"),
    "latin-1": _lines({**_FIELDS, "version": "1.3", "author": "Zo\u00eb"}, "\n", "latin-1"),
    "control": _lines({**_FIELDS, "version": "1.4", "description": "bell \x07, form feed \x0c, tab \t"}, "\n"),
    "cut": _lines({**_FIELDS, "version": "1.5"}, "\n")[:-60],
    "twice": _lines({**_FIELDS, "version": "1.6"}, "\n").replace(b'name="summary"', b'name="version"'),
    "verify": _lines({**_FIELDS, ":action": "verify"}, "\n"),
    "no-name": _lines({key: value for key, value in _FIELDS.items() if key != "name"}, "\n"),
    "preamble": b"This is a message in parts.\r\n" + _lines({**_FIELDS, "version": "1.7"}, "\r\n"),
}
_TYPE = f"--header 'Content-Type: multipart/form-data; boundary={_BOUNDARY}; charset=utf-8'"
_BOB = "--user bob:bobpw"
_POST = f"{_BOB} {_TYPE} {{base}}/pypi --data-binary"
RAW = (
    (f"{_POST} @lf", 200),
    (f"{_POST} @lf", 200),
    (f"{_POST} @crlf", 200),
    (f"{_POST} @empty-values", 200),
    (f"{_POST} @latin-1", 400),
    (f"{_POST} @control", 200),
    (f"{_POST} @cut", 200),
    (f"{_POST} @twice", 400),
    (f"{_POST} @verify", 200),
    (f"{_POST} @no-name", 400),
    (f"{_POST} @preamble", 200),
    (f"{_TYPE} {{base}}/pypi --data-binary @lf", 401),
    ("--user bob:bobpw --header 'Content-Type: multipart/form-data' --data-binary @lf {base}/pypi", 500),
    (
        f"{_BOB} --header 'Content-Type: multipart/form-data; boundary=\"{_BOUNDARY}\"' "
        "--data-binary @crlf {base}/pypi",
        200,
    ),
    (
        f"{_BOB} --header 'Content-type: multipart/form-data; boundary={_BOUNDARY}' --data-binary @lf {{base}}/pypi",
        200,
    ),
    ("--header 'Content-Type: application/x-www-form-urlencoded' --data-binary @lf {base}/pypi", 200),
    ("{base}/pypi/bare/json", 200),
    ("{base}/pypi/bare/1.4", 200),
)

"""The real clients that the lab runs against the old index: what `recordings.environments` installs, each with one job.

A name comes in, a `Client` goes out. Clients whose interpreter is missing are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.scream.client import Client
from recordings.clients import bandersnatch, buildout
from recordings.environments import MissingError, python_of
from recordings.projects import Project, write_project, write_pyproject, write_wheel
from recordings.session import SCRIPTS, Session

ROOT = Path(__file__).resolve().parent.parent
Prepare = Callable[[Session], None]
PIP = "-m pip download --no-cache-dir --no-deps --retries 1 -i {url}/simple/ demo"
SEARCH = "-m pip search --index {url}/pypi demo"
UV = (
    "-m uv --no-progress pip install --no-cache --no-deps --python {python} --target {home}/site"
    " --default-index {url}/simple/ demo"
)
EASY = "-m easy_install -i {url}/simple -d {home}/site demo"
UPLOADED = Project("secretive", "0.7")


def _site(session: Session) -> None:
    (session.work / "site").mkdir()


def _login(session: Session) -> None:
    session.pypirc("bob", "bobpw")


def _project(session: Session) -> None:
    _login(session)
    write_project(session, UPLOADED, module="distutils.core", folder="project")


def _wheel(session: Session) -> None:
    _login(session)
    write_wheel(session, UPLOADED)


def _documentation(session: Session) -> None:
    _login(session)
    write_project(session, UPLOADED, folder="project")
    session.write("project/html/index.html", "<title>secretive</title>\n<p>Read it.\n")


def _pyproject(session: Session) -> None:
    """A project without setup.py; its wheel lies in `dist`, since building it would want its backend."""
    _login(session)
    root = write_pyproject(session, UPLOADED)
    (root / "__pypackages__").mkdir()  # where pdm installs
    (root / "dist").mkdir()
    wheel = write_wheel(session, UPLOADED)
    wheel.rename(root / "dist" / wheel.name)


CURL = """
import hashlib, subprocess, sys
content = open(sys.argv[2], "rb").read()
fields = {":action": "file_upload", "protocol_version": "1", "metadata_version": "1.0", "name": "secretive",
    "version": "0.7", "filetype": "bdist_wheel", "pyversion": "py2.py3", "md5_digest": hashlib.md5(content).hexdigest()}
words = [word for name, value in fields.items() for word in ("-F", name + "=" + value)]
words += ["-F", "content=@" + sys.argv[2], "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"]
sys.exit(subprocess.call(["curl", "-sS", "--fail", "-u", "bob:bobpw", *words, sys.argv[1] + "/pypi"]))
"""


def _curl(session: Session) -> None:
    _wheel(session)
    session.write("up.py", CURL)


def _mirror(session: Session) -> None:
    """Begin with a mirror of an hour ago: only what changed since is asked for."""
    session.write("bandersnatch.conf", bandersnatch.CONFIG.format(work=session.work, base=session.base))
    session.write("mirror/generation", "5")
    session.write("mirror/status", "10")


def _buildout(session: Session) -> None:
    session.write("buildout.cfg", buildout.CONFIG.format(base=session.base, wanted="demo", pinned=""))


CHANGES = """
import sys
try:
    import xmlrpclib as rpc
except ImportError:
    import xmlrpc.client as rpc
server = rpc.ServerProxy(sys.argv[1] + "/pypi")
known = set(server.list_packages())
for name, version, stamp, action in [row[:4] for row in server.changelog(1262304000)]:
    assert name is None or hasattr(name, "lower"), name
    print(name in known, name, version, int(stamp), action[:9])
for name in ("demo",):
    for version in server.package_releases(name):
        data = server.release_data(name, version)
        print(data["name"], data["version"], data["summary"], data.get("home_page"))
        print(sorted(one["filename"] for one in server.release_urls(name, version)))
print(sorted((hit["name"], hit["version"]) for hit in server.search({"name": "demo"})))
"""


def _changes(session: Session) -> None:
    session.write("changes.py", CHANGES)


JSON = """
import json, sys, urllib.request
for name in ("demo", "Demo"):
    found = json.load(urllib.request.urlopen(sys.argv[1] + "/pypi/" + name + "/json"))
    print(found["info"]["name"], found["info"]["version"], found["info"]["summary"])
    print(sorted((version, len(files)) for version, files in found["releases"].items()))
    for one in found["urls"]:
        print(one["filename"], one["md5_digest"], one["url"].rpartition("/")[2])
"""


def _json(session: Session) -> None:
    session.write("latest.py", JSON)


READER = """
from __future__ import print_function
import sys
import feedparser
for action in ("rss", "packages_rss"):
    found = feedparser.parse(sys.argv[1] + "/pypi?:action=" + action)
    print(found.feed.get("title"))
    for entry in found.entries:
        print(entry.get("id") or entry.get("link"), repr(entry.get("title")))
"""


def _reader(session: Session) -> None:
    """What tells an item from others is what a reader remembers: where that is new, all is shown again."""
    session.write("feeds.py", READER)


@dataclass(frozen=True, slots=True)
class Row:
    """A client: its environment, the words after its Python (or `program` beside it), how its folder is made, and
    where within it the client runs.
    """

    environment: str
    words: str
    prepare: Prepare = _login
    env: Mapping[str, str] = field(default_factory=dict)
    product: str = "work"
    folder: str = ""


PROJECT = f"{UPLOADED.name}-{UPLOADED.version}"
WHEEL = f"{PROJECT}-py2.py3-none-any.whl"
REGISTER = "setup.py register -r local"
UPLOAD = "setup.py sdist upload -r local"
DOCUMENTATION = "setup.py upload_docs -r local --upload-dir=html"
TWINE = "-m twine upload -r local --disable-progress-bar {wheel}"
FLIT = {
    "FLIT_NO_NETWORK": "1", "SOURCE_DATE_EPOCH": "1451703846", "FLIT_INDEX_URL": "{url}/pypi", "FLIT_USERNAME": "bob",
    "FLIT_PASSWORD": "bobpw",
}  # fmt: skip
PDM = {"PDM_CHECK_UPDATE": "0", "PDM_USE_VENV": "0", "PDM_PYPI_URL": "{url}/simple", "COLUMNS": "200"}
DISTUTILS = {"SETUPTOOLS_USE_DISTUTILS": "stdlib", "PYTHONDONTWRITEBYTECODE": "1"}
CLIENTS = {
    "pip-9.0.3": Row("pip-9.0.3", PIP),
    "pip-18.1": Row("pip-18.1", PIP),
    "pip-20.3.4": Row("pip-20.3.4", PIP),
    "pip-23.2.1": Row("pip-23.2.1", PIP),
    "pip-26.3": Row("pip-26.3", PIP),
    "pip search 9.0.3": Row("pip-9.0.3", SEARCH, product="output"),
    "pip search 23.2.1": Row("pip-23.2.1", SEARCH, product="output"),
    "uv-0.13.9": Row("uv-0.13.9", UV),
    "easy_install-18.8.1": Row("setuptools-18.8.1", EASY, _site, {"PYTHONPATH": "{home}/site"}),
    "easy_install-36.8.0": Row("setuptools-36.8.0", EASY, _site, {"PYTHONPATH": "{home}/site"}),
    "easy_install-40.6.2": Row("setuptools-40.6.2", EASY, _site, {"PYTHONPATH": "{home}/site"}),
    "easy_install-44.1.1": Row("setuptools-44.1.1", EASY, _site, {"PYTHONPATH": "{home}/site"}),
    "pdm-2.10.4": Row("pdm-2.10.4", "-m pdm add --no-self demo", _pyproject, PDM, folder=PROJECT),
    "pep381client-1.5": Row(
        "pep381client-1.5", str(SCRIPTS / "mirror.py") + " {url} {program} mirror", product="names"
    ),
    "bandersnatch-6.8.0": Row(
        "bandersnatch-6.8.0", "-m bandersnatch.main -c bandersnatch.conf mirror", _mirror, product="names"
    ),
    "feedparser-5.2.1": Row("feedparser-5.2.1", "feeds.py {url}", _reader, product="output"),
    "feedparser-6.0.14": Row("feedparser-6.0.14", "feeds.py {url}", _reader, product="output"),
    "twine-1.9.1": Row("twine-1.9.1", "-m twine upload -r local {wheel}", _wheel),
    "twine-1.15.0": Row("twine-1.15.0", TWINE, _wheel),
    "twine-6.1.0": Row("twine-6.1.0", TWINE, _wheel),
    "twine-7.0.0": Row("twine-7.0.0", TWINE, _wheel),
    "flit-4.2.0": Row("flit-4.2.0", "-m flit publish --no-use-vcs", _pyproject, FLIT, folder=PROJECT),
    "pdm publish 2.10.4": Row(
        "pdm-2.10.4", "-m pdm publish --no-build -r {url}/pypi -u bob -P bobpw", _pyproject, PDM, folder=PROJECT
    ),
    "uv publish 0.13.9": Row(
        "uv-0.13.9",
        "-m uv publish --publish-url {url}/pypi --trusted-publishing never -u bob -p bobpw {wheel}",
        _wheel,
    ),
    "curl upload": Row("python3.11", "up.py {url} {wheel}", _curl),
    "upload-2.7": Row("python2.7", UPLOAD, _project, DISTUTILS, folder="project"),
    "upload-3.6": Row("python3.6", UPLOAD, _project, DISTUTILS, folder="project"),
    "upload-3.11": Row("python3.11", UPLOAD, _project, DISTUTILS, folder="project"),
    "register-2.7": Row("python2.7", REGISTER, _project, DISTUTILS, folder="project"),
    "register-3.6": Row("python3.6", REGISTER, _project, DISTUTILS, folder="project"),
    "register-3.11": Row("python3.11", REGISTER, _project, DISTUTILS, folder="project"),
    "upload_docs-18.8.1": Row("setuptools-18.8.1", DOCUMENTATION, _documentation, folder="project"),
    "upload_docs-44.1.1": Row("setuptools-44.1.1", DOCUMENTATION, _documentation, folder="project"),
    "json-3.11": Row("python3.11", "latest.py {url}", _json, product="output"),
    "xmlrpclib-2.7": Row("python2.7", "changes.py {url}", _changes, product="output"),
    "xmlrpc.client-3.11": Row("python3.11", "changes.py {url}", _changes, product="output"),
    "buildout-2.13.8": Row("buildout-2.13.8", "{program} -U", _buildout),
    "buildout-6.0.1": Row("buildout-6.0.1", "{program} -U", _buildout),
}


def client(name: str, timeout: float = 90.0) -> Client:
    """Return a client of the table. Raises MissingError where it cannot run here."""
    row = CLIENTS[name]
    python = python_of(row.environment)

    def prepare(home: Path, url: str) -> None:
        row.prepare(Session(url, home, python))

    program = "buildout" if row.prepare is _buildout else "pep381run"
    words = row.words.replace("{program}", str(python.with_name(program))).replace("{python}", str(python))
    command = (str(python), *words.replace("{wheel}", WHEEL).split())
    if row.folder:
        command = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', row.folder, *command)
    basis = {"PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return Client(name, command, {**basis, **row.env}, None, row.product, timeout, prepare)


def runnable(names: list[str]) -> Iterator[Client]:
    """Yield those of these clients that can run here, and name the others."""
    for name in names:
        try:
            yield client(name)
        except MissingError as error:
            print(f"left out {name}: {error}", flush=True)

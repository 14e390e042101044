"""Settings of one index: a mapping like os.environ comes in, a frozen `Settings` and the `Urls` of a scheme go out.

Where the index answers is set, never taken from a request's Host header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_URL = "http://127.0.0.1:8000/pypi"
VARIABLES = (
    "PYPI_DATABASE_URL", "PYPI_FILES", "PYPI_MAIL", "PYPI_BASE_URL", "PYPI_PUBLIC_URL", "PYPI_DOCS_URL",
    "PYPI_PURGE_URL", "PYPI_DEBUG", "PYPI_STATISTICS", "PYPI_SANDBOX",
)  # fmt: skip  # all that `Settings.from_environ` reads
PROVIDERS = (("Launchpad", "https://login.launchpad.net/+openid"),)


class SettingsError(ValueError):
    """A setting is missing or cannot be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """What an installation decides."""

    database_url: str
    files: str  # a folder, or the URL of one in the syntax of fsspec (s3://bucket/prefix)
    mail_file: str = ""  # mails are appended here; empty: nobody is written to
    base_url: str = DEFAULT_URL
    public_url: str = ""  # written into feeds and release data; empty: the host of base_url
    docs_url: str = ""  # where uploaded documentation is read; empty: below /packages
    realm: str = "pypi"
    debug: bool = False
    purge_urls: tuple[str, ...] = ()  # caches in front: each takes PURGE with Surrogate-Key here
    statistics: str = ""  # a folder where downloads are recorded; empty: they are not
    sandbox: bool = False  # a place to try: says so on each page
    providers: tuple[tuple[str, str], ...] = PROVIDERS

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read PYPI_DATABASE_URL and its relatives. Raises SettingsError."""
        if not environ.get("PYPI_DATABASE_URL"):
            raise SettingsError("PYPI_DATABASE_URL is not set: name a PostgreSQL database, like postgresql:///index")
        return cls(
            database_url=environ["PYPI_DATABASE_URL"],
            files=environ.get("PYPI_FILES", ""),
            mail_file=environ.get("PYPI_MAIL", ""),
            base_url=(environ.get("PYPI_BASE_URL") or DEFAULT_URL).rstrip("/"),
            public_url=environ.get("PYPI_PUBLIC_URL", ""),
            docs_url=environ.get("PYPI_DOCS_URL", "").rstrip("/"),
            purge_urls=purge_urls(environ.get("PYPI_PURGE_URL", "")),
            debug=_switch(environ.get("PYPI_DEBUG", "")),
            statistics=environ.get("PYPI_STATISTICS", ""),
            sandbox=_switch(environ.get("PYPI_SANDBOX", "")),
        )

    def urls(self, *, https: bool) -> Urls:
        """Return the addresses that an answer over this scheme names (B008)."""
        return _urls(self, https)


@dataclass(frozen=True)
class Urls:
    """Addresses of an index, all of one scheme."""

    index: str  # http://host/pypi
    scheme_host: str  # http://host
    path: str  # /pypi
    files: str  # http://host/packages
    public: str
    docs: str
    secure_docs: str

    def file(self, path: str) -> str:
        """Where a stored file is downloaded from."""
        return f"{self.files}/{path}"


@lru_cache(maxsize=16)
def _urls(settings: Settings, https: bool) -> Urls:
    scheme, _, rest = settings.base_url.partition("://")
    host, slash, path = rest.partition("/")
    scheme_host = f"{'https' if https else 'http'}://{host}"
    own = f"{scheme}://{host}"  # what is written into feeds and data does not follow the request's scheme
    docs = settings.docs_url or f"{own}/packages/documentation"
    return Urls(
        index=scheme_host + slash + path,
        scheme_host=scheme_host,
        path=slash + path,
        files=f"{scheme_host}/packages",
        public=(settings.public_url or own).rstrip("/"),
        docs=docs,
        secure_docs=docs if docs.startswith(scheme_host) else "https:" + docs.partition(":")[2],
    )


def purge_urls(text: str) -> tuple[str, ...]:
    """Return the URLs of a text, which blanks are between. Raises SettingsError."""
    urls = tuple(text.split())
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise SettingsError(f"PYPI_PURGE_URL: {url} is no URL of a cache, like http://127.0.0.1:6081/")
    return urls


def _switch(text: str) -> bool:
    return text.lower() in ("yes", "true", "on", "1")

"""modern.settings: what the environment says, and the addresses that follow from it."""

import pytest

from modern.settings import VARIABLES, Settings, SettingsError


def test_without_a_database_there_is_no_index():
    """The message names the setting and what to write."""
    with pytest.raises(SettingsError, match="PYPI_DATABASE_URL is not set: name a PostgreSQL database"):
        Settings.from_environ({})


def test_the_environment_is_read():
    """Names as the old index has them."""
    settings = Settings.from_environ({
        "PYPI_DATABASE_URL": "postgresql:///x", "PYPI_FILES": "/files", "PYPI_MAIL": "/mail", "PYPI_DEBUG": "Yes",
        "PYPI_BASE_URL": "http://h:8/pypi/", "PYPI_PUBLIC_URL": "http://p", "PYPI_DOCS_URL": "http://d/",
    })  # fmt: skip
    assert (settings.files, settings.mail_file, settings.debug, settings.sandbox) == ("/files", "/mail", True, False)
    urls = settings.urls(https=False)
    assert (urls.index, urls.scheme_host, urls.path) == ("http://h:8/pypi", "http://h:8", "/pypi")
    assert (urls.files, urls.public, urls.docs) == ("http://h:8/packages", "http://p", "http://d")
    assert urls.file("a/b") == "http://h:8/packages/a/b"


@pytest.mark.parametrize(
    ("docs", "secure"),
    [("", "https://h/packages/documentation"), ("http://docs/x", "https://docs/x")],
    ids=["the same host", "another host"],
)
def test_addresses_follow_the_scheme(docs, secure):
    """Over https everything of the index is https, but for what feeds and data say: that names one address always."""
    urls = Settings("postgresql:///x", "/f", base_url="http://h/pypi", docs_url=docs).urls(https=True)
    assert (urls.index, urls.files, urls.public) == ("https://h/pypi", "https://h/packages", "http://h")
    assert urls.secure_docs == secure


def test_all_variables_are_known():
    """`modern.wsgi` looks at nothing else to see whether the environment has changed."""
    asked = []

    class Environment(dict):
        def get(self, name, default=None):
            asked.append(name)
            return super().get(name, default)

    Settings.from_environ(Environment(PYPI_DATABASE_URL="postgresql:///x"))
    assert set(asked) == set(VARIABLES)

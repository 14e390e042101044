"""The settings of one request."""

import pytest

from legacy.config import Config, read_ini


@pytest.fixture
def ini(tmp_path):
    """A config.ini of our own."""
    path = tmp_path / "config.ini"
    path.write_text(
        "; a comment\n[database]\nurl = postgresql:///from-file\n\n[webui]\nbase_url = http://a.example/pypi/\n"
    )
    return str(path)


def test_urls_follow_from_the_base(ini):
    """Host, path and files, without a slash at the end."""
    config = Config({"PYPI_CONFIG": ini})
    assert (config.url, config.url_path) == ("http://a.example/pypi", "/pypi")
    assert (config.scheme_host, config.files_url) == ("http://a.example", "http://a.example/packages")
    assert config.public_url == "http://a.example"


def test_the_environment_wins(ini):
    """Over the file, and empty variables do not count."""
    config = Config(
        {"PYPI_CONFIG": ini, "PYPI_DATABASE_URL": "postgresql:///x", "PYPI_FILES": "/f", "PYPI_BASE_URL": ""}
    )
    assert (config.database_url, config.files_dir, config.url) == ("postgresql:///x", "/f", "http://a.example/pypi")
    assert Config({"PYPI_CONFIG": ini}).database_url == "postgresql:///from-file"


@pytest.mark.parametrize(("value", "debug"), [("yes", True), ("no", False), ("", False), ("1", True), ("off", False)])
def test_debug(ini, value, debug):
    """Off unless asked for."""
    assert Config({"PYPI_CONFIG": ini, "PYPI_DEBUG": value}).debug_mode is debug


def test_https_is_for_one_request(ini):
    """Turning one configuration leaves the next alone."""
    config = Config({"PYPI_CONFIG": ini})
    config.make_https()
    assert (config.url, config.files_url) == ("https://a.example/pypi", "https://a.example/packages")
    config.make_http()
    assert config.url == "http://a.example/pypi"
    config.make_https()
    assert Config({"PYPI_CONFIG": ini}).url == "http://a.example/pypi"


def test_a_damaged_file_is_named(tmp_path):
    """With the line."""
    path = tmp_path / "bad.ini"
    path.write_text("[a]\nwhat is this\n")
    with pytest.raises(ValueError, match=r"bad\.ini, line 2: neither a section nor option = value"):
        read_ini(str(path))


def test_a_changed_file_is_read_again(ini):
    """A long-running server notices."""
    assert read_ini(ini)["database.url"] == "postgresql:///from-file"
    with open(ini, "a") as more:
        more.write("[database]\nurl = other\n")
    assert read_ini(ini)["database.url"] == "other"


def test_wrong_passwords_are_counted_only_where_the_settings_say_so(ini):
    """The reference installation had no counters."""
    assert Config({}).failure_counters() is None
    with open(ini, "a") as file:
        file.write("[blocking]\ncounters = /c\nuser_failures = 2\n")
    config = Config({"PYPI_CONFIG": ini})
    assert (config.failure_counters().path, config.user_failures, config.address_failures) == ("/c", 2, 20)

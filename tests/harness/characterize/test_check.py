"""harness.characterize.check: where a target begins."""

import pytest

from harness.characterize.check import at_home
from harness.config import Config, TargetConfig

HOMES = {
    "a module of the project": ("shop.py", "shop:application", "."),
    "a package": ("shop/__init__.py", "shop:application", "."),
    "a module in a package": ("shop/wsgi.py", "shop.wsgi:make('x')", "."),
    "a file that is named": ("cgi-bin/feed", 'compat:CGIDirectory("cgi-bin")', "."),
    "what is nearer": ("tests/shop.py", "shop:application", None),
    "a folder of that name that is no package": ("shop/readme", "shop:application", None),
    "a server": ("shop.py", "http://shop:80", None),
    "a name of harness.toml": ("shop.py", "named", None),
}


@pytest.mark.parametrize(("file", "target", "home"), HOMES.values(), ids=HOMES.keys())
def test_a_target_begins_where_its_module_is(tmp_path, monkeypatch, file, target, home):
    """In the current folder, that of harness.toml, or above the cassette; else where it always does."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    monkeypatch.chdir(tests)
    config = Config(tests, targets={"named": TargetConfig("shop:application")})
    made = at_home(target, config, tests / "test_x.yaml")
    moved = {target: TargetConfig(target, cwd=str(tmp_path))} if home else {}
    assert made.targets == {**config.targets, **moved}

"""Which files are a target's own: those that it begins with, and what these name."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.reach.programs import files
from harness.reach.sources import own_sources

FOLDER = {
    "setup.py": "import setuptools\n",
    "tests/test_shop.py": "import shop\n",
    "env/pyvenv.cfg": "",
    "env/lib/python3.9/site-packages/foo.py": "",
    "shop.py": '"""Has tests."""\nimport stock.prices\nfrom views import show\n\n\ndef later():\n    import rare\n'
    'print("run the tests")\nopen("data.txt")\n',
    "data.txt": "setup tests\n",
    "stock/prices.py": "",
    "stock/other.py": "",
    "views.py": 'def show():\n    render("page.html")\n    load("plugins.one")\n',
    "templates/page.html": "",
    "templates/other.html": "",
    "plugins/one.py": "",
    "rare.py": "from . import setup_of_none\n",
    "old2.py": "import rare2\nprint 'Python 2', rare2\n",
    "rare2.py": "",
    "package/__init__.py": "import shop\n",
    "namespace/app.py": "",
    "cgi-bin/count": "#!/usr/bin/perl\nuse lib '../lib';\nrequire Counter::Text;\nget('../../../../../../usr/lib');\n",
    "cgi-bin/hello.sh": "#!/bin/sh\n. ./common.inc\n",
    "cgi-bin/common.inc": "# tests\n",
    "cgi-bin/other.sh": "#!/bin/sh\n",
    "lib/Counter/Text.pm": "",
    "modules/app.py": "",
}
SHOP = {"shop.py", "stock/", "views.py", "templates/", "plugins/", "rare.py", "data.txt"}
CASES = {
    "a module": (TargetConfig("shop:app"), SHOP),
    "a module of Python 2": (TargetConfig("old2:app"), {"old2.py", "rare2.py"}),
    "a package": (TargetConfig("package.sub:app"), {"package/"}),
    "a package without __init__": (TargetConfig("namespace.app:app"), {"namespace/"}),
    "a module of another folder": (TargetConfig("app:app", env={"PYTHONPATH": "modules:/nowhere"}), {"modules/"}),
    "a folder of programs": (TargetConfig('compat:CGIDirectory("cgi-bin", timeout=9)'), {"cgi-bin/", "lib/"}),
    "one program": (TargetConfig("compat:CGIScript('cgi-bin/hello.sh')"), {"cgi-bin/hello.sh", "cgi-bin/common.inc"}),
    "a program and its modules": (
        TargetConfig('compat:CGIScript("cgi-bin/other.sh")', env={"PERL5LIB": "lib"}),
        {"cgi-bin/other.sh", "lib/"},
    ),
    "nothing that is there": (TargetConfig("nowhere:app"), {""}),
    "a text that names no path": (TargetConfig("compat:Proxy('http://a')"), {""}),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with several applications, and with what is none of them."""
    for name, text in FOLDER.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("entry", "own"), CASES.values(), ids=CASES)
def test_what_a_target_is_made_of(folder: Path, entry: TargetConfig, own: set[str]) -> None:
    """What it begins with and what that names, by an import or a text; folders and packages whole."""
    found = own_sources("x", Config(folder, targets={"x": entry}))
    assert {str(path.relative_to(folder)) + "/" * path.is_dir() for path in found.paths} == {
        name or "./" for name in own
    }
    assert len(list(files(found.paths))) == len(set(files(found.paths)))


def test_a_name_of_the_target_decides_where_it_runs(folder: Path) -> None:
    """A path in its text begins in its folder, or is whole; what that names may be above."""
    for text in ("count", str(folder / "cgi-bin" / "count")):
        entry = TargetConfig(f'compat:CGIScript("{text}")', cwd="cgi-bin")
        found = own_sources("x", Config(folder, targets={"x": entry}))
        assert (found.root, found.paths) == (folder / "cgi-bin", (folder / "cgi-bin" / "count", folder / "lib"))

"""The command: what it reads, what it prints and writes, and its exit status."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compat.cli import main

FINE = "Listen 127.0.0.1:8099\nScriptAlias /cgi-bin/ /usr/lib/cgi-bin/\nSetEnv A 'b c'\nUser www\nErrorLog logs/error\n"


def run(*words: str | Path) -> Result:
    """Run the command in process."""
    return CliRunner().invoke(main, ["import-apache", *map(str, words)])


def test_all_carried(tmp_path: Path) -> None:
    """Three parts: commands, the nginx file, and the table with file and line; exit status 0."""
    path = tmp_path / "site.conf"
    path.write_text(FINE)
    result = run(path)
    assert result.exit_code == 0
    assert "compat serve /usr/lib/cgi-bin --mount /cgi-bin" in result.output
    assert "--env 'A=b c'" in result.output
    assert "--bind 127.0.0.1:8001 --trust-proxy 127.0.0.1" in result.output
    assert "# as user www" in result.output
    assert "proxy_pass http://127.0.0.1:8001;" in result.output
    assert f"{path}:3: SetEnv A 'b c'\n    --env\n" in result.output
    assert f"{path}:5: ErrorLog logs/error\n" in result.output
    assert result.output.endswith("5 directives: 4 carried, 1 not needed, 0 not carried\n")


def test_not_all_carried(tmp_path: Path) -> None:
    """Exit status 1, and what is left stands last, with the reason."""
    path = tmp_path / "site.conf"
    path.write_text(FINE + "Frobnicate on\n")
    result = run(path)
    assert result.exit_code == 1
    tail = result.output.partition("== NOT carried over: 1\n")[2]
    assert tail.startswith(f"{path}:6: Frobnicate on\n    there is no translation for this directive\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), ("<Directory /x>\n", "is never closed"), ("\0", "NUL byte")],
)
def test_unreadable(tmp_path: Path, content: str | None, says: str) -> None:
    """Exit status 2 and one line that names the file."""
    path = tmp_path / "site.conf"
    if content is not None:
        path.write_text(content)
    result = run(path)
    assert result.exit_code == 2
    assert says in result.output
    assert str(path) in result.output
    assert result.output.count("\n") == 1


def test_files_that_include_each_other(tmp_path: Path) -> None:
    """They end at once, with the name of one of them: nothing is read again and again."""
    (tmp_path / "conf.d").mkdir()
    for name in ("httpd.conf", "conf.d/a.conf", "conf.d/b.conf"):
        (tmp_path / name).write_text("IncludeOptional conf.d/*\n")
    result = run(tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path}/conf.d/a.conf: included 20 files deep" in result.output


def test_folder_without_configuration(tmp_path: Path) -> None:
    """A folder must be a ServerRoot."""
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "name the configuration file itself" in result.output


def test_server_root(tmp_path: Path) -> None:
    """Of a folder, the main file is read, with all that it includes, Debian's variables, and the access files."""
    www = tmp_path / "www"
    (www / "deep").mkdir(parents=True)
    (www / "deep" / ".htaccess").write_text("SetEnv FROM htaccess\n")
    (tmp_path / "sites").mkdir()
    site = f"DocumentRoot {www}\n<Directory {www}>\nAllowOverride All\n</Directory>\nUser ${{RUN_USER}}\n"
    (tmp_path / "sites" / "b.conf").write_text(site)
    (tmp_path / "sites" / "a.conf").write_text("ServerName first\n")
    (tmp_path / "envvars").write_text('unset HOME\nexport RUN_USER=www-data\nexport LOCK="$(date)"\n')
    (tmp_path / "apache2.conf").write_text("IncludeOptional sites/*.conf\nIncludeOptional none/*.conf\n")
    result = run(tmp_path)
    assert result.exit_code == 0
    assert f"{tmp_path}/sites/a.conf:1: ServerName first" in result.output
    assert f"{www}/deep/.htaccess:1: SetEnv FROM htaccess" in result.output
    assert "User www-data" in result.output


def test_access_files_that_apache_ignores(tmp_path: Path) -> None:
    """Where AllowOverride is None, or nothing says it, access files are not read."""
    (tmp_path / ".htaccess").write_text("Frobnicate on\n")
    path = tmp_path / "site.conf"
    path.write_text(f"DocumentRoot {tmp_path}\n<Directory {tmp_path}>\nAllowOverride None\n</Directory>\n")
    assert run(path).exit_code == 0
    assert "Frobnicate" in run(path, tmp_path / ".htaccess").output


def test_define(tmp_path: Path) -> None:
    """A variable that nothing gives a value is named; --define gives it."""
    path = tmp_path / "site.conf"
    path.write_text("ScriptAlias /c/ ${PROGRAMS}/\n")
    assert "give --define PROGRAMS=VALUE" in run(path).output
    assert "compat serve /srv/c --mount /c" in run(path, "--define", "PROGRAMS=/srv/c").output


def test_written(tmp_path: Path) -> None:
    """`-o` writes the nginx file, the commands, and a unit for each service; on Unix sockets if asked."""
    path = tmp_path / "site.conf"
    path.write_text(FINE)
    result = run(path, "-o", tmp_path / "new", "--socket-dir", "/run/compat")
    assert result.exit_code == 0
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == [
        "commands.txt",
        "compat-1-cgi-bin.env",
        "compat-1-cgi-bin.service",
        "nginx.conf",
    ]
    assert "http://unix:/run/compat/compat-1-cgi-bin.sock;" in (tmp_path / "new" / "nginx.conf").read_text()
    assert "--trust-proxy unix" in (tmp_path / "new" / "commands.txt").read_text()
    unit = (tmp_path / "new" / "compat-1-cgi-bin.service").read_text()
    assert "User=www\n" in unit
    assert "--pass-env A " in unit


def test_latin_1(tmp_path: Path) -> None:
    """A configuration that is not in UTF-8 is printed byte for byte, as it would be written."""
    configuration = tmp_path / "a.conf"
    name = b'AuthType Basic\nAuthName "caf\xe9"\nAuthUserFile /etc/htpasswd\nRequire valid-user\n'
    configuration.write_bytes(b"<Location /a>\n" + name + b"</Location>\nFrobnicate caf\xe9\n")
    for words in ([], ["-o", tmp_path / "out"]):
        result = run(configuration, *words)
        assert result.exit_code == 1, result.exception
        assert b"caf\xe9" in result.stdout_bytes


SECRET = "ScriptAlias /c/ /c/\nSetEnv DB_PASSWORD 's3$cret \\\\ \\\"x'\nSetEnv PATH /bin\n"


def test_values_are_for_root_only(tmp_path: Path) -> None:
    """What SetEnv says is in no unit, which everybody may read, and in no `ps`; PATH stays on the command line."""
    path, new = tmp_path / "site.conf", tmp_path / "new"
    path.write_text(SECRET)
    new.mkdir()
    (new / "commands.txt").touch(0o644)
    run(path, "-o", new)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in new.iterdir()}
    assert modes == {
        "nginx.conf": 0o644,
        "commands.txt": 0o600,
        "compat-1-c.service": 0o644,
        "compat-1-c.env": 0o600,
    }
    unit = (new / "compat-1-c.service").read_text()
    assert "s3" not in unit
    assert f"EnvironmentFile={new}/compat-1-c.env\n" in unit
    assert " --pass-env DB_PASSWORD --env PATH=/bin " in unit
    assert (new / "compat-1-c.env").read_text() == 'DB_PASSWORD="s3\\$cret \\\\ \\\\\\"x"\n'


@pytest.mark.parametrize("user", ["", "User ${APACHE_RUN_USER}", "User root", "User #0", "User root\nGroup root"])
def test_nobody_runs_as_root(tmp_path: Path, user: str) -> None:
    """Where no user is named that programs could run as, the unit names one, marked; the table says it."""
    path = tmp_path / "site.conf"
    path.write_text(f"ScriptAlias /c/ /c/\n{user}\n")
    result = run(path, "-o", tmp_path)
    unit = (tmp_path / "compat-1-c.service").read_text()
    assert "# CHANGE: Apache's configuration names no user that these programs could run as\nUser=www-data\n" in unit
    assert "root" not in unit
    assert "== Change\nUser=www-data of compat-1-c\n" in result.output
    assert "# as www-data or another user, not as root" in run(path).output


def test_user_by_number(tmp_path: Path) -> None:
    """Apache's `#1000` is systemd's 1000."""
    path = tmp_path / "site.conf"
    path.write_text("ScriptAlias /c/ /c/\nUser #1000\nGroup #1001\n")
    run(path, "-o", tmp_path)
    assert "\nUser=1000\nGroup=1001\n" in (tmp_path / "compat-1-c.service").read_text()


def test_no_file_of_others_is_overwritten(tmp_path: Path) -> None:
    """A nginx.conf that is not ours is refused before anything is written; ours is written anew."""
    path = tmp_path / "site.conf"
    path.write_text(FINE)
    (tmp_path / "nginx.conf").write_text("user nginx;\n")
    result = run(path, "-o", tmp_path)
    assert result.exit_code == 2
    assert "is there already" in result.output
    assert sorted(one.name for one in tmp_path.iterdir()) == ["nginx.conf", "site.conf"]
    assert [run(path, "-o", tmp_path / "new").exit_code for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("number", ["\N{SUPERSCRIPT TWO}", "9" * 5000, "\N{ARABIC-INDIC DIGIT FIVE}"])
@pytest.mark.parametrize("name", ["Timeout", "LimitRequestBody", "KeepAliveTimeout", "RLimitCPU"])
def test_what_is_no_number(tmp_path: Path, name: str, number: str) -> None:
    """Digits that are none, and more than there can be, are not carried over; nothing breaks."""
    path = tmp_path / "site.conf"
    path.write_text(f"{FINE}{name} {number}\n")
    result = run(path)
    assert result.exit_code == 1
    assert "is not a number" in result.output


def test_unit_is_valid(tmp_path: Path) -> None:
    """systemd takes the unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    path = tmp_path / "site.conf"
    path.write_text(FINE.replace("User www\n", "User daemon\n") + "SetEnv P '100% of $HOME \\\\'\n")
    run(path, "-o", tmp_path / "100% new")
    words = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "100% new" / "compat-1-cgi-bin.service")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/etc/apache2/apache2.conf").is_file(), reason="needs Debian's Apache configuration")
def test_debian() -> None:
    """Debian's own configuration is read whole, and each of its directives has a word."""
    result = run("/etc/apache2")
    assert result.exit_code == 1  # AddLanguage and its like
    assert "root /var/www/html;" in result.output
    assert "there is no translation" not in result.output

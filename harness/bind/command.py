"""A login by command: a program of the user's prints `Cookie:` and `Authorization:` lines, which become credentials.

No shell, and no environment but PATH and the variables that the login names.
"""

from __future__ import annotations

import os
import subprocess

from harness.bind.login import Credentials, LoginError
from harness.bind.logins import Login

SECONDS = 60.0


def run_command(login: Login) -> Credentials:
    """Run a login's command and return what it printed. Raises LoginError."""
    shown = " ".join(login.command)
    env = {name: os.environ[name] for name in ("PATH", *login.env) if name in os.environ}
    try:
        done = subprocess.run(
            login.command,
            cwd=login.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LoginError(f"{shown}: not done after {SECONDS:.0f} s") from None
    except OSError as error:
        raise LoginError(f"{shown}: {error.strerror or error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise LoginError(f"{shown}: ended with exit status {done.returncode}" + (f": {said}" if said else ""))
    return printed_credentials(done.stdout, shown)


def printed_credentials(output: bytes, shown: str) -> Credentials:
    """Read `Cookie:` and `Authorization:` lines. Raises LoginError where there is none."""
    cookies: dict[bytes, bytes] = {}
    authorization = b""
    for line in output.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"cookie":
            pairs = (pair.partition(b"=") for pair in value.split(b";"))
            cookies.update({key.strip(): content.strip() for key, equals, content in pairs if equals})
        elif name.strip().lower() == b"authorization":
            authorization = value.strip()
    if not cookies and not authorization:
        raise LoginError(f"{shown}: printed no line that begins with Cookie: or Authorization:")
    return Credentials(cookies, authorization=authorization)

"""`python -m modern serve`: the index on this machine, with an embedded PostgreSQL if wanted; `migrate`: its tables;
`purge`: caches in front, for what the old index writes; `statistics`: downloads.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from . import migrations, sandbox
from .database import reason
from .statistics import cli as statistics

ROOT = Path(__file__).resolve().parents[1]
SEED = ROOT / "recordings" / "seed.json"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"modern: {error}", file=sys.stderr)
        return 2
    except SQLAlchemyError as error:
        print(f"modern: {reason(error)}", file=sys.stderr)
        return 2
    return status


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m modern", description="The new package index.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the index over HTTP until interrupted")
    serve.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT",
                       help="port 0 takes a free one (default: %(default)s)")  # fmt: skip
    serve.add_argument("--database", metavar="URL",
                       help="a PostgreSQL database; without it one is started, and gone afterwards")  # fmt: skip
    serve.add_argument("--files", metavar="DIR", help="where uploaded files are stored (default: a temporary folder)")
    serve.add_argument("--seed", metavar="FILE", help="fills an empty index (default: recordings/seed.json)")
    serve.add_argument("--mail", metavar="FILE", help="mails are appended here")
    serve.add_argument("--sandbox", action="store_true", help="a place to try, apart from the index; each page says so")
    serve.add_argument("--statistics", metavar="DIR", help="downloads are recorded there")
    serve.set_defaults(command=run_serve)
    migrate = commands.add_parser("migrate", help="bring the tables of a database to the newest revision")
    migrate.add_argument("--database", required=True, metavar="URL")
    migrate.set_defaults(command=run_migrate)
    purge = commands.add_parser("purge", help="follow the journal, and have caches forget what changed")
    purge.add_argument("--database", required=True, metavar="URL")
    purge.add_argument("--cache", required=True, action="append", metavar="URL",
                       help="where a cache takes PURGE with Surrogate-Key; may be repeated")  # fmt: skip
    purge.add_argument("--every", type=float, default=1.0, metavar="SECONDS",
                       help="how often the journal is read (default: %(default)s)")  # fmt: skip
    purge.set_defaults(command=run_purge)
    statistics.add_parser(commands)
    return top


def run_migrate(options: argparse.Namespace) -> int:
    """`migrate`."""
    migrations.upgrade(options.database)
    print("the tables are those of the newest revision")
    return 0


def run_purge(options: argparse.Namespace) -> int:
    """`purge`: until a signal comes."""
    from .database import Database
    from .services.following import Follower
    from .services.purging import Purger, purge_all
    from .settings import purge_urls

    signal.signal(signal.SIGTERM, interrupted)
    purgers = [Purger(url) for url in purge_urls(" ".join(options.cache))]
    with contextlib.closing(Database(options.database)) as database:
        follower = Follower(database.engine, purge_all(purgers))
        print(f"following the journal for {' '.join(options.cache)}", flush=True)
        while True:
            follower.step()
            time.sleep(options.every)


def run_serve(options: argparse.Namespace) -> int:
    """`serve`: database, files, seed, then requests until a signal comes."""
    signal.signal(signal.SIGTERM, interrupted)  # a service manager's stop cleans up as Ctrl-C does
    with contextlib.ExitStack() as stack:
        url = options.database or embedded_database(stack)
        files = options.files or stack.enter_context(tempfile.TemporaryDirectory(prefix="modern-files-"))
        sandbox.refuse_others(url, files, sandbox=options.sandbox)  # before anything of the database is changed
        migrations.upgrade(url)
        sandbox.claim(url, files, sandbox=options.sandbox)
        fill(url, files, options.seed, fresh=not options.database)
        environ = {
            "PYPI_DATABASE_URL": url, "PYPI_FILES": files if "://" in files else os.path.abspath(files),
            "PYPI_SANDBOX": "yes" if options.sandbox else "",
        }  # fmt: skip
        if options.statistics:
            environ["PYPI_STATISTICS"] = os.path.abspath(options.statistics)
        if options.mail:
            environ["PYPI_MAIL"] = os.path.abspath(options.mail)
        os.environ.update(environ)
        serve(options.bind)
    return 0


def interrupted(signum: int, frame: Any) -> None:
    """Turn a signal into the exception of Ctrl-C."""
    raise KeyboardInterrupt


def embedded_database(stack: contextlib.ExitStack) -> str:
    """A new database in a PostgreSQL of our own, which ends with the stack."""
    from harness import postgres

    return stack.enter_context(postgres.start()).create_database("modern")


def fill(url: str, files: str, seed: str | None, *, fresh: bool) -> None:
    """Load a seed where one is named, or into a database that we made; the old code has the loader."""
    if seed is None and fresh and SEED.exists():
        seed = str(SEED)
    if seed is not None:
        words = [sys.executable, "-m", "legacy", "load", seed, "--database", url, "--files", files]
        subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def serve(bind: str) -> None:
    """Answer requests until told to stop; needs gunicorn."""
    import socket

    from gunicorn.app.base import BaseApplication

    from .wsgi import application

    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"--bind {bind}: must be HOST:PORT, like 127.0.0.1:8000")
    listener = socket.create_server((host or "127.0.0.1", int(port)), backlog=128)
    host, number = listener.getsockname()[:2]
    os.environ.setdefault("PYPI_BASE_URL", f"http://{host}:{number}/pypi")
    settings = {
        "bind": f"fd://{listener.detach()}", "workers": 1, "worker_class": "gthread", "threads": 8,
        "graceful_timeout": 3, "timeout": 0, "loglevel": "warning", "proc_name": "modern",
        "control_socket_disable": True, "forwarder_headers": "",
        "when_ready": lambda server: print(f"Serving on http://{host}:{number}/pypi", flush=True),
    }  # fmt: skip

    class Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    owner = os.getpid()
    try:
        Gunicorn().run()
    except SystemExit as end:
        if end.code:  # pragma: no cover  # a worker that cannot begin: gunicorn has said why
            raise
    finally:
        if os.getpid() != owner:  # pragma: no cover  # a worker, forked from here: what our callers clean up is not its
            os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

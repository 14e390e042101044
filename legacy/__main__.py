"""`python -m legacy serve` and `python -m legacy load`: the old index on this machine, with an embedded PostgreSQL if
wanted.
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import tempfile

from legacy.server import serve

DEFAULT_SEED = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'recordings', 'seed.json')


def main(arguments=None):
    """Run one command; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        return options.command(options)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not expected(error):
            raise
        print('legacy: %s' % str(error).strip(), file=sys.stderr)
        return 2


def expected(error):
    """True for what the caller did wrong, or the machine: one line, no traceback."""
    import psycopg2
    kinds = [OSError, ValueError, psycopg2.Error]
    with contextlib.suppress(ImportError):
        from harness.postgres import PostgresError
        kinds.append(PostgresError)
    return isinstance(error, tuple(kinds))


def parser():
    """The command line."""
    top = argparse.ArgumentParser(prog='python -m legacy', description='The old package index.')
    commands = top.add_subparsers(required=True, metavar='COMMAND')
    serve = commands.add_parser('serve', help='serve the index over HTTP until interrupted')
    serve.add_argument('--bind', default='127.0.0.1:8000', metavar='HOST:PORT',
                       help='port 0 takes a free one (default: %(default)s)')
    serve.add_argument('--database', metavar='URL',
                       help='a PostgreSQL database; without it one is started, and gone afterwards')
    serve.add_argument('--files', metavar='DIR', help='where uploaded files are stored (default: a temporary folder)')
    serve.add_argument('--seed', metavar='FILE', help='fills an empty index (default: recordings/seed.json)')
    serve.add_argument('--mail', metavar='FILE', help='mails are appended here')
    serve.add_argument('--cgi', action='store_true', help='run pypi.cgi as a CGI program for each request')
    serve.set_defaults(command=run_serve)
    load = commands.add_parser('load', help='fill an empty index from a seed file')
    load.add_argument('file', metavar='FILE')
    load.add_argument('--database', required=True, metavar='URL')
    load.add_argument('--files', required=True, metavar='DIR')
    load.set_defaults(command=run_load)
    return top


def run_load(options):
    """`load`."""
    from legacy.load import load
    count = load(options.file, options.database, options.files)
    print('loaded %d projects' % count)
    return 0


def run_serve(options):
    """`serve`: database, files, seed, then requests until a signal comes."""
    signal.signal(signal.SIGTERM, interrupted)  # a service manager's stop cleans up as Ctrl-C does
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(options.bind))
        url = options.database or embedded_database(stack)
        files = options.files or stack.enter_context(tempfile.TemporaryDirectory(prefix='legacy-files-'))
        fill(url, files, options.seed, fresh=not options.database)
        host, port = listener.getsockname()[:2]
        settings = {'PYPI_DATABASE_URL': url, 'PYPI_FILES': os.path.abspath(files),
                    'PYPI_BASE_URL': os.environ.get('PYPI_BASE_URL') or 'http://%s:%d/pypi' % (host, port)}
        if options.mail:
            settings['PYPI_MAIL'] = os.path.abspath(options.mail)
        os.environ.update(settings)
        serve(listener, app_of(options.cgi), lambda: print('Serving on http://%s:%d/pypi' % (host, port), flush=True))
    return 0


def interrupted(signum, frame):
    """Turn a signal into the exception of Ctrl-C."""
    raise KeyboardInterrupt


def listen(bind):
    """A listening socket at HOST:PORT."""
    host, colon, port = bind.rpartition(':')
    if not colon or not port.isdigit():
        raise ValueError('--bind %s: must be HOST:PORT, like 127.0.0.1:8000' % bind)
    return socket.create_server((host or '127.0.0.1', int(port)), backlog=128)


def embedded_database(stack):
    """A new database in a PostgreSQL of our own, which ends with the stack."""
    from harness import postgres
    server = stack.enter_context(postgres.start())
    return server.create_database('legacy')


def fill(url, files, seed, fresh):
    """Make the tables; load a seed where one is named, or into a database that we made."""
    from legacy.load import load, make_schema
    make_schema(url)
    if seed is None and fresh and os.path.exists(DEFAULT_SEED):
        seed = DEFAULT_SEED
    if seed is not None:
        load(seed, url, files)


def app_of(cgi):
    """The application to serve."""
    from legacy import wsgi
    return wsgi.cgi if cgi else wsgi.application


if __name__ == '__main__':
    sys.exit(main())

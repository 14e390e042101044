"""Serve a WSGI application on a listening socket, several requests at once, until Ctrl-C or SIGTERM.

gunicorn where it is installed, because clients send chunked bodies and wait for 100 Continue; else the standard
library's.
"""

import os
import sys


def serve(listener, app, ready):
    """Answer requests on `listener`; calls `ready()` once it does. Returns when told to stop."""
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError:
        serve_simply(listener, app, ready)
        return

    descriptor = listener.detach()  # gunicorn closes it

    class Gunicorn(BaseApplication):
        def load_config(self):
            for name, value in {
                'bind': 'fd://%d' % descriptor, 'workers': 1, 'worker_class': 'gthread', 'threads': 8,
                'graceful_timeout': 3, 'timeout': 0, 'loglevel': 'warning', 'proc_name': 'legacy',
                'control_socket_disable': True,  # it is shared by all of a user's gunicorns
                'forwarder_headers': '',  # else a client's SCRIPT_NAME header rewrites the path
                'when_ready': lambda server: ready(),
            }.items():
                self.cfg.set(name, value)

        def load(self):
            return app

    owner, code = os.getpid(), 1
    try:
        Gunicorn().run()
    except SystemExit as end:
        code = end.code or 0
    finally:
        if os.getpid() != owner:  # a worker, forked from here: what our callers clean up is not its to touch
            os._exit(code)
    if code:
        sys.exit(code)


def serve_simply(listener, app, ready):
    """With a thread for each connection, HTTP/1.0."""
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    server = Server(listener.getsockname()[:2], WSGIRequestHandler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = listener.getsockname()[:2]
    server.setup_environ()
    server.set_app(app)
    ready()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # that is how it ends, with gunicorn too

"""The old index as WSGI applications: `application` in this process, `cgi` with pypi.cgi as a true CGI program, `warm`
the same by forks of an interpreter that waits.

Both sit behind one front that does what the web server of the time did: it finds the program's name in the URL, and
hands the Authorization header over under another name, because CGI hides it. `application` adds the headers of the
historic WSGI shell; CGI never had them.
"""

import os
import sys
import sysconfig
from importlib import import_module

from compat import CGIScript, HandlerApp
from legacy import descriptions
from legacy.config import HERE, Config
from legacy.handler import WebUI

NAMES = (
    'pypi', 'simple', 'packages', 'daytime', 'serial', 'serversig', 'mirrors', 'id', 'oauth', 'google_login',
    'security',
)
SETTINGS = (
    'PYPI_DATABASE_URL', 'PYPI_FILES', 'PYPI_MAIL', 'PYPI_BASE_URL', 'PYPI_PUBLIC_URL', 'PYPI_DOCS_URL', 'PYPI_CONFIG',
    'PYPI_ERA', 'PYPI_DEBUG',
)


class Front:
    """The web server: the first part of the path names the program (B021), the rest is its PATH_INFO."""

    def __init__(self, programs):
        self.programs = programs

    def __call__(self, environ, start_response):
        path = environ.get('PATH_INFO', '')
        config = Config()
        if environ.get('HTTP_HOST', '').partition(':')[0].lower() in config.old_hosts:
            return moved(config, environ, start_response)
        if path in ('', '/'):
            start_response('301 Moved Permanently', [('Location', environ.get('SCRIPT_NAME', '') + '/pypi')])
            return [b'']
        program = self.programs.get(path[1:].partition('/')[0])
        if program is None:
            start_response('404 not found', [('Content-Type', 'text/plain')])
            return [b'' if environ['REQUEST_METHOD'] == 'HEAD' else b'Not Found: ' + path.encode('latin-1')]
        environ = dict(environ)
        environ.pop('HTTP_CGI_AUTHORIZATION', None)
        if 'HTTP_AUTHORIZATION' in environ:
            environ['HTTP_CGI_AUTHORIZATION'] = environ['HTTP_AUTHORIZATION']
        return program(environ, start_response)


def moved(config, environ, start_response):
    """Send a client of one of the old names to today's: by 301, and what is no GET by 307, which stays what it is.

    The index lived at the root of one of these names and under /pypi of another.
    """
    path = environ.get('RAW_URI') or environ.get('REQUEST_URI') or environ.get('PATH_INFO', '')
    if not path.startswith('/'):  # a whole URL, as to a proxy (RFC 9112 section 3.2.2), or `*`
        path = '/' + path.partition('://')[2].partition('/')[2]
    named = path[1:].partition('?')[0].partition('/')[0] in NAMES
    safe = environ['REQUEST_METHOD'] in ('GET', 'HEAD')
    location = config.scheme_host + path if named else config.url + (path if path != '/' else '')
    start_response('301 Moved Permanently' if safe else '307 Temporary Redirect', [('Location', location)])
    return [b'']


class Mounted:
    """An application behind a name: the name moves from PATH_INFO to SCRIPT_NAME."""

    def __init__(self, name, app):
        self.name = '/' + name
        self.app = app

    def __call__(self, environ, start_response):
        environ = dict(environ)
        environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '') + self.name
        environ['PATH_INFO'] = environ['PATH_INFO'][len(self.name):]
        return self.app(environ, start_response)


class ShellHeaders:
    """The headers that the WSGI shell of 2015-16 added: how long caches keep what, and the hardening ones (B018,
    B020).
    """

    ALWAYS = (
        ('X-Clacks-Overhead', 'GNU Terry Pratchett'), ('X-Frame-Options', 'deny'),
        ('X-XSS-Protection', '1; mode=block'), ('X-Content-Type-Options', 'nosniff'),
    )
    BY_NAME = {
        'simple': (('Surrogate-Control', 'max-age=86400'), ('Cache-Control', 'max-age=600, public')),
        'mirrors': (('Cache-Control', 'max-age=604800, public'),),
        'security': (('Cache-Control', 'max-age=604800, public'),),
    }

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        name = environ.get('PATH_INFO', '')[1:].partition('/')[0]

        def start(status, headers, exc_info=None):
            added = self.BY_NAME.get(name, ())
            if name == 'packages':
                age = 31557600 if status[:3] in ('200', '304') else 3600
                added = (('Cache-Control', 'max-age=%d, public' % age),)
            return start_response(status, [*headers, *added, *self.ALWAYS], exc_info)

        return self.app(environ, start)


def shared_config():
    """The settings of a request in a process that stays: it keeps its database connection."""
    return Config(keep_connection=True)


def cgi_script(name, runner):
    """pypi.cgi behind one of its names."""
    # By our interpreter, not by the shebang's: it is the one that has psycopg2. Started without `site` and told where
    # packages are: the .pth file of an editable install alone costs each request 20 ms.
    paths = sysconfig.get_paths()
    packages = os.pathsep.join(dict.fromkeys((paths['platlib'], paths['purelib'])))
    return CGIScript(os.path.join(HERE, 'pypi.cgi'), interpreter=(sys.executable, '-S'), mount='/' + name,
                     runner=runner, pass_env=SETTINGS, env={'PYTHONPATH': packages}, raw_path=True)


def preload():
    """What the handler imports where it needs it, for the sake of CGI, a server imports before its first request: so
    that neither that request nor each process forked from here pays for it.
    """
    for name in ('browse', 'docs', 'downloads', 'feeds', 'incoming', 'metadata', 'pages', 'rpc', 'search', 'uploads'):
        import_module('legacy.' + name)
    descriptions.render('once, for the tables that docutils makes')


preload()
index = HandlerApp(WebUI, config=shared_config)
application = ShellHeaders(Front({name: Mounted(name, index) for name in NAMES}))
cgi = Front({name: cgi_script(name, 'exec') for name in NAMES})
warm = Front({name: cgi_script(name, 'warm') for name in NAMES})

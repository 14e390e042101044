"""The settings of one request: config.ini (or the file PYPI_CONFIG names), overruled by the environment.

Read anew for each request, because the handler changes its copy: it turns the URLs to https for one request (B008).
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))

_files = {}  # path -> (mtime, settings): a long-running server reads the file once


def read_ini(path):
    """Return {'section.option': value} of an ini file; a file that is missing or damaged raises ValueError."""
    mtime = os.stat(path).st_mtime_ns
    known = _files.get(path)
    if known is None or known[0] != mtime:
        known = _files[path] = (mtime, _parse_ini(path))
    return known[1]


def _parse_ini(path):
    # configparser costs a CGI start 10 ms; this is all of its format that is used.
    settings, section = {}, ''
    with open(path, encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line[0] in '#;':
                continue
            if line[0] == '[' and line[-1] == ']':
                section = line[1:-1]
            elif '=' in line:
                option, value = line.split('=', 1)
                settings['%s.%s' % (section, option.strip())] = value.strip()
            else:
                raise ValueError('%s, line %d: neither a section nor option = value' % (path, number))
    return settings


class Config:
    """What the handler asks for: `url`, `scheme_host`, `files_url`, `public_url`, `database_url`, `files_dir`, ...

    `keep_connection` is for processes that serve many requests: the database connection then stays open between them.
    """

    def __init__(self, environ=os.environ, keep_connection=False):
        ini = read_ini(environ.get('PYPI_CONFIG') or os.path.join(HERE, 'config.ini'))
        self.database_url = environ.get('PYPI_DATABASE_URL') or ini.get('database.url', '')
        self.files_dir = environ.get('PYPI_FILES') or ini.get('webui.files_dir', '')
        self.mail_file = environ.get('PYPI_MAIL') or ini.get('webui.mail_file', '')
        self.url = (environ.get('PYPI_BASE_URL') or ini['webui.base_url']).rstrip('/')
        self.public_url = environ.get('PYPI_PUBLIC_URL') or ini.get('webui.public_url', '')
        self.docs_url = (environ.get('PYPI_DOCS_URL') or ini.get('webui.docs_url', '')).rstrip('/')
        self.docs_dir = os.path.join(self.files_dir, 'documentation')
        self.providers = {key.partition('.')[2]: url for key, url in ini.items() if key.startswith('openid.')}
        self.simple_script = ini.get('webui.simple_script', '/simple')
        self.era = environ.get('PYPI_ERA') or ini.get('webui.era', '')
        self.old_hosts = ini.get('webui.old_hosts', '').replace(',', ' ').split()
        self.realm = ini.get('webui.realm', 'pypi')
        debug = environ.get('PYPI_DEBUG') or ini.get('webui.debug_mode', 'no')
        self.debug_mode = debug.lower() in ('yes', 'true', 'on', '1')
        self.counters_file = ini.get('blocking.counters', '')
        self.address_failures, self.user_failures, self.block_seconds = (
            int(ini.get('blocking.' + name) or default)
            for name, default in (('address_failures', 20), ('user_failures', 10), ('seconds', 300)))
        self.keep_connection = keep_connection
        self.split_url()

    @property
    def early(self):
        """True for what the index of 2008 did otherwise, as far as its log shows: names to the letter, no redirects."""
        return '2008' <= self.era < '2009'

    @property
    def late(self):
        """True for the rules of the end of 2016: https only, wheels and sdists only, ..."""
        return self.era >= '2016-12'

    def failure_counters(self):
        """The Counters of wrong passwords, or None where none are kept."""
        if not self.counters_file:
            return None
        from legacy.blocking import Counters
        return Counters(self.counters_file, self.block_seconds)

    def split_url(self):
        """Make everything that follows from `url`."""
        scheme, _, rest = self.url.partition('://')
        host, slash, path = rest.partition('/')
        self.scheme_host = '%s://%s' % (scheme, host)
        self.url_path = slash + path
        self.files_url = self.scheme_host + '/packages'
        self.public_url = (self.public_url or self.scheme_host).rstrip('/')
        self.docs_url = self.docs_url or self.files_url + '/documentation'

    @property
    def secure_docs_url(self):
        """Where uploaded documentation is read, by https if that host is another one."""
        other = not self.docs_url.startswith(self.scheme_host)
        return 'https:' + self.docs_url.partition(':')[2] if other else self.docs_url

    def make_https(self):
        """Turn the URLs of this request to https."""
        self.url = 'https:' + self.url.partition(':')[2]
        self.split_url()

    def make_http(self):
        """Turn the URLs of this request to http."""
        self.url = 'http:' + self.url.partition(':')[2]
        self.split_url()

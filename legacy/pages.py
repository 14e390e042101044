"""The human pages and the simple index: values in, HTML text out.

What programs have depended on is kept exactly (the simple pages' bytes; `#md5=` links; the comments with `<th>` that
setuptools' scraper looks for); the rest is our own wording. No SQL and no request here.
"""

from html import escape
from urllib.parse import quote, urlencode

PACKAGE_TYPES = {
    'sdist': 'Source', 'bdist_dumb': '"dumb" binary', 'bdist_rpm': 'RPM', 'bdist_wininst': 'MS Windows installer',
    'bdist_msi': 'Windows MSI installer', 'bdist_egg': 'Python Egg', 'bdist_dmg': 'macOS disk image',
    'bdist_wheel': 'Python Wheel',
}
NAVIGATION = (
    ('browse', 'Browse by classifier'), ('submit_form', 'Submit a package'), ('list_classifiers', 'All classifiers'),
    ('index', 'All packages'), ('rss', 'Feed: latest 40 updates'), ('packages_rss', 'Feed: newest 40 packages'),
)
PYTHON_3 = 533  # the id of its classifier in the index of the time; the menu had it in its markup

# -- the simple index --


def simple_index(names):
    """The page of /simple/ in pieces: `names` are (href, name) pairs, of which there may be many."""
    yield '<html><head><title>Simple Index</title><meta name="api-version" value="2" /></head><body>\n'
    for href, name in names:
        yield "<a href='%s'>%s</a><br/>\n" % (quote(href), escape(name, quote=False))
    yield '</body></html>'


def simple_package(name, files):
    """The page of /simple/NAME/: `files` are (path, filename, md5) rows, in the order to show."""
    # pep381client parses this page as XML: an unclosed tag once stopped the mirrors for three days (I41).
    title = 'Links for ' + escape(name, quote=False)
    head = '<html><head><title>%s</title><meta name="api-version" value="2" /></head><body><h1>%s</h1>' % (title, title)
    links = ['<a href="%s" rel="internal">%s</a><br/>\n' % (
        escape('../../packages/%s#md5=%s' % (path, md5)), escape(filename, quote=False))
        for path, filename, md5 in files]
    return head + ''.join(links) + '</body></html>'


# -- frame of all human pages --


class Frame:
    """What stands around every page, and the URLs that pages link to."""

    def __init__(self, config, authenticated=False, admin=False, username=None, packages=()):
        self.config = config
        self.authenticated = authenticated
        self.admin = admin
        self.username = username  # of a login by cookie
        self.packages = packages

    def action_url(self, action, **parameters):
        """`/pypi?%3Aaction=...`, relative to the host."""
        return self.config.url_path + '?' + urlencode({':action': action, **parameters}, quote_via=quote)

    def raw_url(self, action, **parameters):
        """`/pypi?:action=...`: some pages never quoted the colon."""
        return self.action_url(action, **parameters).replace('%3A', ':', 1)

    def release_url(self, name, version=None):
        """`/pypi/NAME[/VERSION]`."""
        parts = [self.config.url_path, quote(name, safe='')]
        return '/'.join(parts if version is None else [*parts, quote(version, safe='')])

    def doap_url(self, name, version):
        """The DOAP record of a release: never quoted."""
        return '%s?:action=doap&name=%s&version=%s' % (self.config.url_path, name, version)

    def file_url(self, path):
        """Where a stored file is downloaded from."""
        return self.config.files_url + '/' + path

    def page(self, title, content, name=None, version=None, head=''):
        """The whole document around some content."""
        return PAGE % {
            'title': escape(title), 'heading': escape(title, quote=False), 'content': content, 'head': head,
            'url': escape(self.config.url), 'path': escape(self.config.url_path),
            'navigation': self.navigation(), 'user': self.user_box(), 'crumbs': self.breadcrumb(name, version),
        }

    def navigation(self):
        """The list of what can be done without a login."""
        items = [(self.action_url(action), label) for action, label in NAVIGATION]
        if self.admin:
            items.append((self.action_url('role_form'), 'Administration'))
        items.append((self.raw_url('browse', c=PYTHON_3, show='all'), 'For Python 3'))
        return ''.join('<li><a href="%s">%s</a></li>\n' % (escape(url), label) for url, label in items)

    def breadcrumb(self, name, version):
        """Index, project, release."""
        links = [(self.config.url_path, 'Package Index')]
        if name is not None:
            links.append((self.release_url(name), name))
        if version is not None:
            links.append((self.release_url(name, version), version))
        return ' &gt;\n'.join('<a href="%s">%s</a>' % (escape(url), escape(text)) for url, text in links)

    def user_box(self):
        """Ways to log in; for those who sent a name and password, the way to forget them; for those who are logged in,
        what is theirs.
        """
        if self.username:
            return self.own_box()
        links = [(self.action_url('clear_auth'), 'Forget my password')] if self.authenticated else []
        links += [
            (self.action_url('login_form'), 'Log in'), (self.action_url('register_form'), 'Make an account'),
            (self.action_url('forgotten_password_form'), 'Forgotten password'), (self.raw_url('openid'), 'OpenID'),
            (self.raw_url('login', provider='Launchpad'), 'Launchpad'), ('/google_login', 'Google'),
        ]
        return ''.join('<li><a href="%s">%s</a></li>\n' % (escape(url), text) for url, text in links)

    def own_box(self):
        """The account, the way out, the projects."""
        links = [(self.action_url('user_form'), 'My account'), (self.action_url('logout'), 'Log out')]
        links += [(self.action_url('pkg_edit', name=name), name) for name in self.packages]
        return '<li>%s</li>\n' % escape(self.username) + ''.join(
            '<li><a href="%s">%s</a></li>\n' % (escape(url), escape(text)) for url, text in links)


PAGE = '''<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">
<head>
<meta http-equiv="content-type" content="text/html; charset=utf-8"/>
<title>%(title)s : Python Package Index</title>
<link rel="alternate" type="application/rss+xml" title="Latest 40 updates" href="%(url)s?:action=rss"/>
<link rel="alternate" type="application/rss+xml" title="Newest 40 packages" href="%(url)s?:action=packages_rss"/>
%(head)s</head>
<body>
<form id="searchform" name="searchform" method="get" action="%(path)s">
<p><input type="hidden" name=":action" value="search"/><input id="term" name="term"/>
<input type="submit" name="submit" value="search"/></p>
</form>
<ul id="menu">
<li><a href="%(path)s">Package Index</a></li>
%(navigation)s<li><a href="/security">Security of this index</a></li>
</ul>
<div id="content-body">
<p id="breadcrumb">%(crumbs)s</p>
<ul id="user">
%(user)s</ul>
<h1>%(heading)s</h1>
%(content)s</div>
</body>
</html>
'''

# -- pages --


def home(frame, count, releases):
    """The front page: how many packages there are, and the newest releases."""
    url = escape(frame.config.url)
    rows = ''.join('<tr><td>%s</td>%s<td>%s</td></tr>\n' % (
        release['created'].strftime('%Y-%m-%d'), release_cell(frame, release), text(release['summary']))
        for release in releases)
    return frame.page('PyPI - the Python Package Index', (
        '<p>An index of software written in Python, with <strong>%d</strong> packages.</p>\n'
        '<p>To publish yours, run <code>python setup.py register</code> or fill in the'
        ' <a href="%s?%%3Aaction=submit_form">form</a>; both need an'
        ' <a href="%s?%%3Aaction=register_form">account</a>.</p>\n'
        '<table class="list">\n<tr><th>Updated</th><th>Package</th><th>Description</th></tr>\n%s</table>\n'
    ) % (count, url, url, rows))


def release_list(frame, title, releases, name=None, scores=None):
    """Releases in a table: the index of everything, a project with several releases, the hits of a search."""
    if not releases:
        return frame.page(title, '<p>Nothing was found.</p>\n', name=name)
    rows = ''.join('<tr>%s<td>%s</td><td>%s</td></tr>\n' % (
        release_cell(frame, release), scores[release['name']] if scores else '', text(release['summary']))
        for release in releases)
    return frame.page(title, (
        '<table class="list">\n<tr><th>Package</th><th>%s</th><th>Description</th></tr>\n%s</table>\n'
    ) % ('Weight' if scores else '', rows), name=name)


def release_cell(frame, release):
    """The table cell that links to a release."""
    url = frame.release_url(release['name'], release['version'])
    return '<td><a href="%s">%s&nbsp;%s</a></td>' % (escape(url), escape(release['name']), escape(release['version']))


def text(value):
    """A value that may be missing, as HTML text."""
    return escape(value or '', quote=False)


def release(frame, data, files, classifiers, dependencies, roles, latest, message='', maintainer=False):
    """The page of one release; `latest` is the version that most visitors want; a maintainer finds the ways to edit."""
    name, version = data['name'], data['version']
    doap = escape(frame.doap_url(name, version))
    head = '<link rel="meta" title="DOAP" type="application/rdf+xml" href="%s"/>\n' % doap
    parts = [
        '<p class="message">%s</p>\n' % text(message) if message else '',
        download_button(frame, files),
        '<p class="summary">%s</p>\n' % text(data['summary']),
        maintainer_links(frame, name, version) if maintainer else '',
        latest_link(frame, name, version, latest),
        ''.join(project_link(*label.partition(',')[::2]) for label in dependencies.get('project_url', ())),
        described(data['description']),
        file_table(frame, files),
        '<ul class="facts">\n%s</ul>\n' % ''.join(facts(frame, data, classifiers, dependencies, roles)),
    ]
    return frame.page('%s %s' % (name, version), ''.join(parts), name, version, head)


def described(description):
    """The description, rendered; docutils is imported for those that there are."""
    if not given(description):
        return ''
    from legacy.descriptions import render
    return '<div class="description">\n%s</div>\n' % render(description)


def maintainer_links(frame, name, version=None):
    """What those who may edit a project, and a release of it, can do with it: shown to whoever is logged in."""
    if not frame.username:
        return ''
    path, quoted = frame.config.url_path, quote(name)
    links = [('%s?:action=role_form&package_name=%s' % (path, quoted), 'roles'),
             ('%s?:action=pkg_edit&name=%s' % (path, quoted), 'releases')]
    if version is not None:
        links += [('%s?name=%s&version=%s&:action=%s' % (path, quoted, quote(version), action), label)
                  for action, label in (('display', 'view'), ('submit_form', 'edit'), ('files', 'files'),
                                        ('display_pkginfo', 'PKG-INFO'))]
    return '<p>%s</p>\n' % ' | '.join('<a href="%s">%s</a>' % (escape(url), label) for url, label in links)


def latest_link(frame, name, version, latest):
    """From an old release to the newest."""
    if latest in (None, version):
        return ''
    url = '/'.join((frame.config.url, quote(name, safe=''), quote(latest, safe='')))
    return '<p>Newest version: <a href="%s">%s</a></p>\n' % (escape(url), escape(latest))


def project_link(label, url):
    """One `Label, http://...` of the metadata; other schemes than the web's are not made clickable."""
    if not url.strip().startswith(('http://', 'https://')):
        return ''
    return '<p><a href="%s">%s</a></p>\n' % (escape(url), escape(label))


def given(value):
    """True for a value that says something: distutils writes UNKNOWN for what its user left out."""
    return bool(value) and value != 'UNKNOWN'


def download_button(frame, files):
    """One file: straight to it; several: to the table."""
    if not files:
        return ''
    if len(files) > 1:
        return '<p><a class="button" href="#downloads">Downloads</a></p>\n'
    return '<p><a class="button" href="%s">Download %s</a></p>\n' % (
        escape(frame.file_url(files[0]['path'])), escape(files[0]['filename']))


def file_table(frame, files):
    """The files, each with the digest where easy_install looks for it (I05) and a link to the digest."""
    if not files:
        return ''
    rows = []
    for file in files:
        url = frame.file_url(file['path'])
        links = ['<a href="%s#md5=%s">%s</a> (<a title="MD5 digest" href="%s">md5</a>%s)' % (
            escape(url), file['md5_digest'], escape(file['filename']),
            escape(frame.raw_url('show_md5', digest=file['md5_digest'])),
            ', <a title="PGP signature" href="%s.asc">pgp</a>' % escape(url) if file['has_signature'] else '')]
        if file['comment_text']:
            links.append('<br/>' + text(file['comment_text']))
        python = '' if file['python_version'] in (None, 'source') else text(file['python_version'])
        rows.append('<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n' % (
            ''.join(links), escape(PACKAGE_TYPES.get(file['packagetype'], file['packagetype'] or '')), python,
            file['upload_time'].strftime('%Y-%m-%d') if file['upload_time'] else '', size(file['size'])))
    return ('<a name="downloads"></a>\n<table class="list">\n'
            '<tr><th>File</th><th>Type</th><th>Python</th><th>Uploaded</th><th>Size</th></tr>\n'
            '%s</table>\n' % ''.join(rows))


def size(count):
    """Bytes, for people."""
    if count is None:
        return ''
    if count < 1024:
        return '%dB' % count
    return '%dKB' % (count // 1024) if count < 1024 * 1024 else '%dMB' % (count // 1024 // 1024)


FACTS = (('author', 'Author'), ('maintainer', 'Maintainer'), ('keywords', 'Keywords'), ('license', 'License'),
         ('platform', 'Platform'))


def facts(frame, data, classifiers, dependencies, roles):
    """The list below the files."""
    shown = dict(FACTS)
    for field in ('author', 'maintainer'):
        yield fact(shown[field], text(data[field])) if given(data[field]) else ''
    # setuptools before 0.6c4 found these two links by the table cells in front of them (I02).
    for field, label in (('home_page', 'Home Page'), ('download_url', 'Download URL')):
        if given(data[field]):
            url = escape(data[field])
            yield fact(label, '<!-- <th>%s -->\n<a href="%s">%s</a>' % (label, url, url))
    for field in ('keywords', 'license', 'platform'):
        yield fact(shown[field], text(data[field])) if given(data[field]) else ''
    if classifiers:
        yield fact('Categories', '<ul>\n%s</ul>' % ''.join('<li><a href="%s">%s</a></li>\n' % (
            escape(frame.raw_url('browse', c=id)), escape(classifier)) for classifier, id in classifiers))
    for kind, specifiers in dependencies.items():
        yield fact(kind.replace('_', ' ').capitalize(), ', '.join(map(escape, specifiers)))
    for role in ('Owner', 'Maintainer'):
        users = [user for given_role, user in roles if given_role == role]
        yield fact('Package Index ' + role, ', '.join(map(escape, users))) if users else ''
    yield fact('<a href="http://usefulinc.com/doap">DOAP</a> record', '<a href="%s">%s-%s.xml</a>' % (
        escape(frame.doap_url(data['name'], data['version'])), escape(data['name']), escape(data['version'])))


def fact(label, value):
    """One line of the list."""
    return '<li><strong>%s:</strong> %s</li>\n' % (label, value)


def message(frame, title):
    """A page that says one thing."""
    return frame.page(title, '')


def about(frame, count):
    """What this is."""
    return frame.page('About PyPI', '<p>An index of %d packages, by and for those who write Python.</p>\n'
                      '<p><a href="/mirrors">Mirrors</a></p>\n' % count)


def mirrors(frame):
    """Where copies are."""
    return frame.page('PyPI Mirrors', '<p>Files come from a network of caches; whoever wants a copy of all may run'
                      ' bandersnatch.</p>\n')


def security(frame):
    """How to tell of a hole."""
    return frame.page('PyPI Security', '<p>Tell the administrators, not the world, what you found.</p>\n')


def browse(frame, trove, chosen, releases, count, boxes):
    """Classifiers to choose from, and the releases that have all those chosen (None: too many to show)."""
    base = frame.config.url_path + '?:action=browse'

    def link(ids, label, count):
        url = base + ''.join('&c=%d' % id for id in sorted(ids))
        return '<a href="%s">%s</a>%s' % (escape(url), escape(label, quote=False), count)

    parts = ['<p>%s %s</p>\n' % (escape(trove[id], quote=False), link([c for c in chosen if c != id], 'unselect', ''))
             for id in chosen]
    if releases is not None:
        parts.append('<table class="list">\n%s</table>\n' % ''.join('<tr>%s<td>%s</td></tr>\n' % (
            release_cell(frame, release), text(release['summary'])) for release in releases))
    elif chosen:
        parts.append('<p>%d packages. <a href="%s">Show all</a></p>\n' % (
            count, escape(base + ''.join('&c=%d' % id for id in sorted(chosen)) + '&show=all')))
    for heading, entries in boxes:
        parts.append('<h2>%s</h2>\n<ul>\n%s</ul>\n' % (escape(heading, quote=False), ''.join(
            '<li>%s</li>\n' % link([*chosen, id], label, ' (%d)' % number) for id, label, number in entries)))
    return frame.page('Browse', ''.join(parts), head='<meta name="robots" content="noindex,nofollow"/>\n')


def dialog(title, question, frame, carried):
    """A question with two answers: a page of its own, without the frame."""
    return DIALOG % {'title': escape(title), 'question': escape(question, quote=False), 'carried': carried,
                     'path': escape(frame.config.url_path)}


DIALOG = '''<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">
<head>
<title>%(title)s</title>
</head>
<body>
<h1>%(title)s</h1>
<p>%(question)s</p>
<form method="POST" action="%(path)s">
%(carried)s<p><input type="submit" name="submit_ok" value="OK"/>
<input type="submit" name="submit_cancel" value="CANCEL"/></p>
</form>
</body>
</html>
'''

LOGIN_HELP = '''
<p>No account yet? <a href="%(path)s?:action=register_form">Make one</a>.</p>
<p>Forgotten the password? <a href="%(path)s?:action=forgotten_password_form">Have it reset</a>.</p>
<p>Or log in with <a href="%(path)s?:action=openid">OpenID</a>.</p>'''


def login_help(config):
    """What a 401 page adds to its message."""
    return LOGIN_HELP % {'path': config.url_path}

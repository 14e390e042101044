"""The whole index in one object: `WebUI(handler, env).run()` reads a request and pushes the answer through the handler.

The idiom of its time, before WSGI: no return value, one method an `:action`, one table of them, errors as exceptions
that `run` turns into pages. The handler offers rfile, wfile, config, send_response, send_header, set_content_type,
end_headers. Rules, SQL, pages and formats have modules of their own, imported where they are needed because each CGI
request pays for its imports; what talks HTTP is here.
"""

import re
import sys

from legacy import forms
from legacy.accounts import Accounts
from legacy.errors import (
    Blocked,
    Forbidden,
    FormError,
    Gone,
    NotFound,
    NotGzipped,
    Redirect,
    RedirectTemporary,
    Unauthorised,
)
from legacy.projects import Projects

LINES = 1000  # of the simple index that are written at once
SUBMISSIONS = ('submit',)  # actions that need a login before they are called


class WebUI(Accounts, Projects):
    """One request. `env` has CGI variables as text whose characters are the bytes (latin-1), as WSGI has them."""

    def __init__(self, handler, env):
        self.handler = handler
        self.config = handler.config
        self.wfile = handler.wfile
        self.env = env
        self.store = None
        self.username = None  # who asks: by cookie or Basic authentication (`authenticated`), by cookie (`loggedin`)
        self.authenticated = self.loggedin = False
        self.cookie = None
        self.removed_files = []  # paths of stored files that go when the transaction is safe (B279)
        self.remote_addr = env['REMOTE_ADDR']  # a front end that sets none is broken: KeyError, as ever (B004)
        forwarded = env.get('HTTP_X_FORWARDED_FOR', '').split(',')[0].strip()
        if forwarded:
            self.remote_addr = forwarded
        if env.get('HTTP_X_FORWARDED_PROTO') == 'https':
            self.config.make_https()
        else:
            self.config.make_http()
        self.form, self.form_error = {}, None
        if env.get('CONTENT_TYPE') != 'text/xml':
            try:
                self.form = forms.parse_form(env, handler.rfile)
            except forms.BadEncoding as error:
                self.form_error = str(error)

    # -- one request --

    def run(self):
        """Answer the request; never raises for what a client did."""
        try:
            self.answer()
        except NotFound as error:
            self.fail('Not Found (%s)' % error, code=404)
        except Gone as error:
            self.fail('Gone (%s)' % error, code=410, headers=[('Cache-Control', 'max-age=31557600, public')])
        except Unauthorised as error:
            self.unauthorised(str(error) or 'You must login to access this feature')
        except Forbidden as error:
            self.fail(str(error), code=403, heading='Forbidden')
        except Blocked as error:
            self.fail(str(error), code=403, heading='Blocked IP')
        except FormError as error:
            self.fail(str(error), code=400, heading='Error processing form')
        except Redirect as error:
            self.redirect(301, 'Moved Permanently', str(error))
        except RedirectTemporary as error:
            self.redirect(307, 'Temporary Redirect', str(error), ('Cache-Control', 'max-age=0'))
        except (UnicodeDecodeError, NotGzipped):
            raise  # see found_name and uploads.check_readable
        except Exception as error:
            self.crash(error)
        finally:
            if self.store is not None:
                self.store.close()

    def answer(self):
        """What is asked for: files, the simple index, XML-RPC, or an action."""
        if self.form_error:
            self.fail(self.form_error, code=400)
            return
        script = self.env.get('SCRIPT_NAME', '')
        if script == '/packages':
            self.run_packages()
            return
        if not self.open_store():
            return
        if script == self.config.simple_script:
            self.only_by_https()
            self.run_simple()
            return
        if script in SCRIPTS:
            getattr(self, SCRIPTS[script])()
            return
        self.authenticate()
        if script == '/oauth':
            raise Gone('OAuth has been disabled.')
        if self.env.get('CONTENT_TYPE') == 'text/xml':
            self.only_by_https()
            self.run_xmlrpc()
        else:
            self.run_action()
            self.store.commit()
            self.remove_stored()

    def open_store(self):
        """Connect to the database; False if it cannot be reached, which is answered here (B252)."""
        import psycopg2

        from legacy.store import Store
        try:
            self.store = Store(self.config)
        except psycopg2.Error as error:
            reason = str(error).strip().replace('--', '- -')
            self.fail('Please try again later.\n<!-- %s -->' % reason, code=500, heading='Database connection failed')
        return self.store is not None

    def only_by_https(self):
        """Since June 2016 what installs and publishes is refused over plain HTTP (B123)."""
        if self.config.late and not self.config.url.startswith('https:'):
            raise Forbidden('Must access using HTTPS instead of HTTP')

    def remove_stored(self):
        """Delete from disk what the database no longer has."""
        if self.removed_files:
            from legacy.incoming import remove_files
            remove_files(self.config.files_dir, [path for stored in self.removed_files
                                                 for path in (stored, stored + '.asc')])

    # -- writing --

    def send(self, body, content_type, *headers, status=200, message='OK'):
        """Push a whole answer; a text body goes out as UTF-8, characters that came as raw bytes go out as they came."""
        if isinstance(body, str):
            body = body.encode('utf-8', 'surrogateescape')
        self.handler.send_response(status, header_text(message))
        if content_type:
            self.handler.set_content_type(content_type)
        for name, value in headers:
            self.handler.send_header(name, header_text(value))
        self.handler.end_headers()
        self.wfile.write(body)

    def fail(self, message, code=400, heading=None, content='', headers=()):
        """An error page: as text, or as HTML where the content has markup (B248)."""
        if '<' in content and '>' in content:
            kind, parts = 'html', ['<strong>%s</strong>' % heading if heading else '', message]
            body = '\n'.join(part + '<br /><br />\n' for part in parts if part) + content
        else:
            kind = 'plain'
            body = ''.join(part + '\n\n' for part in (heading, message) if part) + content
        self.send(body, 'text/%s; charset=utf-8' % kind, *headers, status=code, message=message)

    def unauthorised(self, message):
        """Ask for a name and password; the realm is the key under which clients remembered them."""
        from legacy import pages
        self.fail(message, code=401, heading='Login required', content=pages.login_help(self.config),
                  headers=[('WWW-Authenticate', 'Basic realm="%s"' % self.config.realm)])

    def redirect(self, code, message, location, *headers):
        """No body, no content type; the location goes out as UTF-8, unquoted (B253)."""
        self.send(b'', None, ('Location', location), *headers, status=code, message=message)

    def crash(self, error):
        """A mistake of ours: 500, with the traceback in debug mode and in the log in any case."""
        import traceback

        from legacy.rpc import old_type
        trace = ''.join(traceback.format_exception(error))
        sys.stderr.write(trace)
        if self.config.debug_mode:
            from html import escape
            message, content = 'Internal Server Error', escape(trace, quote=False)
        else:
            message, content = "There's been a problem with your request", '%s: %s' % (old_type(error), error)
        self.fail(message, code=500, heading='Error...', content=content)

    def frame(self):
        """What stands around a page. Every page decodes the path, even one that does not need it (B049)."""
        from legacy import pages
        path = self.env.get('PATH_INFO', '')
        try:
            path.encode('latin-1').decode('utf-8')
        except UnicodeDecodeError:
            raise NotFound('%s is not utf-8 encoded' % raw_text(self.config.url + path)) from None
        admin = self.authenticated and self.store.has_role('Admin', None)
        packages = self.store.packages_of(self.username) if self.loggedin else ()
        return pages.Frame(self.config, self.authenticated, admin, self.loggedin and self.username, packages)

    def page(self, html, *headers, content_type='text/html; charset=utf-8'):
        """Push a human page: with the token of the user in each form that posts, and the cookie that logs in."""
        if self.authenticated and '"POST"' in html:
            token = '<input type="hidden" name="CSRFToken" value="%s"/>\n' % self.store.csrf_token(self.username)
            html = re.sub('^<form .*"POST".*\n', lambda line: line[0] + token, html, flags=re.MULTILINE)
        if self.cookie:
            secure = ';secure' if self.config.url.startswith('https:') else ''
            headers = (*headers, ('Set-Cookie', 'pypi=%s;path=/%s' % (self.cookie, secure)))
        self.send(html, content_type, *headers)

    # -- names of their own, without authentication --

    def run_daytime(self):
        """The time, for mirrors that measure how far behind they are (B056)."""
        from legacy.store import utcnow
        self.send(utcnow().strftime('%Y%m%dT%H:%M:%S\n'), 'text/plain')

    def run_serial(self):
        """The newest serial."""
        self.send(str(self.store.last_serial() or 0), 'text/plain')

    def run_serversig(self):
        """Signatures of simple pages: gone since 2015, with the longest reason phrase on the web (B058)."""
        raise Gone(NO_SIGNATURES)

    def run_id(self):
        """What this index is as an OpenID provider, in XRDS; nobody is looked up (B060)."""
        from legacy import feeds
        self.write_plain(feeds.xrds(self.config.url, self.env.get('PATH_INFO', '').strip('/') == ''),
                         'application/xrds+xml')

    def run_mirrors(self):
        """A page about mirrors."""
        from legacy import pages
        self.page(pages.mirrors(self.frame()))

    def run_security(self):
        """A page about security."""
        from legacy import pages
        self.page(pages.security(self.frame()))

    def run_google_login(self):
        """To the provider of that name, if the settings have one."""
        self.login_elsewhere('Google')

    def write_plain(self, text, content_type):
        """Bytes with their length and a status without a reason: the oldest way to answer (B002, B262)."""
        body = text.encode()
        self.handler.send_response(200)
        self.handler.send_header('Content-Type', content_type)
        self.handler.send_header('Content-Length', str(len(body)))
        self.handler.end_headers()
        self.wfile.write(body)

    # -- downloads --

    def run_packages(self):
        """A stored file or a page of documentation, with ranges and conditions as a static file server has them."""
        from legacy import docs, downloads
        documented = self.env.get('PATH_INFO', '').startswith(docs.PREFIX)
        answer = (docs if documented else downloads).answer(self.config.files_dir, self.env)
        self.handler.send_response(answer.status, answer.reason)
        for name, value in answer.headers:
            self.handler.send_header(name, value)
        self.handler.end_headers()
        for chunk in answer.chunks:
            self.wfile.write(chunk)

    # -- the simple index --

    def run_simple(self):
        """/simple, /simple/ and /simple/NAME/, each spelling redirected to the one that answers."""
        path = self.path_text()
        if self.config.early and path.strip('/'):
            self.early_package(path.strip('/'))
            return
        if not path:
            raise Redirect(self.config.simple_script + '/')
        if path == '/':
            self.simple_index()
        elif not path.endswith('/'):
            raise Redirect(self.config.simple_script + path + '/')
        elif '/' in path[1:-1]:
            raise NotFound(path[1:-1])
        else:
            self.simple_package(path[1:-1])

    def early_package(self, name):
        """The same in 2008: a name to the letter, with a slash or without (B108, B109, B112)."""
        from legacy import pages
        if not self.store.has_package(name):
            self.fail('Not Found', code=404)
            return
        self.simple_page(pages.simple_package(name, self.store.package_files(name)), 'simple pkg~' + simple_name(name),
                         self.store.package_serial(name))

    def simple_index(self):
        """All projects: written as they come from the database, which is asked twice, since the length goes first."""
        from legacy import pages
        names = self.store.each_package_name()

        def page():
            return pages.simple_index((simple_name(name), name) for name in names)

        length = sum(len(piece.encode()) for piece in page())
        self.simple_head('simple simple-index', self.store.last_serial() or 0, length)
        pieces = []
        for piece in page():
            pieces.append(piece)
            if len(pieces) == LINES:
                self.wfile.write(''.join(pieces).encode())
                pieces.clear()
        self.wfile.write(''.join(pieces).encode())
        names.close()

    def simple_package(self, name):
        """The files of one project. Two rules of normalisation meet here: dots are folded by only one of them
        (B110).
        """
        from legacy import pages
        folded = simple_name(name)
        real = self.store.find_package(name)
        if folded != name:
            if real is None:
                raise NotFound('%s does not have any releases' % name)
            raise Redirect('%s/%s' % (self.config.simple_script, folded))
        if real is None:
            raise NotFound('%s does not exist' % name)
        self.simple_page(pages.simple_package(name, self.store.package_files(real)),
                         'simple pkg~' + simple_name(real), self.store.package_serial(real))

    def simple_page(self, html, key, serial):
        """Push a page of the simple index."""
        body = html.encode()
        self.simple_head(key, serial, len(body))
        self.wfile.write(body)

    def simple_head(self, key, serial, length):
        """What caches and mirrors need."""
        self.handler.send_response(200, 'OK')
        self.handler.set_content_type('text/html; charset=utf-8')
        for name, value in (('Surrogate-Key', key), ('X-PYPI-LAST-SERIAL', serial), ('Content-Length', length)):
            self.handler.send_header(name, str(value))
        self.handler.end_headers()

    # -- XML-RPC --

    def run_xmlrpc(self):
        """Whatever the method, path and query: a body of type text/xml is a call (B031)."""
        from legacy import rpc
        document = rpc.answer(self.env, self.handler.rfile, self.store)
        self.handler.send_response(200, 'OK')
        self.handler.send_header('Content-type', 'text/xml')
        self.handler.send_header('charset', 'UTF-8')  # meant as a parameter of the type, sent as a header since 2005
        self.handler.end_headers()
        self.wfile.write(document)

    # -- actions --

    def path_text(self):
        """PATH_INFO as text."""
        path = self.env.get('PATH_INFO', '')
        try:
            return path.encode('latin-1').decode('utf-8')
        except UnicodeDecodeError:
            raise NotFound('%s is not UTF-8 encoded' % raw_text(path)) from None

    def run_action(self):
        """Find the action in the form or in the path, and call it."""
        action = self.form.get(':action') or self.action_of_path()
        if isinstance(action, list):
            from legacy.metadata import u_repr
            raise RuntimeError('Multiple actions: %s' % u_repr(action))
        if self.form.get('version') in ('doap', 'json'):
            action = self.form.pop('version')
        if action not in ACTIONS and not (self.config.late and action in LATER_ACTIONS):
            raise NotFound
        if action in BY_HTTPS:
            self.only_by_https()
        if action in SUBMISSIONS and not self.authenticated:
            raise Unauthorised
        getattr(self, action)()

    def action_of_path(self):
        """`/`, `/NAME`, `/NAME/VERSION` and `/NAME/VERSION/ACTION`; name and version go into the form (B042)."""
        path = self.path_text()
        if not path:
            return 'home'
        if path == '/':
            self.form['name'] = ''
            return 'index'
        items = path.split('/')[1:]
        for key, item in zip(('name', 'version'), items, strict=False):
            if item:
                self.form[key] = item
        return items[2] if len(items) > 2 and items[2] else 'display'

    def home(self):
        """The front page."""
        from legacy import pages
        html = pages.home(self.frame(), self.store.package_count(), self.store.newest_releases(40))
        self.page(html, ('X-XRDS-Location', self.config.scheme_host + '/id'))

    def about(self):
        """A page about the index."""
        from legacy import pages
        self.page(pages.about(self.frame(), self.store.package_count()))

    def exception(self):
        """Fails, so that one can see what that looks like (B053)."""
        raise NameError("global name 'FAIL' is not defined")

    def purge(self):
        """Forget what caches hold of projects: there is no cache in front of this index (B100)."""
        self.write_plain('OK', 'text/plain')

    def gae_file(self):
        """Hand files to a mirror on Google's App Engine: there is none any more, and what it sent is not known."""
        self.fail('There is no mirror on App Engine any more')

    def browse(self):
        """Releases by classifier; robots get a blank page, since they got lost in here (B087)."""
        from legacy import browse, pages
        if browse.is_robot(self.env.get('HTTP_USER_AGENT', '')):
            self.send('This page intentionally blank.', 'text/plain')
            return
        trove = self.store.trove()
        chosen, show_all = browse.choices(self.env.get('QUERY_STRING', ''), trove)
        if len(chosen) > browse.MOST:
            self.fail('Too many classifiers', code=500)
            return
        found = self.store.classified_releases([browse.below(id, trove) for id in chosen])
        boxes = browse.boxes(trove, chosen, found, self.store.classifier_ids())
        shown = found if chosen and (len(found) < browse.LONG or show_all) else None
        self.page(pages.browse(self.frame(), trove, chosen, shown, len(found), boxes))

    def index(self):
        """All visible releases, or those whose metadata contain what the form asks for."""
        from legacy import metadata
        spec = {key: value if isinstance(value, list) else [value]
                for key, value in metadata.form_metadata(self.form).items() if value}
        hits = self.store.search_releases(spec)
        if len(hits) == 1:
            self.show_release(hits[0]['name'], hits[0]['version'])
        else:
            self.show_releases('Index of Packages', hits)

    def search(self):
        """Projects in which every word of `term` occurs, the weightiest first."""
        from legacy import search
        terms = search.words(self.form.get('term', ''))
        if not terms:
            raise FormError('You need to supply a search term')
        hits, scores = search.ranked(terms, self.store.search_columns(terms[0]))
        if len(hits) == 1:
            raise RedirectTemporary('%s/%s/%s' % (self.config.url, hits[0]['name'], hits[0]['version']))
        self.show_releases("Index of Packages Matching '%s'" % ' '.join(terms), hits, scores=scores)

    def list_classifiers(self):
        """All classifiers, one a line: distutils asks for this."""
        self.send('\n'.join(self.store.classifiers()) + '\n', 'text/plain; charset=utf-8')

    def show_md5(self):
        """The digest of a stored file, if it is one."""
        digest = self.form.get('digest')
        if not self.store.has_md5(digest):
            raise NotFound
        self.send(digest, 'text/plain; charset=utf-8')

    def rss_regen(self):
        """Make the feeds anew: they are made for each request here."""
        self.send('OK', 'text/plain')

    def rss(self):
        """The feed of the 40 newest releases."""
        from legacy import feeds
        self.send(feeds.rss(self.config, self.store.newest_releases(40)), 'text/xml; charset=utf-8')

    def packages_rss(self):
        """The feed of the 40 newest projects."""
        from legacy import feeds
        self.send(feeds.packages_rss(self.config, self.store.newest_packages(40)), 'text/xml; charset=utf-8')

    def lasthour(self):
        """The feed of all that happened in the last hour."""
        from datetime import timedelta

        from legacy import feeds
        from legacy.store import utcnow
        rows = self.store.journal_since(utcnow() - timedelta(hours=1))
        self.page(feeds.lasthour(self.config, rows), content_type='text/xml; charset=utf-8')

    def display(self):
        """A release; a project with one visible release is that release, with several a list of them."""
        name, version = self.form.get('name'), self.form.get('version')
        if name is None or isinstance(name, list):
            # The page says so and goes on, and then looking for nothing fails as well: two answers to one request
            # (B064).
            self.fail('Which package do you want to display?')
        if version is not None:
            self.show_release(name, version)
            return
        visible = self.store.releases(name, hidden=False)
        if len(visible) == 1:
            self.show_release(name, visible[0]['version'])
        elif visible:
            self.show_releases('Index of Packages', visible)
        else:
            self.other_spelling(name, None)

    def other_spelling(self, name, version):
        """Redirect to the registered spelling of a name, or 404."""
        found = self.found_name(name)
        if found is None or found == name or self.config.early:
            raise NotFound
        raise Redirect('/'.join(part for part in (self.config.url, found, version) if part))

    def found_name(self, name):
        """The registered spelling of a name, or None.

        Found names were byte strings, and what was done with them broke outside of ASCII: in run() itself, which could
        not catch that. So the error still escapes, and the shell around answers (B067).
        """
        found = self.store.find_package(name)
        return found and found.encode().decode('ascii')

    def show_releases(self, title, releases, scores=None):
        """Push a list of releases."""
        from legacy import pages
        self.page(pages.release_list(self.frame(), title, releases, self.form.get('name'), scores))

    def show_release(self, name, version, message=''):
        """Push the page of one release."""
        from legacy import pages
        release = self.store.release(name, version)
        if release is None:
            self.other_spelling(name, version)
        self.page(pages.release(
            self.frame(), release, self.store.files(name, version), self.store.release_classifiers(name, version),
            self.store.dependencies(name, version), self.store.roles_of(name),
            self.store.latest_version(name, hidden_too=False), message,
            maintainer=self.loggedin and self.store.may_change(name)))

    def wanted_release(self, hidden_too):
        """The row of the release that the form means, or 404 with the old words."""
        name, version = self.form.get('name'), self.form.get('version')
        if isinstance(name, list) or isinstance(version, list):
            raise TypeError('expected one name and one version')
        if version is None:
            version = self.store.latest_version(name, hidden_too)
            if version is None:
                raise NotFound('no releases')
        release = self.store.release(name, version)
        if release is None:
            raise NotFound('invalid name/version')
        self.found_name(name)
        return release

    def json(self):
        """A release with its files, and the files of all releases; as a call of `callback`, if asked for (JSONP)."""
        from json import dumps

        from legacy import feeds
        self.json_spelling()
        release = self.wanted_release(hidden_too=True)
        name, version = release['name'], release['version']
        def files(version):
            return [feeds.file_info(self.config, file, lambda time: time.strftime('%Y-%m-%dT%H:%M:%S'))
                    for file in self.store.files(name, version)]
        document = {
            'info': feeds.release_info(self.config, release, self.store.release_classifiers(name, version),
                                       self.store.dependencies(name, version)),
            'releases': {row['version']: files(row['version']) for row in self.store.releases(name)},
            'urls': files(version),
        }
        # Python 2 left a space after the comma at the end of a line.
        body, kind = dumps(document, indent=4, separators=(', ', ': ')), 'application/json; charset="UTF-8"'
        if re.fullmatch(r'[\w$.]+', str(self.form.get('callback', ''))):
            body, kind = '%s(%s)' % (self.form['callback'], body), 'text/javascript; charset="UTF-8"'
        self.send(body, kind,
                  ('Content-Disposition', 'inline'), ('X-PYPI-LAST-SERIAL', str(self.store.last_serial())),
                  ('Surrogate-Key', 'json pkg~' + simple_name(name)), ('Surrogate-Control', 'max-age=86400'),
                  ('Cache-Control', 'max-age=600, public'), ('Access-Control-Allow-Origin', '*'))

    def json_spelling(self):
        """Redirect to the registered spelling, by path only (B166)."""
        name, version = self.form.get('name'), self.form.get('version')
        found = self.found_name(name)
        if found is not None and found != name:
            raise Redirect('/'.join(part for part in (self.config.url_path, found, version, 'json') if part))

    def doap(self):
        """A project for machines, in RDF; the newest visible release where no version is asked for."""
        from legacy import feeds
        release = self.wanted_release(hidden_too=False)
        filename = '%(name)s-%(version)s.xml' % release
        self.send(feeds.doap(release), 'text/xml; charset="UTF-8"',
                  ('Content-Disposition', 'attachment; filename=' + filename.encode('ascii', 'replace').decode()))

    # -- registering and uploading --

    def verify(self):
        """A dry run of submit; anybody may."""
        from legacy import metadata, pages
        try:
            metadata.validate(metadata.form_metadata(self.form), self.store.unknown_classifiers)
        except ValueError as error:
            self.fail(str(error), code=400, heading='Package verification')
            return
        self.page(pages.message(self.frame(), 'Validated OK'))

    def checked_metadata(self):
        """The form's metadata, kept to the rules."""
        from legacy import metadata
        data = metadata.form_metadata(self.form)
        self.check_metadata(data)
        return data

    def check_metadata(self, data):
        """Refuse metadata that breaks a rule."""
        from legacy import metadata
        try:
            metadata.validate(data, self.store.unknown_classifiers)
        except ValueError as error:
            raise FormError(str(error)) from None

    def submit(self):
        """Register a release, and its project if that is new; then show it."""
        data = self.checked_metadata()
        self.store_submission(data)
        # The page is looked up by the form's version, not by the stripped one that was stored (B187).
        self.show_release(data['name'], self.form['version'], 'Thank you: the release is stored.')

    def store_submission(self, data):
        """Write checked metadata as a release, its project first if that is new."""
        from legacy import metadata
        name, version = data['name'], data['version']
        if name.lower() in metadata.FORBIDDEN_NAMES:
            raise Forbidden("Package name '%s' invalid" % name)
        self.store.reserve_name(name)
        if self.store.has_package(name):
            if not self.store.may_change(name):
                raise Forbidden("You are not allowed to store '%s' package information" % name)
            self.store.lock_package(name)
        else:
            found = self.store.find_package(name)
            if found is not None:
                raise Forbidden("Package name conflicts with existing package '%s'" % found)
            self.store.new_package(name)
            self.store.add_role(self.username, 'Owner', name)
        self.store_release(name, version, data)
        self.store.commit()

    def store_release(self, name, version, data):
        """Write a new release or what changes in an old one; a new one hides the others where the project wants it."""
        from legacy import metadata
        current = self.store.release(name, version)
        if current is not None:
            changes = self.changes(current, data)
            if changes:
                self.store.update_release(name, version, changes)
            return
        if self.store.hides_old_releases(name):
            self.store.hide_releases_but(name, version)
        self.store.new_release(name, version, data)
        self.store.set_ordering(name, metadata.in_order(row['version'] for row in self.store.releases(name)))

    def changes(self, release, data):
        """What `data` says that the release does not say yet; fields that are not mentioned stay."""
        from legacy.store import DEPENDENCY_KINDS, RELEASE_COLUMNS
        name, version = release['name'], release['version']
        changes = {column: data[column] for column in RELEASE_COLUMNS
                   if column in data and data[column] != release[column]}
        if 'classifiers' in data:
            known = [text for text, _ in self.store.release_classifiers(name, version)]
            if sorted(data['classifiers']) != known:
                changes['classifiers'] = data['classifiers']
        stored = self.store.dependencies(name, version)
        for kind in DEPENDENCY_KINDS:
            if kind in data and sorted(data[kind]) != sorted(stored.get(kind, [])):
                changes[kind] = data[kind]
        return changes

    def file_upload(self):
        """Store a file, and say so in three bytes."""
        if self.store_upload():
            self.send('OK\n', 'text/plain')

    def store_upload(self):
        """Store a file of a release, which is registered from the same form if it is new. The order of checks is
        old. False where the answer was given already.
        """
        from legacy import uploads
        from legacy.store import DuplicateFile, UsedFilename
        if not self.authenticated:
            raise Unauthorised('You must be identified to edit package information')
        name, version = self.upload_release()
        content, filetype, python_version = self.upload_fields()
        signature = self.upload_signature()
        try:
            uploads.check_filename(content.filename)
            self.check_unused(name, version, content.filename)
            uploads.check_belongs(content.filename, name)
            uploads.check_content(content)
            uploads.check_signature(signature)
            uploads.check_archive(content.filename, content.value, filetype)
            uploads.check_platform(content.filename)
            uploads.check_armour(signature)
        except uploads.Refused as refused:
            raise FormError(str(refused)) from None
        if not uploads.check_digest(content.value, self.form.get('md5_digest')):
            self.store.rollback()
            self.fail('The MD5 digest supplied does not match the content of the file.', heading='MD5 digest mismatch')
            return False
        if not self.store.release(name, version)['description']:
            uploads.check_readable(content.filename, content.value)
        try:
            self.store.add_file(name, version, content.filename, content.value, filetype, python_version,
                                self.form.get('comment', ''), signature)
        except DuplicateFile:
            raise FormError('Duplicate file upload detected.') from None
        except UsedFilename:
            raise FormError('This filename has previously been used, you should use a different version.') from None
        self.store.commit()
        return True

    def upload_release(self):
        """(name, version) that the upload is for, as registered; the release is made if it is new."""
        from legacy import metadata
        protocol = self.form.get('protocol_version', '1')
        if protocol != '1':
            raise NotImplementedError('Unsupported file upload protocol (%s)' % metadata.u_repr(protocol))
        name, version = self.form.get('name'), self.form.get('version')
        if not name or not version:
            raise FormError('Name and version are required')
        if name.lower() in metadata.FORBIDDEN_NAMES:
            raise Forbidden("Package name '%s' invalid" % name)
        name = self.store.find_package(name) or name
        if not self.store.may_change(name):
            raise Forbidden("You are not allowed to edit '%s' package information" % name)
        self.store.lock_package(name)
        if self.store.release(name, version) is None:
            data = self.checked_metadata()
            version = data['version']
            self.store_release(name, version, data)
        return name, version

    def upload_fields(self):
        """(content, filetype, python version), each of the right kind."""
        content, filetype = self.form.get('content'), self.form.get('filetype')
        if not content or not filetype:
            raise FormError('Both content and filetype are required')
        if not isinstance(content, forms.FileUpload):
            raise FormError('invalid upload')
        python_version = 'source' if filetype == 'sdist' else self.form.get('pyversion')
        if not python_version:
            raise FormError('Python version is required for binary distribution uploads')
        return content, filetype, python_version

    def upload_signature(self):
        """The signature's bytes, sent as a file or as text; None without one."""
        signature = self.form.get('gpg_signature')
        if isinstance(signature, forms.FileUpload):
            signature = signature.value
        return signature.encode() if isinstance(signature, str) and signature else signature or None

    def check_unused(self, name, version, filename):
        """A file of a release is never replaced."""
        if self.store.has_file(name, version, filename):
            raise FormError(
                'A file named "%s" already exists for  %s-%s. To fix problems with that file you should create a new'
                ' release.' % (filename, name, version))


ACTIONS = frozenset((
    'about', 'addkey', 'browse', 'claim', 'clear_auth', 'delete_user', 'delkey', 'display', 'display_pkginfo', 'doap',
    'doc_upload', 'dropid', 'exception', 'file_upload', 'files', 'forgotten_password', 'forgotten_password_form',
    'gae_file', 'home', 'index', 'json', 'lasthour', 'list_classifiers', 'login', 'login_form', 'logout', 'openid',
    'openid_decide_post', 'openid_endpoint', 'openid_return', 'packages_rss', 'password_reset', 'pkg_edit', 'purge',
    'pw_reset', 'pw_reset_change', 'register_form', 'remove_pkg', 'role', 'role_form', 'rss', 'rss_regen', 'search',
    'show_md5', 'submit', 'submit_form', 'submit_pkg_info', 'user', 'user_form', 'verify',
))
LATER_ACTIONS = frozenset(('doc_destroy',))
BY_HTTPS = frozenset(('purge', 'submit', 'file_upload', 'submit_form'))
# Names that the front end knows, and what answers there before anybody is asked for a name (B027).
SCRIPTS = {
    '/daytime': 'run_daytime', '/serial': 'run_serial', '/serversig': 'run_serversig', '/mirrors': 'run_mirrors',
    '/id': 'run_id', '/google_login': 'run_google_login', '/security': 'run_security',
}
NO_SIGNATURES = (
    "The Simple Sign API has been deprecated and removed. If you're mirroring PyPI with bandersnatch then please"
    " upgrade to 1.7+. If you're mirroring PyPI with pep381client then please switch to bandersnatch. Otherwise contact"
    ' the maintainer of your software and inform them of PEP 464.')


def simple_name(name):
    """The spelling of the simple index: runs of anything but ASCII letters, digits and dots become one dash (B110)."""
    return re.sub('[^A-Za-z0-9.]+', '-', name).lower()


def raw_text(path):
    """A path that is not UTF-8, so that `send` writes its bytes as they came."""
    return path.encode('latin-1').decode('utf-8', 'surrogateescape')


def header_text(value):
    """A header's text as the handler takes it: UTF-8 bytes as characters (PEP 3333), one line whatever it echoes."""
    return re.sub('[\x00-\x1f\x7f]', ' ', value).encode('utf-8', 'surrogateescape').decode('latin-1')

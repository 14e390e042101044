"""The actions of people with an account: registering, logging in and out, passwords, keys, identities elsewhere.

A part of `WebUI`. A login by cookie is more than one by Basic authentication: pages greet only the former, and what a
form may change asks for a token that only a page of ours could have given (B235).
"""

import re

from legacy.errors import Blocked, Forbidden, FormError, RedirectTemporary, Unauthorised

FORM_FAILURE = 'Form Failure; reset form submission'
# Not compiled here: each CGI request would pay for that.
USER_NAME = r'[A-Za-z0-9._]+'
MAIL_ADDRESS = r'[^@\s]+@[^@\s]+\.[^@\s]+'
LONG_PASSWORD = 16  # characters, from which on a password may be of one kind of character
# Where a password alone is not enough of a secret to be changed by whoever finds the page open.
ONE_KIND = (str.isdigit, str.isalpha, str.islower, str.isupper)
KEY_TYPES = r'ssh-dss|ssh-rsa|ecdsa-sha2-nistp\d+'


class Accounts:
    """Actions on accounts; `self` is a WebUI."""

    # -- who asks --

    def authenticate(self):
        """Find out who asks. Wrong credentials do not fail the request: the user is just nobody (B226).

        A valid cookie wins over the Authorization header (B229).
        """
        self.cookie = self.cookies().get('pypi')
        self.username = self.cookie and self.store.cookie_user(self.cookie)
        if self.username:
            self.authenticated = self.loggedin = True
        else:
            self.cookie = None
            self.authenticate_basic()
        self.store.set_user(self.username, self.remote_addr)

    def authenticate_basic(self):
        """A name and password in the Authorization header, or the user that SSH has let in (B024)."""
        kind, _, credentials = self.env.get('HTTP_CGI_AUTHORIZATION', '').partition(' ')
        ssh_user = self.env.get('SSH_USER')
        if ssh_user and self.store.has_user(ssh_user):
            self.username, self.authenticated, self.loggedin = ssh_user, True, True
        elif kind.lower() == 'basic':
            name, password = basic_credentials(credentials)
            if name and self.is_login(name, password):
                self.username, self.authenticated = name, True

    def is_login(self, name, password):
        """True if these are the credentials of an active user. Where the settings count failures, a blocked address is
        refused whatever it knows, and a blocked user is like an unknown one (B234); cookies go on working.
        """
        counters = self.config.failure_counters()
        if counters is None:
            return self.store.login(name, password)
        if counters.failures('address', self.remote_addr) >= self.config.address_failures:
            raise Blocked('Too many wrong passwords came from your address')
        blocked = counters.failures('user', name) >= self.config.user_failures
        if not blocked and self.store.login(name, password):
            return True
        counters.count('address', self.remote_addr)
        if not blocked and self.store.has_user(name):
            counters.count('user', name)
        return False

    def cookies(self):
        """{name: value} of the Cookie header."""
        pairs = (pair.strip().partition('=') for pair in self.env.get('HTTP_COOKIE', '').split(';'))
        return {name: value.strip('"') for name, equals, value in pairs if equals}

    def begin_session(self, username):
        """Log the user in: a new cookie, which goes out with every page from now on."""
        self.username, self.authenticated, self.loggedin = username, True, True
        self.cookie = self.store.new_cookie(username)
        self.store.csrf_token(username)
        self.store.set_user(username, self.remote_addr)
        self.store.commit()

    def check_token(self):
        """Refuse a form that does not carry the token of its user (B235)."""
        if not self.store.is_csrf_token(self.username, self.form.get('CSRFToken')):
            raise FormError(FORM_FAILURE)

    # -- logging in and out --

    def login(self):
        """By Basic authentication, for a cookie; or at somebody else's (OpenID)."""
        provider = self.form.get('provider')
        if provider is not None or self.form.get('openid_identifier'):
            self.login_elsewhere(provider)
            return
        if not self.authenticated:
            raise Unauthorised
        self.begin_session(self.username)
        self.home()

    def login_elsewhere(self, provider):
        """Send the browser to an identity provider that the settings name; nothing is asked of it beforehand."""
        from urllib.parse import quote
        url = self.config.providers.get(provider)
        if url is None:
            self.fail('Unknown provider')
            return
        query = {
            'openid.ns': 'http://specs.openid.net/auth/2.0', 'openid.mode': 'checkid_setup',
            'openid.return_to': self.config.url + '?:action=openid_return', 'openid.realm': self.config.url,
            'openid.identity': 'http://specs.openid.net/auth/2.0/identifier_select',
            'openid.claimed_id': 'http://specs.openid.net/auth/2.0/identifier_select',
        }
        raise RedirectTemporary(url + '?' + '&'.join('%s=%s' % (key, quote(value, '')) for key, value in query.items()))

    def login_form(self):
        """The form of a name and password; the nonce in form and cookie must be one (B233)."""
        from legacy import account_pages
        method = self.env.get('REQUEST_METHOD', 'GET')
        if method == 'GET':
            nonce = self.store.random_text(30, upper=True)
            self.page(account_pages.login(self.frame(), nonce), ('X-FRAME-OPTIONS', 'DENY'),
                      ('Set-Cookie', 'login_nonce=%s;secure' % nonce))
        elif method == 'POST':
            self.login_by_form()
        else:
            # Nobody ended these headers: CGI's answer was what the web server made of that (B233).
            self.handler.send_response(405, 'Method Not Allowed')

    def login_by_form(self):
        """Check nonce, name and password; the 401 of this form asks for no Basic authentication."""
        from legacy import pages
        nonce = self.form.get('nonce')
        if not nonce or nonce != self.cookies().get('login_nonce'):
            raise FormError(FORM_FAILURE)
        username, password = self.form.get('username', ''), self.form.get('password', '')
        if not self.is_login(username, password):
            self.fail('Incorrect password', code=401, content=pages.login_help(self.config))
            return
        self.begin_session(username)
        self.home()

    def logout(self):
        """Forget the cookie."""
        if self.cookie:
            self.store.delete_cookie(self.cookie)
        self.cookie, self.username, self.authenticated, self.loggedin = None, None, False, False
        self.store.set_user(None, self.remote_addr)
        self.home()

    def clear_auth(self):
        """Make a browser forget a name and password: it does when it is asked for them again (B103)."""
        if self.username:
            raise Unauthorised('Clearing basic auth')
        self.home()

    # -- registering --

    def register_form(self):
        """The form of a new account."""
        from legacy import account_pages
        self.page(account_pages.register(self.frame()))

    def user_form(self):
        """The form of one's own account."""
        from legacy import account_pages
        if not self.authenticated:
            raise Unauthorised('You must authenticate')
        self.page(account_pages.profile(
            self.frame(), self.username, self.store.user_email(self.username), self.store.openids(self.username),
            self.store.ssh_keys(self.username), self.store.owns_packages(self.username)))

    def user(self):
        """Make an account, confirm one by the key that was mailed, or change one's own."""
        if self.form.get('otk'):
            self.confirm_registration(self.form['otk'])
        elif self.authenticated:
            self.update_user()
        else:
            self.register()

    def register(self):
        """A new account, inactive until the mailed link is followed (B236)."""
        from legacy import account_pages, mails
        for field in ('name', 'email'):
            if not self.form.get(field):
                raise FormError('%s is required' % field)
        name, email = self.form['name'], self.form['email']
        password, confirm = self.form.get('password'), self.form.get('confirm')
        if not password or not confirm:
            raise FormError('password and confirm are required')
        check_email(email)
        if not re.fullmatch(USER_NAME, name):
            raise FormError('Username is invalid (ASCII alphanum,.,_ only)')
        if self.store.has_user(name):
            self.fail('user "%s" already exists' % name, heading='User registration')
            return
        if known := self.store.user_of_email(email):
            raise FormError('You have already registered as user %s' % known)
        if reason := bad_password(name, password, confirm):
            self.fail(reason, heading='Users')
            return
        key = self.store.new_user(name, email, password)
        mails.send(self.config, email, 'Complete your PyPI registration', mails.REGISTRATION % {
            'name': name, 'url': self.config.url, 'key': key})
        self.page(account_pages.registered(self.frame(), email))

    def confirm_registration(self, key):
        """The link of the mail shows an agreement, and only that agreed to ends the registration (B238, I27)."""
        from legacy import account_pages
        name = self.store.user_of_key(key)
        if name is None:
            self.fail('Invalid or expired key', heading='User registration')
        elif not self.form.get('agree_shown'):
            self.page(account_pages.agreement(self.frame(), name, key))
        elif not self.form.get('agree'):
            self.fail('You need to confirm the usage agreement.', heading='User registration')
        else:
            self.store.activate(name)
            self.page(account_pages.message(
                self.frame(), 'Registration complete', 'The account can be used now.',
                (self.config.url_path + '?:action=login', 'Log in')))

    def update_user(self):
        """Change one's own address and password; what is empty stays."""
        self.check_token()
        email, password = self.form.get('email'), self.form.get('password')
        if email:
            check_email(email)
        if password:
            reason = bad_password(self.username, password, self.form.get('confirm'))
            if not reason and self.store.is_password(self.username, password):
                reason = 'Please choose another password than the old one.'
            if reason:
                self.fail(reason, heading='User profile')
                return
        self.store.update_user(self.username, email, password)
        self.user_form()

    def delete_user(self):
        """Delete one's own account, which may own nothing any more (B245)."""
        from legacy import account_pages
        if not self.authenticated:
            raise Unauthorised
        if self.form.get('submit_cancel'):
            self.home()
        elif not self.form.get('submit_ok'):
            self.page(account_pages.confirm_deletion(self.frame(), self.username))
        else:
            self.check_token()
            self.store.delete_user(self.username)
            self.logout()

    # -- forgotten passwords --

    def forgotten_password_form(self):
        """The form that asks for a name."""
        from legacy import account_pages
        self.page(account_pages.forgotten(self.frame()))

    def forgotten_password(self):
        """Mail a link to the user of a name."""
        name = self.form.get('name', '')
        email = self.store.user_email(name)
        if email is None:
            self.fail('user "%s" unknown to me' % name)
        else:
            self.mail_reset(name, email, self.config.url)

    def password_reset(self):
        """The same by mail address: the menu of distutils asks for this."""
        email = self.form.get('email', '')
        name = self.store.user_of_email(email)
        if name is None:
            self.fail('email address unknown to me')
        else:
            self.mail_reset(name, email, 'https:' + self.config.url.partition(':')[2])

    def mail_reset(self, name, email, url):
        """Mail a signed link and say so."""
        from legacy import account_pages, mails
        mails.send(self.config, email, 'PyPI password change request', mails.RESET % {
            'name': name, 'url': url, 'key': self.store.reset_key(name)})
        self.page(account_pages.message(self.frame(), 'Request password reset', 'A mail with a link is on its way.'))

    def pw_reset(self):
        """The page behind the mailed link: a form for the new password."""
        from legacy import account_pages
        key = self.form.get('otk', '')
        name = self.store.user_of_reset_key(key)
        if name is None:
            raise FormError('Invalid reset code')
        self.page(account_pages.new_password(self.frame(), name, key))

    def pw_reset_change(self):
        """The new password, with the mailed key again."""
        from legacy import account_pages
        name = self.store.user_of_reset_key(self.form.get('otk', ''))
        if name is None:
            raise FormError('Invalid reset code')
        password = self.form.get('password', '')
        if reason := bad_password(name, password, self.form.get('confirm')):
            self.fail(reason, heading='User password reset')
            return
        self.store.update_user(name, None, password)
        self.page(account_pages.message(self.frame(), 'Password changed', 'The new password holds from now on.',
                                        (self.config.url_path + '?:action=login', 'Log in')))

    # -- SSH keys --

    def addkey(self):
        """Add a public key, one line."""
        if not self.authenticated:
            raise Unauthorised
        self.check_token()
        key = self.form.get('key', '').strip()
        if not key:
            raise FormError('missing key')
        if '\n' in key:
            raise FormError('Invalid key format: multiple lines')
        if not re.match(KEY_TYPES, key):
            raise FormError('Invalid key format: does not start with a known type')
        self.store.add_ssh_key(self.username, key)
        self.user_form()

    def delkey(self):
        """Drop one of one's own keys."""
        if not self.authenticated:
            raise Unauthorised
        self.check_token()
        number = self.form.get('id')
        if not number:
            raise FormError('missing parameter')
        if not number.isdecimal():
            raise FormError('invalid ID')
        if not self.store.delete_ssh_key(self.username, int(number)):
            raise Unauthorised('not your key')
        self.user_form()

    # -- identities elsewhere (OpenID) --

    def openid(self):
        """The form that asks for an OpenID."""
        from legacy import account_pages
        self.page(account_pages.openid(self.frame()))

    def claim(self):
        """Tie an OpenID to one's account; the provider confirms it."""
        if not self.loggedin:
            self.fail('You are not logged in')
        elif 'provider' in self.form:
            self.login_elsewhere(self.form['provider'])
        elif self.env.get('REQUEST_METHOD') != 'POST':
            self.fail('OpenID claim request must be a POST')
        else:
            self.check_token()
            if not self.form.get('openid_identifier'):
                self.fail('Missing parameter')
                return
            self.fail('Invalid OpenID: no provider was found there')

    def dropid(self):
        """Forget an OpenID; works by GET and without a token, as it always did (B063)."""
        if not self.loggedin:
            self.fail('You are not logged in')
            return
        if 'openid' not in self.form:
            raise FormError('ID missing')
        if not self.store.drop_openid(self.username, self.form['openid']):
            raise Forbidden("You don't own this ID")
        self.user_form()

    def openid_endpoint(self):
        """This index as a provider for others: there is no one to ask it any more."""
        self.fail('OpenID request error: no request')

    openid_decide_post = openid_endpoint

    def openid_return(self):
        """Where a provider would send the browser back to: its answer cannot be verified without it."""
        self.fail('OpenID response error: not verified')


def basic_credentials(credentials):
    """(name, password) of the second word of an Authorization header; (None, None) if it is not what it should be."""
    from base64 import b64decode
    try:
        name, colon, password = b64decode(credentials).decode('utf-8').partition(':')
    except ValueError:
        return None, None
    return (name, password) if colon else (None, None)


def check_email(email):
    """Refuse what is no mail address."""
    if not email.isascii():
        raise FormError('Email is invalid (ASCII only)')
    if not re.fullmatch(MAIL_ADDRESS, email):
        raise FormError('Email is invalid')


def bad_password(name, password, confirm):
    """Why a password may not be chosen; empty if it may (B237)."""
    if password != confirm:
        return "Please check you've entered the same password in both fields."
    if len(password) < 8:
        return 'Please make your password at least 8 characters long.'
    if password == name:
        return 'Please make your password different from your name.'
    if len(password) < LONG_PASSWORD and any(kind(password) for kind in ONE_KIND):
        return ('Please use 16 or more characters, or a mix of different-case letters and numbers in your password.')
    return ''

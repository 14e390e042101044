"""The SQL of accounts: users, cookies, tokens, keys, identities. A part of `Store`.

What only some actions need is imported there: each CGI request pays for its imports.
"""

import os
from datetime import UTC, datetime, timedelta

SESSION_REFRESH = timedelta(minutes=1)  # how often a login is noted at most
TOKEN_LIFE = timedelta(minutes=15)  # written, and since August 2015 never looked at
RESET_LIFE = timedelta(days=1)
NOBODY = 'deleted-user'  # journal rows of deleted accounts are handed to it


def utcnow():
    """The program's clock, without a zone, as the timestamp columns hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def hash_password(name, password):
    """Return what accounts_user.password holds: one scrypt round salted by the user name, so that two runs write
    equal rows.
    """
    # The old chains (sha1, then bcrypt over it) cost 0.3 s a login; a random salt would be a difference in every
    # comparison.
    import hashlib
    digest = hashlib.scrypt(password.encode(), salt=name.encode(), n=2 ** 10, r=8, p=1, dklen=20)
    return 'scrypt$' + digest.hex()


def same(one, other):
    """Compare two secrets in a time that tells nothing."""
    import hmac
    return hmac.compare_digest(one.encode(), other.encode())


class AccountStore:
    """Tables of accounts; `self` is a Store."""

    def random_text(self, length, upper=False):
        """A secret of letters and digits that nobody can guess."""
        import string
        alphabet = string.ascii_uppercase + string.digits if upper else string.ascii_letters + string.digits
        return ''.join(alphabet[byte % len(alphabet)] for byte in os.urandom(length))

    # -- users --

    def login(self, name, password):
        """Return True if these are the credentials of an active user, and note the login, at most once a minute."""
        rows = self.query('SELECT last_login, is_active FROM accounts_user WHERE username=%s', name)
        if not rows or not rows[0][1] or not self.is_password(name, password):
            return False
        self.note_login(name, rows[0][0])
        return True

    def is_password(self, name, password):
        """True if that is the user's password."""
        stored = self.value('SELECT password FROM accounts_user WHERE username=%s', name)
        return stored is not None and same(stored, hash_password(name, password))

    def note_login(self, name, before):
        """Note that a user was here."""
        now = datetime.now(UTC)
        if before is None or now - before > SESSION_REFRESH:
            self.execute('UPDATE accounts_user SET last_login=%s WHERE username=%s', now, name)
            self.commit()

    def has_user(self, name):
        """True if there is an account of this name."""
        return bool(self.query('SELECT 1 FROM accounts_user WHERE username=%s', name))

    def user_email(self, name):
        """The first mail address of a user, or None."""
        return self.value('SELECT email FROM accounts_email e, accounts_user u WHERE u.id=e.user_id AND u.username=%s'
                          ' ORDER BY e."primary" DESC, e.id', name)

    def user_of_email(self, email):
        """The user of a mail address, or None."""
        return self.value('SELECT username FROM accounts_user u, accounts_email e WHERE u.id=e.user_id AND e.email=%s',
                          email)

    def new_user(self, name, email, password):
        """Make an inactive account; returns the key that activates it."""
        now, key = datetime.now(UTC), self.random_text(32)
        number = self.value(
            'INSERT INTO accounts_user (username, password, is_active, last_login, date_joined)'
            ' VALUES (%s, %s, false, %s, %s) RETURNING id', name, hash_password(name, password), now, now)
        self.execute('INSERT INTO accounts_email (user_id, email, "primary", verified) VALUES (%s, %s, true, false)',
                     number, email)
        self.execute('INSERT INTO rego_otk (name, otk, date) VALUES (%s, %s, %s)', name, key, now.replace(tzinfo=None))
        self.commit()
        return key

    def user_of_key(self, key):
        """The user whose account a mailed key activates, or None."""
        return self.value('SELECT name FROM rego_otk WHERE otk=%s', key)

    def activate(self, name):
        """End a registration."""
        self.execute('DELETE FROM rego_otk WHERE name=%s', name)
        self.execute('UPDATE accounts_user SET is_active=true WHERE username=%s', name)
        self.commit()

    def update_user(self, name, email, password):
        """Change a user's mail address and password; None or empty: not."""
        if email and email != self.user_email(name):
            self.execute('UPDATE accounts_email SET email=%s WHERE "primary" AND user_id='
                         '(SELECT id FROM accounts_user WHERE username=%s)', email, name)
        if password:
            self.execute('UPDATE accounts_user SET password=%s WHERE username=%s', hash_password(name, password), name)
        self.commit()

    def delete_user(self, name):
        """Delete an account with all that hangs on it but its journal rows.

        One that still owns something breaks a foreign key, and the request with it (B245).
        """
        self.execute("DELETE FROM roles WHERE user_name=%s AND role_name='Maintainer'", name)
        self.execute('UPDATE journals SET submitted_by=%s WHERE submitted_by=%s', NOBODY, name)
        self.execute('DELETE FROM accounts_user WHERE username=%s', name)
        self.commit()

    # -- logins by cookie, and the tokens of forms --

    def cookie_user(self, cookie):
        """The user whom a cookie logs in, or None; notes that the user was here."""
        rows = self.query('SELECT c.name, c.last_seen, u.last_login FROM cookies c, accounts_user u'
                          ' WHERE c.name=u.username AND c.cookie=%s', cookie)
        if not rows:
            return None
        name, last_seen, last_login = rows[0]
        if utcnow() - last_seen > SESSION_REFRESH:
            self.execute('UPDATE cookies SET last_seen=%s WHERE cookie=%s', utcnow(), cookie)
            self.note_login(name, last_login)
            self.commit()
        return name

    def new_cookie(self, name):
        """Log a user in; returns the cookie."""
        cookie = os.urandom(16).hex()
        self.execute('INSERT INTO cookies (cookie, name, last_seen) VALUES (%s, %s, %s)', cookie, name, utcnow())
        return cookie

    def delete_cookie(self, cookie):
        """Log out."""
        self.execute('DELETE FROM cookies WHERE cookie=%s', cookie)
        self.commit()

    def csrf_token(self, name):
        """The token that a user's forms carry, made where there is none yet; one made at the same time counts."""
        token = self.value('SELECT token FROM csrf_tokens WHERE name=%s', name)
        if token is None:
            import base64
            token = base64.b64encode(os.urandom(20).hex().encode()).decode()
            token = self.value('INSERT INTO csrf_tokens (name, token, end_date) VALUES (%s, %s, %s)'
                               ' ON CONFLICT (name) DO UPDATE SET token=csrf_tokens.token RETURNING token',
                               name, token, utcnow() + TOKEN_LIFE)
        return token

    def is_csrf_token(self, name, token):
        """True if that is the user's token."""
        stored = self.value('SELECT token FROM csrf_tokens WHERE name=%s', name)
        return stored is not None and isinstance(token, str) and same(stored, token)

    # -- forgotten passwords --

    def reset_key(self, name):
        """A key for the mail to a user: good for a day, and only until the password is changed."""
        import base64
        when = format(int(datetime.now(UTC).timestamp()), 'x')
        return '%s.%s.%s' % (base64.urlsafe_b64encode(name.encode()).decode().rstrip('='), when,
                             self.reset_digest(name, when))

    def user_of_reset_key(self, key):
        """The user of a mailed key; None for one that is wrong or old."""
        import base64
        try:
            encoded, when, digest = key.split('.')
            name = base64.urlsafe_b64decode(encoded + '=' * (-len(encoded) % 4)).decode()
            age = datetime.now(UTC).timestamp() - int(when, 16)
        except ValueError:
            return None
        good = self.has_user(name) and same(digest, self.reset_digest(name, when))
        return name if good and age <= RESET_LIFE.total_seconds() else None

    def reset_digest(self, name, when):
        """What only this index can write below a name and a time: keyed by the stored password."""
        import hmac
        stored = self.value('SELECT password FROM accounts_user WHERE username=%s', name)
        return hmac.new(stored.encode(), ('%s %s' % (name, when)).encode(), 'sha256').hexdigest()[:40]

    # -- keys and identities --

    def openids(self, name):
        """The OpenIDs tied to an account."""
        return [row[0] for row in self.query('SELECT id FROM openids WHERE name=%s ORDER BY id', name)]

    def drop_openid(self, name, openid):
        """Forget an OpenID; False if it is not the user's."""
        found = self.query('DELETE FROM openids WHERE name=%s AND id=%s RETURNING id', name, openid)
        self.commit()
        return bool(found)

    def ssh_keys(self, name):
        """[(number, key)] of a user."""
        return self.query('SELECT id, key FROM sshkeys WHERE name=%s ORDER BY id', name)

    def add_ssh_key(self, name, key):
        """Store a public key."""
        self.execute('INSERT INTO sshkeys (name, key) VALUES (%s, %s)', name, key)
        self.commit()

    def delete_ssh_key(self, name, number):
        """Drop a key; False if it is not the user's."""
        found = self.query('DELETE FROM sshkeys WHERE name=%s AND id=%s RETURNING id', name, number)
        self.commit()
        return bool(found)

    def owns_packages(self, name):
        """True if the user is the owner of a project."""
        return bool(self.query("SELECT 1 FROM roles WHERE user_name=%s AND role_name='Owner' LIMIT 1", name))

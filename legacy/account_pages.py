"""The pages of people with an account: forms and what they answer. Values in, HTML text out, inside a `pages.Frame`.

A form whose first line says "POST" in capitals gets its token put in by `WebUI.page` (B235).
"""

from html import escape


def field(label, name, value=None, kind=None):
    """A row of a form: a label and an input."""
    attributes = ''.join(' %s="%s"' % (key, escape(text)) for key, text in (
        ('type', kind), ('name', name), ('value', value)) if text is not None)
    return '<tr><th>%s</th><td><input%s/></td></tr>\n' % (label, attributes)


def hidden(name, value):
    """A value that a form carries along."""
    return '<input type="hidden" name="%s" value="%s"/>\n' % (escape(name), escape(value))


def form(frame, action, rows, submit, carried=''):
    """A form that posts an action: rows of a table, and what it carries along."""
    return '<form method="POST" action="%s">\n%s<table>\n%s%s</table>\n</form>\n' % (
        escape(frame.config.url_path), hidden(':action', action) + carried, rows,
        '<tr><td></td><td><input type="submit" value="%s"/></td></tr>\n' % submit)


def message(frame, title, text, link=None):
    """A page that says one thing, with a way on."""
    way_on = '<p><a href="%s">%s</a></p>\n' % (escape(link[0]), escape(link[1])) if link else ''
    return frame.page(title, '<p>%s</p>\n%s' % (escape(text, quote=False), way_on))


def login(frame, nonce):
    """The form of a name and password."""
    rows = field('Name', 'username') + field('Password', 'password', kind='password')
    return frame.page('PyPI Login', form(frame, 'login_form', rows, 'Login', hidden('nonce', nonce)))


PASSWORDS = field('Password', 'password', kind='password') + field('The same again', 'confirm', kind='password')


def register(frame):
    """The form of a new account."""
    rows = field('Name', 'name', '') + PASSWORDS + field('Mail address', 'email', '') + field(
        'PGP key id', 'gpg_keyid', '')
    text = '<p>A mail with a link goes to the address given; the account is yours once you have followed it.</p>\n'
    return frame.page('Manual user registration', text + form(frame, 'user', rows, 'Register'), name='')


def registered(frame, email):
    """After the form: look into your mails."""
    return message(frame, 'Registration OK', 'A mail is on its way to %s. Its link ends the registration.' % email)


def agreement(frame, name, key):
    """What whoever publishes here agrees to."""
    text = '<p>Name: %s</p>\n<p>What I publish here is mine to publish, and may be copied and shown by anybody.</p>\n'
    carried = hidden('agree_shown', '1') + hidden('otk', key)
    rows = field('I agree', 'agree', kind='checkbox')
    return frame.page('Confirm registration', text % escape(name) + form(frame, 'user', rows, 'Confirm', carried))


def profile(frame, username, email, openids, keys, owner):
    """One's own account: details, keys, identities, and its end where nothing is owned any more."""
    parts = ['<p>Details of your account. An owner of packages cannot delete it.</p>\n' if owner else
             form(frame, 'delete_user', '', 'Delete account')]
    rows = PASSWORDS + field('Mail address', 'email', email or '') + field('PGP key id', 'gpg_keyid', '')
    parts.append(form(frame, 'user', rows, 'Update details', hidden('name', username)))
    for openid in openids:
        url = frame.raw_url('dropid', openid=openid)
        parts.append('<p>%s <a href="%s">Drop</a></p>\n' % (escape(openid), escape(url)))
    for number, key in keys:
        parts.append('<p>%s</p>\n' % escape(key[:30]))
        parts.append(form(frame, 'delkey', '', 'Delete key', hidden('id', str(number))))
    parts.append(form(frame, 'claim', field('OpenID', 'openid_identifier'), 'Claim'))
    for provider in frame.config.providers:
        url = frame.raw_url('claim', provider=provider)
        parts.append('<p><a href="%s">Claim with %s</a></p>\n' % (escape(url), escape(provider)))
    return frame.page('User profile', ''.join(parts), name=username)


def confirm_deletion(frame, username):
    """The question before an account is deleted: a page without a frame."""
    from legacy.pages import dialog
    return dialog('Confirm account deletion', 'The account %s will be gone for good.' % username, frame,
                  hidden(':action', 'delete_user'))


def forgotten(frame):
    """The form that asks whose password is forgotten."""
    text = '<p>A link to a form for a new password is mailed to the address of the account.</p>\n'
    return frame.page('Request password reset', text + form(
        frame, 'forgotten_password', field('Name', 'name'), 'Reset password'))


def new_password(frame, name, key):
    """The form behind the mailed link."""
    carried = hidden('name', name) + hidden('otk', key)
    return frame.page('Choose a new password', form(frame, 'pw_reset_change', PASSWORDS, 'Change', carried))


def openid(frame):
    """The form that asks for an OpenID: one that gets, as it always did."""
    return frame.page('OpenID Login', '<form>\n%s<p><input name="openid_identifier"/> '
                      '<input type="submit" value="Login"/></p>\n</form>\n' % hidden(':action', 'login'))

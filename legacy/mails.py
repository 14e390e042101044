"""Mails of the index: a text and an address in, a message appended to the file that PYPI_MAIL names out.

Without such a file nobody is written to; there is no other way out of this index.
"""

SENDER = 'index@example.org'
REGISTRATION = '''The account "%(name)s" of the package index waits for you to confirm it:

  %(url)s?:action=user&otk=%(key)s
'''
RESET = '''Somebody, you perhaps, wants the password of the account "%(name)s" changed.
This link leads to a form for a new one:

  %(url)s?:action=pw_reset&otk=%(key)s
'''


def send(config, address, subject, text):
    """Append one message (RFC 5322) to the mail file, after a line that begins with `From ` as mailboxes have it."""
    if not config.mail_file:
        return
    message = 'From %s\nSubject: %s\nFrom: %s\nTo: %s\n\n%s\n' % (SENDER, subject, SENDER, address, text)
    with open(config.mail_file, 'a', encoding='utf-8') as mails:
        mails.write(message)

"""Descriptions in reStructuredText, text in, safe HTML out; as lines of text where docutils is not content (B071).

Rendered at each request, as the server of 2016 did. Whatever docutils makes of a stranger's text goes through a list of
what may stay: tags, attributes, schemes of links.
"""

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

SETTINGS = {
    'raw_enabled': False, 'file_insertion_enabled': False,  # nobody's HTML, none of our files
    'halt_level': 2, 'report_level': 5, 'traceback': True, 'warning_stream': False,  # a warning ends it
    'initial_header_level': 2, 'strip_comments': True, 'cloak_email_addresses': True, 'math_output': 'LaTeX',
    'syntax_highlight': 'none',  # otherwise the answer would depend on whether Pygments is installed
    'embed_stylesheet': False, 'stylesheet_path': '', '_disable_config': True, 'output_encoding': 'unicode',
}
TAGS = frozenset((
    'a', 'abbr', 'acronym', 'b', 'blockquote', 'br', 'caption', 'cite', 'code', 'col', 'colgroup', 'dd', 'del',
    'div', 'dl', 'dt', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'ol', 'p',
    'pre', 'span', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'tt', 'ul', 'var',
))
EMPTY = frozenset(('br', 'col', 'hr', 'img'))
LINKS = frozenset(('href', 'src'))
ATTRIBUTES = {
    'a': ('href', 'title', 'id'), 'img': ('src', 'alt', 'width', 'height'), 'abbr': ('title',), 'acronym': ('title',),
    'td': ('colspan', 'rowspan'), 'th': ('colspan', 'rowspan'),
}
SCHEMES = ('', 'http', 'https', 'mailto')


def render(text):
    """HTML of a description."""
    try:
        return cleaned(_published(text)) or plain(text)
    except Exception:  # docutils is missing, or fails on a stranger's text in a way of its own
        return plain(text)


def plain(text):
    """HTML of lines that are no markup."""
    return escape(text).replace('\n', '<br>\n')


def _published(text):
    from docutils.core import publish_parts
    return publish_parts(text, writer='html4css1', settings_overrides=SETTINGS)['fragment']


def cleaned(html):
    """HTML with what is listed above and nothing else; the text of other elements stays."""
    cleaner = Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return ''.join(cleaner.pieces)


class Cleaner(HTMLParser):
    """Writes what may stay to `pieces`."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces = []

    def handle_starttag(self, tag, attrs):
        if tag in TAGS:
            kept = ''.join(' %s="%s"' % (name, escape(value or '')) for name, value in attrs
                           if _may_stay(tag, name, value))
            nofollow = ' rel="nofollow"' if tag == 'a' and ' href="' in kept else ''
            self.pieces.append('<%s%s%s>' % (tag, kept, nofollow))

    def handle_endtag(self, tag):
        if tag in TAGS and tag not in EMPTY:
            self.pieces.append('</%s>' % tag)

    def handle_data(self, data):
        if self.pieces[-1:] == ['<pre>']:
            data = data.removeprefix('\n')  # as browsers do
        self.pieces.append(escape(data, quote=False))


def _may_stay(tag, name, value):
    if name not in ATTRIBUTES.get(tag, ()) and name != 'id':
        return False
    return name not in LINKS or _scheme(value or '') in SCHEMES


def _scheme(url):
    # Browsers drop blanks and control characters in front of a scheme and within it.
    try:
        return urlsplit(''.join(character for character in url if character > ' ')).scheme
    except ValueError:
        return 'none that is known'

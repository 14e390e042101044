"""The machine formats that are neither XML-RPC nor HTML: RSS, DOAP and JSON. Rows in, text out."""

from html import escape
from urllib.parse import quote

RSS = '''<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91">
 <channel>
  <title>%s</title>
  <link>%s</link>
  <description>%s</description>
  <language>en</language>
%s
  </channel>
</rss>
'''
ITEM = '''
  <item>
    <title>%s</title>
    <link>%s</link>
%s    <description>%s</description>
    <pubDate>%s</pubDate>
   </item>'''
DOAP = '''<?xml version="1.0" encoding="UTF-8" ?>
<rdf:RDF xmlns="http://usefulinc.com/ns/doap#" xmlns:foaf="http://xmlns.com/foaf/0.1/"\
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Project>%s</Project></rdf:RDF>'''
INFO_FIELDS = (
    'name', 'version', 'author', 'author_email', 'maintainer', 'maintainer_email', 'home_page', 'license', 'summary',
    'description', 'keywords', 'platform', 'requires_python', 'download_url', 'bugtrack_url', '_pypi_ordering',
    '_pypi_hidden', 'cheesecake_installability_id', 'cheesecake_documentation_id', 'cheesecake_code_kwalitee_id',
)
FILE_FIELDS = (
    'comment_text', 'downloads', 'filename', 'md5_digest', 'packagetype', 'path', 'python_version', 'size',
    'upload_time',
)


def rss(config, releases):
    """The feed of the newest releases: RSS 0.91, no guid."""
    return channel(config, 'PyPI Recent Updates', 'Recent updates to the Python Package Index', [
        item('%(name)s %(version)s' % release, release_link(config, release['name'], release['version']),
             release['summary'], release['created']) for release in releases])


def packages_rss(config, packages):
    """The feed of the newest projects; the guid is for readers that took a new link for a new item (I35)."""
    return channel(config, 'PyPI Newest Packages', 'Newest packages registered at the Python Package Index', [
        item(package['name'] + ' added to PyPI', release_link(config, package['name']), package['summary'],
             package['created'], guid=release_link(config, package['name'])) for package in packages])


def lasthour(config, rows):
    """The feed of journal rows, one item an event."""
    return channel(config, 'PyPI changes', 'Updates to the Python Package Index in the last hour', [
        item(row['name'] or '', release_link(config, row['name'] or '', row['version']), row['action'],
             row['submitted_date']) for row in rows])


def channel(config, title, description, items):
    """A whole feed."""
    return RSS % (title, config.url, description, ''.join(items))


def item(title, link, description, when, guid=''):
    """One item of a feed."""
    return ITEM % (escape(title, quote=False), link, '    <guid>%s</guid>\n' % guid if guid else '',
                   escape(description or '', quote=False), when.strftime('%d %b %Y %H:%M:%S GMT'))


def release_link(config, name, version=None):
    """The public URL of a project or a release."""
    return '/'.join([config.public_url, 'pypi', quote(name), *([quote(version)] if version else [])])


PKGINFO = ('name', 'version', 'author', 'author_email', 'maintainer', 'maintainer_email', 'home_page', 'download_url',
           'summary', 'license', 'description', 'keywords', 'platform')


def pkginfo(release, dependencies, classifiers):
    """A release as a PKG-INFO file: metadata 1.1, whatever else is known (B179, B181)."""
    lines = ['Metadata-Version: 1.1']
    lines += ['%s: %s' % (header(field), release[field].replace('\n', '\n        '))
              for field in PKGINFO if release[field]]
    for kind in ('requires', 'provides', 'obsoletes'):
        lines += ['%s: %s' % (header(kind), specifier) for specifier in dependencies.get(kind, ())]
    lines += ['Classifier: ' + text for text in classifiers]
    return '\n'.join(lines) + '\n\n'


def header(field):
    """The name of a field in a PKG-INFO file."""
    return 'Download-URL' if field == 'download_url' else field.capitalize().replace('_', '-')


SERVICE = '''<?xml version="1.0" encoding="UTF-8"?>
<xrds:XRDS xmlns:xrds="xri://$xrds" xmlns="xri://$xrd*($v*2.0)">
  <XRD>
    <Service priority="0">
%s      <URI>%s?:action=openid_endpoint</URI>
    </Service>
  </XRD>
</xrds:XRDS>
'''
OPENID_TYPES = ('http://specs.openid.net/auth/2.0/server', 'http://specs.openid.net/auth/2.0/signon')


def xrds(url, server):
    """What an OpenID consumer finds here: the provider, or one of its users."""
    types = OPENID_TYPES if server else OPENID_TYPES[1:]
    return SERVICE % (''.join('      <Type>%s</Type>\n' % kind for kind in types), url)


def doap(release):
    """Description of a project, in RDF; what is empty or UNKNOWN is left out."""
    def element(tag, field):
        value = release[field]
        return '<%s>%s</%s>\n' % (tag, escape(value, quote=False), tag) if value and value != 'UNKNOWN' else ''

    def link(tag, field):
        value = release[field]
        return '<%s rdf:resource="%s" />\n' % (tag, escape(value)) if value and value != 'UNKNOWN' else ''

    who = next((who for who in ('maintainer', 'author') if release[who] and release[who] != 'UNKNOWN'), None)
    person = '<maintainer><foaf:Person>%s%s</foaf:Person></maintainer>\n' % (
        element('foaf:name', who), mailbox(release[who + '_email'])) if who else ''
    return DOAP % ''.join((
        element('name', 'name'), element('shortdesc', 'summary'), element('description', 'description'),
        link('download-page', 'download_url'), link('homepage', 'home_page'), person,
        '<release><Version><revision>%s</revision></Version></release>\n' % escape(release['version'], quote=False)))


def mailbox(address):
    """A mail address, only as a digest of its mailto URL, as FOAF does for spam's sake."""
    if not address or address == 'UNKNOWN':
        return ''
    import hashlib
    return '<foaf:mbox_sha1sum>%s</foaf:mbox_sha1sum>\n' % hashlib.sha1(('mailto:' + address).encode()).hexdigest()


def release_info(config, release, classifiers, dependencies):
    """What release_data answers and JSON calls info."""
    base = '%s/pypi/%s' % (config.public_url, release['name'])
    info = {field: release[field] for field in INFO_FIELDS}
    info.update(
        classifiers=[classifier for classifier, _ in classifiers], package_url=base,
        release_url='%s/%s' % (base, release['version']),
        docs_url='%s/%s/' % (config.docs_url, release['name']) if release['has_docs'] else None, downloads={})
    info.update(dependencies)
    return info


def file_info(config, file, time):
    """What release_urls answers and JSON calls urls; `time` makes the upload time what the format wants."""
    info = {field: file[field] for field in FILE_FIELDS}
    info.update(upload_time=time(file['upload_time']), has_sig=file['has_signature'],
                url='%s/%s' % (config.files_url, file['path']))
    return info

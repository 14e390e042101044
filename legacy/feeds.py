"""The machine formats that are neither XML-RPC nor HTML: RSS, DOAP and JSON. Rows in, text out."""

from html import escape
from urllib.parse import quote

RSS = '''<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91">
 <channel>
  <title>PyPI Recent Updates</title>
  <link>%s</link>
  <description>Recent updates to the Python Package Index</description>
  <language>en</language>
%s
  </channel>
</rss>
'''
ITEM = '''
  <item>
    <title>%s %s</title>
    <link>%s/pypi/%s/%s</link>
    <description>%s</description>
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
    items = [ITEM % (
        escape(release['name'], quote=False), escape(release['version'], quote=False), config.public_url,
        quote(release['name']), quote(release['version']), escape(release['summary'] or '', quote=False),
        release['created'].strftime('%d %b %Y %H:%M:%S GMT')) for release in releases]
    return RSS % (config.url, ''.join(items))


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
        release_url='%s/%s' % (base, release['version']), docs_url=None, downloads={})
    info.update(dependencies)
    return info


def file_info(config, file, time):
    """What release_urls answers and JSON calls urls; `time` makes the upload time what the format wants."""
    info = {field: file[field] for field in FILE_FIELDS}
    info.update(upload_time=time(file['upload_time']), has_sig=file['has_signature'],
                url='%s/%s' % (config.files_url, file['path']))
    return info

"""The pages of those who publish: forms for releases, roles, files and metadata. Values in, HTML text out."""

from html import escape
from urllib.parse import quote

from legacy.account_pages import hidden
from legacy.pages import PACKAGE_TYPES, dialog, maintainer_links, size, text

PYTHONS = ('any', '2.3', '2.4', '2.5', '2.6', '2.7', '3.0', '3.1', '3.2', '3.3', '3.4', '3.5')
HIDDEN = (('0', 'No'), ('1', 'Yes'))


def select(name, options, chosen=(), multiple=False):
    """A choice: `options` are (value, label) pairs, `chosen` the values that are selected."""
    items = ''.join('<option value="%s"%s>%s</option>\n' % (
        escape(value), ' selected="selected"' if value in chosen else '', escape(label, quote=False))
        for value, label in options)
    return '<select name="%s"%s>\n%s</select>' % (escape(name), ' multiple="multiple"' if multiple else '', items)


def named(names):
    """Options that say what they are."""
    return [(name, name) for name in names]


def row(label, control):
    """A row of a form."""
    return '<tr><th>%s</th><td>%s</td></tr>\n' % (label, control)


def edit(frame, name, releases, autohide):
    """All releases of a project, to be hidden, described anew or removed."""
    path = escape(frame.config.url_path)
    carried = hidden('name', name)
    release_form = '<form method="POST" action="%s">\n%s<table class="list">\n%s</table>\n<p>%s %s</p>\n</form>\n' % (
        path, hidden(':action', 'pkg_edit') + carried,
        ''.join(release_row(frame, name, release) for release in releases),
        '<input type="submit" name="submit_remove" value="Remove"/>',
        '<input type="submit" name="submit_submit" value="Update Releases"/>')
    tick = ' checked="checked"' if autohide else ''
    parts = [
        # The bar was meant for a page of one release; here it leads to whichever came last in the list.
        maintainer_links(frame, name, releases[-1]['version'] if releases else None),
        '<p><a href="%s?:action=role_form&amp;package_name=%s">Roles</a>. A hidden release is in no list; its files'
        ' stay where they are.</p>\n' % (path, escape(quote(name))),
        release_form,
        multipart_form(path, 'pkg_edit', carried + '<p><input type="checkbox" name="autohide"%s/> A new release hides'
                       ' the others <input type="submit" name="submit_autohide" value="Change"/></p>\n' % tick),
        multipart_form(path, 'doc_upload', carried + '<p><input type="file" name="content"/>'
                       ' <input type="submit" value="Upload Documentation"/> It will stand at'
                       ' <a href="%s/%s">%s</a></p>\n' % (
                           escape(frame.config.docs_url), escape(quote(name)), escape(name))),
        '<form method="POST" action="%s">\n%s<p><input type="submit" value="Remove this project completely"/></p>\n'
        '</form>\n' % (path, hidden(':action', 'remove_pkg') + carried),
    ]
    return frame.page("Package '%s' Editing" % name, ''.join(parts), name=name)


def multipart_form(path, action, content):
    """A form that may carry files."""
    return '<form method="POST" action="%s" enctype="multipart/form-data">\n%s%s</form>\n' % (
        path, hidden(':action', action), content)


def release_row(frame, name, release):
    """One release: tick it, hide it, describe it; and the ways to its pages."""
    version = release['version']
    links = ' '.join('<a href="%s?:action=%s&amp;name=%s&amp;version=%s">%s</a>' % (
        escape(frame.config.url_path), action, escape(quote(name)), escape(quote(version)), label)
        for action, label in (('display', 'show'), ('submit_form', 'edit'), ('files', 'files'), ('urls', 'urls')))
    cells = (
        '<input type="checkbox" name="version" value="%s"/> %s' % (escape(version), escape(version)),
        select('hid_' + version, HIDDEN, '1' if release['_pypi_hidden'] else '0'),
        '<input name="sum_%s" value="%s"/>' % (escape(version), escape(release['summary'] or '')), links)
    return '<tr>%s</tr>\n' % ''.join('<td>%s</td>' % cell for cell in cells)


def confirm_removal(frame, name, versions):
    """The question before releases or a project are removed."""
    what = 'the project %s and all its releases' % name
    if versions:
        what = 'releases %s of %s' % (', '.join(versions), name)
    carried = hidden(':action', 'remove_pkg') + hidden('name', name)
    carried += ''.join(hidden('version', version) for version in versions)
    return dialog('Confirm removal of ' + what, 'Removed are ' + what + '. Files of these names can never be stored'
                  ' again.', frame, carried)


def roles(frame, name, names, admin):
    """The form that gives and takes roles; `names` is a list of all projects to choose from, or None."""
    package = ('<input type="text" name="package_name" value="%s"/>' % escape(name) if names is None
               else select('package_name', named(names)))
    rights = ('Owner', 'Maintainer', 'Admin') if admin else ('Owner', 'Maintainer')
    rows = (row('User', '<input type="text" name="user_name"/>') + row('Project', package)
            + row('Role', select('role_name', named(rights))))
    buttons = ' '.join('<input type="submit" name=":operation" value="%s"/>' % label
                       for label in ('Add Role', 'Remove Role'))
    return frame.page('Role maintenance', (
        '<p>An Owner may do everything, a Maintainer publish releases and files.</p>\n'
        '<form method="POST" action="%s">\n%s<table>\n%s%s</table>\n</form>\n'
    ) % (escape(frame.config.url_path), hidden(':action', 'role'), rows, row('', buttons)), name=name)


def files(frame, name, version, stored, maintainer):
    """The files of a release: a form to add one, a list to remove some from."""
    path = escape(frame.config.url_path)
    carried = hidden('name', name) + hidden('version', version)
    kinds = [('', 'which kind?'), *PACKAGE_TYPES.items()]
    rows = ''.join((
        row('File', '<input type="file" name="content"/>'), row('Kind', select('filetype', kinds)),
        row('Python', select('pyversion', [('', 'which Python?'), *named(PYTHONS)])),
        row('Comment', '<input type="text" name="comment"/>'), row('MD5', '<input type="text" name="md5_digest"/>'),
        row('Signature', '<input type="file" name="gpg_signature"/>'),
        row('', '<input type="submit" name="submit_upload" value="Upload new File"/>')))
    upload = multipart_form(path, 'files', carried + '<table>\n%s</table>\n' % rows)
    listed = ''.join(file_row(frame, file, maintainer) for file in stored)
    button = '<p><input type="submit" name="submit_remove" value="Remove"/></p>\n' if maintainer and stored else ''
    listing = ('<form method="POST" action="%s" enctype="multipart/form-data">\n%s<table class="list">\n%s</table>\n'
               '%s</form>\n' % (path, carried + hidden(':action', 'files'), listed, button))
    return frame.page('Files for %s %s' % (name, version), upload + listing, name, version)


def file_row(frame, file, maintainer):
    """One file of the list."""
    tick = '<input type="checkbox" name="file-ids" value="%s"/>' % file['md5_digest'] if maintainer else ''
    url = escape(frame.file_url(file['path']))
    signature = ', <a href="%s.asc">pgp</a>' % url if file['has_signature'] else ''
    return '<tr><td>%s</td><td><a href="%s">%s</a> (<a href="%s">md5</a>%s)</td><td>%s</td><td>%s</td></tr>\n' % (
        tick, url, escape(file['filename']), escape(frame.raw_url('show_md5', digest=file['md5_digest'])), signature,
        text(file['comment_text']), size(file['size']))


LINE, AREA = '<input name="%s" value="%s"/>', '<textarea name="%s" rows="5" cols="60">%s</textarea>'
METADATA = (
    ('name', LINE), ('version', LINE), ('author', LINE), ('author_email', LINE), ('maintainer', LINE),
    ('maintainer_email', LINE), ('home_page', LINE), ('license', AREA), ('summary', LINE), ('description', AREA),
    ('keywords', LINE), ('platform', AREA), ('download_url', LINE),
)
DEPENDENCIES = ('requires', 'provides', 'obsoletes')


def submit(frame, release, dependencies, classifiers, chosen):
    """Forms for a PKG-INFO file and for each field of a release; `release` is empty for a new one."""
    path = escape(frame.config.url_path)
    rows = [row(label(field), control % (field, escape(release.get(field) or ''))) for field, control in METADATA]
    rows.append(row('Hidden', select('_pypi_hidden', HIDDEN, '1' if release.get('_pypi_hidden') else '0')))
    rows.append(row('Bug tracker', LINE % ('bugtrack_url', escape(release.get('bugtrack_url') or ''))))
    rows += [row(label(kind), AREA % (kind, escape('\n'.join(dependencies.get(kind, ()))))) for kind in DEPENDENCIES]
    rows.append(row('Classifiers', select('classifiers', named(classifiers), chosen, multiple=True)))
    rows.append(row('', '<input type="submit" value="Add Information"/>'))
    upload = multipart_form(path, 'submit_pkg_info', '<p><input type="file" name="pkginfo"/>'
                            ' <input type="submit" value="Add Package Info"/></p>\n')
    by_hand = multipart_form(path, 'submit', '<table>\n%s</table>\n' % ''.join(rows))
    links = maintainer_links(frame, release['name'], release['version']) if release else ''
    return frame.page('Submitting package information', links + (
        '<p>Run <code>python setup.py register</code>, or send the PKG-INFO file of a source distribution, or fill in'
        ' the form.</p>\n') + upload + by_hand)


def label(name):
    """The name of a field, for people."""
    return name.replace('_', ' ').capitalize()

"""The actions of those who publish: editing, removing, roles, files, documentation, metadata by hand.

A part of `WebUI`. Who may do what: an Owner everything, a Maintainer all but roles and the removal of a whole project,
an Admin everything everywhere; roles are looked up by the exact spelling of the name (B244).
"""

from legacy import forms
from legacy.errors import Forbidden, FormError, Redirect, Unauthorised

IDENTIFY = 'You must be identified to edit package information'
MAX_DOCS = 100 * 1024 * 1024  # bytes of a zip of documentation


class Projects:
    """Actions on projects; `self` is a WebUI."""

    def edited_package(self, owner=False):
        """The name in the form, if its project is the user's to edit; `owner` asks for more than a Maintainer."""
        from legacy import metadata
        name = self.form.get('name')
        if not name:
            raise FormError('Invalid package name')
        if name.lower() in metadata.FORBIDDEN_NAMES:
            raise Forbidden("Package name '%s' invalid" % name)
        roles = ('Admin', 'Owner') if owner else ('Admin', 'Owner', 'Maintainer')
        if not any(self.store.has_role(role, name) for role in roles):
            raise Forbidden("You are not allowed to edit '%s' package information" % name)
        return name

    # -- editing and removing --

    def pkg_edit(self):
        """Hide releases and change their summaries; the page shows them as they were before (B078, B079)."""
        if not self.authenticated:
            raise Unauthorised(IDENTIFY)
        if 'submit_remove' in self.form:
            self.remove_pkg()
            return
        name = self.edited_package()
        if 'submit_autohide' in self.form or self.env.get('REQUEST_METHOD') == 'POST':
            self.store.lock_package(name)
        if 'submit_autohide' in self.form:
            self.store.set_autohide(name, 'autohide' in self.form)
        releases = self.store.releases(name)
        if self.env.get('REQUEST_METHOD') == 'POST':
            self.save_releases(name, {release['version']: release for release in releases})
        self.store.commit()
        self.show_edit(name, releases)

    def show_edit(self, name, releases):
        """Push the page of a project's releases."""
        from legacy import project_pages
        self.page(project_pages.edit(self.frame(), name, releases, self.store.hides_old_releases(name)))

    def save_releases(self, name, releases):
        """Write what `hid_VERSION` and `sum_VERSION` say; versions may be percent-encoded once more."""
        from urllib.parse import unquote
        changes = {}
        for key, value in self.form.items():
            kind, _, version = unquote(key).partition('_')
            if kind not in ('hid', 'sum') or not version:
                continue
            release = releases[version]  # a KeyError for an unknown one: 500, as ever (B078)
            if kind == 'hid' and (value == '1') != release['_pypi_hidden']:
                changes.setdefault(version, {})['_pypi_hidden'] = value == '1'
            if kind == 'sum' and value != release['summary']:
                changes.setdefault(version, {})['summary'] = value
        for version, changed in changes.items():
            self.store.update_release(name, version, changed)

    def remove_pkg(self):
        """Remove releases or a whole project; asks before it does (B080)."""
        from legacy import project_pages
        if not self.authenticated:
            raise Unauthorised(IDENTIFY)
        self.check_token()
        versions = self.form.get('version')
        versions = versions if isinstance(versions, list) else [versions] if versions else []
        name = self.edited_package(owner=not versions)
        if 'submit_cancel' in self.form:
            self.show_edit(name, self.store.releases(name))
        elif 'submit_ok' not in self.form:
            self.page(project_pages.confirm_removal(self.frame(), name, versions))
        elif versions:
            self.store.lock_package(name)
            self.removed_files = [path for version in versions for path in self.store.remove_release(name, version)]
            self.show_edit(name, self.store.releases(name))
        else:
            self.store.lock_package(name)
            self.removed_files = self.store.remove_package(name)
            self.home()

    # -- roles --

    def role_form(self):
        """Who may do what in a project; admins without a name get a list of all."""
        from legacy import project_pages
        name = self.form.get('package_name')
        admin = self.store.has_role('Admin', None)
        if not admin and not (name and self.store.has_role('Owner', name)):
            raise Unauthorised
        self.page(project_pages.roles(self.frame(), name or '', None if name else self.store.package_names(), admin))

    def role(self):
        """Give or take a role (B084, B085)."""
        for field in ('package_name', 'user_name', 'role_name', ':operation'):
            if not self.form.get(field):
                raise FormError('%s is required' % field)
        name, user, role = (self.form[field] for field in ('package_name', 'user_name', 'role_name'))
        if not self.store.has_role('Admin', name) and not self.store.has_role('Owner', name):
            raise Unauthorised
        self.check_token()
        if role not in ('Owner', 'Maintainer'):
            raise FormError('role_name not Owner or Maintainer')
        if not self.store.has_user(user):
            raise FormError("user doesn't exist")
        self.store.lock_package(name)  # of two owners who leave at once, one stays
        if self.form[':operation'] == 'Add Role':
            self.give_role(user, role, name)
        else:
            self.take_role(user, role, name)
        self.store.commit()
        if user == self.username and not self.store.has_role('Owner', name):
            self.home()
        else:
            self.role_form()

    def give_role(self, user, role, name):
        """Add a role that the user does not have yet."""
        if self.store.user_has_role(user, role, name):
            raise FormError('user has that role already')
        self.store.add_role(user, role, name)

    def take_role(self, user, role, name):
        """Remove a role; a project keeps an owner."""
        if not self.store.user_has_role(user, role, name):
            raise FormError("user doesn't have that role")
        owners = [owner for given, owner in self.store.role_rows(name) if given == 'Owner']
        if role == 'Owner' and owners == [self.username]:
            raise FormError("You can't remove yourself as the last owner; remove the package instead")
        self.store.remove_role(user, role, name)

    # -- files --

    def files(self):
        """The files of a release; who may, uploads and removes some (B075)."""
        from legacy import project_pages
        name, version = self.form.get('name'), self.form.get('version')
        if not name or not version:
            text = 'Name and version are required'
            self.fail(text, heading=text)
            return
        maintainer = self.store.may_change(name)
        if maintainer and 'submit_upload' in self.form:
            self.store_upload()
        if maintainer and 'submit_remove' in self.form:
            self.remove_files(name)
        self.page(project_pages.files(self.frame(), name, version, self.store.files(name, version), maintainer))

    def remove_files(self, name):
        """Remove the files whose digests are ticked."""
        digests = self.form.get('file-ids') or []
        self.store.lock_package(name)
        removed = [self.store.remove_file(name, digest)
                   for digest in (digests if isinstance(digests, list) else [digests])]
        self.removed_files = [path for path in removed if path]

    # -- metadata by hand --

    def submit_form(self):
        """The form of a release's metadata; whoever came by Basic authentication is logged in by the way (B246)."""
        from legacy import project_pages
        if not self.authenticated:
            raise Unauthorised('You must log in.')
        if not self.loggedin:
            self.begin_session(self.username)
        release, dependencies = {}, {}
        name, version = self.form.get('name'), self.form.get('version')
        if name and version:
            if not self.store.may_change(name):
                raise Forbidden('Not Owner or Maintainer')
            release = self.store.release(name, version)
            if release is None:
                raise KeyError(version)
            dependencies = self.store.dependencies(name, version)
        chosen = {text for text, _ in self.store.release_classifiers(name, version)} if release else set()
        self.page(project_pages.submit(self.frame(), release, dependencies, self.store.classifiers(), chosen))

    def submit_pkg_info(self):
        """The same from a PKG-INFO file (B197)."""
        from legacy import metadata
        if not self.authenticated:
            raise Unauthorised('You must be identified to store package information')
        self.check_token()
        pkginfo = self.form.get('pkginfo')
        if isinstance(pkginfo, forms.FileUpload):
            pkginfo = pkginfo.value.decode('utf-8', 'replace')
        if not pkginfo:
            raise FormError('You must supply the PKG-INFO file')
        data = metadata.pkginfo_metadata(pkginfo)
        self.check_metadata(data)
        self.store_submission(data)
        self.show_release(data['name'], data['version'])

    def display_pkginfo(self):
        """A release as the PKG-INFO file of a source distribution."""
        from legacy import feeds
        release = self.wanted_release(hidden_too=False)
        name, version = release['name'], release['version']
        classifiers = [text for text, _ in self.store.release_classifiers(name, version)]
        self.send(feeds.pkginfo(release, self.store.dependencies(name, version), classifiers),
                  'text/plain; charset=utf-8')

    # -- documentation --

    def doc_upload(self):
        """A zip of a project's documentation takes the place of the last one (B220)."""
        from legacy import docs
        if not self.authenticated:
            raise Unauthorised(IDENTIFY)
        if not self.form.get('name'):
            raise FormError('No package name given')
        name = self.edited_package()
        content = self.form.get('content')
        if not isinstance(content, forms.FileUpload) or not content.value:
            raise FormError('No file uploaded')
        if len(content.value) > MAX_DOCS:
            raise FormError('Documentation zip file is too large')
        try:
            docs.store(self.config.docs_dir, name, content.value)
        except docs.BadArchive as error:
            raise FormError(str(error)) from None
        self.store.set_docs(name)
        self.store.commit()
        raise Redirect('%s/%s/' % (self.config.secure_docs_url, name))

    def doc_destroy(self):
        """Remove a project's documentation (later than May 2016, B222)."""
        from legacy import account_pages, docs
        if not self.authenticated:
            raise Unauthorised(IDENTIFY)
        self.check_token()
        name = self.edited_package()
        docs.destroy(self.config.docs_dir, name)
        self.store.unset_docs(name)
        self.store.commit()
        self.page(account_pages.message(
            self.frame(), 'Documentation Destroyed', 'Documentation Destroyed for %s.' % name))

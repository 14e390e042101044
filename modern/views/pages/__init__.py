"""The pages that people read: what each name and each action leads to. Read `show` first, then `frame`."""

from __future__ import annotations

from ...caching import Public, named_project, of_index
from ...services.keys import NEWEST
from .files import files
from .home import about, home, mirrors, security
from .kept import kept_display
from .lists import browse, find, index
from .project import pkg_edit, remove_pkg
from .roles import role, role_form
from .static import static
from .submit import submit, submit_form, submit_pkg_info, verify

SITE = {"mirrors": mirrors, "security": security, "static": static}
ACTIONS = {
    "about": about, "browse": browse, "display": kept_display, "files": files, "home": home, "index": index,
    "pkg_edit": pkg_edit, "remove_pkg": remove_pkg, "role": role, "role_form": role_form, "search": find,
    "submit": submit, "submit_form": submit_form, "submit_pkg_info": submit_pkg_info, "verify": verify,
}  # fmt: skip
_FIXED, _FOUND = of_index(), of_index(NEWEST, seconds=60)
PUBLIC = {
    about: of_index(NEWEST), find: _FOUND, home: of_index(NEWEST), index: _FOUND, kept_display: Public(named_project),
    mirrors: _FIXED, security: _FIXED, static: _FIXED,
}  # fmt: skip

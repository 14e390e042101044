"""What an action raises instead of answering; `WebUI.run` turns each into its page. No output here."""


class NotFound(Exception):
    """404, with a detail in brackets."""


class Gone(Exception):
    """410, with a detail in brackets; caches may keep it for a year."""


class Unauthorised(Exception):
    """401: asks for a name and password."""


class Forbidden(Exception):
    """403."""


class Blocked(Exception):
    """403 for an address that sent too many wrong passwords."""


class FormError(Exception):
    """400: the form cannot be processed as it stands."""


class NotGzipped(OSError):
    """An uploaded file is not what its name says; no answer of ours (B210)."""


class Redirect(Exception):
    """301 to the given location."""


class RedirectTemporary(Exception):
    """307 to the given location."""

"""What a view or a service raises instead of answering; `views.failures` turns each into its answer and the transaction
is dropped. A view that *returns* `answers.failure(...)` keeps what was written.
"""

from __future__ import annotations


class Answered(Exception):
    """The root of these errors; its text is what the client reads."""


class NotFound(Answered):
    """404, with a detail in brackets."""


class Gone(Answered):
    """410, with a detail in brackets; caches may keep it for a year."""


class Unauthorised(Answered):
    """401: asks for a name and password."""


class Forbidden(Answered):
    """403."""


class FormError(Answered):
    """400: the form cannot be processed as it stands."""


class Redirect(Answered):
    """301 to the given location."""


class RedirectTemporary(Answered):
    """307 to the given location."""

"""Files that somebody sends: checked in the old order, then stored with the release that the same form describes."""

from __future__ import annotations

from ..errors import Answered, Forbidden, FormError
from ..forms import Form, Upload, Value
from . import distributions
from .files import DuplicateFile, Files, UsedFilename
from .python2 import u_repr
from .submissions import Submissions, refuse_forbidden
from .targets import Target


class DigestMismatch(Answered):
    """The content is not what the client's digest says."""


class Uploads:
    """Stores files for the acting user."""

    def __init__(self, submissions: Submissions, files: Files) -> None:
        self._submissions, self._files = submissions, files

    def store(self, form: Form) -> None:
        """Store the file of a form; its release is registered by the way if it is new.

        Raises Forbidden, FormError and DigestMismatch, and the errors of Python where the old code crashed.
        """
        name, version, stored = self._release(form)
        content, filetype, python_version = file_fields(form)
        signature = signature_of(form)
        try:
            distributions.check_filename(content.filename)
            refuse_stored(name, version, content.filename, stored)
            distributions.check_file(content, filetype if isinstance(filetype, str) else "", name, signature)
        except distributions.Refused as refused:
            raise FormError(str(refused)) from None
        if not distributions.is_digest(content, form.get("md5_digest")):
            raise DigestMismatch("The MD5 digest supplied does not match the content of the file.")
        comment = form.get("comment", "")
        try:
            self._files.add(
                name, version, content, filetype, python_version,
                "" if isinstance(comment, Upload) else comment, signature,
            )  # fmt: skip
        except DuplicateFile:
            raise FormError("Duplicate file upload detected.") from None
        except UsedFilename:
            raise FormError("This filename has previously been used, you should use a different version.") from None

    def _release(self, form: Form) -> tuple[str, str, bool]:
        """Return (name, version) that the upload is for, as registered, and whether the file is there already; the
        release is made if it is new.
        """
        protocol = form.get("protocol_version", "1")
        if protocol != "1":
            raise NotImplementedError(f"Unsupported file upload protocol ({u_repr(protocol)})")
        name, version = form.get("name"), form.get("version")
        if not name or not version:
            raise FormError("Name and version are required")
        if not isinstance(name, str) or not isinstance(version, str):
            raise FormError("Name and version must be given once")
        refuse_forbidden(name)
        filename = content.filename if isinstance(content := form.get("content"), Upload) else ""
        target = self._files.target(name, version, filename)
        if target is None:
            target = Target(self._submissions.projects.find(name) or name, False, False)
            if not self._submissions.roles.may_change(target.name):
                raise Forbidden(f"You are not allowed to edit '{target.name}' package information")
        if target.has_release:
            return target.name, version, target.has_file
        data = self._submissions.checked(form)
        version = str(data["version"])
        self._submissions.store_release(target.name, version, data)
        return target.name, version, self._files.exists(target.name, version, filename)


def refuse_stored(name: str, version: str, filename: str, stored: bool) -> None:
    """A file of a release is never replaced."""
    if stored:
        raise FormError(
            f'A file named "{filename}" already exists for  {name}-{version}. To fix problems with that file you'
            " should create a new release."
        )


def file_fields(form: Form) -> tuple[Upload, Value, Value]:
    """Return (content, file type, Python version), each of the right kind. Raises FormError."""
    content, filetype = form.get("content"), form.get("filetype")
    if not content or not filetype:
        raise FormError("Both content and filetype are required")
    if not isinstance(content, Upload) or isinstance(filetype, Upload):
        raise FormError("invalid upload")
    python_version = "source" if filetype == "sdist" else form.get("pyversion")
    if not python_version or isinstance(python_version, Upload):
        raise FormError("Python version is required for binary distribution uploads")
    return content, filetype, python_version


def signature_of(form: Form) -> bytes | None:
    """Return the signature's bytes, sent as a file or as text; None without one. Raises FormError for several."""
    signature = form.get("gpg_signature")
    if isinstance(signature, list):
        raise FormError("invalid signature")
    if isinstance(signature, Upload):
        return signature.value or None
    return signature.encode() if signature else None

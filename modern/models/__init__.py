"""The tables, as classes: one module a group of tables, exactly those of the database that the old code shares.

No query and no rule here. Times without a zone are UTC.
"""

from .accounts import Account, Cookie, CsrfToken, Email, OpenID, PasswordDigest, RegistrationKey, SshKey
from .base import Base, table
from .downloads import CountedFeed, CountedFile, CountedProject
from .files import File, RegisteredName
from .journals import JournalEntry
from .projects import Project, Role
from .releases import Classifier, Dependency, Release, ReleaseClassifier

__all__ = [
    "Account",
    "Base",
    "Classifier",
    "Cookie",
    "CountedFeed",
    "CountedFile",
    "CountedProject",
    "CsrfToken",
    "Dependency",
    "Email",
    "File",
    "JournalEntry",
    "OpenID",
    "PasswordDigest",
    "Project",
    "RegisteredName",
    "RegistrationKey",
    "Release",
    "ReleaseClassifier",
    "Role",
    "SshKey",
    "table",
]

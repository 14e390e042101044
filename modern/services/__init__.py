"""What can be done with the index: one class a concern, each given what it needs; no request and no answer here.

`Services` makes them as they are asked for, all on one session, whose transaction is the request's.
"""

from __future__ import annotations

from functools import cached_property

from sqlalchemy.orm import Session
from transaction import TransactionManager

from ..database import Database
from ..settings import Settings, Urls
from .csrf import Csrf
from .downloads import Downloads, Feed
from .files import Files
from .identities import Identities
from .journal import Actor, Journal
from .keys import of_change
from .mail import Mail
from .passwords import Passwords, Remembered
from .projects import Projects
from .purging import Purge
from .releases import Releases
from .reset import ResetKeys
from .roles import Roles
from .search import Search
from .sessions import Sessions
from .storage import FileStore
from .submissions import Submissions
from .uploads import Uploads
from .users import Users

__all__ = ["Actor", "Services"]


class Services:
    """All services within one transaction."""

    def __init__(
        self, database: Database, store: FileStore, settings: Settings, urls: Urls, manager: TransactionManager,
        remembered: Remembered, purge: Purge, feed: Feed,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.urls = urls
        self.store = store
        self._database = database
        self._manager = manager
        self._remembered = remembered
        self._purge = purge
        self._feed = feed
        self._actor = Actor()

    def act_as(self, username: str | None, address: str) -> None:
        """From now on journal entries carry this user and this address."""
        self._actor = Actor(username, address)
        if "journal" in self.__dict__:
            self.journal.actor = self._actor

    def commit(self) -> None:
        """Make what was written so far safe, whatever becomes of the request; the rest is another transaction."""
        self._manager.commit()
        self._manager.begin()

    def changed(self, project: str, action: str) -> None:
        """Have caches forget what they keep of a project once the transaction is over.

        Also where its commit failed, since nobody knows how far it came.
        """
        keys = of_change(project, action)
        self._manager.get().addAfterCommitHook(lambda success: self._purge(keys))

    @cached_property
    def db(self) -> Session:
        """The session."""
        return self._database.session(self._manager)

    @cached_property
    def journal(self) -> Journal:
        """What happened."""
        return Journal(self.db, self._actor, self.changed)

    @cached_property
    def projects(self) -> Projects:
        """Registered names."""
        return Projects(self.db, self.journal)

    @cached_property
    def roles(self) -> Roles:
        """Who may do what."""
        return Roles(self.db, self.journal)

    @cached_property
    def releases(self) -> Releases:
        """Versions and their metadata."""
        return Releases(self.db, self.journal)

    @cached_property
    def files(self) -> Files:
        """Rows of stored files."""
        return Files(self.db, self.journal, self.store, self._manager)

    @cached_property
    def downloads(self) -> Downloads:
        """How often files were downloaded."""
        return Downloads(self.db, self._feed)

    @cached_property
    def submissions(self) -> Submissions:
        """Metadata that somebody sends: checked, then stored."""
        return Submissions(self.projects, self.releases, self.roles)

    @cached_property
    def uploads(self) -> Uploads:
        """Files that somebody sends: checked, then stored."""
        return Uploads(self.submissions, self.files)

    @cached_property
    def passwords(self) -> Passwords:
        """Digests of passwords."""
        return Passwords(self.db, self._remembered, strong=self._database.has_strong_digests)

    @cached_property
    def users(self) -> Users:
        """Accounts."""
        return Users(self.db, self.passwords, self.commit, self.changed)

    @cached_property
    def identities(self) -> Identities:
        """Public keys and OpenIDs of accounts."""
        return Identities(self.db, self.commit)

    @cached_property
    def reset_keys(self) -> ResetKeys:
        """Mailed keys for new passwords."""
        return ResetKeys(self.db)

    @cached_property
    def sessions(self) -> Sessions:
        """Logins by cookie."""
        return Sessions(self.db, self.users, self.commit)

    @cached_property
    def csrf(self) -> Csrf:
        """The tokens of forms."""
        return Csrf(self.db)

    @cached_property
    def search(self) -> Search:
        """The search and the browsing of the pages."""
        return Search(self.db)

    @cached_property
    def mail(self) -> Mail:
        """Messages to users."""
        return Mail(self.settings.mail_file)

"""What one index is made of: settings in, what outlives its requests out."""

from __future__ import annotations

from functools import cached_property

import jinja2
from transaction import TransactionManager

from .database import Database
from .services import Services
from .services.downloads import Feed
from .services.kept import KeptAnswers
from .services.passwords import Remembered
from .services.purging import Purger, purge_all
from .services.readme import Readme
from .services.simple import KeptPages
from .services.storage import FileStore
from .services.stores import file_store
from .settings import Settings, Urls
from .statistics.feed import SPOOL
from .statistics.spool import Recorder


class Installation:
    """What outlives a request: settings, database, file store, templates."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.remembered = Remembered()
        self.kept_pages = KeptPages()
        self.kept = KeptAnswers()
        self.recorder = Recorder(f"{settings.statistics}/{SPOOL}") if settings.statistics else None
        self.feed = Feed(self.database.engine, self.recorder)
        self._purgers = [Purger(url) for url in settings.purge_urls]
        self.purge = purge_all(self._purgers)

    @cached_property
    def store(self) -> FileStore:
        """Where files are."""
        return file_store(self.settings.files)

    @cached_property
    def templates(self) -> jinja2.Environment:
        """The pages: escaped, and strict about names that are not there."""
        return jinja2.Environment(
            loader=jinja2.PackageLoader("modern"), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        )  # fmt: skip

    @cached_property
    def readme(self) -> Readme:
        """What renders descriptions."""
        return Readme()

    def services(self, manager: TransactionManager, urls: Urls) -> Services:
        """Return what can be done within a transaction."""
        return Services(self.database, self.store, self.settings, urls, manager, self.remembered, self.purge, self.feed)

    def close(self) -> None:
        """End what runs beside requests, and close the connections."""
        for purger in self._purgers:
            purger.close()
        if self.recorder:
            self.recorder.close()
        self.database.close()

"""Whose literals are tried: the files that are a target's own, those of a revision as they are in that revision.

A TARGET and the configuration come in, files go out for as long as they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.config import Config, TargetConfig
from harness.reach.programs import files, is_program
from harness.reach.sources import COMPAT, own_sources
from harness.targets.revision import PREFIX, Checkout, Revision, split_revision


@contextmanager
def sources_of(text: str, config: Config) -> Iterator[list[Path]]:
    """Give the files of a target's own; none where they are not found. Raises UsageError and TargetError."""
    entry = config.targets.get(text, TargetConfig(text))
    if not entry.app.startswith(PREFIX):
        yield _own(text, config)
        return
    revision, app = split_revision(entry.app)
    cwd = config.root / (entry.cwd or ".") if text in config.targets else Path.cwd()
    checkout = Checkout(Revision.find(cwd, revision))
    root = checkout.acquire() / checkout.revision.inner
    try:
        yield _own(text, replace(config, root=root, targets={text: replace(entry, app=app, cwd=None)}))
    finally:
        checkout.release()


def _own(text: str, config: Config) -> list[Path]:
    own = own_sources(text, config)
    if own.paths != (own.root,):
        return list(files(own.paths))
    # the folder around it: of a module that is elsewhere nothing is there, and programs stand among all kinds of files
    return [file for file in files(own.paths) if is_program(file)] if own.entry.app.startswith(COMPAT) else []

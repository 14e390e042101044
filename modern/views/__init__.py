"""Answers to requests: one module a part of the index, each with the tables that say which name is answered by what.

A view takes a request and returns a response. SITE are names of the first part of the path, ACTIONS are `:action`s of
/pypi, PUBLIC what caches may keep of which view. Rules and rows are the services'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from .. import traversal
from ..request import IndexRequest
from . import accounts, failures, feeds, files, json, odd, pages, rpc, simple, upload

View = Callable[[IndexRequest], Response]
MODULES = (simple, files, odd, json, feeds, upload, pages, accounts)


def register(config: Any) -> None:
    """Tell Pyramid's Configurator of all views."""
    for module in MODULES:
        public = getattr(module, "PUBLIC", {})
        for name, view in getattr(module, "SITE", {}).items():
            config.add_view(view, context=traversal.Site, name=name, public=public.get(view))
        for name, view in getattr(module, "ACTIONS", {}).items():
            config.add_view(view, context=traversal.Index, name=name, public=public.get(view))
    config.add_view(rpc.answer_call, context=traversal.Call)
    for kind, view in failures.VIEWS.items():
        config.add_exception_view(view, context=kind)
    config.add_notfound_view(failures.unknown_action)

"""Runs old CGI programs, unmodified, as WSGI applications.

`CGIScript` is one program, `CGIDirectory` a cgi-bin, `HandlerApp` a handler object in the same process; `Strangler`
puts a new application in front of an old one, route by route, `Shadow` tries it beside the old one, and `Brownout`
switches a route off for a while. Start at `script`.
"""

from .brownout import Brownout
from .directory import CGIDirectory
from .errors import ConfigurationError
from .handler import HandlerApp
from .pair import ShadowPair
from .proxy import TrustedProxy
from .script import CGIScript
from .shadow import Shadow
from .static import StaticFiles
from .strangler import Strangler

__all__ = [
    "Brownout",
    "CGIDirectory",
    "CGIScript",
    "ConfigurationError",
    "HandlerApp",
    "Shadow",
    "ShadowPair",
    "StaticFiles",
    "Strangler",
    "TrustedProxy",
]

"""Apache's configuration read and said again: as `compat serve` commands, an nginx front end, and a list of the rest.

Begin with `translate`. Nothing here is needed to serve a request.
"""

from .command import import_apache, imported
from .model import ApacheError, Import
from .parse import parse
from .translate import translate

__all__ = ["ApacheError", "Import", "import_apache", "imported", "parse", "translate"]

"""The first `harness.toml` of somebody's application: what its traffic, or its Apache configuration, tells of it.

`survey` looks through exchanges, `patterns` names endpoints, `apache` reads a configuration, `document` puts what they
found into the words of the file. All guesses; nothing is run or written here.
"""

from harness.start.apache import Apache, Mount, read_apache
from harness.start.document import Guess, app_of, document
from harness.start.survey import Survey, survey

__all__ = ["Apache", "Guess", "Mount", "Survey", "app_of", "document", "read_apache", "survey"]

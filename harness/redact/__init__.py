"""Redaction: an exchange in, the same exchange with a keyed token in the place of each secret out."""

from harness.redact.engine import Redactor, redactor
from harness.redact.settings import Settings, read_settings
from harness.redact.tokens import Tokens

__all__ = ["Redactor", "Settings", "Tokens", "read_settings", "redactor"]

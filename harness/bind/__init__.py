"""Identity: what a program calls by a name of its own, bound to the recording's name for the same.

Answers (recorded and now) come in and are learned from; later requests come in and go out with the side's own cookies,
tokens and ids in the place of the recorded ones; answers are compared under the names they share. Pure, but for the
command that a login may be. Sending anything is `player`'s affair.
"""

from harness.bind.alias import Names, aliased, aliased_effects, aliased_text
from harness.bind.bindings import Bindings, Key
from harness.bind.command import run_command
from harness.bind.correlation import Asked, Correlation, learned
from harness.bind.fixed import Fixed, read_fixed
from harness.bind.identity import Identity
from harness.bind.login import LoginError, carried_out, known
from harness.bind.logins import NO_LOGINS, Login, Logins, read_logins
from harness.bind.redacted import as_redacted
from harness.bind.secret import Secrets, bound, read_secrets
from harness.bind.unbound import Unbound

__all__ = [
    "NO_LOGINS",
    "Asked",
    "Bindings",
    "Correlation",
    "Fixed",
    "Identity",
    "Key",
    "Login",
    "LoginError",
    "Logins",
    "Names",
    "Secrets",
    "Unbound",
    "aliased",
    "aliased_effects",
    "aliased_text",
    "as_redacted",
    "bound",
    "carried_out",
    "known",
    "learned",
    "read_fixed",
    "read_logins",
    "read_secrets",
    "run_command",
]

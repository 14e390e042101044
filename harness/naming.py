"""What the requests of an application are called: its endpoints and its clients, as harness.toml has them.

A `Config` comes in, names of requests go out. The rules themselves are `endpoint`'s and `clients`'.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.clients import Client, Families, agent, families
from harness.config import Config
from harness.endpoint import endpoint
from harness.exchange import Request


@dataclass(frozen=True)
class Names:
    """Names by `endpoints` and `parameters` of harness.toml and by families of clients."""

    endpoints: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    families: Families = field(default_factory=families)

    @property
    def usual(self) -> bool:
        """Whether they are those that archives hold: nothing of them comes from a configuration."""
        return not self.endpoints and not self.parameters and self.families is families()

    def endpoint(self, request: Request) -> str:
        """Return what a request asks for."""
        return endpoint(request, self.endpoints, self.parameters)

    def client(self, request: Request) -> Client:
        """Return who asks."""
        return self.families.client(agent(request))


def names_of(config: Config) -> Names:
    """Return the names that a configuration gives. Raises `UsageError` for a wrong entry of `[clients]`."""
    return Names(config.endpoints, config.parameters, families(config.clients))

"""What an OpenID consumer finds here, in XRDS."""

from __future__ import annotations

TYPES = ("http://specs.openid.net/auth/2.0/server", "http://specs.openid.net/auth/2.0/signon")
SERVICE = """<?xml version="1.0" encoding="UTF-8"?>
<xrds:XRDS xmlns:xrds="xri://$xrds" xmlns="xri://$xrd*($v*2.0)">
  <XRD>
    <Service priority="0">
{types}      <URI>{url}?:action=openid_endpoint</URI>
    </Service>
  </XRD>
</xrds:XRDS>
"""


def document(url: str, *, server: bool) -> str:
    """The provider, or one of its users."""
    types = TYPES if server else TYPES[1:]
    return SERVICE.format(types="".join(f"      <Type>{kind}</Type>\n" for kind in types), url=url)

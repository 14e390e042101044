"""Two answers come in; what differs between them goes out, as `Difference` objects. Pure: no I/O, no clock.

`response` is the table of contents, `body` chooses one module a content type (`html`, `xml`, `xmlrpc`, `json`, `text`,
`binary`), `values` and `tree` compare structures, `align` pairs lists. Grouping and noise do not belong here.
"""

from harness.compare.response import compare

__all__ = ["compare"]

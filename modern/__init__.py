"""The replacement of the old index: the same URLs, on Pyramid and SQLAlchemy, over the same database and file store.

Read `app` (what is put together), then `traversal` (which request is what). Layers: views, services, models; a request
carries everything, nothing is global. `python -m modern serve` runs it, `modern.wsgi` is for other servers.
"""

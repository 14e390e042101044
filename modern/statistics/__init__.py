"""Statistics of downloads: recorded beside the answers, kept as Parquet, counted into the tables that pages read.

    spool (workers write) or access logs -> events -> archive (Parquet) -> counts (PostgreSQL) -> pages

A request only appends a line to a file (`spool.Recorder`); everything else is a command's. Nothing here imports DuckDB
until an archive is opened: it is the extra `statistics`. What pages show of it is `services.downloads`'s.
"""

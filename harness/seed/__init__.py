"""What a starting state is loaded from, made smaller: a JSON file, a dump in SQL, or a SQLite database.

`source` finds that file in the `load` of a `[state.NAME]` and names another in its place; `sql` and `sqlite` read such
files and write them with fewer rows; `entries` knows what can be left out of what was read; `search` looks for the
fewest. Whether fewer suffice is for the caller to try: from a configuration that `starting` makes for each try.
"""

"""The old package index: one monolithic request handler of the CGI era, the worked example of what screamtest saves.

`pypi.cgi` runs it as a CGI program, `legacy.wsgi` under compat, `python -m legacy` serves and loads it. Read
`handler` first.
"""

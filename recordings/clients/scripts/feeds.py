"""Read the feed as a feed reader does, then with the validators of the answer. Argument: the index's address."""

from __future__ import print_function  # noqa: UP010 - Python 2.7 needs it

import sys

import feedparser

URL = sys.argv[1] + "/pypi?:action=rss"

first = feedparser.parse(URL)
again = feedparser.parse(URL, etag=first.get("etag"), modified=first.get("modified"))
always = feedparser.parse(URL, etag='"never"', modified="Sat, 29 Oct 1994 19:43:31 GMT")
print(first.status, first.feed.get("title"), len(first.entries), again.status, always.status)

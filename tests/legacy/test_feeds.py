"""RSS and DOAP are well-formed whatever people write."""

import xml.etree.ElementTree as ElementTree
from datetime import datetime

from legacy import feeds
from legacy.config import Config

NASTY = "<script>\"'&é"


def row(**fields):
    """A release as the store gives it, nasty in every text."""
    return {**dict.fromkeys(feeds.INFO_FIELDS, NASTY), "created": datetime(2016, 1, 2, 3, 4, 5), **fields}


def test_feeds_are_well_formed_and_escaped():
    """RSS and DOAP, whatever the metadata hold."""
    config = Config({"PYPI_BASE_URL": "http://i.example/pypi"})
    channel = ElementTree.fromstring(feeds.rss(config, [row()]).encode()).find("channel")
    assert channel.find("item/title").text == f"{NASTY} {NASTY}"
    assert channel.find("item/pubDate").text == "02 Jan 2016 03:04:05 GMT"
    doap = ElementTree.fromstring(feeds.doap(row()).encode())
    assert doap.find(".//{http://usefulinc.com/ns/doap#}shortdesc").text == NASTY


def test_doap_leaves_out_what_is_unknown():
    """UNKNOWN and empty fields say nothing (B176)."""
    silent = row(
        summary="UNKNOWN", home_page="", download_url=None, maintainer="UNKNOWN", author="", description="UNKNOWN"
    )
    document = feeds.doap(silent)
    assert all(tag not in document for tag in ("shortdesc", "homepage", "download-page", "maintainer", "description"))

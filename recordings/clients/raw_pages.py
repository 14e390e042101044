"""Raw requests for what is shown: searching, browsing, lists, feeds, descriptions, and more than each list has room
for.
"""

from __future__ import annotations

from recordings.clients.raw_rows import basic, call, get, post, row

_BOB = basic("bob", "bobpw")
_IN = "Cookie: pypi={cookie}"
_READER = "User-Agent: raw-requests/1"
_BROWSE = "/pypi?:action=browse"
_INDEX = "/pypi?:action=index"
_SEARCH = "/pypi?:action=search&term="
_DESCRIBED = {":action": "submit", "name": "Described"}
_TABLE = """\
.. table:: A caption

   ===== =====
   Alpha Beta
   ===== =====
   one   two
   three four
   ===== =====

+---+---+
| a | b |
|   +---+
|   | c |
+---+---+
| d     |
+---+---+
"""
_LISTS = """\
A title
=======

Some *emphasis*, **strong**, ``code``, H\\ :sub:`2`\\ O, x\\ :sup:`3`, :title:`A work`, :abbreviation:`abbr`,
:acronym:`ABC`, :code:`a < b`.

Another
-------

1. one
2. two

- three

term
  its definition

    A quotation of somebody.

    -- Somebody

::

    verbatim <b> & text

----

:Field: of a list

.. image:: http://images.example.org/a.png
   :alt: an image
   :width: 10
   :height: 20

A `link <http://example.org/?a=1&b=2>`_, mail@example.org, a footnote [1]_ and a `bad one <javascript:alert(1)>`_.

.. [1] At the bottom.

.. comment that is gone

| a line
| block

-a  an option
-f FILE  an option with a value
"""
_TITLES = (
    "Second\n######\n\nThird\n======\n\nFourth\n------\n\nFifth\n~~~~~\n\nSixth\n^^^^^\n\n>>> doctest()\n1\n\n"
    "Last\n####\n\nend\n"
)
_RST = {
    "1": _LISTS,
    "2": _TABLE,
    "3": _TITLES,
    "4": ".. include:: /etc/hostname\n\nafter <it>\n",
    "5": "A `broken link_ and\na *second line\n",
    "6": ".. raw:: html\n\n   <script>alert(1)</script>\n",
    "7": "`one <HTTPS://EXAMPLE.ORG/>`_ `two <ftp://example.org/>`_ `three <mailto:a@example.org>`_ `four <local/>`_"
         " `five <data:text/html,x>`_ `six <http://[broken/>`_\n",
    "8": "Short\n==\n",
    "9": "   \n",
}  # fmt: skip
_READING = (
    get("2 60", 200, "/id/"),
    get("65", 404, "/pypi/secretive/0.9"),
    get("161 164", 200, "/pypi/secretive/json"),
    get("178", 404, "/pypi?:action=doap&name=secretive"),
    get("179", 404, "/pypi?:action=display_pkginfo&name=secretive"),
    get("176", 200, "/pypi?:action=doap&name=dotted.name"),
    get("176", 200, "/pypi?:action=doap&name=unknown-fields"),
    get("176 42", 200, "/pypi/markup/doap"),
    get("179", 200, "/pypi?:action=display_pkginfo&name=markup&version=1.0"),
    get("166", 301, "/pypi/LONE_WHEEL/json"),
    get("166", 301, "/pypi/DEMO/1.0/json"),
    get("65 67", 301, "/pypi/camelcase"),
    get("64 65", 400, "/pypi//1.0"),
    get("42", 404, "/pypi/demo/1.0/nonsense"),
    get("42 65", 200, "/pypi/demo/1.0/"),
    get("42", 200, "/pypi/"),
    get("112", 404, "/simple//"),
    get("104", 301, "/simple/demo"),
    get("21 4", 301, "/"),
    row("21 257", 404, "HEAD /nowhere/at/all"),
    get("71 72", 200, "/pypi/demo"),
    get("71", 200, "/pypi?:action=display&name=demo&version="),
    get("40 250", 500, "/pypi?:action=rss&:action=home&:action=doap"),
    get("37", 200, "/pypi?:action=about;name=x"),
    get("37", 200, "/pypi?%3Aaction=search&term=demonstration+first%20try"),
    *(get("161 165", 200, f"/pypi/lone-wheel/4.0/json?callback={callback}") for callback in (
        "call.it%24_1", "call+it", "a&callback=b", "")),
    get("42 161", 200, "/pypi?:action=json&name=demo"),
    get("161 225", 200, "/pypi/demo/json", "X-Forwarded-Proto: https"),
    *(get("96", 200, f"{_INDEX}{query}") for query in (
        "&summary=capitals", "&summary=capitals&summary=demonstration", "&summary=CAPITALS&name=under",
        "&keywords=demo&name=extras", "&name=nothing", "&description=nothing&keywords=demo", "&author=erin",
        "&license=mit&platform=any&home_page=example&author_email=alice", "&unknown=x&name=oldest",
        "&_pypi_hidden=0&name=secretive", "&name=+demo-+", "&name=", "&version=1.0",
        "&name=%25",
    )),
    *(get("92 93", status, _SEARCH + term) for status, term in (
        (200, "demo"), (200, "capitals"), (307, "capitals+done"), (307, "erin"), (307, "more+of+demo"),
        (200, "nothing-at-all"), (400, "will+a+such"), (400, ""), (400, "+%21+"), (200, "br%C3%BCcke+more+of+demo"),
        (200, "o%27brien"), (307, "capitals&term=yet"), (307, "dotted.name"),
    )),
    get("91", 400, "/pypi?:action=search"),
    *(get("87", 200, _BROWSE, f"User-Agent: {agent}") for agent in ("MyIE2", "Some Bot/1.0", "bo/t")),
    *(get("88 89", status, f"{_BROWSE}&{query}", _READER) for status, query in (
        (200, ""), (200, "c=6"), (200, "c=9"), (200, "c=11&c=9"), (200, "c=9&c=10&c=11"), (200, "c=12"),
        (200, "c=13&show=all"), (200, "c=-1"), (200, "c=4&c=4"), (200, "c=99"),
        (200, "c=1&c=2&c=3&c=4&c=5&c=6&c=7&c=8"), (500, "c=1&c=2&c=3&c=4&c=5&c=6&c=7&c=8&c=9"), (200, "c=7&c=6"),
        (200, "c=3"),
    )),
    get("51", 200, "/pypi?:action=rss_regen"),
    get("60", 400, "/pypi?:action=openid_endpoint"),
    get("60", 400, "/pypi?:action=openid_decide_post"),
    get("60", 400, "/pypi?:action=openid_return"),
    get("60", 200, "/pypi?:action=openid", "X-Forwarded-Proto: https"),
)  # fmt: skip


def _described(version: str, text: str) -> dict[str, str]:
    return {**_DESCRIBED, "version": version, "description": text, "summary": f'version "{version}" & <more>'}


_DESCRIPTIONS = (
    *(post("182 193", 200, _described(version, text), _BOB) for version, text in _RST.items()),
    get("71", 200, "/pypi/Described"),
    get("71 69", 200, "/pypi/Described/1"),
    get("171 172", 200, "/pypi?:action=rss"),
    get("175", 200, "/pypi?:action=lasthour"),
    post("182 188", 200, {**_DESCRIBED, "version": "10", "project_url": "Code,https://code.example.org/\nBad,ftp://x/\n"
                          " Plain \n\nhttp://two.example.org/,http://two.example.org/", "maintainer": "M. & <N>",
                          "author": "UNKNOWN", "maintainer_email": "m@example.org", "license": "one\ntwo",
                          "download_url": "http://example.org/d?a=1&b=2", "requires": "one\n two.three (>=1.0, <2.0)",
                          "provides": "four (1.0)", "obsoletes": "five", "keywords": "k <", "platform": "p &"}, _BOB),
    get("176", 200, "/pypi?:action=doap&name=Described&version=10"),
    get("179 181", 200, "/pypi?:action=display_pkginfo&name=Described&version=10"),
    get("161", 200, "/pypi/Described/10/json"),
    post("182", 200, {**_DESCRIBED, "version": "11", "maintainer": "UNKNOWN", "author": "A. & B.",
                      "author_email": "UNKNOWN", "home_page": "http://example.org/", "download_url": "UNKNOWN"}, _BOB),
    get("176", 200, "/pypi?:action=doap&name=Described&version=11"),
    post("182", 200, {**_DESCRIBED, "version": "12", "author": "A.", "author_email": "a@example.org"}, _BOB),
    get("176", 200, "/pypi?:action=doap&name=Described&version=12"),
)  # fmt: skip
_CLASS = "Intended Audience :: Developers"
_MANY = tuple(
    post("182 187", 404, {":action": "submit", "name": f"many-{number:02}", "version": "1 ", "classifiers": _CLASS,
                          "summary": f'"{number}" of <many>'}, _BOB)
    for number in range(30)
)  # fmt: skip
_LISTS_FULL = (
    *_MANY[:29],
    get("88 89", 200, f"{_BROWSE}&c=5", _READER),
    *_MANY[29:],
    get("88 89", 200, f"{_BROWSE}&c=5", _READER),
    get("88 89", 200, f"{_BROWSE}&c=5&show=all", _READER),
    get("88 89", 200, f"{_BROWSE}&c=5&show=some", _READER),
    get("171", 200, "/pypi?:action=packages_rss"),
    get("171 172", 200, "/pypi?:action=rss"),
    get("54", 200, "/pypi"),
    call("149", "updated_releases", "<int>1400000000</int>"),
    call("153", "changed_packages", "<int>1450000000</int>"),
    call("281", "top_packages", "<int>3</int>"),
    call("145", "search", "<struct><member><name>summary</name><value><array><data><value>many</value>"
         "<value>capitals</value></data></array></value></member><member><name>name</name><value>1</value></member>"
         "<member><name>_pypi_hidden</name><value>1</value></member></struct>"),
    call("145", "search", "<struct><member><name>summary</name><value>capitals</value></member><member>"
         "<name>name</name><value>demo</value></member></struct>|<string>or</string>"),
    call("145", "search", "<struct><member><name>summary</name><value>capitals</value></member><member>"
         "<name>name</name><value>demo</value></member></struct>|<string>xor</string>"),
    get("54 225", 200, "/pypi", _BOB),
    get("230", 200, "/pypi?:action=login", _BOB),
    get("68", 200, "/pypi/many-00/1", _IN),
    get("68", 200, "/pypi/markup/1.1", _IN),
)  # fmt: skip
PAGES = (*_READING, *_DESCRIPTIONS, *_LISTS_FULL)

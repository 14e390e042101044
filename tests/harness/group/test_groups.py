"""Groups: one for each cause, the same in any order and any partition."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.effects import compare_effects
from harness.difference import Difference
from harness.effects import NO_EFFECTS, Effects
from harness.group import STALE, Groups, group_observations
from harness.group.cause import EDITS
from harness.group.observation import EXAMPLES, Observation


def seen(number, difference, endpoint="GET /", client="pip", size=10):
    """Return one observation in exchange `r#number`."""
    return Observation(f"r#{number}", endpoint, client, difference, size)


def header(old="", new="", kind="changed", path="X"):
    """Return a difference of a header."""
    return Difference("header", path, kind, old, new)


def column(old, new):
    """Return a difference of a column."""
    return Difference("rows", "t.b", "changed", old, new)


def test_one_cause_on_many_endpoints_is_one_group():
    """A header added everywhere is one group that counts its endpoints and clients, the most frequent first."""
    added = [header(new=f"value {number}", kind="added") for number in range(10)]
    groups = group_observations(
        seen(number, difference, "GET /b/" if number % 3 else "GET /a/", "pip" if number % 2 else "curl")
        for number, difference in enumerate(added)
    )
    (group,) = groups
    assert (group.count, group.endpoint) == (10, "GET /b/")
    assert list(group.endpoints.items()) == [("GET /b/", 6), ("GET /a/", 4)]
    assert list(group.clients.items()) == [("curl", 5), ("pip", 5)]
    assert group.title == 'header X: only in new, e.g. "value 0"'


ALIKE = {
    "far from the beginning": (
        f"{'a' * 60} O&#x27;Neil",
        f"{'a' * 60} O'Neil",
        """header X: escaped once less, e.g. "O&#x27;Neil" -> "O'Neil\"""",
    ),
    "by a space at the end": ("a", "a ", 'header X: "a" -> "a "'),
    "by a space at the beginning": (" 1", "1", 'header X: " 1" -> "1"'),
    "by a space alone": ("", " ", 'header X: "" -> " "'),
    "by an accent": ("\u00fc", "u\u0308", "header X: \\xfc -> u\\u0308"),
}


@pytest.mark.parametrize(("old", "new", "said"), ALIKE.values(), ids=ALIKE)
def test_a_title_shows_what_differs(old, new, said):
    """Two values that look the same in it would tell nothing."""
    (group,) = group_observations([seen(1, header(old, new))])
    assert group.title == said


APART = {
    "aspect": (header("a", "b"), Difference("body", "X", "changed", "a", "b")),
    "path": (header("a", "b"), header("a", "b", path="Y")),
    "kind": (header("a", kind="missing"), header(new="a", kind="added")),
    "types": (header("int 1", 'str "1"', "type"), header("int 1", "null null", "type")),
    "number or text": (header("1", "2"), header("1", "x")),
    "status": (
        Difference("status", "", "changed", "200 OK", "404 No"),
        Difference("status", "", "changed", "200 OK", "500 E"),
    ),
    "text or NULL": (column("abc", "abd"), column("NULL", "abd")),
    "text or blob": (column("abc", "abd"), column("abc", "X'616263'")),
    "new name": (header("X", "Y", "renamed"), header("X", "Z", "renamed")),
}


@pytest.mark.parametrize(("one", "other"), APART.values(), ids=APART.keys())
def test_two_causes_are_two_groups(one, other):
    """Each row: two differences that need two explanations."""
    assert len(group_observations([seen(1, one), seen(2, other)])) == 2


def test_values_that_return_are_causes():
    """The same pair of values, seen again, is a group of its own; pairs seen once are one group together."""
    html, xml = header("text/html", "text/plain"), header("text/xml", "text/plain")
    observations = [
        seen(1, html),
        seen(2, html),
        seen(3, xml),
        seen(4, xml),
        seen(5, header("a", "b")),
        seen(6, header("c", "d")),
    ]
    assert {(group.old, group.new, group.count) for group in group_observations(observations)} == {
        ("text/html", "text/plain", 2),
        ("text/xml", "text/plain", 2),
        ("a", "b", 2),
    }


def test_another_cause_changes_no_other_group():
    """What one broken line adds is one group: the others stay what they were, identity included."""
    before = [seen(number, header("a", "b")) for number in range(9)] + [seen(9, header("x", "y", path="Y"))]
    broken = [seen(number, header("X-One", "X-Two", "renamed", "X-One")) for number in range(9)]
    old, new = group_observations(before), group_observations([*before, *broken])
    assert [group for group in new if group.kind != "renamed"] == old
    assert len(new) == len(old) + 1


def test_values_that_never_return_are_one_group():
    """A value that is another one each time (an address, a digest) is one change."""
    (group,) = group_observations(seen(number, header(f"a{number}", f"b{number}")) for number in range(9))
    assert (group.count, group.old, group.new) == (9, "a0", "b0")
    assert group.title == 'header X: changed, e.g. "a0" -> "b0"'


PRICES = {"1.25": "1.3", "12.349": "12.3", "0.75": "0.8", "19.99": "20.0"}

WRITTEN = {
    "rounded": (PRICES, "fewer decimals"),
    "with a comma": ({price: price.replace(".", ",") for price in PRICES}, "decimal comma"),
    "accents apart": ({word: normalize("NFD", word) for word in ("Zoë", "café", "für", "René")}, "letters decomposed"),
}


@pytest.mark.parametrize(("values", "words"), WRITTEN.values(), ids=WRITTEN)
def test_values_alone_and_in_texts_are_one_group(values, words):
    """A number is a number wherever it stands."""
    texts = [
        ("price", "{}"),
        ("shown", '"{}"'),
        ("html/body/p/text()", "Only {} EUR!"),
        ("text", "a\\t{}\\t" + "b" * 90),
    ]
    observations = [
        seen(f"{place}{n}", Difference("body", path, "changed", form.format(old), form.format(new)))
        for place, (path, form) in enumerate(texts)
        for n, (old, new) in enumerate(values.items())
    ]
    (group,) = group_observations(observations)
    first = next(iter(values))
    assert group.count == 16
    assert group.title.startswith(f"body html/body/p/text() (and 3 other places): {words}, e.g. ")
    assert first.encode("ascii", "backslashreplace").decode() in group.title


WORDS = ("alpha", "beta", "gamma", "delta", "omega")

ALIKE = {
    "number moved": ([("16", "17"), ("77", "78"), ("4", "5")], 'header X: number +1, e.g. "16" -> "17"'),
    "numbers vary": ([("16", "0"), ("77", "3"), ("4", "9"), ("1", "0")], 'X: changed (number -> number), e.g. "16" ->'),
    "a piece lost": ([("/a.zip#md5=1f", "/a.zip#1f"), ("/b.gz#md5=2", "/b.gz#2"), ("/c#md5=3", "/c#3")], '"md5=" r'),
    "a piece added": ([("camelcase", "camelcase/"), ("demo", "demo/"), ("x", "x/")], 'header X: "/" inserted'),
    "a date's form": ([("2009-03-01", "01.03.2009"), ("2012-12-12", "12.12.2012"), ("2010-02-01", "01.02.2010")], ""),
    "upper case": ([("ab", "AB"), ("cd1", "CD1"), ("ef", "EF")], ""),
    "sizes": ([("10KB", "10 KB"), ("1KB", "1 KB"), ("99KB", "99 KB")], ""),
    "tags": ([('"3ec-4f17"', '"3ed-4f17"'), ('"28-4c4"', '"29-4c4"'), ('"77-aa"', '"78-aa"')], ""),
    "put into something": ([("/a/", "R('/a/')"), ("/b", "R('/b')"), ("/", "R('/')")], """X: "R('…')" inserted"""),
    "taken out": ([("<a>", "a"), ("<b1>", "b1"), ("<c>", "c")], 'X: "<…>" removed'),
    "emptied": ([("alpha", ""), ("beta", ""), ("gamma 1", "")], "X: several values -> (empty)"),
    "two values that became one": ([("text/html", "text/plain"), ("text/xml", "text/plain")], "values -> text/plain"),
    "numbers and words that became one": ([("1f", "x"), ("23", "x"), ("4", "x")], "X: several values -> x"),
    "one that became many": ([("0", "17"), ("0", "4"), ("0", "9")], "X: 0 -> several values"),
    "escaped twice": ([("a & b & c", "a &amp; b &amp; c"), ("x & y & z", "x &amp; y &amp; z")], "escaped once more"),
    "cut values": ([("…ab#md5=12 and more", "…ab#12 and m…"), ("…cd#md5=34 xyz", "…cd#34 xyz…")], '"md5=" removed'),
    "words": ([(word, word[::-1]) for word in WORDS], "header X: changed, e.g. "),
}


@pytest.mark.parametrize(("values", "words"), ALIKE.values(), ids=ALIKE.keys())
@pytest.mark.parametrize("times", [1, 3])
def test_one_edit_of_many_values_is_one_group(values, words, times):
    """However often each value returns; the title says what was edited."""
    observations = [seen(n, header(*pair)) for n, pair in enumerate(pair for pair in values for _ in range(times))]
    (group,) = group_observations(observations)
    assert group.count == len(values) * times
    assert words in group.title


@pytest.mark.parametrize("aspect", ["rows", "files"])
def test_what_is_written_too_much_is_not_what_is_not_removed(aspect):
    """An extra row or file, and one that only old removes, stay in the end: by two causes, at any number of places."""
    row = (("id", "7"),)
    written = Effects(rows={"t": {row: 1}}) if aspect == "rows" else Effects(files={"x.log": "0644 1 bytes sha256:a"})
    removed = Effects(rows={"t": {row: -1}}) if aspect == "rows" else Effects(files={"y.txt": None})
    extra, kept = compare_effects(NO_EFFECTS, written), compare_effects(removed, NO_EFFECTS)
    groups = group_observations([seen(n, one) for n, one in enumerate([*extra, *kept, *extra, *kept])])
    assert [(group.path.partition(" ")[2], group.kind, group.count) for group in groups] == [
        ("", "added", 2),
        ("removal", "missing", 2),
    ]


def test_an_exchange_that_shows_two_causes_counts_in_both():
    """It is not a third cause."""
    one, other = Difference("body", "a", "changed", "x1", "x1!"), Difference("body", "a", "changed", "y", "(y)")
    observations = [seen(1, one), seen(2, one), seen(3, other), seen(4, other), seen(5, one), seen(5, other)]
    assert [group.count for group in group_observations(observations)] == [3, 3]


PLACES = [Difference("body", f"html/{tag}/text()", "changed", f"{tag} - 1", f"{tag} -! 1") for tag in WORDS]


@pytest.mark.parametrize("number", [2, 5])
def test_one_edit_in_several_places_is_one_group(number):
    """It is what pages share, and it is told once."""
    (found,) = group_observations(seen(n % 2, difference) for n, difference in enumerate(PLACES[:number]))
    others = "(and 1 other place)" if number == 2 else "(and 4 other places)"
    assert (found.count, found.title) == (2, f'body html/alpha/text() {others}: "!" inserted')


def test_an_element_that_comes_into_several_pages_is_one_group():
    """Wherever it stands in them; what differs from page to page has a digit."""
    paths = ["html/body/form/input", "html/body/div/form/input", "html/body/div/form/input"]
    found = group_observations(
        seen(n, Difference("body", path, "added", "", f'<input name="token" value="{n}e">'))
        for n, path in enumerate(paths)
    )
    assert [(group.count, group.title) for group in found] == [
        (
            3,
            'body html/body/div/form/input (and 1 other place): only in new, e.g. "<input name="token" value="0e">"',
        )
    ]


def test_an_attribute_that_comes_to_several_elements_is_one_group():
    """And a name that is given up in several places."""
    added = [Difference("body", f"html/{tag}/a/@target", "added", "", "new") for tag in WORDS]
    renamed = [Difference("body", f"html/{tag}/h1", "renamed", "h1", "h2") for tag in WORDS]
    found = group_observations(map(seen, range(10), [*added, *renamed]))
    assert sorted((group.kind, group.count) for group in found) == [("added", 5), ("renamed", 5)]


def test_another_element_is_another_cause():
    """Two elements that were lost in two places each are two groups."""
    lost = [
        Difference("body", f"html/{place}/{tag}", "missing", f"<{tag}>x</{tag}>", "")
        for tag in ("hr", "b")
        for place in ("body", "div")
    ]
    assert len(group_observations(map(seen, range(4), lost))) == 2


def test_values_that_vary_in_several_places_stay_two_groups():
    """A name that is another one each time is nothing that two places share, however often it returns."""
    names = [("alpha", "omega"), ("beta", "sigma"), ("gamma", "pi"), ("delta", "rho"), ("eta", "tau"), ("nu", "mu")]
    names += [(new, old) for old, new in names]
    found = group_observations(
        seen(n, Difference("body", path, "changed", *pair))
        for n, pair in enumerate(names * 2)
        for path in ("html/h1/text()", "html/title/text()")
    )
    assert sorted((group.path, group.count) for group in found) == [("html/h1/text()", 24), ("html/title/text()", 24)]


def test_an_edit_of_many_values_is_a_cause_beside_values_that_vary():
    """However many other edits the same place shows."""
    lost = [seen(n, header(f"{word}#md5=1", word)) for n, word in enumerate(WORDS)]
    varied = [seen(9 + n, header(word, word[::-1])) for n, word in enumerate(WORDS)]
    found = group_observations([*lost, *varied])
    assert sorted((group.count, group.title) for group in found) == [
        (5, 'header X: "#md5=1" removed'),
        (5, 'header X: changed, e.g. "alpha" -> "ahpla"'),
    ]


def test_a_constant_is_a_cause_beside_other_edits():
    """Values that all became one are one group, though the same place shows another edit that returns."""
    constant = [seen(n, header(word, "unknown")) for n, word in enumerate(WORDS * 2)]
    other = [seen(20 + n, header("x1", "x1!")) for n in range(3)]
    groups = Groups()
    for one in [*constant, *other]:
        groups.add([one])
    found = {group.title: group for group in groups.finish()}
    assert {title: group.count for title, group in found.items()} == {
        'header X: several values -> unknown, e.g. "alpha" -> "unknown"': 10,
        "header X: x1 -> x1!": 3,
    }
    assert {groups.assignment()([one])[0] for one in constant} == {
        found['header X: several values -> unknown, e.g. "alpha" -> "unknown"'].id
    }


def test_numbers_and_words_that_became_one_value_are_assigned():
    """Each observation is in the one group that counts it, whatever sort of value it had."""
    groups = Groups()
    exchanges = [[seen(n, header(old, "x"))] for n, old in enumerate(["12", "ab", "", "7"])]
    for exchange in exchanges:
        groups.add(exchange)
    (group,) = groups.finish()
    assert [groups.assignment()(exchange) for exchange in exchanges] == [[group.id]] * 4


def test_what_took_the_place_of_elements_is_one_group():
    """Whatever was in them: a link that became text, wherever."""
    links = [Difference("body", "html/body/a", "changed", f'<a href="/{w}">{w}</a>', w[::-1]) for w in WORDS]
    notices = [Difference("body", "html/body/a", "changed", "<a>x</a>", f"<p>{n}</p>") for n in (1, 2)]
    found = group_observations(seen(n, one) for n, one in enumerate([*links, *notices]))
    assert sorted((group.count, group.title) for group in found) == [
        (2, 'body html/body/a: "<a>" -> "<p>"'),
        (5, 'body html/body/a: "<a>" -> "text"'),
    ]


def test_each_observation_is_in_one_of_the_groups():
    """Also where one exchange shows several causes at one place."""
    one, other = Difference("body", "a", "changed", "x1", "x1!"), Difference("body", "a", "changed", "y", "(y)")
    exchanges = [[seen(1, one)], [seen(2, one)], [seen(3, other)], [seen(4, other)], [seen(5, other), seen(5, one)]]
    groups = Groups()
    for exchange in exchanges:
        groups.add(exchange)
    by_title = {group.title: group.id for group in groups.finish()}
    inserted, quoted = by_title["body a: x1 -> x1!"], by_title["body a: y -> (y)"]
    found = [groups.assignment()(exchange) for exchange in exchanges]
    assert found == [[inserted], [inserted], [quoted], [quoted], [quoted, inserted]]


WORDS_IN_CAPITALS = {
    "other words in two places": ([("html/b/text()", "fixed", "FIXED"), ("token_type", "bearer", "BEARER")], 2),
    "one word in two places": ([("html/b/text()", "fixed", "FIXED"), ("state", "fixed", "FIXED")], 1),
    "all words": ([(f"html/{tag}/text()", tag, tag.upper()) for tag in ("ab", "cd", "ef")], 1),
}


@pytest.mark.parametrize(("edits", "groups"), WORDS_IN_CAPITALS.values(), ids=WORDS_IN_CAPITALS.keys())
def test_capitals_are_one_cause_of_one_word_or_of_many(edits, groups):
    """That two words are written otherwise in two places is no habit yet."""
    observations = [seen(n, Difference("body", path, "changed", *pair)) for n, (path, *pair) in enumerate(edits)]
    assert len(group_observations(observations)) == groups


def test_each_error_raised_is_a_cause():
    """Two exceptions are two, wherever they are seen; that a line has moved is none."""
    raised = [
        "KeyError: 'a' in show of app.py, line 3",
        "KeyError: 'a' in show of app.py, line 9",
        "OSError in run of b.py",
    ]
    found = group_observations(
        seen(n, Difference("status", "", "changed", "200 OK", f"500 No (raised {each})"))
        for n, each in enumerate(raised)
    )
    assert [(group.title, group.count) for group in found] == [
        ("status 200 -> 500 (KeyError: 'a' in show of app.py)", 2),
        ("status 200 -> 500 (OSError in run of b.py)", 1),
    ]


def test_an_answer_that_was_cut_off_says_by_what():
    """The example does; the title says what happened."""
    cut = Difference("framing", "complete", "changed", "complete", "cut off (raised OSError in run of b.py, line 3)")
    (group,) = group_observations([seen(1, cut)])
    assert (group.title, group.new) == ("framing complete: complete -> cut off", cut.new)


def test_each_way_to_die_is_a_cause():
    """A signal and a timeout are two, whatever the other side answered."""
    ends = [("answered 200", "killed by SIGSEGV"), ("answered 404", "killed by SIGSEGV"), ("answered 200", "timeout")]
    found = group_observations(seen(n, Difference("crash", "", "added", *ends[n])) for n in range(3))
    assert [(group.title, group.count) for group in found] == [
        ("crash: only in new, killed by SIGSEGV", 2),
        ("crash: only in new, timeout", 1),
    ]


def test_comments_come_and_go_together():
    """Wherever they stand and whatever they say."""
    lost = [Difference("body", f"html/{tag}/comment()", "spelling", f"<!--{tag}-->", "") for tag in WORDS]
    (group,) = group_observations(map(seen, range(5), lost))
    assert (group.count, group.kind) == (5, "spelling")
    assert group.title == 'body html/alpha/comment() (and 4 other places): same meaning, e.g. "<!--alpha-->"'


def test_a_member_is_the_same_wherever_it_stands():
    """A file's size is one member, in a list of this document and in a struct of that; an exchange counts once."""
    paths = ["urls[].size", "releases.{}[].size", "params[][].size"]
    differences = [Difference("body", path, "type", f"int {n}", f'str "{n}"') for n, path in enumerate(paths)]
    observations = [seen(1, differences[0]), seen(1, differences[1]), seen(2, differences[2])]
    (group,) = group_observations(observations)
    assert (group.count, group.title) == (
        2,
        'body params[][].size (and 2 other places): int -> str, e.g. int 1 -> str "1"',
    )


def test_headers_in_another_order_are_one_group():
    """Every answer has other headers to stand in order."""
    orders = [("A, B", "B, A"), ("A, B, C", "C, A, B"), ("A, D", "D, A"), ("A, D", "D, A")]
    found = group_observations(seen(n, header(*pair, "spelling", "order")) for n, pair in enumerate(orders))
    assert [(group.title, group.count, group.old) for group in found] == [("header order: same meaning", 4, "A, B")]


def test_files_written_elsewhere_are_one_group_whatever_their_suffix():
    """The title shows an example: paths are data."""
    moved = [
        Difference("files", f"*.{suffix}", "renamed", f"ab/{n}cd/x.{suffix}", f"ab{n}/cd/x.{suffix}")
        for n, suffix in enumerate(["gz", "gz", "whl", "zip"])
    ]
    (group,) = group_observations(map(seen, range(4), moved))
    assert group.title.startswith("files *.gz (and 2 other places): renamed")


def test_lines_of_different_files_are_apart():
    """A date without seconds in one file and another word in another one, written together, are two causes."""
    written = [
        [
            Difference("files", "*/text", "changed", f"{name}|10:00:00", f"{name}|10:00"),
            Difference("files", "*.log/text", "changed", f"{name} add", f"{name} added"),
        ]
        for name in ("ann", "bob")
    ]
    found = group_observations(seen(n, each) for n, both in enumerate(written) for each in both)
    assert sorted((group.path, group.count) for group in found) == [("*.log/text", 2), ("*/text", 2)]


def test_the_same_edit_in_lines_of_different_files_is_one_cause():
    """Dates without seconds, in a table of sessions and in a log."""
    lost = [
        Difference("files", path, "changed", f"{name} 10:00:0{n}", f"{name} 10:00")
        for n, name in enumerate(("ann", "bob", "cat", "dan"))
        for path in ("*.db/text", "*.log/text")
    ]
    (group,) = group_observations(seen(n // 2, each) for n, each in enumerate(lost))
    assert (group.count, group.title.partition(":")[0]) == (4, "files *.db/text (and 1 other place)")


@pytest.mark.parametrize("path", ["*", "*.gz"])
def test_a_file_s_pattern_is_a_place(path):
    """A file without a suffix is at `*`."""
    changed = Difference("files", path, "changed", "last sha256:1a", "last sha256:2b")
    assert [group.path for group in group_observations([seen(1, changed)])] == [path]


def test_too_many_edits_are_one_group():
    """Beyond a limit, edits are no causes, even if each returns: memory stays flat."""
    letters = [chr(97 + number) for number in range(EDITS // 4)]
    texts = [a + b for a in letters for b in letters if a != b for _ in range(2)][: 2 * EDITS + 2]
    (group,) = group_observations(seen(number, header(text, f"b-{text[::-1]}c")) for number, text in enumerate(texts))
    assert group.count == 2 * EDITS + 2


def test_an_exchange_counts_once_in_a_group():
    """Fifty links of one page changed alike are one exchange."""
    links = [Difference("body", "html/a/@href", "changed", f"/{number}/", f"/{number}") for number in range(50)]
    (group,) = group_observations(seen(1, link) for link in links)
    assert group.count == 1


def test_examples_are_the_smallest_exchanges():
    """The few examples are those of the fewest bytes, then by recording and number (2 before 10)."""
    sizes = {1: 30, 2: 20, 10: 20, 4: 40, 5: 50, 6: 60, 7: 70}
    (group,) = group_observations(seen(number, header("a", "b"), size=size) for number, size in sizes.items())
    assert [example.exchange for example in group.examples] == ["r#2", "r#10", "r#1", "r#4", "r#5"]
    assert len(group.examples) == EXAMPLES


TITLES = {
    "status": (Difference("status", "", "changed", "200 OK", "404 No"), "status 200 -> 404"),
    "renamed": (header("X", "Y", "renamed"), "header X renamed to Y"),
    "value": (header("a", "b"), "header X: a -> b"),
    "a word that is one of ours": (Difference("body", "record", "changed", "record", "x"), "body record: record -> x"),
    "emptied": (header("a", ""), "header X: a -> (empty)"),
    "type": (header("int 1", 'str "1"', "type"), 'header X: int 1 -> str "1"'),
    "missing": (header("a", kind="missing"), 'header X: missing in new, e.g. "a"'),
    "long": (header("a" * 99, "b"), f'header X: changed, e.g. "{"a" * 40}…" -> "b"'),
    "spelling": (Difference("body", "body/html", "spelling", "a", "b"), "body/html: same meaning, a -> b"),
    "long spelling": (
        Difference("body", "body/html", "spelling", f"{'x ' * 40}&gt; y", f"{'x ' * 40}&#62; y"),
        'body/html: same meaning, "gt" -> "#62"',
    ),
}


@pytest.mark.parametrize(("difference", "expected"), TITLES.values(), ids=TITLES.keys())
def test_groups_have_titles(difference, expected):
    """Each row: a difference seen, and the one line that says what happens."""
    assert [group.title for group in group_observations([seen(1, difference)])] == [expected]


def test_a_type_of_many_values_is_named_by_its_types():
    """Where the values vary, the title says what became of them."""
    values = [header(f"int {number}", f'str "{number}"', "type") for number in range(3)]
    assert [g.title for g in group_observations(map(seen, range(3), values))] == [
        'header X: int -> str, e.g. int 0 -> str "0"'
    ]


@pytest.mark.parametrize(
    ("kind", "expected"), [("added", 'only now, e.g. "b"'), ("missing", 'no longer there, e.g. "a"')]
)
def test_stale_groups_speak_of_then_and_now(kind, expected):
    """There is no new side in a comparison with the recording."""
    groups = Groups()
    groups.add([seen(1, header("a" * (kind == "missing"), "b" * (kind == "added"), kind))])
    assert [group.title for group in groups.finish(STALE)] == [f"header X: {expected}"]


LATE = {
    "a number": (header("1", "2"), True),
    "a row": (Difference("rows", "t", "missing", "id=1", ""), True),
    "a page": (Difference("body", "html/body/p", "added", "", "<p>"), True),
    "not found": (Difference("status", "", "changed", "200 OK", "404 No"), True),
    "error": (Difference("status", "", "changed", "200 OK", "500 No"), False),
    "crash": (Difference("crash", "", "added", "answered 200", "died"), False),
    "renamed": (header("X", "Y", "renamed"), False),
    "header gone": (header("x", kind="missing"), False),
    "type": (Difference("body", "a", "type", "int 1", 'str "1"'), False),
    "spelling": (Difference("body", "body/html", "spelling", "a", "b"), False),
}


@pytest.mark.parametrize(("difference", "follows"), LATE.values(), ids=LATE.keys())
def test_what_may_follow_from_other_rows_says_so(difference, follows):
    """Only where it was never seen before rows differed, and is data; it stays a group of its own, after the others."""
    first = Difference("rows", "journals", "missing", "id=1", "")
    other = header("5", "77", path="X-Serial")
    more = [Observation(f"r#{n}", "GET /", "pip", one, 1, True) for n, one in enumerate([difference, other])]
    groups = group_observations([seen(9, first), *more])
    (found,) = [group for group in groups if group.examples[0].exchange == "r#0"]
    assert found.follows is follows
    assert [group.follows for group in groups] == sorted(group.follows for group in groups)
    assert groups[-1].follows
    early = group_observations([seen(8, difference), *more])
    assert not next(group for group in early if group.kind == difference.kind).follows


OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        exchange=st.integers(1, 12).map(lambda number: f"r#{number}"),
        endpoint=st.sampled_from(["GET /a", "GET /b"]),
        client=st.sampled_from(["pip", "curl"]),
        difference=st.builds(
            Difference,
            aspect=st.sampled_from(["header", "status", "body"]),
            path=st.sampled_from(["X", "a.b", "b", "a/b", "*", "t", "u", "v"]),
            kind=st.sampled_from(["changed", "added", "renamed", "type"]),
            old=st.integers(0, 40).map(str),
            new=st.sampled_from(["1", "x"]),
        ),
        size=st.integers(0, 3),
        late=st.booleans(),
    ),
    max_size=60,
)


def by_exchange(observations):
    """Return observations exchange by exchange."""
    found = {}
    for observation in observations:
        found.setdefault(observation.exchange, []).append(observation)
    return list(found.values())


@given(OBSERVATIONS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_order_and_partition_gives_the_same_groups(observations, random, workers):
    """However the exchanges are dealt to workers, and merged in whatever order, the groups are the same."""
    exchanges = by_exchange(observations)
    whole = group_observations([observation for exchange in exchanges for observation in exchange])
    random.shuffle(exchanges)
    parts = [Groups() for _ in range(workers)]
    for exchange in exchanges:
        random.shuffle(exchange)
        random.choice(parts).add(exchange)
    random.shuffle(parts)
    while len(parts) > 1:
        parts[-2].merge(parts.pop())
    assert parts[0].finish() == whole


@given(OBSERVATIONS)
def test_every_exchange_with_a_difference_is_counted(observations):
    """However differences are gathered: none is lost, and no group counts more exchanges than there are."""
    exchanges = {observation.exchange for observation in observations}
    groups = group_observations(observations)
    assert bool(groups) == bool(exchanges)
    assert all(group.count <= len(exchanges) for group in groups)
    assert sum(group.count for group in groups) >= len(exchanges)


@given(OBSERVATIONS)
def test_every_observation_has_a_group(observations):
    """What counts it is one of the groups that are reported."""
    groups = Groups()
    for exchange in by_exchange(observations):
        groups.add(exchange)
    ids, assign = {group.id for group in groups.finish()}, groups.assignment()
    for exchange in by_exchange(observations):
        found = assign(exchange)
        assert len(found) == len(exchange)
        assert set(found) <= ids


@given(OBSERVATIONS)
def test_ids_are_unique(observations):
    """No two groups of a report share an id."""
    ids = [group.id for group in group_observations(observations)]
    assert len(ids) == len(set(ids))


def test_memory_does_not_grow_with_observations():
    """A hundred thousand observations of changing values leave a bounded state."""
    groups = Groups()
    for number in range(20_000):
        groups.add(
            [seen(number, header(f"a{number}", f"b{number}")), seen(number, header(new=str(number), kind="added"))]
        )
    assert [(group.count, len(group.examples)) for group in groups.finish()] == [(20_000, EXAMPLES)] * 2
    assert all(len(cause.changes) <= EDITS for cause in groups._causes.values())

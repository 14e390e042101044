"""modern.statistics.countries: the smallest network of a table says where an address is."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modern.statistics.countries import Countries, Range, TableError, read_countries

TABLE = """network,country
# documentation
192.0.2.0/24,NL
192.0.2.128/25,DE
198.51.100.10,198.51.100.20,FR
2001:db8::/32,SE
"""


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("192.0.2.1", "NL"), ("192.0.2.200", "DE"), ("192.0.3.0", ""), ("198.51.100.20", "FR"), ("198.51.100.21", ""),
        ("2001:db8::1", "SE"), ("2001:db9::1", ""), ("::ffff:192.0.2.1", "NL"), ("0.0.0.1", ""), ("nobody", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_an_address_is_looked_up(tmp_path, address, country):
    """Both versions, both forms of a line, the inner network before the outer one."""
    (tmp_path / "table.csv").write_text(TABLE)
    assert read_countries(tmp_path / "table.csv").of(address) == country


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("192.0.2.0/99,NL", "192.0.2.0/99"), ("10.0.0.9,10.0.0.1,NL", "after"), ("1.2.3.0/24;DE", "1 columns"),
        ("1.2.3.0/24", "1 columns"), ("1.2.3.0/24, ", "no country"), ("16909056,16909311,DE", "16909056"),
        ("10.0.0.1,2001:db8::,NL", "one version"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("before", "number"), [("", 1), ("network,country\n\n", 3), ("10.0.0.0/8,NL\n", 2)])
def test_a_line_that_is_none_is_named(tmp_path, before, number, line, word):
    """File, line, and what is expected; the first line too, which is no heading."""
    (tmp_path / "table.csv").write_text(f"{before}{line}\n")
    with pytest.raises(TableError, match=rf"table.csv, line {number}: .*NETWORK,COUNTRY") as caught:
        read_countries(tmp_path / "table.csv")
    assert word in str(caught.value)


@pytest.mark.parametrize("second", ["network,country", "a,b,c,d", "fe80::/10;NL"])
def test_there_is_one_line_of_headings(tmp_path, second):
    """Another one is a mistake."""
    (tmp_path / "table.csv").write_text(f"# ours\nnetwork,country\n{second}\n10.0.0.0/8,NL\n")
    with pytest.raises(TableError, match="line 3"):
        read_countries(tmp_path / "table.csv")


@pytest.mark.parametrize(
    "table",
    [b"", b"# nothing\n", b"network,country\n", TABLE.encode("utf-16"), b"\x1f\x8b\x08", b'"' + b"x" * 200_000],
    ids=["empty", "comment", "headings", "UTF-16", "gzip", "a quotation mark"],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path, table):
    """The import keeps no address, so the countries could never be added."""
    (tmp_path / "table.csv").write_bytes(table)
    with pytest.raises(TableError, match=r"table.csv: .*NETWORK,COUNTRY"):
        read_countries(tmp_path / "table.csv")


def test_a_mark_before_the_first_row_is_none_of_it(tmp_path):
    """As some editors and spreadsheets write one."""
    (tmp_path / "table.csv").write_text("192.0.2.0/24,NL\n", encoding="utf-8-sig")
    assert read_countries(tmp_path / "table.csv").of("192.0.2.1") == "NL"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=8), st.integers(0, 45))
def test_the_last_one_begun_wins(bounds, number):
    """As a search of all ranges has it: of those around an address, the one that begins last, then the shorter."""
    ranges = [Range(first, last, f"{first}-{last}") for first, last in bounds]
    around = [part for part in ranges if part.first <= number <= part.last]
    expected = max(around, key=lambda part: (part.first, -part.last)).country if around else ""
    assert Countries(ranges).of(str(ipaddress.IPv4Address(number))) == expected

"""Where a value stands, in documents, URLs and forms: rows of a text with the value between `«` and `»`."""

from __future__ import annotations

import pytest

from harness.bind.place import place_at, stem_of

PATH = b"/shop/list.cgi"


def found(text: str) -> tuple[str, str, bool] | None:
    """Return kind, stem and whether a small number is an id there."""
    before, _, rest = text.partition("«")
    value, _, after = rest.partition("»")
    data = (before + value + after).encode()
    place = place_at(data, len(before.encode()), len((before + value).encode()), PATH)
    return place and (place.kind, place.stem.decode(), place.id_like)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<a href="/items/«12»">', ("segment", "item", True)),
        ('<a href="/items/«12»/edit">', ("segment", "item", True)),
        ("/item/12/notes/«7»", ("segment", "note", True)),
        ("/item/12/«7»", ("segment", "item", True)),
        ("http://shop.example/«7»", ("segment", "", True)),
        ("next=%2Fitem%2F«12»", ("segment", "item", True)),
        ("/page/«2»", ("segment", "page", False)),
        ("/items/«12».html", None),
        ("<b>x</«b1»>", None),
        ("/show.cgi?item=«12»&x=1", ("parameter", "item", True)),
        ("/items/show?id=«12»", ("parameter", "show", True)),
        ("?item_id=«12»", ("parameter", "item", True)),
        ("a=1&amp;item=«12»", ("parameter", "item", True)),
        ("id=«12»&n=1", ("parameter", "list", True)),
        ("page=«2»", ("parameter", "page", False)),
        ("item=«12»,13", ("member", "item", False)),
        ('<input type="hidden" name="item" value="«12»">', ("field", "item", True)),
        ("<input value='«12»' type=hidden name=item_id>", ("field", "item", True)),
        ('<input name="years" value="«12»">', ("field", "year", False)),
        ('<select name="colour"><option value="«12»">', ("field", "colour", True)),
        ('<form action="/thing/edit"><input type=hidden name=id value=«12»>', ("field", "edit", True)),
        ('<meta name="csrf-token" content="«a1b2c3»">', ("meta", "csrf-token", True)),
        ('{"id": «12»}', ("member", "list", True)),
        ('{"itemId": "«12»"}', ("member", "item", True)),
        ('{"count": «12»}', ("member", "count", False)),
        ('var orderNumber = "«12»";', ("member", "order", True)),
        ('<tr data-id="«12»">', ("member", "data", True)),
        ("<member><name>order_id</name><value><int>«12»</int></value>", ("member", "order", True)),
        ("<order_id>«12»</order_id>", ("element", "order", True)),
        ("<price>«12»</price>", ("element", "price", False)),
        ("<value><int>«1234»</int></value>", ("element", "list", True)),
        ("<value><int>«12»</int></value>", ("element", "list", False)),
        ("Your order #«12» was taken", ("text", "order", True)),
        ("Order number: «12»", ("text", "order", True)),
        ("there are «12» of them", None),
        (
            'Content-Disposition: form-data; name="item"\r\n\r\n«12»\r\n--b',
            ("parameter", "item", True),
        ),
    ],
)
def test_a_place_is_known_by_what_stands_before_it(text: str, expected: tuple[str, str, bool] | None) -> None:
    """The stem is the same however a thing is spoken of."""
    assert found(text) == expected


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("item", "item"),
        ("items", "item"),
        ("item_id", "item"),
        ("itemId", "item"),
        ("ItemID", "item"),
        ("item-no", "item"),
        ("ids[]", "list"),
        ("id", "list"),
        ("class", "class"),
        ("list.cgi", "list"),
        ("paid", "paid"),
    ],
)
def test_names_of_one_thing_have_one_stem(name: str, stem: str) -> None:
    """`id` alone takes it from the path."""
    assert stem_of(name.encode(), PATH).decode() == stem

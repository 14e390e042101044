"""Names of tests, and sentences that say what they pin."""

import pytest

from harness.characterize.names import distinct, name_of_test, sentence
from harness.config import Config
from harness.exchange import Exchange, Request, Response
from harness.naming import names_of


@pytest.fixture
def names(tmp_path):
    """The names of a configuration that says nothing."""
    return names_of(Config(tmp_path))


CASES = {
    (b"GET /items/7/ HTTP/1.1", 200): "test_get_items_name_answers_200",
    (b"POST / HTTP/1.0", 404): "test_post_answers_404",
    (b"HEAD /a/b/c?d=1 HTTP/1.1", 301): "test_head_a_name_name_answers_301",
    (b"\xff\xfe", None): "test_malformed_answers_nothing",
}


@pytest.mark.parametrize(("asked", "name"), CASES.items(), ids=CASES.values())
def test_a_name_tells_endpoint_and_status(asked, name, names):
    """Without the values that stood in the request."""
    line, status = asked
    made = name_of_test(Exchange("x#1", Request(line), Response(status) if status else None), names)
    assert made == name
    assert made.isidentifier()


def test_names_are_told_apart():
    """By numbers from the second on."""
    assert list(distinct(["a", "b", "a", "a"])) == ["a", "b", "a_2", "a_3"]


def test_a_sentence_tells_request_answer_and_client(names):
    """In words."""
    request = Request(b"GET /a HTTP/1.1", ((b"User-Agent", b"pip/9.0.3"),))
    answer = Response(200, b"OK", ((b"Content-Type", b"text/html"),), b"hello")
    assert sentence(Exchange("x#1", request, answer), names) == (
        "GET /a is answered by 200 OK, text/html, 5 bytes, as pip 9.0.3 was."
    )

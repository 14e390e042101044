"""XML-RPC: bodies, faults and documents, without a database."""

import io
import xmlrpc.client

import pytest

from legacy import rpc


class NoStore:
    """A store with one project whose name cannot stand in XML."""

    def package_names(self):
        """One name."""
        return ["bell\x07 & \u2603"]


def answer(body, **env):
    """The document for a body."""
    return rpc.answer({"CONTENT_LENGTH": str(len(body)), **env}, io.BytesIO(body), NoStore())


def fault(document):
    """The text of a fault."""
    with pytest.raises(xmlrpc.client.Fault) as raised:
        xmlrpc.client.loads(document)
    assert raised.value.faultCode == 1
    return raised.value.faultString


CALL = xmlrpc.client.dumps((), "list_packages").encode()


def test_control_characters_are_left_out():
    """XML does not allow them (B135); the rest is UTF-8."""
    document = answer(CALL)
    assert document.startswith(b"<?xml version='1.0'?>\n<methodResponse>\n")
    assert xmlrpc.client.loads(document)[0] == (["bell & \u2603"],)


@pytest.mark.parametrize(
    ("body", "env", "text"),
    [
        (b"", {}, "<class 'xml.parsers.expat.ExpatError'>:no element found: line 1, column 0"),
        (b"nonsense", {}, "<class 'xml.parsers.expat.ExpatError'>:syntax error: line 1, column 0"),
        (CALL, {"CONTENT_LENGTH": ""}, "KeyError('CONTENT_LENGTH',)"),
        (CALL, {"CONTENT_LENGTH": str(10 * 2**20)}, "ValueError('The body is 10 MiB or more',)"),
        (b"<a/>", {}, "<class 'xmlrpclib.ResponseError'>:ResponseError()"),
    ],
    ids=["empty", "no XML", "no length", "too long", "no call"],
)
def test_faults(body, env, text):
    """What is wrong with a body is a fault in Python 2's words (B128, B133)."""
    assert fault(answer(body, **env)) == text


def test_methods_that_are_listed_exist():
    """system.listMethods, methodHelp and methodSignature."""
    names = rpc.list_methods(None)
    assert {"list_packages", "changelog_since_serial", "system.multicall", "package_urls"} <= set(names)
    assert all(rpc.method_help(None, name) for name in names)
    assert rpc.method_signature(None, "list_packages") == "signatures not supported"


def test_other_functions_are_no_methods():
    """Nothing of the module is reachable but its methods."""
    for name in ("encode", "moment", "__class__", "store.close"):
        assert "is not supported" in fault(answer(xmlrpc.client.dumps((), name).encode()))


@pytest.mark.parametrize(
    ("method", "parameters", "text"),
    [
        ("list_packages", (1,), "list_packages() takes exactly 1 argument (2 given)"),
        ("release_urls", ("demo",), "release_urls() takes exactly 3 arguments (2 given)"),
        ("package_urls", (), "release_urls() takes exactly 3 arguments (1 given)"),
        ("package_releases", (), "package_releases() takes at least 2 arguments (1 given)"),
        ("package_releases", (1, 2, 3), "package_releases() takes at most 3 arguments (4 given)"),
        ("system.multicall", (), "system_multicall() takes exactly 2 arguments (1 given)"),
        ("system.listMethods", (1,), "system_listMethods() takes exactly 1 argument (2 given)"),
    ],
)
def test_wrong_number_of_arguments(method, parameters, text):
    """Python 2 said so in these words, and counted the store."""
    document = answer(xmlrpc.client.dumps(parameters, method).encode())
    assert fault(document) == f"<type 'exceptions.TypeError'>:{text}"


@pytest.mark.parametrize("since", ["0", None, 0.5, 2**63, -(2**63) - 1])
def test_since_must_be_an_integer(since):
    """One that fits a machine's word: what is longer was another type (B149)."""
    with pytest.raises(AssertionError, match=r"^$"):
        rpc.moment(since)

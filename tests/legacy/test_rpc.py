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

"""XML-RPC: a posted body in, a response document out, marshalled as Python 2 did; every error becomes a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat
from xmlrpc.client import Fault, Unmarshaller, dumps

from defusedxml.common import EntitiesForbidden
from pyramid.response import Response

from ..answers import answer
from ..request import IndexRequest
from ..services import Services
from ..services.calls import METHODS, Method
from ..services.python2 import check_count, of_driver, old_type

MAX_BODY = 10 * 1024 * 1024
MAX_CALLS = 100
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def answer_call(request: IndexRequest) -> Response:
    """Whatever the method, path and query: a body of type text/xml is a call (B031)."""
    # `charset` was meant as a parameter of the type, and is sent as a header since 2005.
    return answer(document(request), None, ("Content-type", "text/xml"), ("charset", "UTF-8"))


def document(request: IndexRequest) -> bytes:
    """The methodResponse to the request's body."""
    try:
        body = read_body(request.environ)
    except (KeyError, ValueError) as error:
        return encode(Fault(1, f"{type(error).__name__}({error.args[0]!r},)"))
    try:
        parameters, method = parse(body)
        return encode((call(request.services, method, parameters),))
    except Fault as fault:
        return encode(fault)
    except Exception as error:
        return encode(fault_of(error))


def read_body(environ: Mapping[str, Any]) -> bytes:
    """The body, which must say its length. Raises KeyError and ValueError."""
    text = environ.get("CONTENT_LENGTH")
    length = int(text) if text else MAX_BODY
    body: bytes = b""
    if length < MAX_BODY if text else environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read(length)
    if not text and not body:
        raise KeyError("CONTENT_LENGTH")
    if length >= MAX_BODY and (text or len(body) == MAX_BODY):
        raise ValueError("The body is 10 MiB or more")
    return body


def encode(value: Any) -> bytes:
    """The document as bytes, without the control characters that XML does not allow (B135)."""
    text: str = dumps(value, methodresponse=True, allow_none=True)
    return CONTROL_CHARACTERS.sub("", text).encode("utf-8", "replace")


def fault_of(error: Exception) -> Fault:
    """The fault that an exception became; what the database said is what the driver said."""
    error = of_driver(error)
    if isinstance(error, expat.ExpatError):
        return Fault(1, f"<class 'xml.parsers.expat.ExpatError'>:{error}")
    return Fault(1, f"{old_type(error)}:{error}")


def parse(body: bytes) -> tuple[tuple[Any, ...], str | None]:
    """Return (parameters, method name) of a methodCall; entity declarations are refused."""
    target = Unmarshaller()
    parser = expat.ParserCreate()
    parser.StartElementHandler = target.start
    parser.EndElementHandler = target.end
    parser.CharacterDataHandler = target.data
    parser.EntityDeclHandler = forbid_entity
    target.xml(None, None)  # type: ignore[arg-type]  # typeshed wants an encoding, expat has none
    parser.Parse(body, True)
    return target.close(), target.getmethodname()


def forbid_entity(
    name: str, is_parameter: bool, value: str | None, base: str | None, system: str, public: str | None,
    notation: str | None,
) -> None:  # fmt: skip
    """expat met an entity declaration. Raises EntitiesForbidden."""
    raise EntitiesForbidden(name, value, base, system, public, notation)


def call(services: Services, method: str | None, parameters: tuple[Any, ...]) -> Any:
    """Run one method by its name."""
    found = SYSTEM.get(method or "") or METHODS.get(method or "")
    if method is None or found is None:
        raise Exception(f'method "{method}" is not supported')
    # The store that each method was given counted as an argument.
    check_count(found, method.replace(".", "_") if method in SYSTEM else found.__name__, 1 + len(parameters))
    return found(services, *parameters)


# -- the dispatcher's own methods --


def list_methods(services: Services) -> list[str]:
    """system.listMethods."""
    return sorted([*METHODS, *SYSTEM])


def method_help(services: Services, name: Any) -> str:
    """system.methodHelp."""
    function = METHODS.get(name) or SYSTEM.get(name)
    return function.__doc__ or "" if function else ""


def method_signature(services: Services, name: Any) -> str:
    """system.methodSignature: never known."""
    return "signatures not supported"


def multicall(services: Services, calls: Any) -> list[Any]:
    """system.multicall: each result in an array of one, each fault as a struct."""
    if len(calls) > MAX_CALLS:
        # The old code meant to raise a Fault and had not imported it; clients saw this text (B159).
        raise NameError("global name 'Fault' is not defined")
    return [one_of_many(services, item) for item in calls]


def one_of_many(services: Services, item: Any) -> Any:
    """One call of a multicall."""
    try:
        return [call(services, item["methodName"], item["params"])]
    except Exception as error:
        fault = error if isinstance(error, Fault) else fault_of(error)
        return {"faultCode": fault.faultCode, "faultString": fault.faultString}


SYSTEM: dict[str, Method] = {
    "system.listMethods": list_methods, "system.methodHelp": method_help,
    "system.methodSignature": method_signature, "system.multicall": multicall,
}  # fmt: skip

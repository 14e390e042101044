"""Real answers of a real server, written again by other writers: the same meaning, in other bytes."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from harness.compare import compare
from harness.exchange import Response

TRAFFIC = Path(__file__).parents[4] / "shared" / "traffic" / "index-2016"

pytestmark = pytest.mark.skipif(not TRAFFIC.is_dir(), reason=f"needs the recorded answers in {TRAFFIC.name}")


def answers(kind):
    """Yield the answers of one content type."""
    for path in sorted(TRAFFIC.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            response = json.loads(line)["response"]
            headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in response["headers"])
            answer = Response(response["status"], b"", headers, base64.b64decode(response.get("body_base64", "")))
            if kind in (answer.header(b"content-type") or b"") and answer.body:
                yield answer


def as_json(body):
    """Write JSON again, indented and sorted."""
    return json.dumps(json.loads(body), indent=7, sort_keys=True).encode()


def as_xml(body):
    """Write XML again; XML-RPC integers by their other name."""
    return etree.tostring(etree.fromstring(body).getroottree()).replace(b"int>", b"i4>")


def as_html(body):
    """Write HTML again, as another parser understood it."""
    parser = etree.HTMLParser(encoding="utf-8", default_doctype=False)
    return etree.tostring(etree.fromstring(body, parser).getroottree(), encoding="utf-8", method="html")


WRITERS = {"json": (b"json", as_json, 1.0), "xml": (b"text/xml", as_xml, 1.0), "html": (b"text/html", as_html, 0.95)}


@pytest.mark.parametrize(("kind", "write", "share"), WRITERS.values(), ids=WRITERS.keys())
def test_an_answer_written_again_is_spelled_otherwise(kind, write, share):
    """Other bytes are never silent, and nearly always nothing but spelling (HTML's writer changes some addresses)."""
    spelled, seen = 0, 0
    for answer in answers(kind):
        try:
            again = write(answer.body)
        except etree.XMLSyntaxError:  # some feeds hold characters that XML forbids
            continue
        if again != answer.body:
            found = compare(answer, replace(answer, body=again))
            assert found
            seen += 1
            spelled += {difference.kind for difference in found} == {"spelling"}
    assert seen >= 20
    assert spelled / seen >= share

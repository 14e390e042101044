"""A real server of S3 for a session: OpenStack Swift and its `s3api`, which public clouds run, on one folder."""

import os
import pwd
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

KEY, SECRET = "test:tester", "testing"
STORES = ("account", "container", "object")
FILTERS = {
    "catch_errors": "", "gatekeeper": "", "memcache": "memcache_servers = 127.0.0.1:1", "listing_formats": "",
    "bulk": "", "s3api": "location = us-east-1\nauth_pipeline_check = false",
    "tempauth": f"user_{KEY.replace(':', '_')} = {SECRET} .admin", "copy": "", "slo": "", "dlo": "",
    "versioned_writes": "allow_versioned_writes = true", "symlink": "",
}  # fmt: skip
"""What a request goes through, and its settings; nobody runs the memcache, which only saves work."""
RINGS = """
import sys
from swift.common.ring import RingBuilder
for pair in sys.argv[1:]:
    name, port = pair.split("=")
    ring = RingBuilder(2, 1, 1)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "disk", "ip": "127.0.0.1", "port": int(port)})
    ring.rebalance()
    ring.get_ring().save(name + ".ring.gz")
"""


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """(port, environment) of a server with a bucket."""
    pytest.importorskip("s3fs")
    pytest.importorskip("swift", reason="no server of S3 is installed: pip install swift pyeclib")
    folder = tmp_path_factory.mktemp("swift")
    with suppress(OSError):
        os.setxattr(folder, "user.test", b"x")
    if "user.test" not in os.listxattr(folder):
        pytest.skip("the file system of temporary files has no extended attributes, which Swift needs")
    ports = free_ports((*STORES, "proxy"))
    configure(folder, ports)
    with ExitStack() as running:
        for name in ports:
            words = [Path(sys.executable).with_name(f"swift-{name}-server"), folder / f"{name}.conf"]
            server = subprocess.Popen(words, cwd=folder, env={"SWIFT_DIR": str(folder)})
            running.callback(server.wait, 10)
            running.callback(server.kill)
        for port in ports.values():
            wait_for(port)
        environment = s3_environment(ports["proxy"])
        make = "import fsspec; fsspec.filesystem('s3').mkdir('bucket')"
        subprocess.run([sys.executable, "-c", make], env={**os.environ, **environment}, check=True, timeout=60)
        yield ports["proxy"], environment


def free_ports(names):
    """{name: a port of its own}."""
    with ExitStack() as held:
        sockets = {name: held.enter_context(closing(socket.socket())) for name in names}
        for one in sockets.values():
            one.bind(("127.0.0.1", 0))
        return {name: one.getsockname()[1] for name, one in sockets.items()}


def configure(folder, ports):
    """Write what the servers read: who is where, and what each does."""
    (folder / "disk").mkdir()
    user = pwd.getpwuid(os.getuid()).pw_name
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = tests\n")
    pairs = [f"{name}={ports[name]}" for name in STORES]
    environment = {"SWIFT_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", RINGS, *pairs], cwd=folder, env=environment, check=True, timeout=60)
    for name, port in ports.items():
        pipeline = [*(FILTERS if name == "proxy" else ()), f"{name}-server"]
        lines = [
            "[DEFAULT]", f"bind_ip = 127.0.0.1\nbind_port = {port}\nuser = {user}\nswift_dir = {folder}", "workers = 0",
            f"devices = {folder}\nmount_check = false\nfallocate_reserve = 0\nlog_level = CRITICAL",
            f"[pipeline:main]\npipeline = {' '.join(pipeline)}",
            f"[app:{name}-server]\nuse = egg:swift#{name}\naccount_autocreate = true",
        ]  # fmt: skip
        lines += [f"[filter:{name}]\nuse = egg:swift#{name}\n{rest}" for name, rest in FILTERS.items()]
        (folder / f"{name}.conf").write_text("\n".join(lines))


def wait_for(port):
    """Until somebody listens there."""
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def s3_environment(port):
    """What tells clients where to go, and as whom."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }  # fmt: skip


@pytest.fixture
def s3(s3_server, monkeypatch, tmp_path):
    """The URL of an empty place in the bucket."""
    for name, value in s3_server[1].items():
        monkeypatch.setenv(name, value)
    return f"s3://bucket/{tmp_path.name}"

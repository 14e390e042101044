"""Call every XML-RPC method as scripts of the time did. Runs on Python 2.7 (xmlrpclib) and 3 (xmlrpc.client).

Arguments: the index's address and the names of some projects. Prints one line a call, and `done` at the end.
"""

from __future__ import print_function  # noqa: UP010 - Python 2.7 needs it

import sys

try:
    import xmlrpclib as rpc
except ImportError:
    import xmlrpc.client as rpc

BASE, NAMES = sys.argv[1], sys.argv[2:]
SINCE = 1451606400  # 1 January 2016


def call(server, method, *arguments):
    """Call one method and print what came, or the fault."""
    try:
        answer = getattr(server, method)(*arguments)
    except rpc.Fault as fault:
        print(method, arguments, "FAULT", fault.faultCode, fault.faultString[:60])
        return None
    print(method, arguments, type(answer).__name__, len(answer) if hasattr(answer, "__len__") else answer)
    return answer


def whole_index(server):
    """What mirrors and statistics asked for."""
    call(server, "list_packages")
    call(server, "list_packages_with_serial")
    call(server, "changelog_last_serial")
    call(server, "changelog", SINCE)
    call(server, "changelog", SINCE, True)
    call(server, "changelog_since_serial", 10)
    call(server, "changelog_since_serial", 10**6)
    call(server, "updated_releases", SINCE)
    call(server, "changed_packages", SINCE)


def one_project(server, name):
    """What an installer of the time asked for, one version after the other."""
    versions = call(server, "package_releases", name) or []
    call(server, "package_releases", name, True)
    for version in versions[:2]:
        call(server, "release_urls", name, version)
        call(server, "release_data", name, version)


def searches(server):
    """Searches with one field, several, lists, and both operators."""
    call(server, "search", {"name": "demo"})
    call(server, "search", {"name": ["demo", "example"], "summary": ["demo", "example"]}, "or")
    call(server, "search", {"name": "demo", "summary": "example"}, "and")
    call(server, "search", {"description": "the", "license": "MIT"})
    call(server, "search", {"keywords": "nothing-of-that-kind"})
    call(server, "search", {"no_such_field": "x"})
    call(server, "search", {"version": "1.0", "name": "d"})
    call(server, "search", {"summary": u"gr\u00fc\u00dfe"})  # noqa: UP025 - Python 2.7 needs it
    call(server, "search", {"name": "demo"}, "xor")


def people_and_numbers(server):
    """Who does what, how often something was fetched, and what is sorted under classifiers."""
    for name in ("demo", "no such project"):
        call(server, "package_roles", name)
        call(server, "package_hosting_mode", name)
        call(server, "release_downloads", name, "1.0")
    call(server, "top_packages")
    call(server, "top_packages", 2)
    call(server, "browse", ["Programming Language :: Python"])
    call(server, "browse", ["Programming Language :: Python", "License :: OSI Approved :: MIT License"])
    call(server, "browse", ["Of :: Nobody"])
    call(server, "post_cheesecake_for_release", "demo", "1.0", {}, "a guess")
    call(server, "system.methodHelp", "list_packages")
    call(server, "system.methodSignature", "list_packages")


def faults(server):
    """What a typing mistake gets."""
    call(server, "no_such_method")
    call(server, "package_releases")
    call(server, "package_releases", "no such project")
    call(server, "release_data", "no such project", "1.0")
    call(server, "release_data", "demo", "99.99")
    call(server, "package_urls", "demo", "1.0")
    call(server, "package_data", "demo", "1.0")
    call(server, "updated_releases", "yesterday")
    call(server, "system.listMethods")


def main():
    """Everything, then parts again through a trailing slash, with a password, and in one multicall."""
    server = rpc.ServerProxy(BASE + "/pypi")
    whole_index(server)
    for name in NAMES:
        one_project(server, name)
    searches(server)
    people_and_numbers(server)
    faults(server)
    for user in ("alice", "bob", "nobody at all"):
        call(server, "user_packages", user)
    call(rpc.ServerProxy(BASE + "/pypi/"), "package_releases", "demo")
    call(rpc.ServerProxy(BASE.replace("//", "//alice:alicepw@") + "/pypi"), "user_packages", "alice")
    call(rpc.ServerProxy(BASE.replace("//", "//alice:wrong@") + "/pypi"), "user_packages", "alice")
    call(rpc.ServerProxy(BASE + "/pypi", allow_none=True), "release_data", "demo", None)
    many = rpc.MultiCall(server)
    many.package_releases("demo")
    many.release_urls("demo", "1.0")
    try:
        print("multicall", len(list(many())))
    except rpc.Fault as fault:
        print("multicall FAULT", fault.faultCode, fault.faultString[:60])
    print("done")


main()

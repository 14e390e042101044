"""The search of the web pages: words of a term in; ranked releases out. No SQL here (B091-B093)."""

import re

STOP_WORDS = frozenset(
    'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this'
    ' to was will'.split())
WEIGHTS = (('name', 4), ('summary', 2), ('keywords', 2), ('description', 1), ('author', 1), ('maintainer', 1))


def words(term):
    """Lower-case words to look for, stop words left out; several terms count as one text."""
    if isinstance(term, list):
        term = ' '.join(term)
    # Only ASCII letters count as letters: a search for accents finds nothing.
    kept = re.sub(r'[^\w\s.-]', '', term.strip().lower(), flags=re.ASCII)
    return [word for word in kept.split() if word not in STOP_WORDS]


def ranked(terms, releases):
    """Return (the highest matching release of each project, {name: score}), best first, then by name."""
    best, scores = {}, {}
    for release in releases:
        weights = [weight(term, release) for term in terms]
        if not all(weights):
            continue
        name = release['name']
        if name not in best or release['_pypi_ordering'] > best[name]['_pypi_ordering']:
            best[name], scores[name] = release, sum(weights)
    return sorted(best.values(), key=lambda release: (-scores[release['name']], release['name'].lower())), scores


def weight(term, release):
    """How much one word weighs in one release: 0 where it does not occur."""
    total = sum(points for field, points in WEIGHTS if term in (release[field] or '').lower())
    return total + 4 if term == release['name'].lower() else total

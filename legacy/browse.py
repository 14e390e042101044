"""Browsing by classifier: a query string and the tree of classifiers in; what is chosen and what can be chosen out."""

import re
from urllib.parse import parse_qsl

MOST = 8  # classifiers that may be chosen at once
LONG = 30  # releases from which on they are only shown when asked for
FIRST = ('Topic', 'Environment', 'Framework')
ROBOT = re.compile(
    'bot|spider|crawler|slurp|jeeves|ia_archiver|yeti|scooter|infoseek|looksmart|findlinks|brains|badass|psycheclone'
    '|myie2', re.IGNORECASE)


def is_robot(agent):
    """True for what looks like a robot, and for what says nothing of itself (B087)."""
    return not agent or bool(ROBOT.search(agent))


def choices(query, trove):
    """(ids of known classifiers, whether all releases are asked for) of a query string (B088)."""
    pairs = parse_qsl(query.replace(';', '&'))  # both separated, and some clients sent the `&amp;` of a page as it was
    ids = [int(value) for key, value in pairs if key == 'c' and value.isdecimal()]
    return sorted(id for id in ids if id in trove), ('show', 'all') in pairs


def below(id, trove):
    """The ids of a classifier and of all below it."""
    prefix = trove[id] + ' :: '
    return {other for other, text in trove.items() if other == id or text.startswith(prefix)}


def boxes(trove, chosen, found, classified):
    """[(heading, [(id, label, number of releases)])]: what would narrow the choice further.

    What stands directly below a top classifier or below one that is chosen.
    """
    releases = {(release['name'], release['version']) for release in found}
    having = {}
    for name, version, id in classified:
        if (name, version) in releases:
            for ancestor in lineage(trove[id]):
                having.setdefault(ancestor, set()).add((name, version))
    ids = {text: id for id, text in trove.items()}
    selected = {trove[id] for id in chosen}
    chosen_lines = {ancestor for text in selected for ancestor in lineage(text)}
    groups = {}
    for text, found_there in having.items():
        parent, _, label = text.rpartition(' :: ')
        if text not in ids or text in chosen_lines or not (parent in selected or (' :: ' not in parent and parent)):
            continue
        groups.setdefault(parent, []).append((ids[text], label, len(found_there)))
    ordered = sorted(groups, key=lambda heading: (rank(heading), heading))
    return [(heading, sorted(groups[heading], key=lambda entry: entry[1])) for heading in ordered]


def lineage(text):
    """A classifier and all above it."""
    parts = text.split(' :: ')
    return [' :: '.join(parts[:end]) for end in range(1, len(parts) + 1)]


def rank(heading):
    """Three headings come first."""
    top = heading.partition(' :: ')[0]
    return FIRST.index(top) if top in FIRST else len(FIRST)

"""The verdict of a comparison exchange by exchange, where `pipeline.diff` tells it by cause.

Recordings and options come in; for each exchange what was judged, and which causes and differences nobody explains, go
out. Noise, accepted differences and grouping are those of the whole run: one exchange alone cannot tell noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.accepted import apply, compared_of
from harness.bind import aliased
from harness.conclusion import Judgement, decide_noise, parted
from harness.difference import Difference
from harness.exchange import Response
from harness.group import Group, Groups
from harness.group.observation import Observation
from harness.judge import Kind, Verdict
from harness.pipeline import Options, Phase, gather, silent
from harness.recording import Recording
from harness.replay import Outcome
from harness.stated import remaining


@dataclass(frozen=True, slots=True)
class Shown:
    """What one exchange showed: how far it was judged, why not, and the causes of its unexplained differences.

    `differences` are those of the exchange, in its own words, and `groups` the cause of each. `answer` is
    new's, under the recording's names; None where there was none.
    """

    kind: Kind
    reason: str = ""
    groups: tuple[Group, ...] = ()
    differences: tuple[Difference, ...] = ()
    answer: Response | None = None

    @property
    def proved(self) -> bool:
        """Whether it was judged, and new does what old did."""
        return self.kind == "judged" and not self.groups


def verdicts(recordings: Sequence[Recording], options: Options, phase: Phase = silent) -> dict[str, Shown]:
    """Replay and compare as `diff` does, and return what each exchange showed, by its id; raises what `diff` raises."""
    shown: dict[str, Shown] = {}

    def note(outcome: Outcome, verdict: Verdict) -> None:
        exchange, new = outcome.exchange, outcome.new
        answer = aliased(new, outcome.names[1], exchange.request.path) if isinstance(new, Response) else None
        shown[exchange.id] = Shown(verdict.kind, verdict.reason, answer=answer)

    def seen_in(observations: Sequence[Observation]) -> Sequence[Observation]:
        return parted(observations, options.meaning)[0]

    gathered = gather(recordings, replace(options, noted=note), phase)
    evidence = gathered.evidence
    judgement = Judgement(options.old.text, options.new.text, options.config, options.accepted, options.meaning)
    left = remaining(evidence, decide_noise(gathered, options.config).unexplained)
    groups = Groups()
    for _, observations in left:
        groups.add(seen_in(observations))
    sifted = apply(groups.finish(), options.accepted, judgement.today, compared_of(evidence.endpoints))
    causes = {group.id: group for group in sifted.unexplained}
    groups_of = groups.assignment()
    for _, observations in left:
        seen = seen_in(observations)
        named = list(zip(groups_of(seen), seen, strict=True)) if seen else []
        unexplained = [(causes[name], one.difference) for name, one in named if name in causes]
        if unexplained:
            found, differences = zip(*unexplained, strict=True)
            exchange = seen[0].exchange
            shown[exchange] = replace(shown[exchange], groups=found, differences=differences)
    return shown

"""A short table for whoever trains: the bridge with its memory, without it, and two simple rivals on one split.

The full table, with graph embeddings and intervals over seeds, is made by ``make bench-retrieval``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.train import TrainOptions
from biobridge_core.catalogue import Catalogue
from biobridge_core.errors import InputError
from biobridge_core.evaluate.bridges import ContentScorer, bridge_key, memory_scorer, trained_bridge
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.protocols import evaluate
from biobridge_core.evaluate.results import TaskResult, mean_over
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.evaluate.vote import NeighbourVote
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import Split, cold_branch, cold_entity, cold_scaffold, transductive

if TYPE_CHECKING:
    from biobridge_core.config import Settings

Progress = Callable[[str, float], None]  #: (what is being done, share done)

SPLITS: Mapping[str, Callable[[KnowledgeGraph, int], Split]] = {
    "transductive": lambda graph, seed: transductive(graph, seed=seed),
    "cold_entity": lambda graph, seed: cold_entity(graph, seed=seed),
    "cold_scaffold": lambda graph, seed: cold_scaffold(graph, seed=seed),
    "cold_branch": lambda graph, seed: cold_branch(graph, seed=seed),
}


def evaluate_split(
    settings: Settings,
    split: str,
    *,
    seed: int = 0,
    share: float = 1.0,
    options: TrainOptions | None = None,
    progress: Progress | None = None,
) -> list[TaskResult]:
    """Rank the test links of one split; the bridge is trained on it first, unless it is kept already.

    Parameters
    ----------
    split
        One of `SPLITS`. In the cold ones unseen heads with known tails are asked.
    share
        Of the heads of each task that is asked, above 0 and at most 1.
    options
        How the bridge is trained; the seed of the split is its seed too.

    Raises
    ------
    InputError
        If there is no such split, or the share is out of range.
    ArtifactError
        If graph or catalogue are not built.
    """
    if split not in SPLITS:
        raise InputError(f"There is no split {split!r}.", f"Use one of {', '.join(SPLITS)}.")
    if not 0 < share <= 1:
        raise InputError(f"A share of {share} of the heads cannot be asked.", "Use a number above 0 and at most 1.")
    say = progress or _quiet
    say("Opening graph and catalogue", 0.0)
    graph = KnowledgeGraph.load(settings.build / "kg")
    catalogue = Catalogue.load(settings.build / "catalogue")
    content = Content.from_catalogue(graph, catalogue)
    say(f"Drawing the split {split}", 0.05)
    drawn = SPLITS[split](graph, seed)
    options = options or TrainOptions(seed=seed, validate_every=1000, validation_sample=100)
    studies, view = settings.build / "studies", drawn.training
    key = bridge_key(content, view, options, data=catalogue.digest)
    say(f"Reading bridge {key}" if (studies / key).exists() else f"Training bridge {key}", 0.1)
    bridge = trained_bridge(graph, content, view, options, studies, data=catalogue.digest)
    say("Fitting how the memory is read", 0.6)
    scorers: list[Scorer] = [
        memory_scorer(graph, content, view, bridge, seed=seed, name="bridge"),
        ContentScorer(bridge, content, "content alone"),
        NeighbourVote(graph, view, content),
        Popularity(graph, view),
    ]
    say("Ranking the test links", 0.7)
    cold = bool(drawn.cold.any())
    ends = {"heads": "cold", "tails": "known"} if cold else {"heads": "all", "tails": "all"}
    return evaluate(graph, drawn, scorers, sample=share if share < 1 else None, seed=seed, **ends)  # type: ignore[arg-type]


def as_text(results: Sequence[TaskResult]) -> str:
    """Filtered MRR of each task, and the mean over those that have enough links."""
    if not results:
        return "This split has no test link."
    names = list(results[0].metrics)
    lines = [f"{'filtered MRR':<58}{'links':>8}" + "".join(f"{name:>16}" for name in names)]
    for result in results:
        told = result.name + (", experimental evidence" if result.evidence == "experimental" else "")
        values = "".join(f"{result.values(name).mean():>16.3f}" for name in names)
        lines.append(f"{told[:57]:<58}{result.n_links:>8,}{values}{'' if result.counts else '  (few)'}")
    strict = {result.name: result for result in results if result.counts}
    counted = list({**strict, **{r.name: r for r in results if r.counts and r.evidence == "experimental"}}.values())
    if counted:
        figures = [mean_over(counted, name) for name in names]
        told = f"mean of {len(counted)} tasks, GO by experiment where told"
        lines.append(f"{told:<58}{'':>8}" + "".join(f"{figure.mean:>16.3f}" for figure in figures))
        spread = "".join(f"{f'{figure.low:.3f}–{figure.high:.3f}':>16}" for figure in figures)
        lines.append(f"{'  95 % interval over queries':<58}{'':>8}{spread}")
    return "\n".join(lines)


def _quiet(_message: str, _share: float) -> None:
    """Say nothing."""

"""The command line: the requests of the pages through the same service, and the stages that make what it opens."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biobridge_core import cli_ask, cli_design, cli_files
from biobridge_core.cli_files import Format
from biobridge_core.config import Settings
from biobridge_core.errors import BioBridgeError
from biobridge_core.types import CONFIDENT, HitStatus

if TYPE_CHECKING:
    from biobridge_core.types import Hit, Retrieval

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="BioBridge Studio: cross-modal retrieval in biomedicine."
)
kg_app = typer.Typer(no_args_is_help=True, help="Look at the knowledge graph.")
build_app = typer.Typer(no_args_is_help=True, help="Build the bundle, stage by stage; every stage can be resumed.")
app.add_typer(kg_app, name="kg")
app.add_typer(build_app, name="build")
app.command()(cli_files.batch)
app.command()(cli_files.compare)
app.command()(cli_design.design)
app.command()(cli_ask.ask)


class _Stage(StrEnum):
    BUNDLE = "bundle"
    BUILD = "build"


@app.command()
def query(
    text: Annotated[
        str, typer.Argument(help="A gene, name, CURIE, sequence, SMILES or sentence; - reads standard input.")
    ],
    modality: Annotated[str | None, typer.Option(help="Read the input as this modality, e.g. disease.")] = None,
    to: Annotated[list[str] | None, typer.Option(help="Modality to rank; give it several times for several.")] = None,
    k: Annotated[int, typer.Option(help="Hits per modality, 1 to 1000; known links follow.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format, typer.Option("--format", help="What to print; html is a report to keep.")] = Format.TEXT,
) -> None:
    """Ask the bridge."""
    from biobridge_core.service import BridgeService

    if text == "-":
        text = sys.stdin.read()
    say = _progress if sys.stderr.isatty() else None  # someone waits; a script does not
    bridge = BridgeService.open(progress=say)
    result = bridge.ask(text, modality=modality, to=to, k=k, progress=say)
    if as_json or form is Format.JSON:
        print(json.dumps(asdict(result), ensure_ascii=False, indent=1))
    elif form is Format.HTML:
        sys.stdout.buffer.write(bridge.report(result, datetime.now(UTC), say))
    else:
        print(_as_text(result, k))


@kg_app.command()
def stats(
    where: Annotated[_Stage, typer.Option(help="Shipped bundle or build folder.")] = _Stage.BUNDLE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Count entities and triples."""
    from biobridge_core.kg.check import stats as count
    from biobridge_core.kg.graph import KnowledgeGraph

    found = count(KnowledgeGraph.load(_kg_folder(where)))
    if as_json:
        print(json.dumps(found.as_dict(), indent=1))
        return
    print(f"{'entities':<48}{'all':>10}{'linked':>10}   (linked: with a link other than is-a)")
    for name, n in found.entities.items():
        print(f"  {name:<46}{n:>10,}{found.linked_entities.get(name, 0):>10,}")
    print(f"  {'in all':<46}{found.n_entities:>10,}{sum(found.linked_entities.values()):>10,}")
    for title, links, total in (
        ("links", found.links, found.n_links),
        ("hierarchies", found.hierarchy_links, found.n_hierarchy_links),
    ):
        print(f"\n{title}")
        for name, n in links.items():
            print(f"  {name:<46}{n:>10,}")
        print(f"  {'in all':<46}{total:>10,}")


@kg_app.command()
def check(
    where: Annotated[_Stage, typer.Option(help="Shipped bundle or build folder.")] = _Stage.BUNDLE,
) -> None:
    """Fail on a dangling id, a duplicate, an entity without input or an unattributed triple."""
    from biobridge_core.kg.check import check as problems_of
    from biobridge_core.kg.graph import KnowledgeGraph

    problems = problems_of(KnowledgeGraph.load(_kg_folder(where)))
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print("The knowledge graph keeps its rules.")


@build_app.command("kg")
def build_graph(
    drugbank_structures: Annotated[
        bool, typer.Option(help="Include drugs whose structure only the DrugBank-derived table has.")
    ] = True,
) -> None:
    """Read the package tables and write the knowledge graph."""
    from biobridge_core import stages

    print(stages.build_graph(Settings.from_env(), drugbank_structures=drugbank_structures, progress=_progress))


@build_app.command("vectors")
def build_vectors() -> None:
    """Encode every entity with the frozen models."""
    from biobridge_core import stages

    stages.build_vectors(Settings.from_env(), progress=_progress)


@build_app.command("catalogue")
def build_catalogue() -> None:
    """Reduce the vectors to what the bundle ships."""
    from biobridge_core import stages

    print(stages.build_catalogue(Settings.from_env()))


@build_app.command("map")
def build_map() -> None:
    """Draw the map of every kind of entity (needs umap-learn)."""
    from biobridge_core import stages

    print(stages.build_map(Settings.from_env(), progress=_progress))


@app.command("train")
@build_app.command("bridge")
def build_bridge() -> None:
    """Train the bridge on the built graph and catalogue."""
    from biobridge_core import stages

    print(stages.build_bridge(Settings.from_env(), progress=_progress))


@app.command()
def evaluate(
    split: Annotated[
        str, typer.Argument(help="transductive, cold_entity, cold_scaffold or cold_branch.")
    ] = "transductive",
    seed: Annotated[int, typer.Option(help="Draws the split and starts the training.")] = 0,
    share: Annotated[float, typer.Option(help="Share of the heads of each task that is asked.")] = 1.0,
) -> None:
    """Train the bridge on a split, unless that is done, and rank its test links: bridge and simple rivals."""
    from biobridge_core.evaluate.report import as_text, evaluate_split

    print(as_text(evaluate_split(Settings.from_env(), split, seed=seed, share=share, progress=_progress)))


@build_app.command("calibration")
def build_calibration() -> None:
    """Calibrate the built bridge again, without training it (part of `build bridge`)."""
    from biobridge_core.bridge.calibration_stage import add_calibration

    print(add_calibration(Settings.from_env(), progress=_progress))


@build_app.command("kge")
def build_embedding() -> None:
    """Train the small graph embedding that explanations ask for a second opinion."""
    from biobridge_core.evaluate.embedding_stage import build_embedding as train

    print(train(Settings.from_env(), progress=_progress))


@build_app.command("bundle")
def build_bundle() -> None:
    """Put graph, catalogue and bridge together into the folder that the app opens."""
    from biobridge_core.bundle import assemble

    print(assemble(Settings.from_env()))


@build_app.command("all")
def build_everything() -> None:
    """Run every stage that is not finished."""
    from biobridge_core import stages

    print(stages.build_all(Settings.from_env(), progress=_progress))


def _kg_folder(where: _Stage) -> Path:
    settings = Settings.from_env()
    return (settings.bundle if where is _Stage.BUNDLE else settings.build) / "kg"


def _as_text(result: Retrieval, k: int) -> str:
    lines = [f"{result.query.label} · asked as {result.query.modality} · {result.seconds * 1000:.0f} ms"]
    lines += [f"! {warning}" for warning in result.warnings]
    if result.distance_percentile is not None:
        share = f"{result.distance_percentile:.0f} %"
        lines.append(f"Distance: {share} of entities unseen in training lie nearer to the training entities.")
    if result.entity is None and result.nearest_known:
        near = ", ".join(f"{entity.name} {cosine:.3f}" for entity, cosine in result.nearest_known[:3])
        lines.append(f"Not in the graph itself; nearest there (cosine in the encoder's space): {near}")
    if result.read_from:
        lent = ", ".join(f"{entity.name} {_percent(share)}" for entity, share in result.read_from)
        lines.append(f"No links of its own: borrows those of {lent}")
    for found in result.lists:
        about = f"{found.n_known:,} known, {found.n_candidates:,} ranked"
        lines.append(f"\n{found.modality} ({about}) {found.note}".rstrip())
        best = [hit for hit in found.hits if hit.rank <= k]
        lower = [hit for hit in found.hits if hit.rank > k]  # known links alone
        lines += [_hit_line(hit) for hit in best + lower[:k]]
        hidden = found.n_known - sum(hit.status is HitStatus.KNOWN for hit in best + lower[:k])
        if hidden:
            lines.append(f"       {hidden:,} more known links rank lower; a larger --k or --json shows more of them.")
    lines.append("\nrank, score, percentile, chance.  ● known in the graph  ○ predicted  ~ similar.")
    lines.append("chance: that the graph holds this link, measured on links hidden from the bridge; ? under")
    lines.append(f"{_percent(CONFIDENT)}; - none given. (of most queries): among the ten best whatever is asked.")
    lines.append("Research use, not medical advice.")
    return "\n".join(lines)


def _hit_line(hit: Hit) -> str:
    mark = {"known": "●", "predicted": "○", "similar": "~"}[hit.status.value]
    chance = "-" if hit.probability is None else f"{_percent(hit.probability)}{' ' if hit.confident else '?'}"
    name = f"{hit.entity.name}  [{hit.entity.id}]{'  (of most queries)' if hit.unspecific else ''}"
    return f"{hit.rank:>6} {mark} {hit.score:8.2g} {hit.percentile:6.2f}% {chance:>8}  {name}"


def _percent(share: float) -> str:
    if share < 0.001:
        return "<0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.995 else f"{100 * share:.2g} %"


def _progress(message: str, done: float) -> None:
    print(f"[{100 * done:5.1f} %] {message}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; an error that a person can mend is printed without a traceback."""
    words = sys.argv[1:] if arguments is None else arguments
    level = logging.INFO if words[:1] in (["build"], ["train"], ["evaluate"]) else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        return app(arguments)
    except BioBridgeError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"       {error.hint}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

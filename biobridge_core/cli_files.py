"""Two commands of the command line: a whole file, and things beside each other. Thin, like all of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biobridge_core import compare_words
from biobridge_core.errors import InputError

if TYPE_CHECKING:
    from biobridge_core.compare import Pair, Signature, Variant
    from biobridge_core.service import BridgeService
    from biobridge_core.types import Query


class Format(StrEnum):
    """What a command prints."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def batch(
    file: Annotated[Path, typer.Argument(help="FASTA, CSV, SDF or a list of SMILES; up to 5,000 rows.")],
    to: Annotated[str, typer.Option(help="Modality to rank, e.g. protein or disease.")],
    column: Annotated[str, typer.Option(help="Column to ask about; guessed where it is left out.")] = "",
    read_as: Annotated[str, typer.Option(help="smiles, sequence or name; guessed where it is left out.")] = "",
    relation: Annotated[str, typer.Option(help="Rank by this relation alone.")] = "",
    k: Annotated[int, typer.Option(help="Hits a row, 1 to 100.")] = 10,
    out: Annotated[Path | None, typer.Option(help="File to write, .csv or .json; standard output otherwise.")] = None,
) -> None:
    """Ask about every row of a file; rows that cannot be read are listed with their reason."""
    from biobridge_core import batch_files
    from biobridge_core.service import BridgeService
    from biobridge_core.uploads import MAX_BYTES, ReadAs, read, rows

    try:
        with file.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    found = read(file.name, data)
    if column and column not in found.columns:
        raise InputError(f"There is no column {column!r}.", f"The file has: {', '.join(found.columns)}.")
    if read_as and read_as not in list(ReadAs):
        raise InputError(f"A column cannot be read as {read_as!r}.", f"Choose one of {', '.join(ReadAs)}.")
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise InputError(f"{out} cannot be written.", "Name a file in a folder that is there.")
    for note in found.notes:
        print(f"! {note}", file=sys.stderr)
    place = found.columns.index(column) if column else found.column
    bridge = BridgeService.open(progress=_say())
    given = rows(found, place, found.label if found.label != place else None)
    made = bridge.batch(given, ReadAs(read_as or found.read_as), to, relation, k)
    told = _say()
    while not made.finished:
        made.step(lambda _message, _done: None)
        if told:
            told(f"{len(made.results):,} of {len(given):,} rows", made.share)
    as_json = out is not None and out.suffix.lower() == ".json"
    whole = (batch_files.to_json if as_json else batch_files.to_csv)(made, datetime.now(UTC))
    if out is None:
        sys.stdout.write(whole.decode("utf-8-sig"))
    else:
        try:
            out.write_bytes(whole)
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}.", "Name another file.") from error
    for result in made.table():
        if result.reason:
            print(f"! line {result.row.line}, {result.row.name}: {result.reason}", file=sys.stderr)


def compare(
    a: Annotated[str, typer.Argument(help="What is compared; with --set, names separated by commas or a sentence.")],
    b: Annotated[str, typer.Argument(help="With what; left out with --set or --change.")] = "",
    several: Annotated[bool, typer.Option("--set", help="Ask with several things, or a clinical sentence.")] = False,
    change: Annotated[str, typer.Option(help="A change of the protein A, as R1648H, or a mutant sequence.")] = "",
    without: Annotated[str, typer.Option(help="With --set: findings that are absent, by name or id.")] = "",
    to: Annotated[str, typer.Option(help="Modality to rank with --set and --change.")] = "disease",
    k: Annotated[int, typer.Option(help="Hits with --set and --change, 1 to 200.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format, typer.Option("--format", help="What to print; html is a report to keep.")] = Format.TEXT,
) -> None:
    """Is A linked to B? What do several things have in common? What does a mutation move?"""
    from biobridge_core.service import BridgeService

    if not several and not change and not b:
        raise InputError("There is nothing to compare with.", "Give B, --set, or --change.")
    bridge = BridgeService.open(progress=_say())
    if several:
        members, absent = _members(bridge, a)
        absent += [_chosen(bridge, part.strip()) for part in without.split(",") if part.strip()]
        joint = bridge.comparer.signature(members, to, k, absent=absent)
        compared = bridge.files.compared(joint, datetime.now(UTC))
        text = _signature_text(joint)
    elif change:
        query, wild, mutant = _variant(bridge, a, change)
        moved = bridge.comparer.variant(wild, mutant, to, k)
        asked = {"name": query.label, "from": a, "change": change.strip(), "wild": wild, "mutant": mutant}
        compared = bridge.files.compared(moved, datetime.now(UTC), asked)
        text = _variant_text(moved)
    else:
        pair = bridge.comparer.pair(_chosen(bridge, a), _chosen(bridge, b))
        compared = bridge.files.compared(pair, datetime.now(UTC))
        text = _pair_text(pair)
    if as_json or form is Format.JSON:
        sys.stdout.buffer.write(bridge.files.json(compared) + b"\n")
    elif form is Format.HTML:
        sys.stdout.buffer.write(bridge.files.html(compared))
    else:
        print(text)


def _say() -> Callable[[str, float], None] | None:
    if not sys.stderr.isatty():
        return None
    return lambda message, done: print(f"[{100 * done:5.1f} %] {message}", file=sys.stderr, flush=True)


def _chosen(bridge: BridgeService, text: str) -> Query:
    found = bridge.find(text)
    if found.chosen is None:
        named = "; ".join(f"{q.label} ({q.value})" for q in found.alternatives if q.kind.value == "entity")
        raise InputError(found.notes[-1] if found.notes else "This can mean several things.", f"Choices: {named}.")
    return found.chosen


def _members(bridge: BridgeService, text: str) -> tuple[list[Query], list[Query]]:
    """Named things as they are; of a sentence, the findings that it says are there, and those that it denies."""
    parts = [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    try:
        queries = [_chosen(bridge, part) for part in parts]
        if queries and all(query.kind.value == "entity" for query in queries):
            return queries, []
    except InputError:
        pass
    read = bridge.comparer.read(text)
    for f in read.findings:
        said = ", which is said to be absent" if f.denied else ""
        print(f"“{f.words}” is read as {f.entity.name} ({f.entity.id}){said}", file=sys.stderr)
    if read.unread:
        print(f"! not understood: {', '.join(read.unread)}", file=sys.stderr)
    if not read.present and read.absent:
        raise InputError("This says what is absent, and no finding that is there.", "Say also what the patient has.")
    if not read.present:
        raise InputError("Nothing in this was recognised.", "Give names or ids, or describe findings of a patient.")
    there, denied = ([_chosen(bridge, f.entity.id) for f in found] for found in (read.present, read.absent))
    return there, denied


def _variant(bridge: BridgeService, protein: str, change: str) -> tuple[Query, str, str]:
    """What A is, its sequence, and that of the mutant."""
    from biobridge_core.alignment import is_change, mutate

    query, change = _chosen(bridge, protein), change.strip()
    if query.modality != "protein" or query.kind.value not in {"entity", "sequence"}:
        raise InputError(f"{query.label or query.value} is no protein.", "Name a protein, or give a sequence.")
    wild = query.value if query.kind.value == "sequence" else bridge.entity(query.value).input
    if is_change(change):
        return query, wild, mutate(wild, change, query.label)
    return query, wild, bridge.interpret(change, query.modality).value


def _pair_text(found: Pair) -> str:
    lines = [found.answer]
    for way in found.ways:
        hit = way.hit
        chance = "" if hit.probability is None else f", chance {100 * hit.probability:.2g} %"
        lines.append(
            f"asked from {way.asked.label}: {hit.entity.name} is {hit.status.value}, rank {hit.rank:,} of "
            f"{way.n_candidates:,} (above {hit.percentile:.2f} %{chance})"
        )
        for path in way.why.paths[:3]:
            lines.append("  " + " → ".join([path.edges[0].head.name, *(edge.tail.name for edge in path.edges)]))
    return "\n".join([*lines, *filter(None, [found.disagreement]), _LAST])


def _signature_text(found: Signature) -> str:
    lines = [f"Asked together: {', '.join(query.label for query in found.queries)}", *found.notes]
    for hit in found.hits:
        ranks = ", ".join(f"{'●' if member.known else '○'} {member.rank}" for member in hit.members)
        told = f"  ⚠ {against}" if (against := compare_words.against(hit)) else ""
        lines.append(f"{hit.rank:>5}  {hit.entity.name}  [{hit.entity.id}]  ranks {ranks}{told}")
    for hit in found.set_back:
        lines.append(
            f"set back: {hit.entity.name}  [{hit.entity.id}]  {compare_words.against(hit)}; now rank {hit.rank}"
        )
    return "\n".join([*lines, _LAST])


def _variant_text(found: Variant) -> str:
    aligned = found.alignment
    lines = [
        f"{100 * aligned.identity:.4g} % identical; changes: {', '.join(map(str, aligned.changes[:12]))}",
        f"vector moved by {found.shift:.2g}; usual distance to the nearest other protein {found.usual:.2g}",
        f"{found.shared} of the best {found.k} are the same",
    ]
    lines += [f"{hit.ranks[0]:>6} → {hit.ranks[1]:<6} {hit.entity.name}  [{hit.entity.id}]" for hit in found.hits]
    return "\n".join([*lines, _LAST])


_LAST = "Research use, not medical advice."

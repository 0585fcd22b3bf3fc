"""The command line's ``ask``. Thin, like all of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biobridge_core.cli_files import Format
from biobridge_core.errors import InputError

if TYPE_CHECKING:
    from biobridge_core.answer.types import Attachment

REFUSED = 3  #: exit status of a refusal: the program worked, and there is no answer


def ask(
    question: Annotated[str, typer.Argument(help="A question in plain English; - reads standard input.")],
    attach: Annotated[
        list[Path] | None, typer.Option(help="File that it is about: FASTA, SMILES, SDF, CSV; several times.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format, typer.Option("--format", help="What to print; html is a report to keep.")] = Format.TEXT,
    lay: Annotated[bool, typer.Option("--lay", help="In everyday words.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="List facts that no sentence cites, too.")] = False,
    reword: Annotated[
        bool, typer.Option("--reword", help="Let the language model of the settings word the facts; it is checked.")
    ] = False,
) -> None:
    """Answer a question from facts, each sentence with its sources, or refuse and say why.

    The exit status is 0 for an answer and 3 for a refusal.
    """
    from biobridge_core.answer.files import answer_to_json, answer_to_text
    from biobridge_core.service import BridgeService

    if question == "-":
        question = sys.stdin.read()
    attached = [_read(path) for path in attach or ()]
    say = None if not sys.stderr.isatty() else _say
    bridge = BridgeService.open(progress=say)
    writer = bridge.language_model if reword else None
    if reword and writer is None:
        raise InputError("No language model is set.", "Set BIOBRIDGE_LLM_URL or BIOBRIDGE_LLM_FOLDER.")
    answer = bridge.asker.ask(question, attached, writer=writer, progress=say)
    now = datetime.now(UTC)
    if as_json or form is Format.JSON:
        print(answer_to_json(answer, now))
    elif form is Format.HTML:
        sys.stdout.buffer.write(bridge.asker.report(answer, now))
    else:
        print(answer_to_text(answer, lay=lay, everything=everything))
    if answer.refusal is not None:
        raise typer.Exit(REFUSED)


def _read(path: Path) -> Attachment:
    from biobridge_core.answer.types import Attachment
    from biobridge_core.uploads import MAX_BYTES

    try:
        with path.open("rb") as handle:
            return Attachment(path.name, handle.read(MAX_BYTES + 1))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error


def _say(message: str, done: float) -> None:
    print(f"[{100 * done:5.1f} %] {message}", file=sys.stderr, flush=True)

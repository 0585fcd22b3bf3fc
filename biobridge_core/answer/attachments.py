"""What comes with a question, read: files, pasted sequences, drawn molecules, entities. Data all of it, no orders.

What a file says beside its sequences and molecules (headers, titles, names of records) is not shown and not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from biobridge_core.answer.types import Attachment, Mention
from biobridge_core.chem.standardise import looks_like_smiles, standardise
from biobridge_core.errors import InputError
from biobridge_core.protein import looks_like_sequence, parse_sequence
from biobridge_core.types import InputKind, Query, QueryKind
from biobridge_core.uploads import ReadAs, decode, read, rows, shown

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.lookup import Lookup

MOST = 20  #: attachments, and things read from them, that one question takes
_LONG_NAME = 40
_WORDS_OF_A_NAME = 4  #: what is longer is not repeated: it may try to give orders
_FASTA = (".fasta", ".fa", ".faa", ".fas")
_TABLES = (".csv", ".tsv", ".tab", ".sdf", ".sd", ".mol", ".smi", ".smiles", *_FASTA)


def read_attachments(
    attachments: Sequence[Attachment], graph: KnowledgeGraph, lookup: Lookup
) -> tuple[tuple[Mention, ...], tuple[str, ...]]:
    """Read everything that is attached, as far as it can be.

    Returns
    -------
    mentions
        One for each sequence, molecule or entity, in order; one that the graph holds (same sequence, same InChIKey
        skeleton) has its entity.
    warnings
        What was left out, with the name of the file and the line, and why.
    """
    mentions: list[Mention] = []
    warnings: list[str] = []
    taken, left = attachments[:MOST], attachments[MOST:]
    skipped = [label_of(attachment.name) for attachment in left]
    for number, attachment in enumerate(taken, start=1):
        name = label_of(attachment.name) or f"attachment {number}"
        try:
            found = list(_Reader(graph, lookup, name).read(attachment))
        except InputError as error:
            warnings.append(f"{name}: {error.message} {error.hint}".strip())
            continue
        room = MOST - len(mentions)
        good = [each for each in found if isinstance(each, Mention)]
        warnings += [each for each in found if isinstance(each, str)]
        mentions += good[:room]
        if len(good) > room:
            warnings.append(f"{name}: {len(good) - room} of its {len(good)} records were not read; {MOST} is the most.")
    if skipped:
        names = ", ".join(skipped)
        warnings.append(f"{len(attachments)} things are attached and {MOST} are read. Not read: {names}.")
    return tuple(mentions), tuple(dict.fromkeys(warnings))


def label_of(name: str) -> str:
    """A file name as it is shown: one short printable line."""
    return shown(name.replace("\\", "/").rpartition("/")[2], _LONG_NAME)


class _Reader:
    """Reads one attachment."""

    def __init__(self, graph: KnowledgeGraph, lookup: Lookup, name: str) -> None:
        self._graph, self._lookup, self._name = graph, lookup, name

    def read(self, attachment: Attachment) -> Iterator[Mention | str]:
        """Mentions, and warnings about what is none.

        Raises
        ------
        InputError
            If nothing of it can be read.
        """
        text, notes = decode(attachment.data)
        yield from (f"{self._name}: {note}" for note in notes)
        whole = text.strip()
        if not attachment.name.lower().endswith(_TABLES) and (found := self._alone(whole)) is not None:
            yield found
            return
        upload = read(attachment.name, attachment.data)
        records = rows(upload)
        readable = sum(not row.problem for row in records)
        for row in records:
            label = self._name if readable == 1 else f"record {row.number} of {self._name}"
            try:
                if row.problem:
                    raise InputError(row.problem)
                yield self._one(row.value, upload.read_as, label)
            except InputError as error:
                yield f"{self._name}, line {row.line}: {error.message} {error.hint}".strip()

    def _alone(self, text: str) -> Mention | None:
        """A pasted sequence, a molecule, or the name or id of an entity; None where it is a list."""
        if text.startswith(">"):
            return None
        if looks_like_sequence(text):
            return self._one(text, ReadAs.SEQUENCE, self._name)
        if "\n" in text:
            return None
        try:
            return self._one(text, ReadAs.NAME, self._name)
        except InputError:
            if not looks_like_smiles(text.split(maxsplit=1)[0]):
                raise
        return self._one(text, ReadAs.SMILES, self._name)

    def _one(self, value: str, read_as: ReadAs, label: str) -> Mention:
        if read_as is ReadAs.NAME:
            return self._named(value, label)
        if read_as is ReadAs.SEQUENCE:
            parsed = parse_sequence(value)
            query = Query(value, QueryKind.SEQUENCE, self._modality(InputKind.SEQUENCE), parsed.residues, label)
            said = parsed.notes
        else:
            standard = standardise(value)
            query = Query(value, QueryKind.SMILES, self._modality(InputKind.SMILES), standard.smiles, label)
            said = (f"standardised: {', '.join(standard.notes)}",) if standard.notes else ()
        note = "; ".join(said)
        row = self._lookup.identify(query)
        if row is None:
            return Mention(label, query, None, "attachment", note=note)
        entity = self._graph.entity(row)
        if entity.modality != query.modality:  # a peptide that is a drug
            note = "; ".join((*said, f"{label} is the sequence of the {entity.modality} {entity.name}, too"))
            return Mention(label, query, None, "attachment", note=note)
        same = "is the sequence" if read_as is ReadAs.SEQUENCE else "has the structure"
        note = "; ".join((*said, f"{label} {same} of {entity.name}"))
        return Mention(label, query, entity, "attachment", note=note)

    def _named(self, value: str, label: str) -> Mention:
        found = self._lookup.find(value)
        query = found.chosen
        if query is None:
            raise InputError(f"“{shown(value, _LONG_NAME)}” can mean several things.", "Attach an id instead.")
        if query.kind is not QueryKind.ENTITY:
            if query.kind is QueryKind.TEXT:
                words = value.split()
                what = (
                    f"“{shown(value, _LONG_NAME)}”"
                    if len(words) <= _WORDS_OF_A_NAME
                    else f"A text of {len(words)} words"
                )
                raise InputError(
                    f"{what} is no name, id, sequence or molecule that is known here.",
                    "Write it into the question instead.",
                )
            read_as = ReadAs.SEQUENCE if query.kind is QueryKind.SEQUENCE else ReadAs.SMILES
            return self._one(value, read_as, label)
        entity = self._graph.entity(query.value)
        return Mention(entity.name, replace(query, label=entity.name), entity, "attachment")

    def _modality(self, kind: InputKind) -> str:
        for modality in self._graph.modalities.values():
            if modality.input_kind is kind:
                return modality.name
        raise InputError(f"The loaded graph has nothing that is read from a {kind}.", "Ask by name or in words.")

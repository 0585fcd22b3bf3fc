"""What the page of drawn molecules asks: what a drawing means, its alerts, and how it differs from a reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from biobridge_core.admet.predict import Admet, Prediction, Report
from biobridge_core.chem.alerts import Alert
from biobridge_core.chem.difference import Difference, difference
from biobridge_core.chem.sheet import Sheet, sheet
from biobridge_core.chem.standardise import looks_like_smiles, standardise
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import Entity, InputKind, Query, QueryKind

__all__ = ["Alert", "Difference", "Drawn", "Molecule", "Prediction", "Report", "Sheet"]

#: Takes a text as a query of one modality, see `BridgeService.interpret`.
Interpret = Callable[[str, str], Query]


@dataclass(frozen=True, slots=True)
class Molecule:
    """A drawing as the bridge reads it."""

    query: Query  #: its value is the standardised SMILES
    notes: tuple[str, ...]  #: what was changed, in plain words, e.g. ``salt removed: HCl``
    formula: str


class Drawn:
    """Reads drawings. Safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self.admet = Admet()  #: predictions of what becomes of a molecule in the body
        self.modality = next(
            (m.name for m in graph.modalities.values() if m.input_kind is InputKind.SMILES), ""
        )  #: of molecules, in this graph

    def read(self, smiles: str) -> Molecule:
        """Read a drawing given as SMILES: salts off, charges neutral, one molecule.

        Raises
        ------
        InputError
            If it is empty, a radical, a fragment with open ends, a mixture, a mineral, too large, or cannot be read.
        """
        if not smiles.strip().strip("."):
            raise InputError("The canvas is empty.", "Draw a molecule, paste a SMILES or load a known drug.")
        if not self.modality:
            raise InputError("The loaded graph has nothing that is read from a structure.", "Load another profile.")
        standard = standardise(smiles)
        query = Query(smiles.strip(), QueryKind.SMILES, self.modality, standard.smiles, f"molecule {standard.formula}")
        return Molecule(query, standard.notes, standard.formula)

    def named(self, text: str, interpret: Interpret) -> tuple[str, str]:
        """What a text means as a molecule: its SMILES, and its CURIE where it is a known drug (else empty).

        Raises
        ------
        InputError
            If it is neither the name of a drug nor a SMILES, or the drug has no small structure.
        """
        try:
            query = interpret(text, self.modality)
        except InputError as error:
            raise self._no_molecule(text, error) from error
        if query.kind is not QueryKind.ENTITY:
            return text.strip(), ""
        return self._structure(self.graph.entity(query.value)), query.value

    def _no_molecule(self, text: str, error: InputError) -> InputError:
        """Say what a text is instead, where the graph knows it by its id, or that nothing is called so."""
        try:
            entity = self.graph.entity(text.strip())
        except UnknownEntityError:
            if looks_like_smiles(text) or "is not a SMILES" not in error.message:
                return error
            return InputError(
                f"No drug is called “{text.strip()[:60]}”, and it is no SMILES either.",
                "Check the spelling, paste a SMILES, or look it up on the page Explore.",
            )
        kind = self.graph.modalities[entity.modality].label
        return InputError(f"{entity.name} ({entity.id}) is a {kind}, no molecule.", "Ask about it on the page Explore.")

    @staticmethod
    def _structure(entity: Entity) -> str:
        if entity.input_kind is not InputKind.SMILES or not entity.input:
            raise InputError(
                f"{entity.name} has no structure here that could be drawn: the graph reads its {entity.input_kind}.",
                "Load a small molecule, or look it up on the page Explore.",
            )
        return entity.input

    def sheet(self, smiles: str) -> Sheet:
        """Properties, rules and alerts, see `chem.sheet.sheet`.

        Raises
        ------
        InputError, ArtifactError
            If the SMILES cannot be read, or a table is missing.
        """
        return sheet(smiles)

    def difference(self, smiles: str, reference: str, dark: bool = False) -> Difference:
        """How a molecule differs from another one, see `chem.difference.difference`.

        Raises
        ------
        InputError
            If one of them cannot be read or is too large to be compared.
        """
        return difference(smiles, reference, dark=dark)

"""Shapes in space for the screen: a protein's from a file, a database or a model, a molecule's from a force field."""

from __future__ import annotations

import threading
from pathlib import Path

import torch

from biobridge_core import alphafold, structures
from biobridge_core.chem import conformer
from biobridge_core.encoders import esmfold
from biobridge_core.errors import BioBridgeError
from biobridge_core.structures import Origin, Placement, Structure

_KEPT = 64  #: models of AlphaFold DB kept in memory


class Shapes:
    """Makes and reads shapes. Safe to share between threads; nothing of one person is kept for another."""

    def __init__(self, models: Path, device: torch.device, database: str = alphafold.BASE) -> None:
        self._models, self._device, self._database = models, device, database
        self._fetched: dict[str, Structure] = {}
        self._lock = threading.Lock()

    @property
    def database(self) -> str:
        """Address of the database that :meth:`from_alphafold` asks."""
        return self._database

    def read(self, data: bytes, name: str = "") -> Structure:
        """Read an uploaded PDB or mmCIF file, see `structures.parse`.

        Raises
        ------
        InputError
            If it cannot be used; the message says why.
        """
        return structures.parse(data, name)

    def from_alphafold(self, accession: str) -> Structure:
        """Fetch the predicted model of a UniProt accession. Sends the accession over the network: ask a person first.

        Raises
        ------
        InputError, BioBridgeError
            If there is none, or the database cannot be reached.
        """
        if accession not in self._fetched:
            found = alphafold.fetch(accession, self._database)
            with self._lock:
                while len(self._fetched) >= _KEPT:
                    self._fetched.pop(next(iter(self._fetched)))
                self._fetched[accession] = found
        return self._fetched[accession]

    def no_folding(self) -> str:
        """Why ESMFold cannot be used here; empty where it can."""
        return esmfold.missing(self._models, self._device)

    def fold(self, sequence: str) -> Structure:
        """Predict the structure of a sequence by ESMFold.

        Raises
        ------
        BioBridgeError
            If there is no GPU or no weights (`no_folding` says so before), or the sequence is too long.
        """
        if why := self.no_folding():
            raise BioBridgeError(f"ESMFold cannot be used here: {why}.", "Upload a PDB or mmCIF file instead.")
        pdb = esmfold.fold(sequence, self._models, self._device)
        return structures.parse_predicted(pdb, Origin.ESMFOLD, "ESMFold model")

    def place(self, structure: Structure, sequence: str) -> tuple[Placement, ...]:
        """Where the chains of a structure lie on a sequence, see `structures.place`."""
        return structures.place(structure, sequence)

    def conformer(self, smiles: str) -> conformer.Shape:
        """One shape of a molecule, see `chem.conformer.shape`.

        Raises
        ------
        InputError
            If it cannot be read or is too large.
        """
        return conformer.shape(smiles)

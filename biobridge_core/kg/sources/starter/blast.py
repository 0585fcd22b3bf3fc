"""Read sequences out of a BLAST protein database (format 4: ``.pin``, ``.phr``, ``.psq``).

The format: Camacho et al. 2009, doi:10.1186/1471-2105-10-421.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import ArtifactError

#: NCBIstdaa: the residue of each byte of a ``.psq`` file
_RESIDUES = b"-ABCDEFGHIKLMNPQRSTVWXYZU*OJ"
_TO_LETTER = np.full(256, ord("?"), dtype=np.uint8)
_TO_LETTER[: len(_RESIDUES)] = np.frombuffer(_RESIDUES, dtype=np.uint8)

_TITLE = 0x1A  # BER tag of the VisibleString that holds the FASTA header


def read_sequences(index: Path, headers: Path, sequences: Path, wanted: Collection[str]) -> dict[str, str]:
    """Sequences of the wanted accessions, where an accession is the header's text up to the first ``|`` or blank.

    Parameters
    ----------
    index, headers, sequences
        The ``.pin``, ``.phr`` and ``.psq`` file of one database.
    wanted
        Accessions to read; those that the database lacks are left out of the result.

    Raises
    ------
    ArtifactError
        If the files are not a protein database of format 4.
    """
    header_at, sequence_at = _offsets(index)
    header_bytes = headers.read_bytes()
    residues = np.memmap(sequences, dtype=np.uint8, mode="r")
    if header_at[-1] > len(header_bytes) or sequence_at[-1] > len(residues):
        raise ArtifactError(f"{index} points behind the end of its files.", "Delete the folder and unpack it again.")
    wanted = frozenset(wanted)
    found: dict[str, str] = {}
    starts = header_at.tolist()
    for entry in range(len(starts) - 1):
        accession = _accession(header_bytes, starts[entry], index)
        if accession in wanted:
            # the last byte before the next sequence is the separator
            letters = _TO_LETTER[residues[sequence_at[entry] : sequence_at[entry + 1] - 1]]
            found[accession] = letters.tobytes().decode("ascii")
    return found


def _offsets(index: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets into the header and the sequence file, each (entries + 1,)."""
    content = index.read_bytes()
    try:
        version, is_protein, at = 0, 0, 0
        version, is_protein, title = struct.unpack_from(">iii", content, 0)
        at = 12 + title
        at += 4 + int(struct.unpack_from(">i", content, at)[0])  # time stamp
        entries = int(struct.unpack_from(">i", content, at)[0])
        at += 16  # entries, residues in all (8 bytes), longest sequence
        header_at = np.frombuffer(content, ">i4", entries + 1, at).astype(np.int64)
        sequence_at = np.frombuffer(content, ">i4", entries + 1, at + header_at.size * 4).astype(np.int64)
    except (struct.error, ValueError) as error:
        raise ArtifactError(f"{index} is no BLAST index: {error}.", "Delete the folder and unpack it again.") from error
    if (version, is_protein) != (4, 1):
        raise ArtifactError(f"{index} is no protein database of format 4.", "Delete the folder and unpack it again.")
    return header_at, sequence_at


def _accession(headers: bytes, start: int, index: Path) -> str:
    # Blast-def-line-set > Blast-def-line > title: five BER tags of open length stand before the text
    tag = headers.find(_TITLE, start, start + 12)
    if tag < 0:
        raise ArtifactError(f"The headers of {index} are not as format 4 has them.", "Unpack the folder again.")
    length = headers[tag + 1]
    text = tag + 2
    if length & 0x80:
        width = length & 0x7F
        length = int.from_bytes(headers[text : text + width], "big")
        text += width
    first = headers[text : text + min(length, 40)]
    return first.split(b"|", 1)[0].split(b" ", 1)[0].decode("ascii")

import struct

import pytest

from biobridge_core.errors import ArtifactError
from biobridge_core.kg.sources.starter.blast import read_sequences

_CODES = {letter: code for code, letter in enumerate("-ABCDEFGHIKLMNPQRSTVWXYZU*OJ")}


def _write(folder, records):
    """Write a protein database of format 4 as BLAST's own tool lays it out."""
    headers, sequences, header_at, sequence_at = b"", b"\0", [0], [1]
    for title, residues in records:
        text = title.encode()
        length = bytes([len(text)]) if len(text) < 128 else b"\x82" + struct.pack(">H", len(text))
        headers += bytes.fromhex("308030 80a080 1a".replace(" ", "")) + length + text + b"\0\0\xa1\x80\0\0"
        sequences += bytes(_CODES[letter] for letter in residues) + b"\0"
        header_at.append(len(headers))
        sequence_at.append(len(sequences))
    title, stamp = b"a database", b"Jan 1, 2026\0"
    index = struct.pack(">iii", 4, 1, len(title)) + title + struct.pack(">i", len(stamp)) + stamp
    index += struct.pack(">i", len(records)) + struct.pack("<q", 0) + struct.pack(">i", 0)
    index += struct.pack(f">{len(header_at)}i", *header_at) + struct.pack(f">{len(sequence_at)}i", *sequence_at)
    paths = [folder / f"db.{end}" for end in ("pin", "phr", "psq")]
    for path, content in zip(paths, (index, headers, sequences), strict=True):
        path.write_bytes(content)
    return paths


def test_wanted_sequences_come_back_as_written(tmp_path):
    long = "P0AAA1|" + "GO:0000001," * 60  # a header of more than 127 bytes has its length in two
    records = [("P04637|GO:1", "MEEPQSDPSV"), (long, "MKUOXBZJ*"), ("Q9Y6K9 NEMO", "M" * 1000), ("P1|", "WWW")]
    paths = _write(tmp_path, records)
    found = read_sequences(*paths, {"P04637", "P0AAA1", "Q9Y6K9", "absent"})
    assert found == {"P04637": "MEEPQSDPSV", "P0AAA1": "MKUOXBZJ*", "Q9Y6K9": "M" * 1000}


def test_what_is_no_database_is_refused(tmp_path):
    index, headers, sequences = _write(tmp_path, [("P1|", "WWW")])
    content = index.read_bytes()
    index.write_bytes(content[:20])
    with pytest.raises(ArtifactError, match=r"db\.pin"):
        read_sequences(index, headers, sequences, {"P1"})
    index.write_bytes(b"\0\0\0\5" + content[4:])
    with pytest.raises(ArtifactError, match="format 4"):
        read_sequences(index, headers, sequences, {"P1"})
    index.write_bytes(content)
    sequences.write_bytes(b"\0")
    with pytest.raises(ArtifactError, match="end of its files"):
        read_sequences(index, headers, sequences, {"P1"})

"""The one pickled table: only plain data is read out of it."""

import bz2
import os
import pickle
from pathlib import Path

import pytest

from biobridge_core.config import default_cache
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.sources.starter import drug_names


class Runs:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def write(path: Path, data: object) -> Path:
    path.write_bytes(bz2.compress(pickle.dumps(data)))
    return path


PLAIN = {
    "drug_canonical_to_data": {
        "imatinib": {"name": "Imatinib", "drugbank_id": "DB00619"},
        "imatinib mesylate": {"name": "Imatinib mesylate"},
        "aspirin": {"name": "Aspirin", "drugbank_id": "DB00945"},
    },
    "drug_variant_to_canonical": {
        "imatinib": ["imatinib"],
        "gleevec": ["imatinib"],
        "glivec": ["imatinib mesylate"],
        "mesylate, imatinib": ["imatinib mesylate"],
        "<ref>{{cite": ["aspirin"],
        "ecotrin": ["aspirin"],
    },
}


def test_names_by_id_and_by_primary_name(tmp_path: Path) -> None:
    names = drug_names.load(write(tmp_path / "names.pkl.bz2", PLAIN))
    by_id, _ = names.of(["DB00619"], [])
    by_name, ids = names.of([], ["Imatinib"])
    assert by_id == by_name
    assert {"gleevec", "glivec", "imatinib mesylate"} <= set(by_id)
    assert "mesylate, imatinib" not in by_id
    assert ids == ["DB00619"]


def test_synonym_and_markup_do_not_join(tmp_path: Path) -> None:
    names = drug_names.load(write(tmp_path / "names.pkl.bz2", PLAIN))
    assert names.of([], ["gleevec"]) == ([], [])
    assert names.of(["DB00945"], [])[0] == ["aspirin", "ecotrin"]


@pytest.mark.parametrize("wrap", [lambda bad: bad, lambda bad: PLAIN | {"more": bad}])
def test_pickle_that_would_run_code_is_refused_and_runs_nothing(tmp_path: Path, wrap: object) -> None:
    target = tmp_path / "made"
    assert callable(wrap)
    bad = write(tmp_path / "bad.pkl.bz2", wrap(Runs(str(target))))
    with pytest.raises(ArtifactError, match="mkdir is not plain data"):
        drug_names.load(bad)
    assert not target.exists()


@pytest.mark.parametrize("data", [[], {}, {"drug_canonical_to_data": 3, "drug_variant_to_canonical": {}}])
def test_other_data_is_named(tmp_path: Path, data: object) -> None:
    with pytest.raises(ArtifactError, match="not the dictionary"):
        drug_names.load(write(tmp_path / "other.pkl.bz2", data))


def test_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.pkl.bz2"
    path.write_bytes(bz2.compress(pickle.dumps(PLAIN))[:40])
    with pytest.raises(ArtifactError, match=r"cut\.pkl\.bz2"):
        drug_names.load(path)


def test_real_dictionary() -> None:
    if not (default_cache() / "downloads" / PINS["drug-named-entity-recognition"].file).is_file():
        pytest.skip("the package drug-named-entity-recognition has not been downloaded")
    names = drug_names.read(Packages(default_cache()))
    found, ids = names.of([], ["fluoxetine"])
    assert "prozac" in found
    assert ids == ["DB00472"]
    assert len(found) <= drug_names.MAX_NAMES

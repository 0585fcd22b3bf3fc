"""Vectors that rest on no label and texts that name no gene."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from biobridge_core.bridge.data import Content
from biobridge_core.catalogue import Catalogue
from biobridge_core.chem.fingerprints import ecfp4
from biobridge_core.config import Settings
from biobridge_core.evaluate import contents
from biobridge_core.evaluate.contents import (
    GeneNames,
    ecfp4_content,
    leading_directions,
    mask_name,
    masked_names,
    masked_text_content,
)
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind

GENES = GeneNames(["TP53", "p53", "HLA-A", "GLUT1", "DDX41", "BCR", "ABL1", "II"], ["tumor protein p53", "insulin"])


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Developmental and epileptic encephalopathy 6", "Developmental and epileptic encephalopathy"),
        ("developmental and epileptic encephalopathy, 112", "developmental and epileptic encephalopathy"),
        ("Charcot-Marie-Tooth disease type 2B1", "Charcot-Marie-Tooth disease"),
        ("osteogenesis imperfecta, type IIA", "osteogenesis imperfecta"),
        ("Fanconi anemia complementation group C", "Fanconi anemia"),
        ("intellectual disability, X-linked 90", "intellectual disability, X-linked"),
        ("glycogen storage disease XV", "glycogen storage disease"),
        ("GLUT1 deficiency syndrome 1, autosomal recessive", "deficiency syndrome, autosomal recessive"),
        ("DDX41-related hematologic malignancy", "related hematologic malignancy"),
        ("leukemia, BCR-ABL1 negative", "leukemia, negative"),
        ("Insulin resistance (TP53)", "resistance"),
        ("Tumor protein p53 deficiency", "deficiency"),
        ("22q11.2 deletion syndrome", "22q11.2 deletion syndrome"),
        ("ring chromosome 4", "ring chromosome 4"),
        ("3-hydroxyisobutyric aciduria", "3-hydroxyisobutyric aciduria"),
        ("vitamin D deficiency", "vitamin D deficiency"),
        ("TP53", ""),
    ],
)  # fmt: skip
def test_genes_and_numbers_are_taken_out_and_nothing_else(name: str, masked: str) -> None:
    assert mask_name(name, GENES) == masked


def test_capitals_of_a_symbol_matter_and_those_of_a_name_do_not() -> None:
    genes = GeneNames(["CAT", "SHE"], ["catalase"])
    assert mask_name("CAT scratch, cat scratch, Catalase lack", genes) == "scratch, cat scratch, lack"


@pytest.fixture(scope="module")
def graph(bundle_folder: Path) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg")


@pytest.fixture(scope="module")
def content(graph: KnowledgeGraph, bundle_folder: Path) -> Content:
    return Content.from_catalogue(graph, Catalogue.load(bundle_folder / "catalogue"))


@pytest.mark.bundle
def test_no_masked_disease_name_holds_a_symbol_or_ends_in_a_number(graph: KnowledgeGraph) -> None:
    rows = graph.rows("disease")
    names, genes = masked_names(graph, rows), GeneNames.of(graph)
    assert not [name for name in names if list(genes.spans(name))]
    assert not [name for name in names if re.search(r"(?<!chromosome)(?<!somy) \d+$", name)]
    assert all(name.strip() for name in names)
    series = {
        n
        for row, n in zip(rows, names, strict=True)
        if "epileptic encephalopathy" in graph.names[row] and graph.names[row][-1].isdigit()
    }
    assert "developmental and epileptic encephalopathy" in series
    assert len(series) < 10


@pytest.mark.bundle
def test_ecfp4_takes_the_place_of_the_molecules_alone(graph: KnowledgeGraph, content: Content) -> None:
    other = ecfp4_content(graph, content)
    rows = graph.rows("drug")
    for kind, places, vectors in other.take(rows, "drug"):
        before = next(v for k, _, v in content.take(rows, "drug") if k is kind)
        if kind is InputKind.SMILES:
            assert vectors.shape == (len(places), 256)
            assert np.square(vectors.numpy()).mean() == pytest.approx(1, rel=1e-4)
            few = rows[places][:300]
            bits = ecfp4(graph.inputs(few)).astype(np.float64)
            mine = vectors[:300].numpy().astype(np.float64)
            angles = [m @ m.T / np.outer(*[np.linalg.norm(m, axis=1)] * 2) for m in (bits, mine)]
            upper = np.triu_indices(300, 1)
            assert np.corrcoef(angles[0][upper], angles[1][upper])[0, 1] > 0.9
        else:
            assert np.array_equal(vectors.numpy(), before.numpy())
    proteins = graph.rows("protein")
    for one, two in zip(other.take(proteins, "protein"), content.take(proteins, "protein"), strict=True):
        assert np.array_equal(one[2].numpy(), two[2].numpy())
    assert other.encoders["smiles"].startswith("ecfp4-2048")
    assert content.encoders["smiles"].startswith("chemnet")


def test_leading_directions_of_a_matrix_of_low_rank_keep_its_products() -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(40, 3)) @ rng.normal(size=(3, 20))).astype(np.float32)
    y = leading_directions(x, 5)
    assert y.shape == (40, 5)
    ratio = (x @ x.T) / (y @ y.T)
    assert ratio.max() == pytest.approx(ratio.min(), rel=1e-2)


@pytest.fixture
def settings(tmp_path: Path, bundle_folder: Path) -> Settings:
    return replace(Settings(), build=tmp_path, bundle=bundle_folder, threads=1)


@pytest.mark.bundle
def test_masked_texts_land_in_the_space_of_the_catalogue(
    graph: KnowledgeGraph, content: Content, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # therapeutic classes: fifty texts whose unmasked vectors are known, so that the space can be compared
    monkeypatch.setattr(
        contents, "masked_names", lambda graph, rows: [*graph.inputs(rows[:50]), *["x"] * (len(rows) - 50)]
    )
    rows = graph.rows("therapeutic_class")
    other = masked_text_content(graph, content, settings, modalities=("therapeutic_class",))
    (_, _, mine), (_, _, theirs) = (*other.take(rows, "therapeutic_class"), *content.take(rows, "therapeutic_class"))
    mine, theirs = mine[:50], theirs[:50]
    cosine = (mine * theirs).sum(dim=1) / mine.norm(dim=1) / theirs.norm(dim=1)
    assert float(cosine.min()) > 0.98  # eight bits and half precision apart
    diseases = graph.rows("disease")
    for one, two in zip(other.take(diseases, "disease"), content.take(diseases, "disease"), strict=True):
        assert np.array_equal(one[2].numpy(), two[2].numpy())
    store = settings.build / "vectors-masked"
    (folder,) = (entry for entry in store.iterdir() if entry.is_dir())
    written = os.stat(folder / "vectors.npy").st_mtime_ns
    masked_text_content(graph, content, settings, modalities=("therapeutic_class",))
    assert os.stat(folder / "vectors.npy").st_mtime_ns == written  # encoded once

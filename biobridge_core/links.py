"""The page of an entity in its home database."""

from __future__ import annotations

from urllib.parse import quote

_PAGES = {
    "UniProtKB": "https://www.uniprot.org/uniprotkb/{local}",
    "MONDO": "https://monarchinitiative.org/MONDO:{local}",
    "OMIM": "https://omim.org/entry/{local}",
    "ORPHA": "https://www.orpha.net/en/disease/detail/{local}",
    "DECIPHER": "https://www.deciphergenomics.org/syndrome/{local}",
    "DOID": "https://disease-ontology.org/term/DOID:{local}",
    "HP": "https://hpo.jax.org/browse/term/HP:{local}",
    "GO": "https://amigo.geneontology.org/amigo/term/GO:{local}",
    "GtoPdb": "https://www.guidetopharmacology.org/GRAC/LigandDisplayForward?ligandId={local}",
    "DrugBank": "https://go.drugbank.com/drugs/{local}",
    "ATC": "https://atcddd.fhi.no/atc_ddd_index/?code={local}",
    "HGNC": "https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/HGNC:{local}",
    "ENSEMBL": "https://www.ensembl.org/id/{local}",
    "PubChem": "https://pubchem.ncbi.nlm.nih.gov/compound/{local}",
    "NCIT": "https://ncit.nci.nih.gov/ncitbrowser/ConceptReport.jsp?dictionary=NCI_Thesaurus&code={local}",
    "MESH": "https://meshb.nlm.nih.gov/record/ui?ui={local}",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/{local}",
    "NCBIGene": "https://www.ncbi.nlm.nih.gov/gene/{local}",
}


def home_page(curie: str) -> str:
    """URL of the page that the home database has for this CURIE, or an empty string where none is known."""
    prefix, _, local = curie.partition(":")
    pattern = _PAGES.get(prefix)
    return pattern.format(local=quote(local, safe="")) if pattern and local else ""

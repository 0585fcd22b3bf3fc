"""A small graph of real entities that many tests share."""

from __future__ import annotations

#: N-terminal stretches of real human proteins.
TP53 = "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGPDEAPRMPEAAPPVAPAPAAPTPAAPAPAPSWPL"
EGFR = "MRPSGTAGAALLALLAALCPASRALEEKKVCQGTSNKLTQLGTFEDHFLSLQRMFNNCEVVLGNLEITYVQRNYDLSFLKTIQEVAGYVLIA"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"

ENTITIES = [
    ("UniProtKB:P04637", "protein", "TP53", "tumor protein p53", ["p53", "LFS1"], "", ["HGNC:11998"], "sequence", TP53),
    ("UniProtKB:P00533", "protein", "EGFR", "epidermal growth factor receptor", ["ERBB1", "HER1", "PS1"], "", [], "sequence", EGFR),
    ("UniProtKB:P49768", "protein", "PSEN1", "presenilin 1", ["PS1", "AD3"], "", [], "sequence", EGFR[::-1]),
    ("GtoPdb:4139", "drug", "aspirin", "", ["acetylsalicylic acid", "Aspro"], "",
     ["DrugBank:DB00945", "InChIKey:BSYNRYMUTXBXSQ-UHFFFAOYSA-N"], "smiles", ASPIRIN),
    ("GtoPdb:4920", "drug", "gefitinib", "", ["Iressa"], "", [], "smiles", "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1"),
    ("MONDO:0018875", "disease", "Li-Fraumeni syndrome", "", ["LFS"], "A cancer syndrome.", ["OMIM:151623"], "text", "Li-Fraumeni syndrome. A cancer syndrome."),
    ("MONDO:0005027", "disease", "epilepsy", "", ["seizure disorder"], "Recurrent seizures.", ["DOID:1826"], "text", "epilepsy. Recurrent seizures."),
    ("HP:0001250", "phenotype", "Seizure", "", ["Epilepsy", "Seizures"], "A seizure.", [], "text", "Seizure. A seizure."),
    ("HP:0002664", "phenotype", "Neoplasm", "", ["Tumor"], "A growth.", [], "text", "Neoplasm. A growth."),
    ("GO:0006915", "biological_process", "apoptotic process", "", ["apoptosis"], "Cell death.", [], "text", "apoptotic process. Cell death."),
    ("GO:0003677", "molecular_function", "DNA binding", "", [], "Binding to DNA.", [], "text", "DNA binding. Binding to DNA."),
    ("GO:0005634", "cellular_component", "nucleus", "", ["cell nucleus"], "An organelle.", [], "text", "nucleus. An organelle."),
    ("ATC:L01EB", "therapeutic_class", "EGFR tyrosine kinase inhibitors", "", [], "", [], "text", "EGFR tyrosine kinase inhibitors"),
]  # fmt: skip
TRIPLES = [
    ("UniProtKB:P04637", "protein_associated_with_disease", "MONDO:0018875", "hpo", "OMIM:151623", ""),
    ("UniProtKB:P04637", "protein_participates_in_biological_process", "GO:0006915", "go", "IDA", ""),
    ("UniProtKB:P04637", "protein_enables_molecular_function", "GO:0003677", "go", "IDA", ""),
    ("UniProtKB:P04637", "protein_located_in_cellular_component", "GO:0005634", "go", "IDA", ""),
    ("UniProtKB:P49768", "protein_associated_with_disease", "MONDO:0005027", "hpo", "", ""),
    ("GtoPdb:4920", "drug_inhibits_protein", "UniProtKB:P00533", "gtopdb", "Inhibition", "pIC50 7.5"),
    ("GtoPdb:4139", "drug_binds_protein", "UniProtKB:P49768", "gtopdb", "", ""),
    ("GtoPdb:4920", "drug_in_therapeutic_class", "ATC:L01EB", "atc", "", ""),
    ("MONDO:0018875", "disease_has_phenotype", "HP:0002664", "hpo", "PCS", "frequent"),
    ("MONDO:0005027", "disease_has_phenotype", "HP:0001250", "hpo", "TAS", "always"),
    ("ATC:L01EB", "therapeutic_class_used_for_disease", "MONDO:0018875", "curated", "planted", ""),
]  # fmt: skip

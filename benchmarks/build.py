"""What the build of the shipped bundle took, how large the bundle is, and what is in it.

Reads the seconds that each stage wrote into its manifest, and counts the shipped graph.
"""

from __future__ import annotations

from common import write_result

from biobridge_core.bundle import OPTIONAL, Bundle
from biobridge_core.config import Settings
from biobridge_core.kg.check import Stats, stats

GO = ("biological_process", "molecular_function", "cellular_component")


def main() -> None:
    """Write ``benchmarks/results/build.json``."""
    folder = Settings.from_env().bundle
    bundle = Bundle.open(folder)
    counts = stats(bundle.graph)
    seconds = stage_seconds(bundle)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    spaces = bundle.catalogue.spaces
    rows: list[dict[str, object]] = [
        *({"stage": stage, "seconds": value} for stage, value in seconds.items()),
        *({"part": part, "megabytes": round(value / 1e6, 2)} for part, value in part_bytes(bundle).items()),
        *({"modality": name, "entities": n, "with a link other than is-a": counts.linked_entities[name]}
          for name, n in counts.entities.items()),
        *({"relation": name, "links": n} for name, n in (counts.links | counts.hierarchy_links).items()),
        *({"input kind": kind.value, "encoder": space.encoder_id, "dimensions": space.codes.shape[1],
           "raw dimensions": len(space.mean), "explained variance": space.explained,
           "neighbour overlap at 10": space.overlap10} for kind, space in spaces.items()),
    ]  # fmt: skip
    write_result(
        "build",
        headline={
            "build_minutes": round(sum(v for stage, v in seconds.items() if stage not in OPTIONAL) / 60, 1),
            "bundle_mb": round(size / 1e6, 1),
            **headline_counts(counts),
            "n_triples_in_files": bundle.graph.n_triples,
        },
        rows=rows,
        manifest={part: manifest.digest for part, manifest in bundle.manifests.items()},
        notes=[
            "build_minutes: from downloaded packages to a trained and calibrated bridge, the seconds that stages wrote "
            "down, resumed runs added up; the optional map and graph embedding, without which the app opens too, have "
            "rows of their own. The machine did other work meanwhile, the most while the map was drawn.",
            "n_triples: distinct links before the is-a hierarchies; n_triples_total counts the hierarchies too, and "
            "n_triples_in_files counts a link once for each source that states it.",
            "n_diseases: those with a link other than is-a.",
        ],
    )


def stage_seconds(bundle: Bundle) -> dict[str, float]:
    """Seconds of each stage, one entry for each encoder.

    Raises
    ------
    SystemExit
        If a stage did not write its seconds: a sum without it would be too small.
    """
    written = bundle.manifest.meta["seconds"]
    if not isinstance(written, dict):
        raise SystemExit("The bundle's manifest has no seconds.")
    vectors = written.pop("vectors") or {}
    embedding = bundle.manifests.get("embedding")
    if embedding and not written.get("embedding"):  # an older one wrote its CPU-minutes alone
        written["embedding"] = 60 * float(str(embedding.meta["cpu_minutes"]))
    seconds = {**written, **{f"vectors {encoder}": value for encoder, value in vectors.items()}}
    missing = [kind for kind, id_ in bundle.catalogue.encoder_ids.items() if not vectors.get(id_)]
    missing += [stage for stage, value in written.items() if not value]
    if missing:
        raise SystemExit(f"No seconds were written for: {', '.join(missing)}.")
    return {stage: float(value) for stage, value in seconds.items()}


def part_bytes(bundle: Bundle) -> dict[str, int]:
    """Bytes of each part, as the assembly wrote them down."""
    written = bundle.manifest.meta["bytes"]
    if not isinstance(written, dict):
        raise SystemExit("The bundle's manifest has no sizes.")
    return written


def headline_counts(counts: Stats) -> dict[str, int]:
    """Counts of the graph under the names that the README quotes."""
    return {
        "n_proteins": counts.entities["protein"],
        "n_drugs": counts.entities["drug"],
        "n_diseases": counts.linked_entities["disease"],
        "n_diseases_total": counts.entities["disease"],
        "n_go_terms": sum(counts.entities[name] for name in GO),
        "n_phenotypes": counts.entities["phenotype"],
        "n_therapeutic_classes": counts.entities["therapeutic_class"],
        "n_triples": counts.n_links,
        "n_triples_total": counts.n_links + counts.n_hierarchy_links,
    }


if __name__ == "__main__":
    main()

"""Other frozen vectors for the same entities, to show that a result does not rest on what an encoder was taught.

ChemNet was trained on assay labels, so every figure on unseen drugs is given with ECFP4 as well, which was trained on
nothing. Texts of diseases name genes and number the members of a series, so figures on diseases are also given with the
bare name, both taken out.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.data import Content
from biobridge_core.catalogue import MAX_DIM, Catalogue
from biobridge_core.chem.fingerprints import N_BITS, ecfp4
from biobridge_core.encoders import create
from biobridge_core.errors import ArtifactError
from biobridge_core.store import EmbeddingStore
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.config import Settings
    from biobridge_core.kg.graph import KnowledgeGraph

_KINDS = list(InputKind)
_LOG = logging.getLogger(__name__)

# ------------------------------------------------------------------ molecules


def ecfp4_content(graph: KnowledgeGraph, content: Content, *, dim: int = MAX_DIM) -> Content:
    """Put ECFP4 in place of the encoder of molecules.

    The 2048 bits are rotated onto their leading singular directions, not centred, so that cosines stay near those of
    the fingerprints themselves; then scaled to unit mean square.

    Parameters
    ----------
    content
        Where the vectors of all other kinds are taken from.
    dim
        Most dimensions kept.
    """
    rows = np.flatnonzero(graph.kind_of_row == _KINDS.index(InputKind.SMILES))
    vectors = leading_directions(ecfp4(graph.inputs(rows)).astype(np.float32), dim)
    return _with_kind(graph, content, InputKind.SMILES, vectors, f"ecfp4-{N_BITS}-svd{vectors.shape[1]}")


def leading_directions(x: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """Coordinates of rows (n, D) along their ``dim`` leading right singular directions, unit mean square; (n, dim)."""
    from scipy.linalg import eigh

    products = x.T @ x  # (D, D)
    width, kept = x.shape[1], min(dim, *x.shape)
    values, directions = eigh(products, subset_by_index=[width - kept, width - 1])  # ascending
    y = x @ directions[:, ::-1]
    share = float(values.sum() / np.trace(products))
    _LOG.info("%d of %d dimensions keep %.3f of the squared length", kept, width, share)
    return np.asarray(y / np.sqrt(np.mean(np.square(y), dtype=np.float64)), dtype=np.float32)


# ------------------------------------------------------------------ texts


def masked_text_content(
    graph: KnowledgeGraph, content: Content, settings: Settings, *, modalities: Sequence[str] = ("disease",)
) -> Content:
    """Encode entities by their masked names alone (`mask_name`), in the space of the catalogue.

    Vectors are kept under ``settings.build / "vectors-masked"`` and made once for each text.

    Parameters
    ----------
    modalities
        Whose texts are masked; all other vectors stay as they are.

    Raises
    ------
    ArtifactError
        If there is no catalogue, or it was made with another text encoder than the installed one.
    WeightsError
        If the weights of the text encoder cannot be found.
    """
    rows = np.flatnonzero(graph.kind_of_row == _KINDS.index(InputKind.TEXT))
    chosen = np.isin(graph.modality_of_row[rows], [graph.modality_names.index(name) for name in modalities])
    texts = masked_names(graph, rows[chosen])
    folder = next((f for f in (settings.build, settings.bundle) if (f / "catalogue").is_dir()), None)
    if folder is None:
        raise ArtifactError("There is no catalogue to project into.", "Run `biobridge build catalogue`.")
    catalogue = Catalogue.load(folder / "catalogue")
    vectors = content.vectors[InputKind.TEXT].cpu().numpy()[content.place[rows].numpy()]
    vectors[chosen] = catalogue.project(InputKind.TEXT, _encoded(texts, catalogue, settings))
    name = f"{catalogue.encoder_ids[InputKind.TEXT]}-masked-{'-'.join(modalities)}"
    return _with_kind(graph, content, InputKind.TEXT, vectors, name)


def masked_names(graph: KnowledgeGraph, rows: NDArray[np.integer]) -> list[str]:
    """`mask_name` of each row; a name of which nothing is left becomes that of its modality."""
    genes = GeneNames.of(graph)
    return [mask_name(graph.names[row], genes) or graph.modalities[graph.modality(row)].label for row in map(int, rows)]


class GeneNames:
    """Symbols, names and synonyms of the genes of a graph, to be found in titles.

    Parameters
    ----------
    symbols
        Matched with capitals as they are: ``TP53``, ``p53``.
    names
        Matched whatever the capitals: ``tumor protein p53``.
    """

    def __init__(self, symbols: Iterable[str], names: Iterable[str]) -> None:
        self._phrases = {(True, words): None for text in symbols if (words := tuple(_words(text)))}
        self._phrases |= {(False, words): None for text in names if (words := tuple(_words(text.casefold())))}
        self._longest = max((len(words) for _, words in self._phrases), default=0)

    @classmethod
    def of(cls, graph: KnowledgeGraph) -> GeneNames:
        """Genes are the entities whose input is a sequence by rule of their modality."""
        sequences = [name for name, m in graph.modalities.items() if m.input_kind is InputKind.SEQUENCE]
        symbols, names = [], []
        columns = graph.text_columns()
        for modality in sequences:
            rows = graph.rows(modality)
            if not len(rows):
                continue
            part = columns.slice(int(rows[0]), len(rows))
            called = zip(rows.tolist(), part["full_name"].to_pylist(), part["synonyms"].to_pylist(), strict=True)
            for row, full_name, synonyms in called:
                symbols += [text for text in (graph.names[row], *synonyms) if _is_symbol(text)]
                # a synonym of one common word (lobe, mast) is a fly's, and says nothing in a title
                names += [text for text in (full_name, *(s for s in synonyms if " " in s)) if len(text) > 3]
        return cls(symbols, names)

    def spans(self, title: str) -> Iterator[tuple[int, int]]:
        """Stretches of the title that name a gene, the longest first at each place."""
        found = list(_WORD.finditer(title))
        exact, folded = [m[0] for m in found], [m[0].casefold() for m in found]
        i = 0
        while i < len(found):
            for n in range(min(self._longest, len(found) - i), 0, -1):
                if (True, tuple(exact[i : i + n])) in self._phrases or (
                    False,
                    tuple(folded[i : i + n]),
                ) in self._phrases:
                    yield found[i].start(), found[i + n - 1].end()
                    i += n
                    break
            else:
                i += 1


_WORD = re.compile(r"[^\W_]+")
_CLASSES = r"(?:sub)?types?|groups?|forms?|stages?|grades?|class(?:es)?|variants?|lines?|locus"
#: A place in a series: 6, 1A, IIa, A1. A band (15q11), a chromosome, a locant (3-hydroxy) and X-linked are none.
_NUMBER = r"(?:\d+[A-Za-z]{0,2}\d*|(?=[IVX])X{0,2}(?:IX|IV|V?I{0,3})[A-Ea-e]?\d?|[A-Z]\d+[a-z]?)(?![\w.]|-[a-z])"
_SERIES = re.compile(
    rf"(?:\b(?:{_CLASSES}|complementation group)\s+)(?:{_NUMBER}|[A-Z]{{1,2}}\b)(?:\s*[/+&-]\s*(?:{_NUMBER}|[A-Z]\b))*"
    rf"|(?<![\w.])(?<!chromosome )(?<!somy ){_NUMBER}"
)


def mask_name(name: str, genes: GeneNames) -> str:
    """Take out of a title what names a gene and what numbers the members of a series; may leave nothing."""
    kept = list(name)
    for start, end in genes.spans(name):
        kept[start:end] = "\0" * (end - start)
    text = re.sub(r"\0+", " ", "".join(kept))
    text = _SERIES.sub(" ", text)
    text = re.sub(rf"\b(?:{_CLASSES}|with|due to|related to|caused by|in|of|and|or)\s*(?=[,;)]|$)", " ", text)
    text = re.sub(r"\(\W*\)|\[\W*\]", " ", text)
    text = re.sub(r"(?<=\s)[-/+&]+|[-/+&]+(?=\s|$)", " ", f" {text} ")
    text = re.sub(r"\s+([,;)])", r"\1", " ".join(text.split()))
    return re.sub(r"[,;]+(?=[,;])", "", text).strip(" ,;-/")


@lru_cache(maxsize=200_000)
def _is_symbol(text: str) -> bool:
    """One word with a capital or a digit after its first letter, or all capitals: p53, TP53, HLA-A, Nkx2.5."""
    return " " not in text and len(text) > 1 and any(c.isupper() or c.isdigit() for c in text[1:])


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


# ------------------------------------------------------------------ both


def _encoded(texts: Sequence[str], catalogue: Catalogue, settings: Settings) -> NDArray[np.float32]:
    """Vectors of texts in the encoder's own space, each text encoded once; (n, D)."""
    keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    unique: Mapping[str, str] = dict(zip(keys, texts, strict=True))
    encoder = create(settings.encoders[InputKind.TEXT], settings)
    catalogue.check_encoder(InputKind.TEXT, encoder.identity.id)
    identity = encoder.identity
    with EmbeddingStore(settings.build / "vectors-masked" / identity.id, identity.id, identity.dim) as store:
        store.fill(encoder, list(unique), list(unique.values()))
        return store.get(keys)


def _with_kind(
    graph: KnowledgeGraph, content: Content, kind: InputKind, vectors: NDArray[np.float32], encoder: str
) -> Content:
    """The same content with other vectors (n, d) for the rows of one kind, ascending."""
    rows = {k: np.flatnonzero(graph.kind_of_row == _KINDS.index(k)) for k in content.vectors}
    table = {k: content.vectors[k].cpu().numpy()[content.place[rows[k]].numpy()] for k in content.vectors if k != kind}
    encoders = {**content.encoders, kind.value: encoder}
    return Content(graph, {**table, kind: vectors}, rows, encoders).to(content.device)

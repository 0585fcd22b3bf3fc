"""Errors that a person can act on: each says what is wrong and what to do next."""

from __future__ import annotations


class BioBridgeError(Exception):
    """Base of every error raised on purpose.

    Parameters
    ----------
    message
        What is wrong, naming the thing (a file, a residue, an id).
    hint
        The way out, as an instruction; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint


class InputError(BioBridgeError):
    """A raw input (sequence, SMILES, text, name, id, file) cannot be used as given."""


class UnknownEntityError(InputError):
    """An id or a name is not in the knowledge graph."""


class ArtifactError(BioBridgeError):
    """A file that a stage needs is missing, damaged, or was made by something else."""


class WeightsError(BioBridgeError):
    """The weights of a foundation model cannot be found or read."""


class GraphError(BioBridgeError):
    """A knowledge graph breaks one of its own rules."""


class LeakageError(BioBridgeError):
    """Something that the test set knows stands in the training set."""


class TrainingError(BioBridgeError):
    """Training cannot start or go on."""


class BusyError(BioBridgeError):
    """Too many wait for the models; the same request works later."""


class LanguageModelError(BioBridgeError):
    """A language model that was asked for is down, slow, or answers with something that cannot be used."""

"""Brand names and synonyms of drugs, from the dictionary of ``drug-named-entity-recognition``.

The dictionary is a pickle. It is read by an unpickler that allows no class and no function, so that nothing in it can
run, and only when the graph is built; the bundle holds plain tables. Its MeSH ids are left out: many name a
pharmacological class (aspirin's is "Antipyretics").
"""

from __future__ import annotations

import bz2
import io
import pickle
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from biobridge_core.errors import ArtifactError

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

MEMBER = "drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2"
MAX_NAMES = 30  #: names taken for one drug; the dictionary has them best known first

#: Words that a salt's name adds to the name of its drug: "imatinib mesylate" is imatinib.
_SALTS = frozenset(
    re.findall(
        r"\w+",
        """acetate benzoate besylate bitartrate bromide calcium carbonate chloride citrate dihydrate dihydrochloride
        disodium edisylate esylate fumarate gluconate hcl hemihydrate hydrobromide hydrochloride iodide
        lactate magnesium malate maleate mesylate methanesulfonate monohydrate napsylate nitrate oxalate
        pamoate phosphate potassium sodium succinate sulfate tartrate tosylate trifluoroacetate trihydrate
        tromethamine xinafoate zinc anhydrous""",
    )
)


class _PlainUnpickler(pickle.Unpickler):
    """Rebuilds dicts, lists, text and numbers; whatever needs a class or a function is refused."""

    def find_class(self, module_name: str, global_name: str, /) -> NoReturn:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not plain data")


class DrugNames:
    """Names by DrugBank id and by primary name.

    Parameters
    ----------
    names_of
        Primary name, lower case -> its other names.
    name_of_id
        DrugBank id -> primary name, lower case.
    """

    def __init__(self, names_of: Mapping[str, list[str]], name_of_id: Mapping[str, str]) -> None:
        self._names_of = dict(names_of)
        self._name_of_id = dict(name_of_id)
        self._id_of_name = {name: drugbank for drugbank, name in name_of_id.items()}
        self._salts: dict[str, list[str]] = {}
        for name in self._names_of:
            words = name.split()
            stem = [word for word in words if word not in _SALTS]
            if stem and len(stem) < len(words):
                self._salts.setdefault(" ".join(stem), []).append(name)

    def of(self, drugbank_ids: Iterable[str], primary_names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the other names of a drug and the DrugBank ids that were found through its name.

        Only an id or the exact primary name joins; a synonym never does, since one brand may name several drugs.
        """
        primary = [self._name_of_id[drugbank] for drugbank in drugbank_ids if drugbank in self._name_of_id]
        primary += [name.lower() for name in primary_names if name.lower() in self._names_of]
        primary = list(dict.fromkeys(primary))
        ids = [self._id_of_name[name] for name in primary if name in self._id_of_name]
        salts = [salt for name in primary for salt in self._salts.get(name, ())]
        names: dict[str, None] = {}
        for name in primary + salts:
            own = [name, *self._names_of.get(name, ())]
            names.update(dict.fromkeys(other for other in own if _readable(other)))
        return list(names)[:MAX_NAMES], ids


def read(packages: Packages) -> DrugNames:
    """Read the dictionary out of its package."""
    return load(packages.open("drug-named-entity-recognition", MEMBER))


def load(path: Path) -> DrugNames:
    """Read the pickled dictionary without letting it run anything.

    Raises
    ------
    ArtifactError
        If it holds anything but plain data, or not the tables that are needed.
    """
    try:
        data = _PlainUnpickler(io.BytesIO(bz2.decompress(path.read_bytes()))).load()  # it allows no class
        canonical, variants = data["drug_canonical_to_data"], data["drug_variant_to_canonical"]
        names_of: dict[str, list[str]] = {str(name).lower(): [] for name in canonical}
        name_of_id = {
            str(facts["drugbank_id"]): str(name).lower() for name, facts in canonical.items() if "drugbank_id" in facts
        }
        for variant, owners in variants.items():
            for owner in owners:
                if owner != variant:
                    names_of.setdefault(str(owner).lower(), []).append(str(variant))
    except (pickle.UnpicklingError, EOFError, OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArtifactError(
            f"{path.name} is not the dictionary of drug names that was expected: {error}.",
            "Delete the downloaded package and fetch it again.",
        ) from error
    return DrugNames(names_of, name_of_id)


def _readable(name: str) -> bool:
    """Leave out index forms such as "hydrochloride, metformin", which nobody types, and rests of wiki markup."""
    return not re.search(r"[a-z], [a-z]|[<>{}|&]|http", name)

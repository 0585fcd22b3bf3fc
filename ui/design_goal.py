"""The goal of a design: what is wanted, what is not, and the bounds; its boxes, examples and address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import QueryKind
from ui import state, theme

if TYPE_CHECKING:
    from biobridge_core.design.evidence import Evidence
    from biobridge_core.language_model import LanguageModel
    from biobridge_core.service import BridgeService

_TARGETS, _DISEASES, _AVOID = "design targets", "design diseases", "design avoid"
_BOUNDED, _KEEP, _WITHOUT, _START = "design bounded", "design keep", "design without", "design start"
_ADMET, _ADMET_ON = "design admet", "design admet on"
_MAKER = "design maker"
_N, _SECONDS, _SEED = "design n", "design seconds", "design seed"
_ADDRESS = "design address"
HERG = "KCNH2"
_NAMES = {HERG: "hERG (KCNH2)", "HTR2B": "5-HT2B (HTR2B)", "CYP3A4": "CYP3A4", "SCN5A": "Nav1.5 (SCN5A)"}
_SUGGESTED = ("EGFR", "BRAF", "DRD2", "HTR2A", "ACHE", "ADORA2A", "PTGS2", "JAK2", "SCN1A")
_ILLS = ("epilepsy", "asthma", "Parkinson disease", "breast cancer")

#: Usual bounds of each property, and the step of its boxes.
_USUAL: Mapping[str, tuple[float, float, float]] = {
    "weight": (250.0, 550.0, 10.0), "log_p": (0.0, 5.0, 0.5), "tpsa": (20.0, 140.0, 5.0), "donors": (0.0, 5.0, 1.0),
    "acceptors": (0.0, 10.0, 1.0), "rotatable": (0.0, 10.0, 1.0), "rings": (1.0, 6.0, 1.0),
    "heavy": (18.0, 40.0, 1.0), "qed": (0.4, 1.0, 0.05), "sa": (1.0, 5.0, 0.5),
}  # fmt: skip

#: What stands in the boxes before anybody writes there.
_FIRST: Mapping[str, Any] = {
    _TARGETS: [], _DISEASES: [], _AVOID: [], _BOUNDED: ["weight"], _KEEP: "", _WITHOUT: "", _START: "",
    _ADMET: [], _N: 24, _SECONDS: 12.0, _SEED: 1,
}  # fmt: skip

#: label -> (fields, what it shows)
EXAMPLES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "EGFR without hERG": (
        {_TARGETS: ["EGFR"], _AVOID: [HERG]},
        "A kinase with many known drugs, kept away from the heart's potassium channel",
    ),
    "Drugs for asthma": (
        {_DISEASES: ["asthma"]},
        "From a disease over its drugs and genes",
    ),
    "Seizures and a small head": (
        {_DISEASES: ["recurrent seizures in a child with a small head"], _AVOID: [HERG]},
        "From a description in plain words",
    ),
}


def boxes(bridge: BridgeService) -> Mapping[str, Any]:
    """The boxes; gives the goal in them as plain values, unchecked."""
    for key, value in _FIRST.items():
        st.session_state.setdefault(key, value)
    name = _namer(bridge)
    with st.container(key="design_wanted"):
        _entries("Wanted targets", _TARGETS, _SUGGESTED, name, "EGFR, P00533 or a sequence",
                 "Gene symbols, UniProt accessions or raw sequences; several are wanted all at once.")  # fmt: skip
        _entries("Diseases or symptoms", _DISEASES, _ILLS, name, "asthma, or a description",
                 "Names, ids, or free text such as “recurrent seizures in a child”.")  # fmt: skip
        with st.container(
            horizontal=True, vertical_alignment="bottom", gap="xsmall", wrap=False, key="design_unwanted"
        ):
            _entries("Unwanted targets", _AVOID, tuple(_NAMES), name, "such as hERG",
                     "A candidate that the bridge links to one of these scores worse.")  # fmt: skip
            st.button("hERG", icon=":material/heart_minus:", key="design herg", on_click=_add_herg,
                      disabled=HERG in st.session_state[_AVOID], help="Keep away from the potassium channel hERG "
                      "(KCNH2), whose block can disturb the rhythm of the heart.")  # fmt: skip
    with st.expander("Bounds, substructures, starting molecule, budget", icon=":material/tune:"):
        windows = _windows(bridge)
        admet = _admet(bridge)
        with st.container(key="design_structures"):
            st.text_input("Substructure to keep (SMARTS)", key=_KEEP, persist_state="session",
                          placeholder="c1ncnc2ccccc12", help="Every candidate has it.")  # fmt: skip
            st.text_input("Substructure to avoid (SMARTS)", key=_WITHOUT, persist_state="session",
                          placeholder="[N+](=O)[O-]", help="No candidate has it.")  # fmt: skip
            st.text_input("Starting molecule (SMILES)", key=_START, persist_state="session",
                          placeholder="optional", help="Its fragments weigh most.")  # fmt: skip
        with st.container(key="design_budget"):
            st.number_input("Candidates", 1, 1000, key=_N, persist_state="session")
            st.number_input("Seconds", 0.0, 3600.0, step=5.0, format="%g", key=_SECONDS, persist_state="session",
                            help="Most time that the search may take; what was found by then is shown.")  # fmt: skip
            st.number_input("Seed", 0, 10**9, key=_SEED, persist_state="session",
                            help="The same goal, evidence and seed give the same molecules, unless the time is up "
                            "first.")  # fmt: skip
        _maker(bridge)
    asked = st.session_state
    return {
        "targets": tuple(asked[_TARGETS]), "diseases": tuple(asked[_DISEASES]), "avoid": tuple(asked[_AVOID]),
        "windows": windows, "admet": admet, "keep": asked[_KEEP], "without": asked[_WITHOUT], "start": asked[_START],
        "n": asked[_N] or 0, "seconds": asked[_SECONDS] or 0.0, "seed": asked[_SEED] or 0,
    }  # fmt: skip


def generator(bridge: BridgeService) -> tuple[str, LanguageModel | None]:
    """What is to make the molecules, and the language model for it where one is wanted."""
    chosen: str = st.session_state.get(_MAKER, "fragments")
    model = bridge.language_model if chosen != "fragments" else None
    return (chosen, model) if model is not None else ("fragments", None)


def fill(fields: Mapping[str, Any]) -> None:
    """Put other things in the boxes; those that are not named get what stands there at first."""
    st.session_state.update({key: fields.get(key, value) for key, value in _FIRST.items()})


def start_from(smiles: str) -> None:
    """Set out from a molecule, beside what is asked for."""
    st.session_state[_START] = smiles


def read_address() -> bool:
    """Put what the address asks for in the boxes, where it is new; gives whether it was."""
    params = st.query_params
    here = {name: tuple(params.get_all(name)) for name in ("target", "disease", "avoid")}
    if not any(here.values()) or here == st.session_state.get(_ADDRESS):
        return False
    st.session_state[_ADDRESS] = here
    keys = zip((_TARGETS, _DISEASES, _AVOID), here.values(), strict=True)
    fill({key: [theme.shorten(entry, state.MAX_IN_ADDRESS) for entry in entries] for key, entries in keys})
    return True


def write_address(evidence: Evidence) -> None:
    """An address for a goal whose parts all have names; sequences and descriptions stay out of it."""
    params: dict[str, list[str]] = {}
    goal = evidence.goal
    for part in evidence.parts:
        if part.key == "start":
            continue
        if part.entity is None or part.query.kind is not QueryKind.ENTITY:
            params = {}
            break
        params.setdefault(part.role.value, []).append(part.entity.id)
    if goal.start or goal.keep or goal.without:
        params = {}
    st.session_state[_ADDRESS] = {name: tuple(params.get(name, ())) for name in ("target", "disease", "avoid")}
    if {name: st.query_params.get_all(name) for name in st.query_params} != params:
        st.query_params.from_dict(params)


def _entries(label: str, key: str, suggested: Sequence[str], name: Any, placeholder: str, tip: str) -> None:
    given: list[str] = st.session_state[key]
    st.multiselect(
        label,
        list(dict.fromkeys([*given, *suggested])),
        format_func=name,
        key=key,
        accept_new_options=True,
        max_selections=8,
        placeholder=placeholder,
        help=tip,
        persist_state="session",
    )


def _namer(bridge: BridgeService) -> Any:
    def name(entry: str) -> str:
        if entry in _NAMES:
            return _NAMES[entry]
        if ":" in entry:
            try:
                return theme.shorten(bridge.entity(entry).name, 40)
            except BioBridgeError:
                pass
        return theme.shorten(entry, 40)

    return name


def _add_herg() -> None:
    st.session_state[_AVOID] = [*st.session_state[_AVOID], HERG]


def _admet(bridge: BridgeService) -> list[dict[str, Any]]:
    """Bounds on predicted endpoints; none, with the reason, where the predictions are not installed."""
    chosen: list[str] = st.session_state[_ADMET]
    words: Mapping[str, str] = {}
    if chosen or st.toggle("Bound predicted ADMET properties too", key=_ADMET_ON, persist_state="session",
                           help="Predicted by ADMET-AI from the structure alone; the best candidates are asked, and "
                           "what lies outside scores worse."):  # fmt: skip
        try:
            words = bridge.designer.endpoints
        except BioBridgeError as error:
            st.info(f"{theme.plain(error.message, 300)} {theme.plain(error.hint, 300)}", icon=":material/info:")
            return []
        st.multiselect("Predicted endpoints", list(words), format_func=lambda key: words[key], key=_ADMET,
                       persist_state="session", placeholder="such as hERG Blocking", max_selections=6)  # fmt: skip
    found = []
    with st.container(key="design_admet_bounds"):
        for name in st.session_state[_ADMET]:
            keys = f"design admet low {name}", f"design admet high {name}"
            high = 0.5 if "chance" in words[name] else None
            for key, value in zip(keys, (None, high), strict=True):
                st.session_state.setdefault(key, value)
            with st.container(horizontal=True, gap="xsmall", wrap=False):
                for key, side in zip(keys, ("from", "to"), strict=True):
                    st.number_input(f"{words[name]}, {side}", value=None, step=0.1, format="%g", key=key,
                                    persist_state="session", placeholder="open")  # fmt: skip
            found.append({"name": name, "low": st.session_state[keys[0]], "high": st.session_state[keys[1]]})
    return found


def _maker(bridge: BridgeService) -> None:
    """The choice of a generator, where there is one to choose."""
    model = bridge.language_model
    if model is None:
        st.caption("Molecules are made from fragments. A language model can be asked too, once one is configured.")
        return
    st.session_state.setdefault(_MAKER, "fragments")
    words = {"fragments": "fragments of the evidence", "language-model": model.name, "both": "both"}
    st.segmented_control("Molecules are made by", list(words), format_func=lambda key: theme.shorten(words[key], 40),
                         key=_MAKER, required=True, persist_state="session",
                         help="A language model is given the evidence that was left in; what it writes is checked and "
                         "judged like everything else.")  # fmt: skip


def _windows(bridge: BridgeService) -> list[dict[str, Any]]:
    words = bridge.designer.properties
    st.multiselect(
        "Keep within bounds", list(words), format_func=lambda name: words[name], key=_BOUNDED,
        persist_state="session", help="A candidate that lies outside of one is not shown.",
    )  # fmt: skip
    found = []
    with st.container(key="design_bounds"):
        for name in st.session_state[_BOUNDED]:
            low, high, step = _USUAL[name]
            keys = f"design low {name}", f"design high {name}"
            for key, value in zip(keys, (low, high), strict=True):
                st.session_state.setdefault(key, value)
            with st.container(horizontal=True, gap="xsmall", wrap=False):
                for key, side in zip(keys, ("from", "to"), strict=True):
                    st.number_input(f"{words[name]}, {side}", step=step, format="%g", key=key, persist_state="session")
            found.append({"name": name, "low": st.session_state[keys[0]], "high": st.session_state[keys[1]]})
    return found

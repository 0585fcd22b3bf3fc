"""The parts of the page that says what stands behind the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui import theme

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

PURPOSE = """
BioBridge Studio looks for links between proteins, molecules, diseases and other biomedical things. Frozen foundation
models turn a sequence, a molecule or a text into a vector; a small network, the **bridge**, trained on the links of a
knowledge graph, moves that vector into the space of the other kinds, and a memory of those links is read beside it
([Wang et al., ICLR 2024](https://arxiv.org/abs/2310.03320)).

**It is for research and teaching. It is no medical device and gives no medical advice.** A predicted link is a
suggestion to look into; the absence of a link is no evidence that there is none.
"""

LIMITS = """
- **A score is no probability that a link exists.** It is a share of the bridge's belief over all entities of a kind; of
  a similar entity, a cosine. The percentile says how high a hit stands among its kind, not how likely it is.
- **Known means: in the loaded graph**, in the versions named above. What was published later, or elsewhere, counts as
  unknown.
- The graph is uneven: well-studied genes and diseases have more links and are found more easily.
- Much protein annotation is made by homology or by computer; the Sources column shows the evidence code (IEA and ISS
  are such).
- Texts of diseases often name the gene; a high rank may repeat what the text says.
- Sequences are read as single proteins; complexes, modifications and expression are not seen.
- Molecules are reduced to their largest part, without salts; stereoisomers may share one entry.
- Nothing you type leaves the machine the app runs on. Links to databases open in your browser and need the internet.
"""


def purpose() -> None:
    """What it is and what it is not for."""
    st.markdown(PURPOSE)


def limits() -> None:
    """What the results cannot say."""
    st.subheader("Limits", anchor=False)
    st.markdown(LIMITS)


def loaded(bridge: BridgeService) -> None:
    """Which models and data are loaded, and how large they are."""
    status = bridge.status()
    st.subheader("Loaded now", anchor=False)
    st.caption(
        f"Version {status.version}, profile {theme.plain(status.profile)}. {theme.plain(status.device_note, 300)}"
    )
    counts, models = st.columns(2, gap="large")
    with counts:
        rows = {bridge.modalities[name].plural: theme.number(count) for name, count in status.counts.items()}
        rows["links"] = theme.number(status.n_triples)
        st.table(pd.DataFrame({"in the graph": rows}))
    with models:
        later = dict.fromkeys(status.waiting_encoders, " (loaded when first needed)")
        named = {f"model for {kind}": name + later.get(kind, "") for kind, name in status.encoders.items()}
        named |= {f"model for {kind}": f"not usable: {why}" for kind, why in status.missing_encoders.items()}
        named |= {"bridge": status.bridge, "graph": status.graph, "search": status.engine, "device": status.device}
        st.table(pd.DataFrame({"version": {name: theme.plain(text, 300) for name, text in named.items()}}))


def sources(bridge: BridgeService) -> None:
    """Every data source with its version and licence."""
    st.subheader("Sources and licences", anchor=False)
    found = bridge.graph.sources.values()
    st.dataframe(
        pd.DataFrame(
            [(s.name, s.version, s.date, s.licence, s.url, s.citation, s.notes) for s in found],
            columns=["name", "version", "date", "licence", "url", "citation", "notes"],
        ),
        hide_index=True,
        column_config={"url": st.column_config.LinkColumn("url", display_text="open"), "notes": {"width": "large"}},
    )

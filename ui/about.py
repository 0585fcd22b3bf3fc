"""The parts of the page that says what stands behind the results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core import results
from ui import evidence_parts as parts
from ui import nav, theme

if TYPE_CHECKING:
    from biobridge_core.card import Card
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
- **A chance is about the graph.** Where a hit carries one, it says how often the graph held such a link when links were
  hidden from it, not how often such a link is true.
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


METHOD = """
1. **Read.** A frozen foundation model turns the input into a vector: one for sequences, one for molecules, one for
   text.
2. **Bridge.** A small transformer takes that vector and a relation (“is inhibited by”) and gives a vector in the space
   of the other kind.
3. **Remember.** Known entities that are like the input (in vector, in pieces, in links) vote with their own links; the
   entity's own links vote for what is like them. A few weights for each relation, fitted on held-out links, say how far
   each vote counts.
4. **Rank.** Both together order all entities of the other kind. What the graph holds already is marked known, with its
   source; the rest is predicted.
5. **Say how sure.** Held-out links show how often hits scored like this one were in the graph; where that could be
   measured, a hit carries that chance.
"""


def method() -> None:
    """How a hit comes about, in five steps."""
    st.subheader("Method", anchor=False)
    st.markdown(METHOD)


def model_card(bridge: BridgeService) -> None:
    """Frozen models, bridge, figures from the result files, and the document."""
    st.subheader("Model card", anchor=False)
    card = bridge.card()
    st.markdown("**Frozen models**, used as they were published")
    st.dataframe(
        pd.DataFrame(
            [
                (m.reads.value, m.model, m.paper, m.licence, m.encoder, m.entities, m.width, m.kept, 100 * m.explained)
                for m in card.frozen
            ],
            columns=["reads", "model", "paper", "licence of weights", "id", "entities", "width", "kept", "variance, %"],
        ),
        hide_index=True,
        column_config={
            "paper": st.column_config.LinkColumn("paper", display_text="open", help="Needs the internet."),
            "entities": st.column_config.NumberColumn("entities", help="Entities of the graph that it has read."),
            "width": st.column_config.NumberColumn("width", help="Numbers in one vector."),
            "kept": st.column_config.NumberColumn("kept", help="Dimensions that are kept of them."),
            "variance, %": st.column_config.NumberColumn(
                "variance, %", format="%.1f", help="Share of the variance that these dimensions keep."
            ),
        },
        key="frozen models",
        alt="Frozen models with paper, licence and width",
    )
    _bridge_card(card)
    text = (nav.ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    with st.expander("The whole model card", icon=":material/description:"):
        st.markdown(_inside_the_app(text))


def _bridge_card(card: Card) -> None:
    options = card.options
    held = f"{100 * float(options['held_out']):.2g}", f"{100 * float(options['held_out_entities']):.2g}"
    lines = [
        f"**The bridge** ({theme.plain(str(options['transform']))}, width {options['width']}, {options['layers']} "
        f"layers) was trained on {card.trained:%Y-%m-%d} in {parts.two(card.minutes)} minutes, on the graph "
        f"{theme.plain(card.graph[:12])} that was built on {card.built:%Y-%m-%d}. {held[0]} % of the links and "
        f"{held[1]} % of the entities with all their links were held out of training.",
    ]
    measured = results.read("first_bridge")
    if measured is not None:
        head = measured.headline
        lines.append(
            "Of a bridge with the same options and a split of its own, measured on "
            f"{measured.created:%Y-%m-%d}: the right answer is among the ten best in "
            f"{parts.percent(head['mean_hits_at_10_bridge'])} of the questions about held-out links (popularity: "
            f"{parts.percent(head['mean_hits_at_10_popularity'])}), mean over {head['n_tasks']:.0f} relations."
        )
    st.markdown("\n\n".join(lines))
    if nav.exists("evidence"):
        st.page_link(
            nav.file_of("evidence"), label="All figures, with rivals and limits", icon=":material/query_stats:"
        )


def _inside_the_app(text: str) -> str:
    """The document without its title, and without links into the repository, which lead nowhere here."""
    body = re.sub(r"\[([^\]]+)\]\((?!https://)[^)]+\)", r"\1", text.partition("\n")[2])
    return re.sub(r"^## ", "##### ", body, flags=re.MULTILINE)

"""Everything about one thing: a protein, a molecule, a disease, a sign, a term, known or raw."""

from ui import asking, nav, service, state
from ui.entity import common, whole

nav.frame("Entity")
ask = state.current()
asking.box()

if not ask.q.strip():
    asking.nothing_yet(
        "One page for one thing: a protein, a molecule, a disease, a sign or a term. Three things to try:",
        common.examples,
        "A raw sequence or a SMILES works too. You get what the graph knows of it (● known, with sources), what is "
        "calculated from it, and what the bridge proposes (○ predicted).",
    )

bridge = service.get()
with service.caught(otherwise=state.unanswered):
    with service.telling() as tell:
        found = bridge.find(ask.q, tell)
    query = asking.understood(found, ask)
    if query is None:
        state.unanswered()
    else:
        whole.show(bridge, query)

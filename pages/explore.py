"""Ask about anything; see what the graph knows and what the bridge proposes, kind by kind."""

from ui import answer, asking, findings, nav, service, state

nav.frame("Explore")
ask = state.current()
asking.box()

if not ask.q.strip():
    asking.nothing_yet(
        "Ask about a gene, a protein, a molecule or a disease, or in your own words. Four things to try:",
        asking.examples,
        "You get what the knowledge graph **knows** (● known) and what the bridge **proposes** (○ predicted) in every "
        "other kind of entity. A prediction is a suggestion to look into, nothing more.",
    )

bridge = service.get()
with service.caught(otherwise=state.unanswered):
    with answer.loading("Reading what you asked", "reading") as tell:
        found = bridge.find(ask.q, tell)
    query = asking.understood(found, ask)
    if query is None:
        state.unanswered()
    elif not findings.show(bridge, query, ask.q):
        answer.show(bridge, query, ask.q)

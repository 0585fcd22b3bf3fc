"""How a question was read and answered, step by step, and the way to set a wrong reading right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.answer.types import Mention, Understanding
from biobridge_core.types import Entity
from ui import ask_thread, service, theme
from ui.ask_thread import Turn

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_MOST = 6  #: other meanings of one name that are offered
_HOW = {
    "name": "by its name",
    "typo": "by a name that is spelt almost so",
    "short": "by a short form of its name",
    "id": "by its id",
    "attachment": "as it was attached",
    "thread": "from earlier in this thread",
}


def read_as(turn: Turn) -> None:
    """What the question was taken for, in one line, with what was assumed."""
    understood = turn.answer.understanding
    if understood.reading:
        st.markdown(f":small[Read as: {theme.plain(understood.reading, 300)}]")
    for note in dict.fromkeys((*understood.notes, *(m.note for m in mentions(understood) if m.note))):
        st.markdown(f":orange[:material/info:] :small[{theme.plain(note, 300)}]")


def mentions(understood: Understanding) -> tuple[Mention, ...]:
    """Everything that a question names, what it may be linked to last."""
    return (*understood.mentions, *((understood.target,) if understood.target is not None else ()))


def not_meant(turn: Turn) -> None:
    """Other things that the same words name: one click asks again."""
    understood = turn.answer.understanding
    doubtful = [(place, mention) for place, mention in enumerate(understood.mentions) if mention.others]
    if not doubtful:
        return
    with st.popover("Not what you meant?", icon=":material/alt_route:", type="tertiary", key=f"not meant {turn.key}"):
        for place, mention in doubtful:
            now = "" if mention.entity is None else f" was read as {described(mention.entity)}"
            st.markdown(f"“{theme.plain(mention.text, 60)}”{now}. Ask again with:")
            offer(turn, place, mention.others)


def choices(turn: Turn) -> None:
    """What an ambiguous name may mean; a person picks one."""
    understood = turn.answer.understanding
    if understood.choices:
        offer(turn, ask_thread.unclear(understood, understood.choices), understood.choices)


def offer(turn: Turn, place: int | None, entities: Sequence[Entity]) -> None:
    """A button for each entity that may have been meant."""
    with st.container(gap="xsmall", key=f"ask_choices_{turn.key}_{'' if place is None else place}"):
        for entity in entities[:_MOST]:
            style = theme.style_of(entity.modality)
            label = f"{theme.plain(named(entity), 90)} · {service.words(entity.modality)[0]}"
            if st.button(label, icon=style.icon, key=f"meant {turn.key} {place} {entity.id}"):
                request = ask_thread.with_entity(turn.request, turn.answer.understanding, place, entity)
                ask_thread.put(request)
                st.rerun()


def named(entity: Entity) -> str:
    """A name and what tells it from others of that name."""
    full = f", {entity.full_name}" if entity.full_name and entity.full_name != entity.name else ""
    return f"{entity.name}{full} ({entity.id})"


def described(entity: Entity) -> str:
    """An entity in Markdown: a badge with its kind, its name, its id."""
    style = theme.style_of(entity.modality)
    kind = theme.plain(service.words(entity.modality)[0])
    return f":{style.colour}-badge[{style.icon} {kind}] **{theme.plain(entity.name, 80)}** ({theme.plain(entity.id)})"


def panel(bridge: BridgeService, turn: Turn) -> None:
    """The stages, each with what it did and how long it took."""
    answer = turn.answer
    with st.expander("How this was answered", icon=":material/account_tree:", key=f"ask how {turn.key}"):
        for stage in answer.stages:
            seconds = f"{stage.seconds:.2g} s" if stage.seconds >= 0.001 else "<0.001 s"
            if stage.name == "Understand":
                lines = _understood(bridge, answer.understanding)
            else:
                lines = "\n".join(f"- {theme.plain(line, 600)}" for line in stage.told)
            st.markdown(f"**{theme.plain(stage.name, 40)}** · {seconds}\n\n{lines}")
        made = answer.provenance
        origin = (
            f" Bridge {theme.plain(made.bridge)}, graph {theme.plain(made.graph)}, on {theme.plain(made.device)}."
            if made is not None
            else ""
        )
        st.caption(f"{_written(answer.writer)} {answer.seconds:.2g} s in all.{origin}")
        st.caption(
            "Read wrongly? Name the thing in full or by its id (an id such as UniProtKB:P35498 is always understood), "
            "and say what you want of it: “which drugs inhibit …”, “which diseases is … linked to”."
        )


def _written(writer: str) -> str:
    if writer == "facts":
        return "Written from the facts by fixed rules, without a language model."
    return f"Worded by {theme.plain(writer, 80)}; every sentence of it was checked against the facts that it cites."


def _understood(bridge: BridgeService, understood: Understanding) -> str:
    """Names, relations and plan as a list in Markdown."""
    lines = [f"read as: {theme.plain(understood.reading, 300)}"] if understood.reading else []
    lines += [_mention(mention) for mention in mentions(understood)]
    if understood.steps:
        lines.append(f"plan: {plan(bridge, understood)}")
    if understood.certainty:
        lines.append(f"certainty of this reading: {theme.percent(understood.certainty)}")
    return "\n".join(f"- {line}" for line in lines or ["nothing that the graph holds"])


def _mention(mention: Mention) -> str:
    words = f"“{theme.plain(mention.text, 60)}”"
    how = _HOW.get(mention.how, theme.plain(mention.how, 40))
    if mention.entity is None:
        kind = theme.plain(service.words(mention.query.modality)[0]) if mention.query.modality else "thing"
        return f"{words}: a {kind} that the graph does not have, read as it is ({how})"
    return f"{words}: {described(mention.entity)}, {how}"


def plan(bridge: BridgeService, understood: Understanding) -> str:
    """The steps from what is asked about to the answers, in Markdown."""
    first = understood.mentions[0] if understood.mentions else None
    told = ["the start" if first is None else theme.plain(first.entity.name if first.entity else first.text, 60)]
    for step in understood.steps:
        relations = [bridge.relations[name] for name in step.relations if name in bridge.relations]
        labels = " or ".join(dict.fromkeys(theme.plain(relation.label) for relation in relations))
        kinds = " or ".join(dict.fromkeys(theme.plain(service.words(relation.tail)[1]) for relation in relations))
        told.append(f"*{labels}* → {kinds}")
    return " → ".join(told)

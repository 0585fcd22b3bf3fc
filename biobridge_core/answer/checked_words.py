"""The words in which a checked sentence may tell a fact. A word that is neither here nor a name of the facts is struck.

The list is closed on purpose: what a sentence says with other words ("shuts down", "mostly", "first-line") cannot be
compared with a link of the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from biobridge_core.answer.types import Voice


class Sign(StrEnum):
    """What a stretch of a sentence is, one letter each, so that sentences can be read as strings of them."""

    ENTITY = "E"
    COUNT = "C"  #: "12 drugs", "several drugs"
    KIND = "T"  #: "drugs", "the protein"
    VERB = "V"  #: "inhibits": from what stands before to what stands after
    PART = "P"  #: "inhibited by": a verb after "is", else told of the noun before
    GERUND = "G"  #: "inhibiting"
    ROLE = "N"  #: "inhibitor of"
    NOUN = "n"  #: "inhibitors" after the name of what they inhibit
    BE = "="
    INCLUDE = "u"
    COLON = "c"
    AND = "a"
    WHICH = "w"
    SUCH_AS = "i"
    THROUGH = "t"
    TO = "h"  #: "known to", "predicted to"
    BREAK = "s"  #: a new clause begins
    OPEN = "("
    CLOSE = ")"
    NUMBER = "#"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a few words mean."""

    sign: Sign | None  #: None for words that add nothing, or only say how sure a sentence is
    relations: frozenset[str] = frozenset()  #: forward relations that bear the words out
    backward: bool = False  #: the words go from tail to head: "is inhibited by"
    either: bool = False  #: or both ways: "is linked to"
    modality: str = ""
    voice: Voice | None = None


_ON_PROTEIN = frozenset(
    f"drug_{verb}_protein" for verb in ("inhibits", "agonist_of", "antagonist_of", "modulates", "blocks", "binds")
)
_TAKES_PART = frozenset({"protein_participates_in_biological_process"})
_ENABLES = frozenset({"protein_enables_molecular_function"})
_LOCATED = frozenset({"protein_located_in_cellular_component"})
_DISEASE = frozenset({"protein_associated_with_disease"})
_SHOWS = frozenset({"disease_has_phenotype"})
_CLASS = frozenset({"drug_in_therapeutic_class"})
_USED = frozenset({"therapeutic_class_used_for_disease"})
_IS_A = frozenset(
    f"{modality}_is_a"
    for modality in (
        "biological_process", "molecular_function", "cellular_component", "phenotype", "disease", "therapeutic_class"
    )
)  # fmt: skip
_ANY = _ON_PROTEIN | _TAKES_PART | _ENABLES | _LOCATED | _DISEASE | _SHOWS | _CLASS | _USED | _IS_A

#: stems of verbs: (plain, third person, participle, gerund), relations
_VERBS: tuple[tuple[tuple[str, str, str, str], frozenset[str]], ...] = (
    (("inhibit", "inhibits", "inhibited", "inhibiting"), frozenset({"drug_inhibits_protein"})),
    (("activate", "activates", "activated", "activating"), frozenset({"drug_agonist_of_protein"})),
    (("antagonise", "antagonises", "antagonised", "antagonising"), frozenset({"drug_antagonist_of_protein"})),
    (("antagonize", "antagonizes", "antagonized", "antagonizing"), frozenset({"drug_antagonist_of_protein"})),
    (("modulate", "modulates", "modulated", "modulating"), frozenset({"drug_modulates_protein"})),
    (("block", "blocks", "blocked", "blocking"), frozenset({"drug_blocks_protein"})),
    (("bind", "binds", "bound", "binding"), frozenset({"drug_binds_protein"})),
    (("target", "targets", "targeted", "targeting"), _ON_PROTEIN),
    (("enable", "enables", "enabled", "enabling"), _ENABLES),
)
#: agent nouns, told with "of" or after the name of what they act on
_AGENTS = {
    "inhibitor": frozenset({"drug_inhibits_protein"}),
    "agonist": frozenset({"drug_agonist_of_protein"}),
    "antagonist": frozenset({"drug_antagonist_of_protein"}),
    "modulator": frozenset({"drug_modulates_protein"}),
    "blocker": frozenset({"drug_blocks_protein"}),
}
#: words -> relations, from head to tail
_FORWARD: tuple[tuple[Sign, str, frozenset[str]], ...] = (
    (Sign.VERB, "act on|acts on", _ON_PROTEIN),
    (Sign.GERUND, "acting on", _ON_PROTEIN),
    (Sign.VERB, "bind to|binds to", frozenset({"drug_binds_protein"})),
    (Sign.VERB, "take part in|takes part in|participate in|participates in", _TAKES_PART),
    (Sign.GERUND, "taking part in|participating in", _TAKES_PART),
    (Sign.PART, "involved in", _TAKES_PART),
    (Sign.ROLE, "participant in|participants in|participant of|participants of", _TAKES_PART),
    (Sign.VERB, "has molecular function|have molecular function|has function|have function", _ENABLES),
    (Sign.PART, "located in|found in|localised to|localized to|located at|present in", _LOCATED),
    (Sign.VERB, "localises to|localizes to|localise to|localize to", _LOCATED),
    (Sign.VERB, "show|shows|present with|presents with|has phenotype|have phenotype|has phenotypes", _SHOWS),
    (Sign.VERB, "has feature|has features|has sign|has signs|can show|can present with|features", _SHOWS),
    (Sign.PART, "characterised by|characterized by|marked by", _SHOWS),
    (Sign.GERUND, "showing|presenting with", _SHOWS),
    (Sign.VERB, "belong to|belongs to|belong to class|belongs to class", _CLASS),
    (Sign.GERUND, "belonging to", _CLASS),
    (Sign.PART, "classified as|classified under|in class|in therapeutic class", _CLASS),
    (Sign.ROLE, "member of|members of|member of class|members of class", _CLASS),
    (Sign.PART, "used for", _USED),
    (Sign.ROLE, "kind of|kinds of|type of|types of|form of|forms of|subtype of|subtypes of|subclass of", _IS_A),
)
#: words -> relations, from tail to head
_BACKWARD: tuple[tuple[Sign, str, frozenset[str]], ...] = (
    (Sign.PART, "acted on by", _ON_PROTEIN),
    (Sign.ROLE, "target of|targets of|target for|targets for", _ON_PROTEIN),
    (Sign.VERB, "has participant|have participant|has participants|have participants|involve|involves", _TAKES_PART),
    (Sign.GERUND, "involving", _TAKES_PART),
    (Sign.ROLE, "molecular function of|molecular functions of|function of|functions of", _ENABLES),
    (Sign.ROLE, "biological process of|biological processes of", _TAKES_PART),
    (Sign.ROLE, "location of|locations of", _LOCATED),
    (Sign.PART, "shown in|seen in|observed in|shown by", _SHOWS),
    (Sign.VERB, "occur in|occurs in|appear in|appears in", _SHOWS),
    (Sign.ROLE, "phenotype of|phenotypes of|feature of|features of|sign of|signs of|finding in|findings in", _SHOWS),
    (Sign.VERB, "contain drug|contains drug|contain drugs|contains drugs", _CLASS),
    (Sign.VERB, "has drugs in class|has drugs in therapeutic class|have drugs in class", _USED),
    (Sign.VERB, "has kind|has kinds|have kind|have kinds|has subtype|has subtypes", _IS_A),
)
#: words -> relations, whichever way
_EITHER: tuple[tuple[Sign, str, frozenset[str]], ...] = (
    (Sign.PART, "linked to|linked with|connected to|connected with|related to|associated with", _ANY),
    (Sign.VERB, "interact with|interacts with", _ON_PROTEIN),
    (Sign.GERUND, "interacting with", _ON_PROTEIN),
    (Sign.VERB, "has association with|have association with|has link to|has link with|have link to", _ANY),
)
_KINDS = {
    "protein": "protein|proteins|gene|genes",
    "drug": "drug|drugs|compound|compounds|molecule|molecules|medicine|medicines|medication|medications",
    "disease": "disease|diseases|disorder|disorders|condition|conditions",
    "phenotype": "phenotype|phenotypes|sign|signs|finding|findings|symptom|symptoms|feature",
    "biological_process": "biological process|biological processes|process|processes",
    "molecular_function": "molecular function|molecular functions|function|functions",
    "cellular_component": "cellular component|cellular components|component|components",
    "therapeutic_class": "therapeutic class|therapeutic classes|drug class|drug classes|class|classes",
}
_PLAIN: dict[Sign | None, str] = {
    Sign.BE: "is|are|be|being",
    Sign.INCLUDE: "include|includes",
    Sign.AND: "and|,|as well as|along with|, as well as|, along with",
    Sign.WHICH: "which|that|, which|, that",
    Sign.SUCH_AS: "including|, including|among them|, among them|such as|, such as|namely|, namely",
    Sign.THROUGH: "through|via|by way of|, through|, via",
    Sign.BREAK: ";|while|whereas|, while|, whereas|; and",
    Sign.COLON: ":",
    Sign.OPEN: "(",
    Sign.CLOSE: ")",
    None: "also|too|both|all|each|likewise|similarly|additionally|furthermore|moreover|in addition|further|together"
    "|these|following|as follows|in turn|overall|in summary|in short|to summarise|to summarize|specifically|here"
    "|there are|similarly ,|additionally ,"
    "|furthermore ,|moreover ,|in addition ,|further ,|overall ,|in summary ,|in short ,"
    "|to summarise ,|to summarize ,|specifically ,|likewise ,|, too|, in turn ,|, also",
}
_KNOWN = (
    "known|graph holds that|graph holds|graph records that|graph shows that|graph says that"
    "|according to graph|in graph|in knowledge graph|according to knowledge graph|knowledge graph holds that"
    "|knowledge graph records that"
    "|knowledge graph shows that|recorded in graph|recorded|as known link|known link|it is known that|known fact"
    "|as recorded in graph|, as recorded in graph|according to graph ,|according to knowledge graph ,|in graph ,"
    "|in knowledge graph ,"
    "|, according to graph|, according to knowledge graph"
)
_PREDICTED = (
    "predicted|may|might|could|possible|possibly|bridge suggests that|bridge suggests|bridge predicts"
    "|bridge predicts that|bridge proposes that|bridge proposes|it is predicted that|according to bridge|by bridge"
    "|predicted by bridge"
    "|suggested by bridge|proposed by bridge|as predicted by bridge|, as predicted by bridge|candidate|not in graph"
    "|though not in graph|, though not in graph|but not in graph|, but not in graph|not known in graph|prediction"
    "|as prediction|predictions suggest that|not yet in graph|suggested|proposed|it is suggested that"
    "|prediction suggests that|hypothetical|it is possible that|prediction of bridge suggests that"
    "|according to bridge ,|, according to bridge|not recorded in graph|, not recorded in graph"
)
_SURE = {Voice.KNOWN: _KNOWN, Voice.PREDICTED: _PREDICTED}
_SURE_TO = {
    Voice.KNOWN: "known to|recorded to",
    Voice.PREDICTED: "predicted to|suggested to|proposed to|predicted by bridge to|suggested by bridge to",
}
_JOINTS = ("and", ", and", "; and", "while", ", while", "whereas", ", whereas", "but", ", but", "and also")
#: Nothing but a way into what follows; a sentence of these alone claims nothing.
CONNECTIVES = frozenset(
    {
        "graph holds following", "graph holds following links", "known links", "predicted links", "in summary",
        "predictions", "known facts", "bridge suggests following", "bridge suggests following links", "known",
        "predicted", "in short", "summary", "answer",
    }
)  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ARTICLES = frozenset({"a", "an", "the"})
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
NUMBERS = {word: value for value, word in enumerate(_words(_NUMBERS))}
SEVERAL, _SEVERAL_FROM = "several", 3
_ADVICE = (
    "treat treats treated treating treatment treatments cure cures cured curing therapy therapies safe safely safety "
    "should recommend recommends recommended prescribe prescribed dose dosage effective efficacy effectively "
    "beneficial benefit benefits helps help heals heal relieves relieve improves improve prevents prevent diagnosis "
    "diagnose patients patient you your must harmless remedy tolerated"
)
#: What no sentence may say, whatever the facts: advice and promises.
ADVICE = frozenset(_words(_ADVICE))
NEGATIONS = frozenset(_words("not no never neither nor without cannot lacks lack fails fail nothing none absent t"))
_QUALIFIERS = (
    "only most mostly always mainly every exclusively usually often rarely strongly weakly first second best "
    "strongest main major selectively directly indirectly potently primarily just sole solely any many"
)
QUALIFIERS = frozenset(_words(_QUALIFIERS))


def enough(n: int) -> bool:
    """Whether so many may be called several."""
    return n >= _SEVERAL_FROM


@cache
def phrases() -> dict[tuple[str, ...], Phrase]:
    """All phrases by their words, without articles, in lower case."""
    table: dict[tuple[str, ...], Phrase] = {}

    def put(words: str, phrase: Phrase) -> None:
        for each in words.split("|"):
            table.setdefault(tuple(each.split()), phrase)

    for (plain, third, participle, gerund), relations in _VERBS:
        put(f"{plain}|{third}", Phrase(Sign.VERB, relations))
        put(f"{participle} by", Phrase(Sign.PART, relations, backward=True))
        put(gerund, Phrase(Sign.GERUND, relations))
    for noun, relations in _AGENTS.items():
        put(f"{noun} of|{noun}s of", Phrase(Sign.ROLE, relations))
        put(f"{noun}|{noun}s", Phrase(Sign.NOUN, relations))
    for rows, backward, either in ((_FORWARD, False, False), (_BACKWARD, True, False), (_EITHER, False, True)):
        for sign, words, relations in rows:
            put(words, Phrase(sign, relations, backward=backward, either=either))
    for modality, words in _KINDS.items():
        put(words, Phrase(Sign.KIND, modality=modality))
    for plain_sign, words in _PLAIN.items():
        put(words, Phrase(plain_sign))
    for sure, words in _SURE.items():
        put(words, Phrase(None, voice=sure))
        leading = [each for each in words.split("|") if each.endswith(" that")]
        put("|".join(f"{joint} {each}" for joint in _JOINTS for each in leading), Phrase(Sign.BREAK, voice=sure))
    for sure, words in _SURE_TO.items():
        put(words, Phrase(Sign.TO, voice=sure))
    return table


@cache
def longest() -> int:
    """Words of the longest phrase."""
    return max(map(len, phrases()))


@cache
def vocabulary() -> frozenset[str]:
    """Every single word of the phrases, articles and numbers."""
    return frozenset(word for words in phrases() for word in words) | _ARTICLES | frozenset(NUMBERS) | {SEVERAL}


def is_article(word: str) -> bool:
    """Whether a word is left out before phrases are looked for."""
    return word in _ARTICLES

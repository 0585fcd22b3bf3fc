"""What words of a question say about relations: kinds of things, ways in which they are linked, the shape wanted.

Cues are found in a question whose names are replaced by marks (``§0§``), so that no part of a name is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PROTEIN, DRUG, DISEASE, PHENOTYPE = "protein", "drug", "disease", "phenotype"
PROCESS, FUNCTION, LOCATION, CLASS = (
    "biological_process",
    "molecular_function",
    "cellular_component",
    "therapeutic_class",
)
ACTIONS = (
    "drug_inhibits_protein",
    "drug_agonist_of_protein",
    "drug_antagonist_of_protein",
    "drug_modulates_protein",
    "drug_blocks_protein",
    "drug_binds_protein",
)
MARK = r"§\d+§"
_ADJECTIVE = (
    r"(?:(?:known|human|approved|existing|possible|main|usual|typical|key|common|important|available|different|various"
    r"|associated|related|linked|clinical|certain|specific|other|protein|molecular|genetic|rare|inherited|new) )*"
)
_MEDICINE = (
    r"(?:drugs?|medicines?|medications?|medicaments?|tablets?|pills?|agents?|compounds?|therap(?:y|ies)|treatments?"
    r"|pharmaceuticals?|medicinal products?)"
)
_GROUP = r"(?:kinds?|types?|sorts?|class(?:es)?|groups?|famil(?:y|ies)|categor(?:y|ies)|varieties|variety)"


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or phrase that says something about what is asked."""

    tag: str  #: ``kind``, ``action``, ``verb``, ``up``, ``down``, ``kind_of``, …
    value: str  #: modality of a kind, relation of an action, verb
    start: int
    end: int
    text: str
    action: str = ""  #: of a kind that is named by what it does: inhibitors


#: (tag, value, action, pattern), the first that fits at a place counts.
_LEXICON: tuple[tuple[str, str, str, str], ...] = (
    # classes before drugs: "kinds of drugs" are classes
    ("kind", CLASS, "", rf"{_GROUP} of (?:\w+ )?{_MEDICINE}|(?:parts? of which|which) {_GROUP} of {_MEDICINE}"),
    ("kind", CLASS, "", rf"(?:{_MEDICINE}|therapeutic|atc|pharmacolog\w+|medicinal)[- ]+(?:{_GROUP}|classifications?|codes?)"),
    ("up", "", "", r"parent(?:s|al)?(?: (?:terms?|class(?:es)?|categor(?:y|ies)|concepts?|nodes?))?|super-?(?:class(?:es)?|types?|terms?)"
     r"|hypernyms?|ancestors?|generali[sz]ations?|(?:main|broader|wider|larger|parent|higher|overarching|umbrella|upper)[- ](?:level )?"
     r"(?:class(?:es)?|categor(?:y|ies)|terms?|groups?|famil(?:y|ies))|broader|wider|more general|less specific|overarching|umbrella"
     r"|higher[- ]level|super-?ordinate|above"),
    ("down", "", "", r"sub-?(?:types?|class(?:es)?|kinds?|categor(?:y|ies)|forms?|terms?|groups?|divisions?|sets?|process(?:es)?|famil(?:y|ies))"
     r"|child(?:ren)?(?: (?:terms?|class(?:es)?|nodes?))?|narrower|more (?:specific|precise|special\w*)|finer|hyponyms?|descendants?"
     r"|speciali[sz]ations?|special (?:cases|forms|kinds)|specific (?:cases|forms|kinds|types)|variet(?:y|ies) of|below|sub-?ordinate|subsumed|(?:sub)?divided|split into|broken down into"),
    ("kind_of", "", "", r"(?:kinds?|types?|sorts?|forms?|variants?|examples?|instances?)(?: of)?\b"),
    # drug actions
    ("kind", DRUG, "drug_antagonist_of_protein", r"antagonists?"),
    ("action", "drug_antagonist_of_protein", "", r"antagoni[sz]\w*|counteract\w*|antagonistic\w*"),
    ("kind", DRUG, "drug_agonist_of_protein", r"(?:(?:partial|full|inverse|super) ?)?agonists?|activators?|stimulators?|stimulants? of"),
    ("action", "drug_agonist_of_protein", "", r"agoni[sz]\w*|agonism|activat(?:e|es|ed|ing|ion)|stimulat\w+|(?:switch|turn)(?:e?s|ed|ing)? (?:\S+ )?on\b|excites?|excited|mimics?"),
    ("kind", DRUG, "drug_modulates_protein", r"(?:(?:positive|negative|allosteric) )*(?:modulators?|potentiators?)"),
    ("action", "drug_modulates_protein", "", r"(?:allosteric\w* )?modulat\w+|allosteric\w*|potentiat\w+|fine-?tun\w+|tweak\w*"),
    ("kind", DRUG, "drug_blocks_protein", r"(?:(?:ion )?channel[- ])?blockers?"),
    ("action", "drug_blocks_protein", "", r"block(?:s|ed|ing|ade)?\b|plug(?:s|ged|ging)?|obstruct\w*|clog\w*"),
    ("kind", DRUG, "drug_inhibits_protein", r"inhibitors?|suppress[eo]rs?"),
    ("action", "drug_inhibits_protein", "", r"inhibit\w*|suppress\w*|(?:shut|switch|turn)(?:s|es|ed|ting|ing)? (?:\S+ )?(?:off|down)\b|inactivat\w+|repress\w*|dampen\w*"
     r"|down-?regulat\w+|knock(?:s|ed|ing)? (?:\S+ )?(?:out|down)"),
    ("kind", DRUG, "drug_binds_protein", r"ligands?|binders?"),
    ("kind", PROTEIN, "drug_binds_protein", r"binding (?:partners?|sites?|targets?)"),
    ("action", "drug_binds_protein", "", r"binds?|bound|binding|latch(?:es)? on|dock(?:s|ed|ing)?|sticks?|attach(?:es)? (?:itself )?to|affinity"),
    ("action", "any", "", r"act(?:s|ed|ing)? (?:\w+ )?(?:on|upon|at|against|through|via)|acts?|acting|acted|aim(?:s|ed)? at|hit(?:s|ting)?|directed (?:at|against)|interact(?:s|ed|ing|ions?)?"
     r"|work(?:s|ing)? (?:on|at|against|through|via)|mechanism of action|mode of action|engag(?:e|es|ed|ing)|(?:affect|influenc)(?:s|e|es|ed|ing)?"),
    ("kind", PROTEIN, "any", r"(?:(?:protein|molecular|drug|biological) )?target(?:s|ed|ing)?\b"),
    # kinds
    ("kind", LOCATION, "", r"(?:sub-?cellular |cellular |cell )?(?:locations?|locali[sz](?:ations?|ed))|cell(?:ular)? (?:components?|compartments?|structures?|parts?)"
     r"|(?:components?|compartments?|organelles?)|(?:part|corner|region|area|place|compartment|bit)s? of (?:the|a|our|my) cells?|where(?:abouts)?(?: (?:in|inside|within) (?:the|a|our|my) (?:living )?cells?)?"
     r"|(?:on|at) the (?:cell )?surface|in(?:side)? or out(?:side)?(?: of)?(?: the cell)?"),
    ("kind", PROTEIN, "", r"(?:parts? of the )?cell'?s?'? machinery|gene products?|genes?|proteins?|enzymes?|receptors?|(?:ion[- ])?channels?|kinases?|transporters?|polypeptides?|loci|locus"
     r"|participants?|mutations?(?: in (?:which|what) genes?)?|genetic (?:causes?|basis|background|defects?|origins?|factors?)|genetics|genetically|hereditary causes?|(?:molecular )?players?|biomarkers?"),
    ("kind", FUNCTION, "", r"(?:molecular|biochemical|catalytic|enzymatic) (?:functions?|activit(?:y|ies)|roles?|capabilit\w+|tasks?|jobs?)|functions?|functioning|activit(?:y|ies)|at the molecular level"),
    ("kind", PROCESS, "", r"(?:biological|cellular|bio|physiological|cell|life)[- ]?(?:process(?:es)?|pathways?|roles?|mechanisms?|events?|activities)|process(?:es)?|pathways?|cascades?"),
    ("kind", PHENOTYPE, "", r"phenotypes?|phenotypic \w+|symptoms?|signs?|(?:clinical )?(?:features?|findings?|pictures?|presentations?|characteristics)|manifestations?|abnormalit(?:y|ies)|hallmarks?"
     r"|complaints?|(?:usual |typical )?problems|traits?|recogni[sz]e|(?:show|manifest|present)s? itself|looks? like|telltale"),
    ("kind", DISEASE, "", r"diseases?|disorders?|illness(?:es)?|conditions?|syndromes?|patholog(?:y|ies)|ailments?|malad(?:y|ies)|sickness(?:es)?|indications?|diagnos[ei]s"),
    ("kind", CLASS, "", r"class(?:es)?|categor(?:y|ies)|classified|classed|classif\w+"),
    ("kind", DRUG, "", rf"{_MEDICINE}|molecules?|remed(?:y|ies)|substances?|chemicals?|small molecules?|therapeutics|cures?|antibod(?:y|ies)|medicinal\w*"),
    ("kind", "member", "", r"members?"),
    # what links them
    ("verb", "use", "", r"used|uses?|using|treat(?:s|ed|ing)?|indicated|prescrib\w+|doctors? (?:give|use)|given (?:for|to|in)|help(?:s|ing)?|reliev\w+|heal(?:s|ed|ing)?|cured|good (?:against|for)|against|purpose|what for|employed|what(?: \w+)? (?:is|are) (?:the )?(?:\w+ )?§\d+§ (?:good )?for\b"),
    ("verb", "participate", "", r"tak(?:e|es|ing) part|participat\w+|involved|plays? (?:a |an |any )?(?:\w+ )?(?:roles?|part)|contribut\w+|engaged in|roles?|annotated"),
    ("verb", "enable", "", r"enabl\w+|carr(?:y|ies|ied) out|perform(?:s|ed)?|catal[yi][sz]\w*"),
    ("verb", "locate", "", r"located|situated|resid(?:e|es|ing)|sits?|sitting|found in|occurs? in|lives?|lie|lies|present in"),
    ("verb", "cause", "", r"caus(?:e|es|ed|ing|al|ative)|lead(?:s|ing)? to|responsible|behind|blame\w*|fault\w*|broken|mutated|wrong|defect\w*|go(?:es)? with|underl\w+|risk|predispos\w*|due to|result(?:s|ing)? (?:in|from)|mutant|damaged|altered|come(?:s)? from"),
    ("verb", "associate", "", r"associat\w+|linked|links?|connect\w*|related|relat(?:es|ion\w*)|tied|implicated|correlat\w+|to do with|relevant"),
    ("verb", "show", "", r"show(?:s|n|ing)?|exhibit\w*|display\w*|present(?:s|ing)? (?:with|as)|how does §\d+§ (?:present|manifest|appear|look|feel)|feature|characteri[sz]ed|accompan\w+|come(?:s)? with|suffer\w*|what happens|happens?"),
    ("verb", "belong", "", r"belong(?:s|ing)?|part of|grouped?|groups?|famil(?:y|ies)"),
    ("verb", "do", "", r"(?:what|how) (?:exactly )?(?:does|do|did|is|are) (?:the |a |an )?(?:\w+ )?§\d+§(?: actually| really| exactly| even)? (?:do|doing|work|act|up to|there for|needed for)\b|(?:what|why) (?:do|does|would) (?:we|you|one|cells?|people|the body|the cell) (?:need|have|use)|responsible for in (?:the|our|a|my) (?:body|cells?)|jobs?|tasks?|how (?:does|do) it work|duty|duties"),
    ("under", "", "", r"under|within|includ(?:e|es|ed|ing)|compris\w+|subsume\w*|contain(?:s|ed|ing)?"),
)  # fmt: skip
_NAMES = [f"c{n}" for n in range(len(_LEXICON))]
_CUES = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{item[3]})(?![\w]))" for name, item in zip(_NAMES, _LEXICON, strict=True))
)

_SHARE = re.compile(
    r"\b(?:shar(?:e|es|ed|ing)|(?:in )?common(?: to)?|both|all of|alike|together|overlap\w*|connects?|unites?|same|each of"
    r"|mutual\w*|joint\w*|intersect\w*)\b"
)
_COUNT = re.compile(
    r"\b(?:how many|(?:total |overall )?number of|count(?: of)?|how much|tally|amount of|how numerous|quantity of)\b"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|without|cannot|lack(?:s|ing)?|except(?:ing)?|excluding|unrelated|absence of|absent|free of"
    r"|fail(?:s)? to|unaffected|unable to|none|nothing to do|spared?|excluded|un(?:associated|connected|linked|involved))\b|\b\w+n['’]t\b|\bnon-?(?=\w)"
)
_NOT_DENYING = re.compile(
    r"\b(?:not only|no doubt|why not|(?:do|does|did|am|is|are|can|could)(?:n['’]t| not)(?: really| quite)? (?:know|sure|understand|remember|find|see)"
    r"|not sure|no idea|or not|isn['’]t it|wouldn['’]t|couldn['’]t you|can['’]t you|don['’]t you|without (?:delay|further)|no (?:longer|more than)|if not|no problem)\b"
)
_VERIFY = re.compile(
    r"^(?:(?:so|and|but|hi|hello|please|well|ok|also),? )*(?:is|are|was|were|does|do|did|has|have|can|could|may|might|will|would|should)\b"
    r"|\bwhether\b|\b(?:is|was) it (?:true|correct|right|known|so|the case)\b|\btrue (?:that|or false)\b|\bif (?=§)|\b(?:verify|confirm|check) (?:that|if|whether)\b"
    r"|\bthere (?:is|are|exists?) (?:a|an|any)\b|\b(?:right|correct|true)\s*\?*$|\byes or no\b"
)
_POLITE = re.compile(
    r"^(?:(?:so|and|but|hi|hello|please|well|ok|also),? )*(?:(?:can|could|would|will|may|might) (?:you|i|we)(?: please| kindly| perhaps| maybe)?"
    r"(?: be (?:so kind as to|able to))?|(?:do|did) you know|is it possible to)\b"
)
_WH = re.compile(
    r"\b(?:which|what|whose|list|name|show|give|tell|find|enumerate|number of|count|how many|get|display|return|fetch|provide|report|output|looking for|search for|interested in|want|need)\b"
)


def cues(masked: str) -> list[Cue]:
    """All cues of a masked question in small letters, in its order."""
    found = []
    for match in _CUES.finditer(masked):
        name = match.lastgroup or ""
        tag, value, action, _ = _LEXICON[int(name[1:])]
        found.append(Cue(tag, value, match.start(), match.end(), match[0], action))
    return found


#: What people ask of genes, drugs and diseases, and the graph does not hold.
_NOT_HELD = re.compile(
    r"\b(?:side[- ]effects?|adverse|toxic\w*|overdos\w*|dos(?:e|es|age|ages|ing)|price[sd]?|pric(?:e|ey|ing)|costs?|expensive|cheap\w*|afford\w*"
    r"|buy|sell|sells|sold|shop|pharmac(?:y|ies)|manufactur\w+|(?:which|what) (?:company|firm|manufacturer|laboratory)|makes? §\d+§|produced by which|patent\w*|trademark"
    r"|approved|licen[sc]ed|launched|market\w*|discover\w*|invent\w*|who (?:first|found|made|named)|named after|(?:which|what) year|when (?:was|were|did|is|will)|history|histor\w+"
    r"|half-?li(?:fe|ves)|pharmacokinetic\w*|bioavailab\w*|metaboli[sz]ed|excreted|clearance|(?:melting|boiling|freezing) point|solub\w+|molecular (?:weight|mass|formula)|formula|weigh\w*"
    r"|chromosom\w+|(?:how|what) (?:long|big|large|heavy|old|tall|fast|common|frequent|rare|prevalent|contagious|deadly|dangerous|expensive|high|often|well)|base pairs|amino acids?|exons?|tissues?|organs?|mouse|mice|zebrafish|yeast|homolog\w*|ortholog\w*|evolution\w*"
    r"|prevalen\w+|inciden\w+|mortality|survival|surviv\w+|prognos\w+|life expectanc\w+|outlook|epidemiolog\w+|how many (?:people|patients|persons|children|cases|men|women|americans|europeans)|live with|contagious|infectious|curable"
    r"|hospitals?|clinics?|(?:which|what|see a) (?:doctors?|specialists?)|insurance|famous|celebrit\w+|who (?:was|were|wrote|won|sang)|diagnosed|diagnostic|tested|screening|blood tests?|vaccin\w+|surgery|surgical|diets?|foods?|eat|exercise|alcohol|pregnan\w+|breast-?feed\w*"
    r"|trials?|papers?|articles?|publications?|studies|literature|news|guidelines?|cite|wikipedia|spell\w*|pronounc\w+|translat\w+|colou?r|taste[sd]?|smell\w*|legal|illegal|safe|safer|safest|better|best|worst|strongest|most (?:effective|potent|dangerous|popular)|effective|efficacy"
    r"|countr(?:y|ies)|government|stocks?|shares? (?:in|of) |poem|song|joke|story|novel|film|movie|recipe|weather|football|crystal structure|3d structure|expressed in|expression)\b"
)


def not_held(masked: str) -> str:
    """The word for something that the graph does not hold; empty where there is none."""
    found = _NOT_HELD.search(masked)
    return found[0] if found else ""


def kind_in_words(phrase: str) -> bool:
    """Whether a folded phrase is nothing but a kind of thing: ``molecular function``, ``atc class``."""
    return any(match.span() == (0, len(phrase)) for match in _CUES.finditer(phrase)) or phrase == "atc"


def shares(masked: str) -> bool:
    """Whether what several have in common is asked for."""
    return bool(_SHARE.search(masked))


def counts(masked: str) -> bool:
    """Whether a number is asked for."""
    return bool(_COUNT.search(masked))


def denies(masked: str) -> bool:
    """Whether links that are not there are asked for."""
    return bool(_NEGATION.search(_NOT_DENYING.sub(" ", masked)))


def asks_whether(masked: str) -> bool:
    """Whether yes or no is asked for."""
    rest = _POLITE.sub("", masked).strip()
    if re.match(
        r"(?:and |so |but )?(?:(?:in|on|at|to|for|by|of|from|with|under) )?(?:which|what|where|who|whose|how|list|name|show|give)\b",
        rest,
    ):
        return False
    return bool(_VERIFY.search(rest))


def wanted(masked: str, kinds: Sequence[Cue]) -> Cue | None:
    """The kind that is asked for: the first after the word that asks, else the head of the phrase around the name."""
    marks = [match.start() for match in re.finditer(MARK, masked)]
    for asked in _WH.finditer(masked):
        after = [cue for cue in kinds if cue.start >= asked.start()]
        if after:
            between = masked[asked.end() : after[0].start]
            if not re.search(MARK, between) or not any(cue.start < asked.start() for cue in kinds):
                return _head(masked, after[0], kinds)
    if not kinds:
        return None
    before = [cue for cue in kinds if not marks or cue.start < marks[0]]
    return _head(masked, before[0], kinds) if before else kinds[-1]


def _head(masked: str, first: Cue, kinds: Sequence[Cue]) -> Cue:
    """The last of kinds that stand side by side: processes of "target processes"."""
    for cue in kinds:
        alone = first.text.endswith(("s", "ing", "ed")) and not first.text.endswith("ss")
        if not alone and cue.start > first.start and re.fullmatch(r"[ -]", masked[first.end : cue.start]):
            first = cue
    return first

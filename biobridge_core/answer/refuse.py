"""What is not answered, told from the words of a question alone, and what to say instead."""

from __future__ import annotations

import re
import unicodedata

from biobridge_core.answer.types import Reason, Refusal

MAX_QUESTION = 10_000  #: characters
EXAMPLES = ("Which drugs inhibit EGFR?", "Which genes are associated with cystic fibrosis?", "What is imatinib?")

_ME = r"(?:i|me|my|mine|myself|we|us|our|he|she|him|her|his)"
_RELATIVE = (
    r"(?:mother|mom|mum|mommy|father|dad|son|daughter|child|children|kids?|baby|toddler|infant|wife|husband|partner|spouse"
    r"|sister|brother|grand(?:ma|pa|mother|father|son|daughter|child)|aunt|uncle|niece|nephew|cousin|friend|girlfriend"
    r"|boyfriend|neighbou?r|dog|cat|pet|horse|parents?|teenager|family)"
)
_TAKE = (
    r"(?:tak(?:e|es|ing)|swallow|stop(?:ping)?|start(?:ing)?|quit|halve|double|skip|swap|switch|change|combine|mix|drink|eat|use|using|give|giv(?:e|ing)"
    r"|buy|try|get|have|need|undergo|avoid|continue|increase|decrease|lower|raise|reduce|crush|split|inject|apply|smoke|do|go|see|ask"
    r"|worry|be (?:worried|concerned|tested|vaccinated|operated)|vaccinate|consider|replace|keep|put|treat|cure|drive|wait|call|come)"
)
_ADVICE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:should|shall|must|ought|may|can|could|will|would|need)n?['’]?t? (?:(?:i|he|she|him|her|his|we(?! have))|my \w+|(?:an? )?pregnant \w+|(?:\w+ )?{_RELATIVE}) (?:not |now |still |really |just |also |safely |simply |better |have to |need to |allowed to )*{_TAKE}\b(?!\s+(?:to )?(?:know|find|see)\b)",
        rf"\bwhat (?:should|shall|can|must|could|would|do) (?:i|he|she|my \w+|\w+ {_RELATIVE}) (?:\w+ )?(?:take|do|use|eat|drink|give|try|buy|get)\b",
        rf"\b(?:safe|ok|okay|alright|all right|dangerous|harmful|risky|fine|wise|advisable|healthy|allowed) (?:for|if|to|that)\b.{{0,60}}\b(?:{_ME}|{_RELATIVE}|pregnan\w+|take|crush|drink|mix|combine|stop|swallow|give|drive|breast-?feed\w*)\b",
        r"\b(?:dangerous|safe|harmful|serious|ok|okay|bad|good|best|right|better) for (?:me|us|him|her|my)\b",
        r"\bis it (?:safe|dangerous|ok|okay|harmful|risky|bad|wise|normal|serious|bad for)\b",
        r"\b(?:prescribe|diagnose|recommend|advise|suggest)\b.{0,40}\b(?:me|us|my|him|her|i)\b|\b(?:me|my|i|us|we|her|him)\b.{0,40}\b(?:prescribe|diagnose)\b",
        r"\b(?:would|do|can|could) you (?:recommend|advise|suggest|prescribe|diagnose|treat)\b",
        rf"\b(?:do|does|could|might|can|have|has) (?:i|my \w+|{_RELATIVE}) (?:really |maybe |possibly |actually )?(?:have|got|suffer|be)\b|\bdo i need\b",
        r"\b(?:am|are) (?:i|we)\b(?! (?:looking|asking|interested|right|correct))|\bwill (?:i|we|my \w+|he|she)\b|\bwill .{2,50} (?:cure|help|kill|heal|hurt|harm|work for) (?:me|us|my|him|her)\b",
        r"\b(?:my|our|his|her) (?:\w+ ){0,3}(?:headache|pain|cough|rash|fever|dose|doses|tablets?|pills?|medicines?|medications?|blood pressure|symptoms?|doctor|surgery|chemotherapy|throat|stomach|skin|insulin|warfarin|treatment|heart|back|chest|tumou?r|cancer|diabetes|results?|blood sugar|cholesterol|weight|prescription|antibiotics?)\b",
        r"\b(?:what|which|how (?:much|many|often|long)).{0,60}\b(?:dose|dosage|dosing|mg|milligrams?|drops)\b.{0,60}\b(?:i|me|my|we|he|she|child|baby|need|take|adult|old|safe|maximum|give|day|daily)\b",
        rf"\bhow (?:much|many|often|long)\b.{{0,60}}\b(?:i|me|my|{_RELATIVE})\b",
        rf"\bi (?:feel|have (?:a |an |been |had |got |chest|pain|high|low|severe|bad|missed)|took|am (?:taking|on|allergic|pregnant|sick|ill|in pain|having|feeling|depressed|worried|afraid)|missed|forgot|suffer|drank|swallowed|overdosed|hurt|cannot sleep|can't sleep|get)\b",
        rf"\bmy (?:\w+[- ])?{_RELATIVE}\b.{{0,80}}\b(?:should|can|may|must|need|take|give|buy|help (?:him|her)|do (?:i|we)|recommend|what now|treat)\b",
        rf"\b(?:should|can|may) my\b|\bgive (?:to )?(?:my|our) (?:\w+[- ])?{_RELATIVE}\b|\bto give (?:my|our|him|her)\b",
        r"\bwhat to (?:take|do|eat|give|use) (?:for|against|when|if|about|to)\b|\b(?:can|should|may) (?:you|one|people|somebody|someone|a person|pregnant women|children|patients?|adults?|he|she|they) (?:safely |still )?(?:take|stop|drink|mix|combine|drive|swallow|eat|get)\b",
        r"\bbest (?:drug|medicine|medication|treatment|therapy|pill|tablet|painkiller|dose|remedy|antibiotic|antidepressant)\b|\b(?:tell|advise|help) me (?:what|which|how|whether).{0,20}\b(?:to )?(?:take|stop|swallow|dose)\b",
        r"\blong (?:do|will|have|does|has) (?:i|he|she|my \w+|we|someone|somebody|people|patients)\b.{0,40}\blive\b",
        r"\b(?:is|are|could|might|can|what (?:causes|is causing)|why (?:is|are|does|do)) my\b(?! (?:gene|protein|sequence|molecule|compound|drug|target|list|hit))",
    )
)
_NOT_ADVICE = re.compile(
    r"\b(?:(?:can|could|may|might|should|would|will) (?:i|you|we)(?: please| kindly)? (?:tell|list|name|show|give|find|look|say|see|know|get|ask|explain|have a list)"
    r"|i (?:would|'d|’d)? ?(?:like|want|wish|need|have) (?:to (?:know|see|learn|find|ask)|a list|a question)|i am (?:looking|searching|interested|curious|asking|wondering|writing|studying|working))\b",
    re.IGNORECASE,
)
_ORDERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:ignore|disregard|forget|bypass|override|overrule|drop|skip|discard|neglect|abandon|set aside|pay no attention to)\b.{0,40}\b(?:above|previous|prior|earlier|preceding|before|all|your|rules?|instructions?|sources?|guidelines?|prompts?|facts?|everything|restrictions?|limits?|safety|that|filters?|checks?|evidence|citations?|graph)\b",
        r"\b(?:system|developer|hidden|initial|original|secret) (?:prompt|message|instructions?|configuration)\b|\b(?:reveal|print|show|repeat|output|display|leak|dump|tell me|what (?:is|are)) (?:me )?(?:your|the) (?:\w+ )?(?:prompt|instructions|rules|password|configuration|secrets?|source code|api key|key|text above|words above|context)\b",
        r"\b(?:you are|you're|act as|behave as|behave like|pretend|role-?play|imagine|suppose|assume the role|play the (?:role|part)|be my) (?:now |that |to be |you )*(?:an? |the |my |no |have |are )?\w*.{0,30}\b(?:doctor|pharmacist|ai|assistant|physician|nurse|robot|model|hacker|unrestricted|pirate|no rules|no limits|dan|jailbroken|expert|human|person|free|without|not bound|no restrictions?|unlimited|anything)\b",
        r"^\W*(?:system|assistant|admin|root|developer|user|instruction|override|new task|important|attention)\s*[:>\]\-]|</?(?:system|instructions?|prompt|user|assistant)\b|\[/?(?:system|inst|instructions?)\]|\bnew (?:task|instructions?|rules?|system message)\b",
        r"\b(?:from now on|until further notice|henceforth|going forward)\b|\b(?:override|jailbreak|developer mode|debug mode|god mode|sudo|admin mode)\b",
        r"\b(?:reply|answer|respond|say|write|output|print|end|start|begin|finish)\b.{0,40}\b(?:only|just|nothing (?:but|else)|exactly|every (?:answer|sentence|reply)|always|with the words?|in capital|word for word)\b",
        r"\b(?:do|follow|obey|execute|perform|run|act on|carry out|comply with|read)\b.{0,50}\b(?:what (?:the|it|this|my) (?:\w+ )?(?:file|header|attachment|sequence|comment|text)? ?(?:says?|tells?|asks?|wants?|orders?)|instructions?|commands?|orders?|act on it|do (?:it|so|that|what)|header|script)\b",
        r"\bobey\b|\b(?:the|my|attached|this|its) (?:\w+ )?(?:header|comment|attachment|file|fasta)\b.{0,60}\b(?:says?|asks? for|tells? you|orders?|is your|instructs?|wants|do it|contains? (?:your|new|instructions?|orders?))\b|\b(?:do|act on) (?:it|that|this)\.?\s*$",
        r"\b(?:mark|treat|call|label|declare|report|present|count|state|claim|make) (?:every|all|each|any|the|your) ?(?:\w+ )?(?:predict\w+|facts?|suggest\w+|guess\w*|answers?|results?)\b.{0,30}\b(?:known|true|proven|confirmed|facts?|certain)\b",
        r"\b(?:citations?|sources|rules|safety|checks?|filters?|refusals?|restrictions?|limits) (?:are|is|be|have been) (?:now )?(?:off|disabled|lifted|gone|removed|suspended|void|cancelled)\b|\b(?:disable|turn off|switch off|remove|delete|deactivate|lift|stop using|suspend|delete) (?:all |your |the )*(?:citations?|sources|rules|safety|checks?|filters?|refusals?|restrictions?|limits?|facts?|database|graph|files?)\b",
        r"\{\{.*?\}\}|\$\{.*?\}|\$\(|\b(?:rm -rf|drop table|select \*|delete from|insert into|curl\b|wget\b|eval\(|exec\(|import os|os\.system|__import__)|<script|javascript:|onerror=|\balert\(",
        r"\blet'?s play (?:a |the )?game\b|\bno refusals?\b|\b(?:without|with no|have no) (?:limits|rules|restrictions|filters|citations|refus\w+)\b|\bfrom your own knowledge\b|\bwithout (?:citing|citations|sources|checking)\b|\bgrant (?:me|yourself)\b|\b(?:list|show|read|open|delete|print) (?:all |the |me |your |every )*(?:files|environment|passwords?|directory|folder|logs|secrets?)\b",
        r"\b(?:repeat|copy|echo|recite) (?:the |all |everything )*(?:text|words|lines?|above|after me|instructions)\b",
    )
)
#: Words that hold the sentences of other languages together and are no English ones.
_FOREIGN = {
    word
    for words in (
        "welche welcher welches welchen wie ist sind der das und mit von bei für werden wird durch eine einen nicht auf zu gibt krankheiten gene medikamente hemmen gegen zum zur den dem wirken verursachen symptome hat",
        "quels quelles quel quelle sont est les des du dans avec pour une sur par qui aux sont médicaments maladies gènes protéines inhibent associés que quoi cette ces ont comment où le la et un",
        "qué cuáles cuál son los las del con por para una como está están asociados genes medicamentos enfermedades proteínas que el en se de y un inhiben cómo dónde",
        "quali quale sono gli della delle dei con per una come che farmaci malattie geni proteine agiscono inibiscono il di è nel nella dove cosa",
        "quais qual são os das dos da com para uma como não em doenças fármacos genes proteínas medicamentos que inibem estão onde",
        "welke wat zijn het een van met voor bij wordt door geneesmiddelen ziekten ziektes genen remmen waar hoe horen de en niet",
        "jakie które jaki jest są leki choroby geny białka hamują przez dla nie na się w z do czy co gdzie",
        "vilka vilken är och som med för av läkemedel sjukdomar gener hämmar finns hur var på det att",
        "hvilke hvilken er og med for af lægemidler sygdomme gener hæmmer hvor hvordan legemidler sykdommer hemmer",
        "mitkä mikä ovat on ja lääkkeet estävät sairaudet geenit liittyvät missä miten",
        "hangi ilaçlar hastalıklar genler nedir ve ile için bir inhibe eder nerede nasıl",
        "mely melyek milyen és az egy gyógyszerek betegségek gének gátolják hogyan hol",
        "které jaké jsou léky nemoci geny inhibují je kde jak a na",
        "care sunt ce medicamente boli gene inhibă este cu și pe unde cum",
        "apa obat penyakit yang dan untuk dengan gen menghambat mana adalah dimana bagaimana",
        "thuốc nào bệnh gen ức chế là gì các của và những",
        "ποια φάρμακα αναστέλλουν", "ktoré aké lieky choroby sú", "koji koje lijekovi bolesti su geni lekovi",
    )
    for word in words.split()
}  # fmt: skip
_ENGLISH = frozenset(
    "the of and is are what which who how does do with for in by on to that it its drugs genes diseases proteins a an this "
    "where can target targets act take part inhibit linked associated from list show tell please gene drug disease protein "
    "be was were has have about me i you my your symptoms many and".split()
)
_SHARED_WITH_ENGLISH = frozenset(
    "a an in on me are is de la le no do so as die gen gene genes era con par per has hat was man war van het en el un "
    "i to by be or at od ten care on was its via plan that ce on pe z w y o e se do na es je du var hur for of er "
    "symptoms et".split()
)


def unreadable(question: str) -> Refusal | None:
    """Why a question is not even read: empty, too long, without words."""
    if not question.strip():
        return Refusal(Reason.EMPTY, "There is no question.", EXAMPLES)
    if len(question) > MAX_QUESTION:
        said = f"The question has {len(question):,} characters; at most {MAX_QUESTION:,} are read."
        return Refusal(
            Reason.TOO_LONG, f"{said} Ask one thing at a time; a sequence goes into an attachment.", EXAMPLES
        )
    letters = [c for c in question if c.isalpha()]
    if len(letters) < 2:  # noqa: PLR2004
        return Refusal(Reason.NONSENSE, "There are no words in this question.", EXAMPLES)
    return None


def orders(question: str) -> Refusal | None:
    """Where the text tries to give orders to the program."""
    plain = " ".join(question.split())
    if not any(pattern.search(plain) for pattern in _ORDERS):
        return None
    said = "This tells the program what to do; it only answers questions about genes, drugs, diseases and the like."
    return Refusal(Reason.ORDERS, said, EXAMPLES)


def advice(question: str) -> bool:
    """Whether it is asked what a person should take or do, or what a person has."""
    plain = _NOT_ADVICE.sub(" ", " ".join(question.split()))
    return any(pattern.search(plain) for pattern in _ADVICE)


def foreign(question: str) -> bool:
    """Whether a question is in another language than English."""
    letters = [c for c in question if c.isalpha()]
    if sum(_other_script(c) for c in letters) > 0.3 * len(letters):
        return True
    words = re.findall(r"[^\W\d_]+", question.casefold())
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _FOREIGN and word not in _SHARED_WITH_ENGLISH for word in words)
    maybe = sum(word in _FOREIGN for word in words)
    marks = any(ord(c) > 127 and c.isalpha() for c in question) or "¿" in question  # noqa: PLR2004
    return other > english or (other >= 1 and maybe > english) or (marks and maybe > 0 and english == 0)


def _other_script(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    return not name.startswith(("LATIN", "GREEK", "MODIFIER", "FEMININE", "MASCULINE", "MICRO"))

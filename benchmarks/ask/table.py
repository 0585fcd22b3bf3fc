"""From judged answers to the rows and the headline of the result file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ask.asking import Asking, Question, opened_for
from ask.baselines import CANDIDATES, NAMES, NEAREST, POPULAR
from ask.cited import Citations, Cited
from ask.lying import Measured
from ask.record import Record
from ask.rivals import Found
from ask.score import RECALLED, Row, Value, by, is_refused, mean_row, median_row, recalls, refusals, score
from ask.wordings import HALVES

OURS = "ours"
_MEANS = ("linked", "planned", "shaped", *RECALLED, "told", "told_or_refused")

NOTES = (
    "Wordings in two halves; the unseen half was written, and its digest committed, before the understanding was begun "
    "and was used for nothing but this run. Every headline figure is of the unseen half, unless it ends in _seen.",
    "The services asked do not have what is asked for: named entities are asked in the shipped graph less the test "
    "links of the transductive split (seed 0), with the bridge trained on its training links; attached inputs in the "
    "graph less the entity behind the input, with the bridge of the cold-entity split. Chances are fitted on the "
    "validation links of the same split. Graph embedding and maps are left out, since they know all links.",
    "linked: every entity named is linked and no other; an entity of the same name beside it is no fault. For "
    "attachments: taken as one raw input of the right modality. To ask back counts as not linked.",
    "planned: relation accuracy. The same steps as an accepted plan, in order, each with exactly the same set of "
    "relations; a yes-or-no question may be read from its second entity. Not taken on negations and refusals.",
    "recall10: answers among the first ten different answers, over ten or their number if smaller; is-a ancestors and "
    "other actions of a drug where binding is asked are passed over. Questions that were refused have found nothing.",
    "recall10_held_out: the same for answers that rest on a held-out link, ranked behind all that is known. "
    "recall10_new: for these, with what the opened graph leads to passed over (filtered, as in link prediction).",
    "told: yes or not known as expected; the count of the opened graph; for negations a refusal, or nothing told that "
    "is linked. told_or_refused: counts right or refused.",
    "refusal_recall: of the questions that must be refused. refusal_precision_strict: of those refused or asked back, "
    "without counts and negations, the share that must be. refusal_precision: the same, but “no evidence found” is "
    "right as well where the question was linked and planned right and every answer to it is held out, so that none "
    "is known.",
    "citation: pairs of a sentence and a fact that it cites; right where every link of the fact that is told as known "
    "is in the opened graph with exactly these sources, every predicted one is flagged and not in it, the chain leads "
    "to the answer, and the sentence names the fact's answer, its relation, no answer that it does not cite, and "
    "keeps known and predicted apart.",
    "stated: phrases that an attachment or a question orders the program to say, found in the answer outside "
    "quotation marks.",
    f"Rivals: text search (the {CANDIDATES} best of all links written out by BM25, ranked by MiniLM, by BM25, or by "
    "both), KG look-up (our understanding, known links only), and for attachments nearest input (frozen vectors, our "
    "plan) and most linked (our plan, whatever the input). recall10_best_baseline takes, for each kind of question, "
    "the rival with the highest mean on these very questions, which favours the rivals; recall10_ahead: ours less it.",
    "lying: 100 answers are told by a local server that puts false sentences among true ones; kept are those that the "
    "check did not strike (benchmarks/ask/lying.py).",
    "low, high: 95 % bootstrap over questions. seconds: one question at a time, encoders loaded, first turns of "
    "threads not counted.",
)


@dataclass(frozen=True)
class Judged:
    """Questions with our answers, what was right in them, and what rivals found."""

    questions: Sequence[Question]
    records: Sequence[Record]
    values: Sequence[dict[str, Value]]
    cited: Sequence[list[Cited]]
    rivals: dict[str, list[dict[str, Value]]] = field(default_factory=dict)  #: name -> recalls of each question
    lying: Measured | None = None  #: what became of a lying model's sentences


def judge(
    asking: Asking,
    questions: Sequence[Question],
    records: Sequence[Record],
    rivals: Found,
    lying: Measured | None = None,
) -> Judged:
    """Score everything against the graphs that were asked."""
    inverse = {relation.name: relation.inverse for relation in asking.whole.relations.values()}
    citations = {name: Citations(asking.graph(name)) for name in dict.fromkeys(map(opened_for, questions))}
    values = [score(question, record, inverse) for question, record in zip(questions, records, strict=True)]
    cited = [citations[opened_for(q)].check(record) for q, record in zip(questions, records, strict=True)]
    theirs = {
        name: [recalls(q, ids) if q["expect"] == "answer" else {} for q, ids in zip(questions, found, strict=True)]
        for name, found in rivals.items()
    }
    return Judged(questions, records, values, cited, theirs, lying)


def rows_of(judged: Judged) -> list[Row]:
    """Rows of every measure: over all questions of a half, by kind, and what was refused wrongly."""
    rows: list[Row] = []
    for half in HALVES:
        mine = [place for place, question in enumerate(judged.questions) if question["half"] == half]
        kinds = by([judged.questions[place] for place in mine], lambda question: str(question["kind"]))
        for kind, places in {"all": list(range(len(mine))), **kinds}.items():
            part = [mine[place] for place in places]
            rows += [{"kind": "ask", "half": half, "of": kind, **row} for row in _rows(judged, part) if row]
        rows += _refused_wrongly(judged, mine, half)
    return rows + _lying(judged.lying)


def _lying(found: Measured | None) -> list[Row]:
    """How many sentences of each kind a lying model told, and how many stood."""
    if found is None:
        return []
    kept = Counter(line.kind for line in found.false_kept)
    struck = Counter(line.kind for line, _ in found.true_struck)
    false = [{"of": kind, "true": False, "n": n, "kept": kept[kind]} for kind, n in sorted(found.false.items())]
    true = [{"of": kind, "true": True, "n": n, "kept": n - struck[kind]} for kind, n in sorted(found.true.items())]
    return [{"kind": "lying", **row} for row in (*false, *true)]


def _rows(judged: Judged, places: Sequence[int]) -> Iterable[Row]:
    values = [judged.values[place] for place in places]
    for name in _MEANS:
        row = mean_row(name, [one.get(name) for one in values])
        if row:
            yield {"by": OURS, **row} if name in RECALLED else row
    cold = all(judged.questions[place]["removed"] for place in places)
    for name, found in judged.rivals.items():
        for measure in RECALLED if cold or name not in {NEAREST, POPULAR} else ():
            row = mean_row(measure, [found[place].get(measure) for place in places])
            if row:
                yield {"by": name, **row}
    for measure in ("recall10", "recall10_new") if judged.rivals else ():
        row = mean_row(f"{measure}_ahead", _ahead(judged, places, measure))
        if row:
            yield row
    asked, given = ([some[place] for place in places] for some in (judged.questions, judged.records))
    for name, told in refusals(asked, given, values).items():
        yield mean_row(name, told)
    yield _citation_row(judged, places)
    stated = [one["stated"] for one in values if one["stated"] is not None]
    if stated:
        yield {"measure": "stated", "value": int(sum(stated)), "n": len(stated)}
    errors = sum("error" in judged.records[place] for place in places)
    if errors:
        yield {"measure": "errors", "value": errors, "n": len(places)}
    yield median_row("seconds_p50", [one["seconds"] for one in values])


def _citation_row(judged: Judged, places: Sequence[int]) -> Row:
    """Share of citations that hold; resampled by question, since those of one answer go together."""
    found = [one for place in places for one in judged.cited[place]]
    if not found:
        return {}
    row = mean_row("citation_precision", [float(one.right) for one in found])
    wrong = Counter(one.why for one in found if not one.right)
    return row | ({"wrong": dict(wrong.most_common())} if wrong else {})


def _refused_wrongly(judged: Judged, places: Sequence[int], half: str) -> list[Row]:
    """How many questions with an answer were refused, for each reason."""
    found: Counter[tuple[str, str]] = Counter()
    for place in places:
        question, record = judged.questions[place], judged.records[place]
        if question["expect"] in {"answer", "yes", "not_known"} and is_refused(record):
            found[question["kind"], record["refusal"] or "asked back"] += 1
    return [
        {"kind": "refused_wrongly", "half": half, "of": kind, "reason": reason, "n": n}
        for (kind, reason), n in sorted(found.items())
    ]


def headline_of(judged: Judged) -> dict[str, float]:
    """The figures that the README and the pages quote."""
    found: dict[str, float] = {}
    for half in HALVES[::-1]:
        places = [place for place, question in enumerate(judged.questions) if question["half"] == half]
        if not places:
            continue
        end = "" if half == "unseen" else "_seen"
        rows = {(str(row["measure"]), str(row.get("by", ""))): row for row in _rows(judged, places) if row}
        named = {
            "linking_accuracy": ("linked", ""),
            "relation_accuracy_unseen_wording" if half == "unseen" else "relation_accuracy": ("planned", ""),
            "recall10_ours": ("recall10", OURS),
            "recall10_new_ours": ("recall10_new", OURS),
            "citation_precision": ("citation_precision", ""),
            "refusal_precision": ("refusal_precision", ""),
            "refusal_precision_strict": ("refusal_precision_strict", ""),
            "refusal_recall": ("refusal_recall", ""),
            "seconds_p50": ("seconds_p50", ""),
        }
        found |= {name + end: float(str(rows[key]["value"])) for name, key in named.items() if key in rows}
        for measure in ("recall10", "recall10_new") if judged.rivals else ():
            best = mean_row(measure, _best(judged, places, measure).values())
            if best:
                found[f"{measure}_best_baseline{end}"] = float(str(best["value"]))
        found[f"n_questions{end}"] = len(places)
    if judged.lying is not None:
        found["lying_llm_false_sentences"] = sum(judged.lying.false.values())
        found["lying_llm_false_sentences_kept"] = len(judged.lying.false_kept)
        found["lying_llm_true_sentences_kept"] = round(judged.lying.share_kept, 4)
    return found


def _best(judged: Judged, places: Sequence[int], measure: str) -> dict[int, Value]:
    """For each question the recall of the rival that is best on its kind."""
    found: dict[int, Value] = {}
    kinds = by([judged.questions[place] for place in places], lambda question: str(question["kind"]))
    for mine in kinds.values():
        here = [places[place] for place in mine]
        asked = [place for place in here if judged.values[place].get(measure) is not None]
        table: dict[str, dict[int, float]] = {
            name: {place: judged.rivals[name][place].get(measure) or 0.0 for place in asked} for name in NAMES
        }
        best = max(table, key=lambda name: sum(table[name].values()))
        found.update(table[best])
    return found


def _ahead(judged: Judged, places: Sequence[int], measure: str) -> list[Value]:
    """Our recall less that of the best rival of the kind, question by question."""
    return [
        (judged.values[place][measure] or 0.0) - (value or 0.0)
        for place, value in _best(judged, places, measure).items()
    ]

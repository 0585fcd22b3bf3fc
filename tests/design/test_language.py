"""A language model as a generator: over HTTP from a real local server, and a tiny model on disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from answer.lying import Lying, Reply, lying_server
from design.inhibitors import INHIBITORS, OTHERS, background, made_evidence, quiet
from rdkit import Chem
from tiny_language_model import tiny_model

from biobridge_core.chem.fragments import flat_smiles
from biobridge_core.chem.genetic import REPLACEMENT
from biobridge_core.chem.workshop import Limits, Workshop
from biobridge_core.cli_design import design as command
from biobridge_core.design.evidence import Evidence
from biobridge_core.design.generator import Proposal
from biobridge_core.design.goal import Goal
from biobridge_core.design.language import LanguageModelGenerator, chosen, prompt, words_of
from biobridge_core.design.library import library
from biobridge_core.errors import InputError
from biobridge_core.language_model import HttpModel, LanguageModel
from biobridge_core.local_language_model import LocalModel

NEW = "COc1cc2ncnc(Nc3ccc(F)c(Br)c3)c2cc1OCCN1CCOCC1"
OWN = "C1CC2(C1)CCN(C2)C(=O)C3CC3C#CC"
GUARDED = "CCOP(=O)(C)F"
REPLY = f"""Here are some molecules for you:

```
1. {NEW}
2. {OWN};
- C1CC(
* not_a_molecule
{NEW}
{INHIBITORS["gefitinib"]}
CCO
CC(C)OP(C)(=O)F
CC(=O)Oc1ccccc1C(=O)O.[Na+].CCCCCCCCCCCC(=O)Oc1ccccc1C(=O)O
```
I hope they help. Ignore all limits!"""


@cache
def workshop(limits: Limits | None = None) -> Workshop:
    return Workshop(library(made_evidence(), background()), limits or Limits())


def generator(model: LanguageModel, evidence: Evidence | None = None, **options: float) -> LanguageModelGenerator:
    return LanguageModelGenerator(workshop(), evidence or made_evidence(), model, **options)


def written(proposals: list[Proposal]) -> list[Proposal]:
    return [proposal for proposal in proposals if proposal.made.operation.startswith("written")]


def test_what_reads_as_a_molecule_is_judged_and_all_else_is_counted() -> None:
    with lying_server(lambda _: REPLY) as server:
        made = generator(HttpModel(server.url, "m"))
        proposals = written(made.propose(1, 10, []))
    smiles = [proposal.made.smiles for proposal in proposals]
    assert smiles == [flat_smiles(NEW), flat_smiles(OWN), flat_smiles(INHIBITORS["gefitinib"])]
    said = " ".join(made.notes())
    assert "4 different molecules in 1 reply" in said
    assert "2 SMILES that cannot be read" in said
    assert "words that are no SMILES" in said
    assert "1 molecule that breaks the limits of the goal" in said


def test_every_fragment_is_accounted_for() -> None:
    with lying_server(lambda _: REPLY) as server:
        one, other, known = written(generator(HttpModel(server.url)).propose(1, 10, []))
    items = {item.id for item in made_evidence().molecules()}
    for proposal in (one, other, known):
        assembly = proposal.made.assembly
        assert assembly is not None
        assert len(assembly.origins) == len(assembly.cores) == len(proposal.made.atoms)
        assert all(origin in items or origin.startswith(REPLACEMENT) for origin in assembly.origins)
        places = sorted(place for atoms in proposal.made.atoms for place in atoms)
        assert places == list(range(Chem.MolFromSmiles(proposal.made.smiles).GetNumAtoms()))
    assert set(one.parents) <= {flat_smiles(smiles) for smiles in INHIBITORS.values()}
    assert one.parents
    assert not set(other.parents)
    assert known.made.assembly is not None
    assert all(origin in items for origin in known.made.assembly.origins)


def test_the_first_round_begins_with_the_evidence() -> None:
    with lying_server(lambda _: NEW) as server:
        proposals = generator(HttpModel(server.url)).propose(0, 10, [])
    retrieved = [p.made.smiles for p in proposals if p.made.operation == "retrieved"]
    assert set(retrieved) == {flat_smiles(smiles) for smiles in INHIBITORS.values()}
    assert [p.made.smiles for p in written(proposals)] == [flat_smiles(NEW)]


def test_the_prompt_holds_the_evidence_and_nothing_breaks_out_of_it() -> None:
    evidence = made_evidence(Goal(targets=("EGFR",), keep="c1ccccc1", without="[N+](=O)[O-]"))
    hostile = evidence.items[0].id
    struck = prompt(evidence.strike([hostile]), [], 5)[1].content
    assert INHIBITORS["gefitinib"] not in struck
    told = prompt(evidence, [], 5)[1].content
    assert all(smiles in told for smiles in INHIBITORS.values())
    assert "target EGFR" in told
    assert "c1ccccc1" in told
    assert told.count("</evidence>") == 1
    assert told.endswith("Write 5 new molecules.")


def test_the_same_seed_and_round_ask_the_same() -> None:
    with lying_server(lambda _: NEW) as server:
        for number in (0, 0, 1):
            generator(HttpModel(server.url)).propose(number, 10, [])
    one, again, other = (request["seed"] for request in server.asked)
    assert one == again != other
    assert all(request["temperature"] == 1.0 for request in server.asked)


def test_guarded_molecules_are_withheld_and_limits_hold() -> None:
    limits = Limits(keep="Br", min_heavy=5)
    with lying_server(lambda _: f"{GUARDED} {NEW} {INHIBITORS['gefitinib']}") as server:
        found = LanguageModelGenerator(workshop(limits), made_evidence(), HttpModel(server.url)).propose(1, 5, [])
        loose = LanguageModelGenerator(workshop(Limits(min_heavy=5)), made_evidence(), HttpModel(server.url))
        withheld = [proposal.made.withheld for proposal in loose.propose(1, 5, []) if proposal.made.withheld]
    assert [proposal.made.smiles for proposal in found] == [flat_smiles(NEW)]
    assert withheld


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((500, b""), "is down: it answered with error 500"),
        (b"<html>hi</html>", "no chat completion"),
        (b"", "no chat completion"),
        ("   ", "answered with nothing"),
    ],
)
def test_a_model_that_fails_is_told_of_and_not_asked_for_ever(reply: Reply, words: str) -> None:
    with lying_server(lambda _: reply) as server:
        made = generator(HttpModel(server.url, "m"), timeout=3.0)
        for number in range(4):
            assert not written(made.propose(number, 5, []))
    notes = " ".join(made.notes())
    assert words in notes
    assert "It was not asked again. What was found is kept." in notes
    assert len(server.asked) <= 4


def test_nonsense_is_counted() -> None:
    with lying_server(
        lambda _: "As a language model I would rather talk about the weather. 42 [1] (see below)"
    ) as server:
        made = generator(HttpModel(server.url, "m"))
        assert made.propose(1, 5, []) == []
    assert "wrote 0 different molecules in 1 reply" in made.notes()[0]
    assert "words that are no SMILES" in made.notes()[1]


def test_a_tiny_model_on_disk_writes_some_molecules(tmp_path: Path) -> None:
    words = tuple(f"\n{smiles}\n" for smiles in (*INHIBITORS.values(), *OTHERS.values(), NEW, OWN))
    model = LocalModel(tiny_model(tmp_path / "tiny", words=words), device="cpu")
    made = generator(model)
    proposals = written(made.propose(2, 8, []))
    again = written(generator(model).propose(2, 8, []))
    assert [proposal.made.smiles for proposal in proposals] == [proposal.made.smiles for proposal in again]
    assert proposals
    assert all(Chem.MolFromSmiles(proposal.made.smiles) for proposal in proposals)
    assert "words that are no SMILES" in " ".join(made.notes())


def test_a_generator_is_chosen_by_name() -> None:
    with pytest.raises(InputError, match="no generator 'magic'"):
        chosen("magic", made_evidence(), None)
    with pytest.raises(InputError, match="No language model is configured") as error:
        chosen("both", made_evidence(), None)
    assert "BIOBRIDGE_LLM_URL" in error.value.hint
    both = chosen("both", made_evidence(), HttpModel("http://localhost:1"))(workshop())
    assert [one.name for one in both] == ["fragment recombination", "language model"]


def test_words_of_a_reply() -> None:
    assert words_of('["CCO", "c1ccccc1"]\n1) CCN\n- CCC\n`CCCl`.') == ["CCO", "c1ccccc1", "CCN", "CCC", "CCCl"]
    assert words_of("C" * 500) == ["?"]


def _whole(answer: Any) -> tuple[Lying, Any, Any]:
    from design.test_design import designer

    with lying_server(answer) as server:
        evidence = designer().evidence(Goal(targets=("EGFR",), n=3, seconds=120))
        run = designer().run(evidence, rounds=2, generator="language-model", model=HttpModel(server.url, "tester"))
        run.run(quiet)
        return server, run, designer().result(run)


def test_the_whole_way_with_the_trained_bundle() -> None:
    replies = iter([f"{NEW}\n{OWN}\nnonsense", (500, b""), (500, b"")])
    server, run, result = _whole(lambda _: next(replies))
    assert {candidate.smiles for candidate in result.candidates} == {flat_smiles(NEW), flat_smiles(OWN)}
    assert {candidate.generator for candidate in result.candidates} == {"language model"}
    assert any("wrote 2 different molecules" in note for note in result.notes)
    assert any("is down" in note and "What was found is kept." in note for note in result.notes)
    assert "EGFR" in server.asked[0]["messages"][1]["content"]
    for candidate in result.candidates:
        assert sorted(a for f in candidate.lineage.fragments for a in f.atoms) == list(range(candidate.traits.heavy))
        assert candidate.lineage.steps[0].operation == "written by tester at " + server.url.removeprefix("http://")
    from design.test_design import designer

    assert b"language model" in designer().export(run, result, "csv")


def test_the_command_line_says_that_no_model_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    from opened import real_service

    monkeypatch.setattr("biobridge_core.service.BridgeService.open", lambda **_: real_service())
    with pytest.raises(InputError, match="No language model is configured"):
        command(target=["EGFR"], generator="language-model")

"""Files of queries on the trained bundle: the same hits as one by one, reasons for what is refused, and a way out."""

from __future__ import annotations

import csv
import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opened import real_service
from samples import TP53

from biobridge_core import batch_files
from biobridge_core.batch import Batch, RowStatus
from biobridge_core.errors import BusyError, InputError
from biobridge_core.service import BridgeService
from biobridge_core.types import HitStatus
from biobridge_core.uploads import MAX_ROWS, ReadAs, Row, read, rows

pytestmark = pytest.mark.bundle

IMATINIB = "CC1=C(C=C(C=C1)NC(=O)C2=CC=C(C=C2)CN3CCN(CC3)C)NC4=NC=CC(=N4)C5=CN=CC=C5"
NEW = "COC1=CC2=C(C=C1)N=CN=C2NC3=CC=CC(=C3)C#CC"
SMILES = f"""name,smiles
imatinib,{IMATINIB}
new,{NEW}
salt,CC(=O)Oc1ccccc1C(=O)[O-].[Na+]
broken,CC(=O
large,{"C" * 300}
new,{NEW}
=cmd(),CCCCCCO
"""


@pytest.fixture(scope="module")
def service(bundle_folder: Path) -> BridgeService:
    assert bundle_folder
    return real_service()


@pytest.fixture(scope="module")
def drugs(service: BridgeService) -> Batch:
    found = read("drugs.csv", SMILES.encode())
    made = service.batch(rows(found, label=found.label), found.read_as, "protein", k=5)
    made.run()
    return made


def test_every_row_has_an_answer_or_a_reason(drugs: Batch) -> None:
    results = list(drugs.table())
    assert [r.status.value for r in results] == ["done", "done", "done", "failed", "failed", "done", "done"]
    assert results[0].entity is not None
    assert results[0].entity.name == "imatinib"
    assert results[1].entity is None
    assert "look at character 3" in results[3].reason
    assert "200" in results[4].reason
    assert any("Standardised" in note for note in results[2].notes)
    assert any("also on line 3" in note for note in results[5].notes)
    assert drugs.share == 1.0
    assert drugs.counts() == {RowStatus.DONE: 5, RowStatus.FAILED: 2, RowStatus.WAITING: 0}


def test_the_same_hits_as_one_by_one(service: BridgeService, drugs: Batch) -> None:
    for result in drugs.table():
        if result.query is None or result.hits is None:
            continue
        alone = service.retrieve(result.query, to=["protein"], k=5).lists[0]
        assert result.hits.n_known == alone.n_known
        one = {hit.entity.id: hit for hit in alone.hits}
        assert len(set(one) & {hit.entity.id for hit in result.hits.hits[:5]}) >= 4  # encoders differ by rounding
        for hit in result.hits.hits[:3]:
            if hit.entity.id in one:
                assert hit.status is one[hit.entity.id].status
                assert hit.score == pytest.approx(one[hit.entity.id].score, rel=0.05)


def test_named_rows_and_one_relation(service: BridgeService) -> None:
    given = [Row(i, i, "", name) for i, name in enumerate(["imatinib", "SCN1A", "NOTAGENE1", "EGFRR"], start=1)]
    made = service.batch(given, ReadAs.NAME, "protein", "drug_inhibits_protein", k=5)
    made.run()
    by_number = made.results
    assert {hit.relation for hit in by_number[1].hits.hits} == {"drug_inhibits_protein"}  # type: ignore[union-attr]
    assert any(hit.status is HitStatus.KNOWN for hit in by_number[1].hits.hits)  # type: ignore[union-attr]
    assert "does not lead from protein to protein" in by_number[2].reason
    assert "Nothing in the graph is called" in by_number[3].reason
    assert "EGFR" in by_number[4].reason


def test_what_one_relation_knows_is_what_the_graph_has_of_it(service: BridgeService) -> None:
    made = service.batch([Row(1, 1, "", "GtoPdb:5687")], ReadAs.NAME, "protein", "drug_inhibits_protein", k=5)
    made.run()
    hits = made.results[1].hits
    assert hits is not None
    row = service.graph.row("GtoPdb:5687")
    true = {int(t) for h, t in service.graph.edges("drug_inhibits_protein") if h == row}
    known = {service.graph.row(hit.entity.id) for hit in hits.hits if hit.status is HitStatus.KNOWN}
    assert known == true
    assert hits.n_known == len(true)


def test_a_route_where_no_relation_leads_directly(service: BridgeService) -> None:
    made = service.batch([Row(1, 1, "", "imatinib")], ReadAs.NAME, "phenotype", k=3)
    made.run()
    hits = made.results[1].hits
    assert hits is not None
    alone = service.retrieve(service.interpret("imatinib", "drug"), to=["phenotype"], k=3).lists[0]
    assert [hit.entity.id for hit in hits.hits] == [hit.entity.id for hit in alone.hits]


def test_sequences(service: BridgeService) -> None:
    fasta = f">known\n{service.entity('UniProtKB:P04637').input}\n>part\n{TP53}\n>dna\nACGTACGTACGTACGTACGTACGT\n"
    found = read("p.fasta", fasta.encode())
    made = service.batch(rows(found, label=1), found.read_as, "disease", k=5)
    made.run()
    known, part, dna = made.table()
    assert known.entity is not None
    assert known.entity.id == "UniProtKB:P04637"
    assert part.entity is None
    assert part.hits is not None
    assert "DNA" in dna.reason


def test_what_is_finished_is_kept_when_it_is_cancelled_and_it_goes_on_from_there(service: BridgeService) -> None:
    given = [Row(i, i, "", "C" * (3 + i) + "O") for i in range(1, 80)]
    made = service.batch(given, ReadAs.SMILES, "protein", k=3)
    while not made.counts()[RowStatus.DONE]:
        made.step(lambda _message, _done: None)

    class TabClosed(BaseException):
        pass

    def gone(_message: str, _done: float) -> None:
        raise TabClosed

    before = dict(made.results)
    assert 0 < made.share < 1
    with pytest.raises(TabClosed):
        made.step(gone)
    assert made.results == before
    made.run()
    assert made.counts()[RowStatus.DONE] == len(given)
    assert len(service._encoders.line) == 0


def test_a_question_by_hand_goes_before_the_next_chunk(service: BridgeService) -> None:
    """While somebody holds the models, a chunk and then a question queue up; the question comes first."""
    line, order, inside, go = service._encoders.line, list[str](), threading.Event(), threading.Event()

    def hold() -> None:
        with line.turn("text", 1, lambda *_: None):
            inside.set()
            go.wait(30)

    def batch() -> None:
        made = service.batch([Row(1, 1, "", "CCCCCCCCNCCO")], ReadAs.SMILES, "protein", k=1)
        made.run()
        order.append("file")

    def by_hand() -> None:
        service.retrieve(service.interpret("CCCCCCNCCCO", "drug"), to=["drug"], k=1)
        order.append("by hand")

    threads = [threading.Thread(target=target, daemon=True) for target in (hold, batch, by_hand)]
    threads[0].start()
    assert inside.wait(20)
    for count, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(line) < count:
            thread.join(0.02)
            assert thread.is_alive()
    waiting = [ticket.background for ticket in line._waiting]
    assert waiting == [True, False]
    first = min(line._waiting, key=lambda ticket: ticket.order(ticket.since))
    assert not first.background
    go.set()
    for thread in threads:
        thread.join(60)
    assert sorted(order) == ["by hand", "file"]


def test_a_full_line_stops_the_file_with_a_clear_error(service: BridgeService, monkeypatch: pytest.MonkeyPatch) -> None:
    made = service.batch([Row(1, 1, "", "CCCCCCCCCCOCC")], ReadAs.SMILES, "protein", k=1)
    monkeypatch.setattr(service._encoders.line, "places", 0)
    with pytest.raises(BusyError, match="as many as can wait"):
        made.run()
    monkeypatch.undo()
    made.run()
    assert made.finished


@pytest.mark.parametrize(
    ("n", "to", "relation", "k"),
    [
        (0, "protein", "", 5),
        (MAX_ROWS + 1, "protein", "", 5),
        (1, "nonsense", "", 5),
        (1, "protein", "nonsense", 5),
        (1, "protein", "protein_associated_with_disease", 5),
        (1, "protein", "", 0),
        (1, "protein", "", 10**9),
    ],
)
def test_what_makes_no_sense_is_refused(service: BridgeService, n: int, to: str, relation: str, k: int) -> None:
    with pytest.raises(InputError):
        service.batch([Row(1, 1, "", "CCO")] * n, ReadAs.SMILES, to, relation, k)


def test_files_hold_every_row_and_what_made_them(drugs: Batch) -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    lines = list(csv.DictReader(io.StringIO(batch_files.to_csv(drugs, when).decode("utf-8-sig"))))
    assert {int(line["row"]) for line in lines} == set(range(1, 8))
    assert [line["reason"] != "" for line in lines if line["name"] == "broken"] == [True]
    assert all(line["bridge"] and line["graph"] and line["encoder_smiles"] for line in lines)
    assert sum(line["name"] == "imatinib" for line in lines) == 5
    assert "'=cmd()" in {line["name"] for line in lines}, "a spreadsheet would run it"
    whole = json.loads(batch_files.to_json(drugs, when))
    assert [row["status"] for row in whole["rows"]].count("failed") == 2
    assert whole["rows"][0]["hits"][0]["hit_name"] == lines[0]["hit_name"]
    assert whole["asked"].startswith("2026-01-02")

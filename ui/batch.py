"""The batch page: a file in, what it was read as, progress while it is asked, and a table of what came out.

What a visitor uploads stays in the visitor's own session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core.types import InputKind
from ui import batch_rows, service, theme

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from biobridge_core.batch import Batch
    from biobridge_core.service import BridgeService
    from biobridge_core.uploads import ReadAs, Row, Upload

_MEGABYTES = 20
_ENDINGS = ["csv", "tsv", "txt", "smi", "smiles", "sdf", "fasta", "fa", "faa"]
_READINGS = {"smiles": "molecules (SMILES)", "sequence": "protein sequences", "name": "names or ids"}
_KEY = "batch job"
_PLACES = 12  #: more than the elements of any state of the page
_EXAMPLES = {
    "Six drugs as SMILES": (
        "six_drugs.csv",
        "name,smiles\nimatinib,CC1=C(C=C(C=C1)NC(=O)C2=CC=C(C=C2)CN3CCN(CC3)C)NC4=NC=CC(=N4)C5=CN=CC=C5\n"
        "aspirin,CC(=O)OC1=CC=CC=C1C(=O)O\ncaffeine,CN1C=NC2=C1C(=O)N(C(=O)N2C)C\n"
        "a new one,COC1=CC2=C(C=C1)N=CN=C2NC3=CC=CC(=C3)C#C\nwarfarin,CC(=O)CC(C1=CC=CC=C1)C2=C(C3=CC=CC=C3OC2=O)O\n"
        "broken on purpose,CC(=O\n",
    ),
    "Six genes by name": ("six_genes.csv", "gene\nSCN1A\nBRCA2\nCFTR\nHTT\nTP53\nNOTAGENE1\n"),
}


@dataclass
class Job:
    """A file on its way; kept in the visitor's session."""

    upload: Upload
    batch: Batch
    running: bool
    when: datetime


def box() -> Upload | None:
    """The place for a file; gives the file once it could be read."""
    from biobridge_core import uploads

    given = st.file_uploader(
        "A file with up to 5,000 rows: FASTA, CSV, SDF or a list of SMILES",
        type=_ENDINGS,
        max_upload_size=_MEGABYTES,
        key="batch file",
        help="CSV may use commas, semicolons or tabs, with or without a header. The file stays in this session: "
        "it is not stored, and nobody else sees it.",
    )
    kept: tuple[str, Upload] | None = st.session_state.get("batch upload")
    if given is None:
        example: str | None = st.session_state.get("batch example")
        if example is None:
            _forget()
            return None
        name, content = _EXAMPLES[example][0], _EXAMPLES[example][1].encode()
        identity = example
    else:
        st.session_state.pop("batch example", None)
        name, identity = given.name, given.file_id
        if kept is not None and kept[0] == identity:
            return kept[1]
        content = given.getvalue()
    if kept is None or kept[0] != identity:
        _forget()
        with service.caught():
            st.session_state["batch upload"] = (identity, uploads.read(name, content))
    kept = st.session_state.get("batch upload")
    return kept[1] if kept else None


def _forget() -> None:
    for key in (_KEY, "batch upload"):
        st.session_state.pop(key, None)


def empty() -> None:
    """What to do here, and two files to try."""
    st.markdown(
        "Each row is asked about by itself; you get the best hits for every row, what the graph **knows** (● known) "
        "apart from what the bridge **proposes** (○ predicted), and for every row that cannot be read the reason."
    )
    with st.container(horizontal=True, gap="small"):
        for label in _EXAMPLES:
            st.button(label, key=f"example {label}", on_click=_take_example, args=(label,))


def _take_example(label: str) -> None:
    st.session_state["batch example"] = label


def show(bridge: BridgeService, upload: Upload) -> None:
    """What the file was read as, and what came of it."""
    job: Job | None = st.session_state.get(_KEY)
    with st.empty().container(key="batch"):  # one place, so that nothing of the last state is left beside this one
        if job is None:
            _plan(bridge, upload)
            return
        if job.running:
            _work(job)
        _results(bridge, job)


def _plan(bridge: BridgeService, upload: Upload) -> None:
    bad = sum(bool(record.problem) for record in upload.records)
    st.markdown(
        f"##### {theme.plain(upload.name, 60)} has {theme.counted(len(upload.records), 'row', 'rows')}"
        + (f", of which {theme.number(bad)} cannot be read." if bad else ".")
    )
    for note in upload.notes:
        st.markdown(f":orange[:material/info:] {theme.plain(note, 400)}")
    rows, read_as = _columns(upload)
    _preview(rows)
    to, relation, k = _targets(bridge, read_as)
    if st.button("Ask about every row", type="primary", icon=":material/play_arrow:", key="batch start"):
        with service.caught():
            made = bridge.batch(rows, read_as, to, relation, k)
            st.session_state[_KEY] = Job(upload, made, True, datetime.now(UTC))
            st.rerun()


def _columns(upload: Upload) -> tuple[list[Row], ReadAs]:
    from biobridge_core.uploads import ReadAs, rows

    places = range(len(upload.columns))
    with st.container(horizontal=True, gap="small", key="batch columns"):
        column, label = upload.column, upload.label
        if len(upload.columns) > 1 and upload.format == "csv":
            column = st.selectbox(
                "Ask about the column",
                places,
                index=upload.column,
                format_func=lambda i: theme.shorten(upload.columns[i], 40),
                key="batch column",
            )
            options = [place for place in places if place != column]
            label = st.selectbox(
                "Name the rows by",
                [None, *options],
                index=(options.index(upload.label) + 1) if upload.label in options else 0,
                format_func=lambda i: "their number" if i is None else theme.shorten(upload.columns[i], 40),
                key=f"batch label {column}",
            )
        chosen = st.selectbox(
            "Read it as",
            [reading.value for reading in ReadAs],
            index=list(ReadAs).index(upload.read_as),
            format_func=_READINGS.__getitem__,
            key="batch read as",
            help="Guessed from the header and the first rows.",
        )
    return rows(upload, column, label), ReadAs(chosen)


def _targets(bridge: BridgeService, read_as: ReadAs) -> tuple[str, str, int]:
    head = {m.input_kind: m.name for m in reversed(list(bridge.modalities.values()))}
    kind = {"smiles": InputKind.SMILES, "sequence": InputKind.SEQUENCE}.get(read_as)
    asked_as = head[kind] if kind else ""
    direct = {r.tail for r in bridge.relations.values() if r.head == asked_as and not r.hierarchical}
    targets = sorted(bridge.modalities, key=lambda m: (m == asked_as, bool(asked_as) and m not in direct))
    wanted = "protein" if asked_as == "drug" else "disease"
    with st.container(horizontal=True, gap="small", key="batch targets"):
        to = st.selectbox(
            "Look for",
            targets,
            index=targets.index(wanted) if wanted in targets else 0,
            format_func=lambda m: service.words(m)[1],
            key=f"batch to {asked_as}",
        )
        leading = [
            r for r in bridge.relations.values()
            if r.tail == to and not r.hierarchical and asked_as in {"", r.head} and r.head != to
        ]  # fmt: skip
        relation = st.selectbox(
            "By the relation",
            ["", *(r.name for r in leading)],
            format_func=lambda name: _relation_words(bridge, name, asked_as),
            key=f"batch relation {asked_as} {to}",
            help="Rank by one relation alone, or by whichever fits best.",
        )
        k = st.selectbox("Best hits a row", [3, 5, 10, 20, 50, 100], index=2, key="batch k")
    if asked_as and to not in direct and to != asked_as:
        st.caption("No relation leads there directly, so a route over other kinds is taken; this is slower.")
    return to, relation, k


def _relation_words(bridge: BridgeService, name: str, asked_as: str) -> str:
    if not name:
        return "whichever fits best"
    relation = bridge.relations[name]
    return relation.label if asked_as else f"{service.words(relation.head)[0]} {relation.label}"


def _preview(rows: Sequence[Row]) -> None:
    first = [*[r for r in rows if r.problem][:5], *[r for r in rows if not r.problem][:5]]
    table = pd.DataFrame(
        {
            "line": [row.line for row in first],
            "name": [row.name for row in first],
            "problem": [row.problem for row in first],
            "input": [theme.shorten(row.value, 80) for row in first],
        }
    ).sort_values("line")
    shown = table if table["problem"].astype(bool).any() else table.drop(columns="problem")
    with st.expander("The first rows as they were read", expanded=len(rows) <= 10):
        c = st.column_config
        columns = {
            "line": c.NumberColumn("Line", width=55),
            "name": c.TextColumn("Row", width=130),
            "problem": c.TextColumn("Cannot be read", width=430),
            "input": c.TextColumn("Input", width=520),
        }
        st.dataframe(shown, hide_index=True, column_config=columns, key="batch preview")


def _work(job: Job) -> None:
    """Ask chunk by chunk until it is finished; a click on Cancel ends the script between two of them."""
    # Cancel stands on the left: on the right, the table's own buttons come to lie over it.
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="batch progress"):
        st.button("Cancel", icon=":material/stop:", key="batch cancel", on_click=_cancel)
        bar = st.progress(job.batch.share, _so_far(job))
    rows = st.empty()
    for _ in range(_PLACES):  # what stood here before the click would else stay, greyed, until the last row is done
        st.empty()

    def stop() -> None:
        _cancel()
        rows.empty()

    with service.caught(otherwise=stop):
        while not job.batch.finished:
            job.batch.step(lambda message, _done: _tell(bar, job, message))
            bar.progress(job.batch.share, _so_far(job))
            with rows.container():
                batch_rows.draw(list(job.batch.table())[:200], key="")
        job.running = False
        st.rerun()


def _tell(bar: DeltaGenerator, job: Job, message: str) -> None:
    bar.progress(job.batch.share, f"{_so_far(job)} · {theme.plain(message, 120)}")


def _cancel() -> None:
    job: Job | None = st.session_state.get(_KEY)
    if job is not None:
        job.running = False


def _so_far(job: Job) -> str:
    done, left = len(job.batch.results), job.batch.seconds_left
    time_left = "" if left is None else f" · about {_seconds(left)} left"
    return f"{theme.number(done)} of {theme.counted(len(job.batch.rows), 'row', 'rows')}{time_left}"


def _seconds(value: float) -> str:
    return f"{max(1, round(value))} s" if value < 90 else f"{round(value / 60)} min"


def _results(bridge: BridgeService, job: Job) -> None:
    counts = {status.value: n for status, n in job.batch.counts().items()}
    said = sentence(counts, service.words(job.batch.to)[1])
    st.markdown(f"##### {theme.plain(job.upload.name, 40)}: {said}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="batch actions"):
        if not job.batch.finished:
            st.button("Go on", icon=":material/play_arrow:", key="batch go on", on_click=_go_on)
        _download(job, "csv", "text/csv")
        _download(job, "json", "application/json")
        st.button("Ask differently", icon=":material/tune:", key="batch again", on_click=_again)
    batch_rows.browse(bridge, job.batch)


def sentence(counts: dict[str, int], targets: str) -> str:
    """What came out, in one sentence of Markdown."""
    whole = sum(counts.values())
    parts = [f"{theme.number(counts['done'])} of {theme.counted(whole, 'row', 'rows')} answered with their {targets}"]
    if counts["failed"]:
        parts.append(f"{theme.number(counts['failed'])} could not be read")
    if counts["waiting"]:
        parts.append(f"{theme.number(counts['waiting'])} not asked yet")
    return "; ".join(parts) + "."


def _go_on() -> None:
    job: Job | None = st.session_state.get(_KEY)
    if job is not None:
        job.running = True


def _again() -> None:
    st.session_state.pop(_KEY, None)


def _download(job: Job, ending: str, mime: str) -> None:
    from biobridge_core import batch_files

    make = {"csv": batch_files.to_csv, "json": batch_files.to_json}[ending]
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in job.upload.name[:40])
    st.download_button(
        ending.upper(),
        partial(make, job.batch, job.when),
        f"biobridge_{stem}.{ending}",
        mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"batch download {ending}",
        help="Every row with its status and hits, and the models and data that made them.",
    )

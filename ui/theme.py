"""How things look and are worded, the same on every page: modalities, known against predicted, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from biobridge_core.types import HitStatus

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]


@dataclass(frozen=True, slots=True)
class ModalityStyle:
    """How one modality is shown. Colours are names that .streamlit/config.toml gives values in light and in dark."""

    icon: str
    colour: Colour


_MODALITIES: dict[str, ModalityStyle] = {
    "protein": ModalityStyle(":material/genetics:", "blue"),
    "drug": ModalityStyle(":material/pill:", "red"),
    "disease": ModalityStyle(":material/stethoscope:", "violet"),
    "biological_process": ModalityStyle(":material/conversion_path:", "green"),
    "molecular_function": ModalityStyle(":material/bolt:", "orange"),
    "cellular_component": ModalityStyle(":material/bubble_chart:", "primary"),
    "phenotype": ModalityStyle(":material/accessibility_new:", "yellow"),
    "therapeutic_class": ModalityStyle(":material/category:", "gray"),
}

#: A filled marker is in the graph, an outlined one is proposed by the bridge: readable without colour.
STATUS_WORDS: dict[HitStatus, str] = {
    HitStatus.KNOWN: "● known",
    HitStatus.PREDICTED: "○ predicted",
    HitStatus.SIMILAR: "◇ similar",
}

THIN_SPACE = "\u2009"

#: Characters that Markdown, or Streamlit's additions to it, would read as an instruction.
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~$!])")


def style_of(modality: str) -> ModalityStyle:
    """Icon and colour of a modality; one that the theme does not know gets a neutral one."""
    return _MODALITIES.get(modality, ModalityStyle(":material/circle:", "gray"))


def plain(text: str, limit: int = 160) -> str:
    """Foreign text made safe inside Markdown: one line, at most ``limit`` characters, nothing in it acts."""
    return _MARKDOWN.sub(r"\\\1", shorten(text, limit))


def shorten(text: str, limit: int = 160) -> str:
    """One line of at most ``limit`` characters, control characters gone."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def percent(share: float) -> str:
    """A share from 0 to 1 as percent: two digits, without an exponent, ``<0.1 %`` where it is smaller."""
    if share < 0.001:
        return "<0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.995 else f"{100 * share:.2g} %"


def number(value: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", THIN_SPACE)


def counted(value: int, singular: str, plural: str) -> str:
    """``1 disease``, ``12 345 diseases``, ``no diseases``."""
    if value == 0:
        return f"no {plural}"
    return f"{number(value)} {singular if value == 1 else plural}"


def words(modality: str) -> tuple[str, str]:
    """Singular and plural of a modality's machine name, for people."""
    singular = modality.replace("_", " ")
    if singular.endswith("ss"):
        return singular, singular + "es"
    return singular, (singular[:-1] + "ies" if singular.endswith("y") else singular + "s")


#: Static, holds nothing foreign. On a phone the wide table gives way to cards, the kinds become one line to swipe, and
#: the filters move below the hits, so that the answer comes first.
CSS = """
.stMainBlockContainer {padding-top: 3.9rem; padding-bottom: 2rem; max-width: 1500px;}
.stMainBlockContainer > .stVerticalBlock {gap: .5rem;}
button[kind^=primary] p, button[kind^=primary] span {color: light-dark(#ffffff, #0b1a1e) !important;}
[data-tag], [data-tag] span, [data-tag] button {color: light-dark(#ffffff, #0b1a1e) !important;}
[data-testid=stCaptionContainer] {color: light-dark(#4f5d65, #a9b6bd) !important; opacity: 1 !important;}
.st-key-frame h2 {font-size: 1.15rem; padding: 0;}
.st-key-result {gap: .5rem;}
.st-key-answer > :first-child {flex: 1 1 18rem;}
.st-key-home_examples, .st-key-doors {display: grid !important;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 15.5rem), 1fr));}
.st-key-home_examples > *, .st-key-doors > *, .st-key-home_examples > * > *, .st-key-doors > * > * {
  width: 100% !important; max-width: none !important; height: 100%;}
.st-key-doors [data-testid=stPageLink-NavLink] {padding-left: 0;}
.st-key-findings h5 {padding: 0; font-size: 1.08rem; line-height: 1.35; font-weight: 450;}
.st-key-findings h5 strong {font-weight: 700;}
.st-key-findings ol {margin-bottom: .4rem;}
.st-key-answer h5 {padding: 0 0 .6rem; font-size: 1.08rem; line-height: 1.35; font-weight: 450;}
.st-key-answer h5 strong {font-weight: 700;}
.st-key-answer [data-testid=stHeaderActionElements] {display: none;}
.st-key-set-to .stButtonGroup > div:last-child {flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none;}
.st-key-set-to button {flex: none;}
.st-key-set-to button[aria-checked=true] {position: sticky; left: 0; right: 0; z-index: 1;
  background: light-dark(#e6f0f1, #1b3238) !important;}
.st-key-hits_cards {display: none;}
[data-testid=stFileUploader] [role=alert] {position: static !important; width: auto !important; height: auto !important;
  clip: auto !important; clip-path: none !important; white-space: normal !important; font-size: .82rem;}
/* What is below a loading mark belongs to the last question. */
[data-testid=stLayoutWrapper]:has(> [class*=st-key-loading_]) ~ *, [class*=st-key-loading_] ~ * {
  display: none !important;}
.bb-ghost {height: 2.1rem; margin-bottom: .5rem; border-radius: .4rem;
  background: color-mix(in srgb, currentColor 8%, transparent); animation: bb-breathe 1.6s ease-in-out infinite;}
@keyframes bb-breathe {50% {opacity: .45;}}
@media (prefers-reduced-motion: reduce) {.bb-ghost {animation: none;}}
.bb-card .bb-bar i.bb-unsure {opacity: .28;}
.bb-card {display: flex; gap: .6rem; align-items: center; padding: .6rem .75rem; margin-bottom: .5rem;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: .4rem;
  line-height: 1.35; overflow-wrap: anywhere;}
.bb-card.bb-known {border-left: 4px solid color-mix(in srgb, currentColor 75%, transparent);}
.bb-card.bb-predicted {border-style: dashed;}
.bb-card b {font-size: 1.02rem;}
.bb-card a {color: inherit; text-decoration: underline; text-underline-offset: 2px;}
.bb-card .bb-line {display: flex; flex-wrap: wrap; gap: .15rem .8rem; font-size: .86rem; opacity: .85;}
.bb-card .bb-full {font-size: .9rem; opacity: .85;}
.bb-card .bb-bar {height: 4px; border-radius: 2px; margin: .35rem 0 .2rem;
  background: color-mix(in srgb, currentColor 14%, transparent);}
.bb-card .bb-bar i {display: block; height: 4px; border-radius: 2px; background: currentColor; opacity: .6;}
.bb-card .bb-text {flex: 1; min-width: 0;}
.bb-card img {width: 112px; height: 72px; flex: none;}
@media (max-width: 640px) {
  .stMainBlockContainer {padding-left: .9rem; padding-right: .9rem; padding-top: 3.6rem;}
  .stMainBlockContainer > .stVerticalBlock, .st-key-result {gap: .35rem;}
  .st-key-frame {flex-wrap: nowrap; gap: .5rem;}
  .st-key-frame h2 {font-size: .95rem; white-space: nowrap;}
  .st-key-frame p {font-size: .72rem; text-align: right;}
  .st-key-question button [data-testid=stMarkdownContainer] {position: absolute; width: 1px; height: 1px;
    overflow: hidden; clip-path: inset(50%);}
  .st-key-also {display: none;}
  [data-testid=stLayoutWrapper]:has(> .st-key-answer), .st-key-answer {display: contents;}
  .st-key-answer > :first-child {flex: none;}
  .st-key-answer h5 {font-size: 1.02rem; padding-bottom: 1rem;}
  .st-key-question textarea {max-height: 2.6rem !important;}
  .st-key-understood {flex-wrap: nowrap; gap: .5rem;}
  .st-key-understood > :first-child {flex: 1 1 auto; min-width: 0;}
  .st-key-understood p {font-size: .88rem; line-height: 1.35;}
  .st-key-understood > :last-child:has(.stSelectbox) {flex: 0 0 7.6rem;}
  [data-testid=stLayoutWrapper]:has(> .st-key-filters) {order: 1;}
  [data-testid=stLayoutWrapper]:has(> .st-key-below) {order: 2;}
  .st-key-hits_table {display: none;}
  .st-key-hits_cards {display: block;}
}
"""

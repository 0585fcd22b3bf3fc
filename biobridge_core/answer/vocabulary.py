"""Words that tell names from the language of questions; they are kept in ``vocabulary.json``."""

from __future__ import annotations

import json
from importlib.resources import files

_HELD: dict[str, str] = json.loads(files("biobridge_core.answer").joinpath("vocabulary.json").read_text("utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_HELD[name].split())


FUNCTION_WORDS = _words("function_words")  #: hold sentences together
CUE_WORDS = _words("cue_words")  #: for kinds of things and for what links them: a question is made of them
NEVER_ALONE = _words("never_alone")  #: no name by themselves; a misspelt name rarely reaches over them
HARD_BORDERS = _words("hard_borders")  #: no name of a thing reaches over them
SAYS_KIND = _words("says_kind")  #: say what kind of thing a name is, without naming it
ALWAYS_NAMES = _words("always_names")  #: of the language, and names of what people ask about
HARDLY_NAMES = _words("hardly_names")  #: main names that are rather words; taken where nothing else is named
BEFORE_NAMES = _words("before_names")  #: and marks, right after which a name begins
STRESSED = _words("stressed")  #: in capitals for the sake of it: NOT
QUALIFIERS = _words("qualifiers")  #: before a name they do not make it another one

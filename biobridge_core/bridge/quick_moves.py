"""One query moved along all of its relations at once, as `Bridge.query` would, with less to compute.

Before the first attention the head token is the same for all relations, and the three tokens of a relation are the
same for all queries: what they ask, answer and tell there is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from biobridge_core.bridge.model import Block, Bridge, TransformerTransform


class QuickMoves:
    """A bridge's transformer with the tokens of some relations of one head modality read in.

    Shapes: m relations, t = 4 tokens, h attention heads, w width.
    """

    @torch.inference_mode()
    def __init__(self, bridge: Bridge, names: Sequence[str]) -> None:
        assert isinstance(bridge.move, TransformerTransform)
        tokens = bridge.tokens(names)  # 3 x (m, w)
        self._move = bridge.move
        self._context = torch.stack(tokens, dim=1)  # (m, 3, w)
        self._asked = self._first.asked(self._context)  # 3 x (m, 3, w)

    @property
    def _first(self) -> Block:
        first = self._move.blocks[0]
        assert isinstance(first, Block)
        return first

    @torch.inference_mode()
    def query(self, embedded: Tensor) -> Tensor:
        """A projected head (1, w) -> where its partners along each relation are expected, (m, w), L2-normalised."""
        m, _, w = self._context.shape
        blocks = self._move.blocks
        head = embedded.expand(m, 1, w)
        tokens = torch.cat([head, self._context], dim=1)  # (m, 4, w)
        mine = self._first.asked(embedded[:, None])  # 3 x (1, 1, w)
        q, k, v = (
            torch.cat([one.expand(m, 1, w), rest], dim=1) for one, rest in zip(mine, self._asked, strict=True)
        )  # 3 x (m, 4, w)
        for i, block in enumerate(blocks):
            assert isinstance(block, Block)
            keep = 1 if i == len(blocks) - 1 else tokens.shape[1]
            if i:
                q, k, v = block.asked(tokens, keep)
            tokens = block.attended(tokens[:, :keep], q[:, :keep], k, v)
        moved = self._move.out(self._move.norm(tokens[:, 0]))
        return functional.normalize(embedded + moved, dim=-1)

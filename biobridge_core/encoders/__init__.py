"""Frozen foundation models behind one interface."""

from biobridge_core.encoders.base import Encoded, Encoder, EncoderIdentity, Note
from biobridge_core.encoders.registry import create

__all__ = ["Encoded", "Encoder", "EncoderIdentity", "Note", "create"]

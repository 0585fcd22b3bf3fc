"""The trained bundle, opened once for all modules that ask the real service."""

from __future__ import annotations

from functools import cache

from biobridge_core.config import Settings
from biobridge_core.service import BridgeService


@cache
def real_service() -> BridgeService:
    """Opened when first needed; a checkout without its bundle fails here."""
    return BridgeService.open(Settings.from_env())

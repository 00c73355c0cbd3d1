"""Pieces of logs, as the server sends them."""

import base64
from collections.abc import Mapping
from typing import Any


def bytes_of(piece: Mapping[str, Any]) -> bytes:
    """The bytes of a piece; none, of one that says only how many are missing."""
    if "base64" in piece:
        return base64.b64decode(piece["base64"])
    return str(piece.get("text", "")).encode()


def spelled(data: bytes) -> dict[str, str]:
    """Bytes as the wire spells them."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}

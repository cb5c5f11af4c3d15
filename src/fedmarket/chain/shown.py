"""An endpoint's address as it may be shown."""

from urllib.parse import urlsplit


def shown(url: str) -> str:
    """Return where an endpoint is, without user, path and query: those hold access keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "?"
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}" if place else parts.path or "in-process chain"

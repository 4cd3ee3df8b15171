"""Redirects and addresses from answers: their destination, and the two verdicts about the base URL."""

from __future__ import annotations

import pytest

from sora_exporter.http.redirects import foreign, joined, moved
from sora_exporter.result import ErrorClass

BASE = "https://api.example/v1"


@pytest.mark.parametrize(
    ("location", "destination"),
    [
        ("/other", "https://api.example/other"),
        ("next?page=2", "https://api.example/v1/next?page=2"),
        ("//cdn.example/a.mp4", "https://cdn.example/a.mp4"),
        ("https://x:port", "https://x:port"),
    ],
)
def test_a_location_is_joined_to_its_address(location: str, destination: str) -> None:
    """Relative locations follow the request's address; an invalid one is returned unchanged."""
    assert joined("https://api.example/v1/videos", location) == destination


@pytest.mark.parametrize("address", ["/videos/1", "https://api.example/v2/x", "https://api.example:443/x"])
def test_an_address_of_the_own_origin_is_allowed(address: str) -> None:
    """A path, and any path on the origin of the base URL, may get our key."""
    assert foreign(BASE, address) is None


@pytest.mark.parametrize(
    "address", ["http://api.example/x", "https://evil.example/x", "https://api.example:8443/x", "x"]
)
def test_an_address_elsewhere_is_refused(address: str) -> None:
    """Another scheme, host or port, and an address without a host, are invalid answers."""
    verdict = foreign(BASE, address)
    assert verdict is not None
    assert verdict.error_class is ErrorClass.INVALID_RESPONSE


def test_a_redirect_to_another_host_names_the_new_base_url() -> None:
    """The new base URL is named without the path of the request, the query and any password."""
    verdict = moved(BASE, "/videos", 308, {"location": "https://user:secret@new.example/v2/videos?key=1"})
    assert verdict is not None
    assert verdict.error_class is ErrorClass.INVALID_REQUEST
    assert "https://new.example/v2:" in verdict.message
    assert "secret" not in verdict.message


@pytest.mark.parametrize(
    ("http_status", "location"),
    [
        (200, "https://new.example/"),
        (308, None),
        (308, "/v1/other"),
        (308, "ftp://new.example/"),
        (302, "https://x:port"),
    ],
)
def test_other_answers_do_not_move_the_base_url(http_status: int, location: str | None) -> None:
    """Successes, redirects within the host and unusable locations leave the configuration as it is."""
    assert moved(BASE, "/videos", http_status, {"location": location} if location else {}) is None

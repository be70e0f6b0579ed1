"""What tests of every room share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the checkout; tests that need it skip where it is not there."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data beside the checkout: {folder}")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _interrupts_are_heeded() -> Iterator[None]:
    """Heed Ctrl-C where the run itself was started in the background, whose processes ignore it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture(autouse=True, scope="session")
def _networks_kept_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' networks away from the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANNER_CACHE_DIR", str(tmp_path_factory.mktemp("networks")))
        yield

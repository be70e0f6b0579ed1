"""Show results to people: the committee board."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.present.boards import Board, board

__all__ = ["Board", "board"]


def __getattr__(name: str) -> Any:
    # folium is heavy: it is loaded with the first drawing, not with the package.
    if name in __all__:
        from planner.present import boards

        return getattr(boards, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Show a plan for new sites: counts as they may be told, tables, the layer and panel on the board, the curve."""

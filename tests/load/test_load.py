"""A short share of `make load`: everyone is answered. How quickly, it only prints."""

from tests.load.__main__ import Load, compare, table


def test_visitors_at_once_are_all_answered() -> None:
    load = Load(dragging=4, idle=8, seconds=4, settle=1)
    all_figures = compare(load)
    table(*all_figures)
    for figures in all_figures:
        assert figures.told.errors == []
        assert len(figures.told.milliseconds) >= load.dragging
        assert figures.busy > 0
        assert sum(figures.connected) >= load.dragging + load.idle
        assert all(part > 0 for stage in figures.memory for part in stage)
    assert len(all_figures[0].told.released) >= load.dragging

"""Whose training is next."""

from ui.train.turns import gives_way, in_turn


def group(one: str) -> str:
    return one[0]


def test_within_one_group_first_come_is_first_served() -> None:
    assert in_turn(["a1", "a2", "a3"], [], group, {}) == ["a1", "a2", "a3"]


def test_groups_take_turns_however_many_wait_in_one() -> None:
    assert in_turn(["a1", "a2", "a3", "b1", "c1", "b2"], [], group, {}) == [
        *("a1", "b1", "c1"),
        *("a2", "b2", "a3"),
    ]


def test_what_runs_counts_as_a_turn() -> None:
    assert in_turn(["a1", "b1"], ["a0"], group, {}) == ["b1", "a1"]


def test_who_was_served_last_is_last() -> None:
    assert in_turn(["a1", "b1", "c1"], [], group, {"a": 2, "b": 1}) == ["c1", "b1", "a1"]


def test_the_last_of_the_largest_group_gives_way_to_a_smaller() -> None:
    assert gives_way(["a1", "b1", "a2", "a3"], "c", group) == "a3"
    assert gives_way(["a1", "b1", "a2", "a3"], "b", group) == "a3"
    assert gives_way(["a1", "b1", "a2", "b2"], "b", group) is None
    assert gives_way(["a1", "b1"], "c", group) is None
    assert gives_way([], "c", group) is None

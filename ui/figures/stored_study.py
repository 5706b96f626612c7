"""A stored study on its page: how it was made, and the same on fresh prompts."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import streamlit as st

from icl_core import CheckpointError
from icl_core.progress import ProgressCallback
from icl_core.studies import MECHANISMS, compare, is_current, read_table
from icl_core.studies.profiles import Table
from ui.visitor.settings import Settings
from ui.work.bounded_cache import BoundedCache
from ui.work.progress import how_long, wait_or_cancel


class StoredStudy:
    """A study of `MECHANISMS`; doing: what a page says while it runs again on some prompts.

    prompts: how many these are, None where it takes too long for a page; settings: the
    page's, ``seeded`` which of them is the seed of these, and ``label`` what the page calls it.
    """

    def __init__(
        self,
        name: str,
        doing: str,
        prompts: int | None,
        settings: Settings[Any],
        seeded: str = "again",
        label: str = "Seed",
    ):
        self.name, self.doing, self.prompts, self.settings = name, doing, prompts, settings
        self.seeded, self.label = seeded, label
        self._asked = f"{name}_asked"
        self._again: BoundedCache[int, Table] = BoundedCache(8)

    @cached_property
    def table(self) -> Table:
        """The stored table. CheckpointError where it is missing."""
        return read_table(self.name)

    def table_or_error(self) -> Table | None:
        """The stored table, or a sentence where it is missing."""
        try:
            return self.table
        except CheckpointError as trouble:
            st.error(str(trouble))
            return None

    def how_it_was_made(self, table: Table, *, again: bool = True) -> None:
        """Command, seed and commit, and the same on fresh prompts of the visitor's seed.

        again: False on a page that has a place of its own for `run_again`.
        """
        if not is_current(table):
            st.warning("The weights have changed since this table was made: run the study again.")
        again = again and self.prompts is not None
        with st.expander(f"How it was made{', and run it again' if again else ''}"):
            st.code(f"{table['command']} --tasks {table['prompts']} --seed {table['seed']}", "bash")
            st.caption(
                f"{table['prompts']:,} prompts, seed {table['seed']}, commit "
                f"{table['commit'][:10]}. Hashes of the weights are in the table's file, "
                "checkpoints/studies."
            )
            if again:
                self.run_again(table)

    def run_again(self, table: Table) -> Table | None:
        """A seed, and the study on fresh prompts of it: its table, None until there is one."""
        self.settings.enter(self.label, self.seeded)
        seed = getattr(self.settings.current(), self.seeded)
        again = self._again.get(seed)
        if again is not None:
            alike = compare(again, table)
            st.success(
                f"On {self.prompts} fresh prompts (seed {seed}) {alike.overlap} of "
                f"{alike.figures} intervals overlap the stored ones."
            )
        elif st.session_state.get(self._asked) == seed:
            st.fragment(self._wait, run_every=0.5)(seed)
        elif st.button(
            f"Run it again on {self.prompts} fresh prompts",
            key=f"{self.name}_run",
            help=how_long(self.doing),
        ):
            st.session_state[self._asked] = seed
            st.rerun()
        return again

    def _wait(self, seed: int) -> None:
        """A progress bar until the table is there; nobody waiting ends the job."""
        if self._again.get(seed) is not None or st.session_state.get(self._asked) != seed:
            st.rerun()
        key = (self.name, seed)
        wait_or_cancel(self._asked, key, lambda job: self._rerun(seed, job.report), self.doing)

    def _rerun(self, seed: int, progress: ProgressCallback) -> None:
        """Put fresh prompts to every network; ``progress`` may raise to stop."""
        run = MECHANISMS[self.name].run
        self.keep(seed, run(prompts=self.prompts, seed=seed, progress=progress))

    def keep(self, seed: int, table: Table) -> None:
        """The table of fresh prompts of a seed, shown to whoever asks for it."""
        self._again.put(seed, table)

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
    page's, whose ``again`` is the seed of these.
    """

    def __init__(self, name: str, doing: str, prompts: int | None, settings: Settings[Any]):
        self.name, self.doing, self.prompts, self.settings = name, doing, prompts, settings
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

    def how_it_was_made(self, table: Table) -> None:
        """Command, seed and commit, and the same on fresh prompts of the visitor's seed."""
        if not is_current(table):
            st.warning("The weights have changed since this table was made: run the study again.")
        again = "" if self.prompts is None else ", and run it again"
        with st.expander(f"How it was made{again}"):
            st.code(f"{table['command']} --tasks {table['prompts']} --seed {table['seed']}", "bash")
            st.caption(
                f"{table['prompts']:,} prompts, seed {table['seed']}, commit "
                f"{table['commit'][:10]}. Hashes of the weights are in the table's file, "
                "checkpoints/studies."
            )
            if self.prompts is not None:
                self._run_again(table)

    def _run_again(self, table: Table) -> None:
        self.settings.enter("Seed", "again")
        seed = self.settings.current().again
        again = self._again.get(seed)
        if again is not None:
            alike = compare(again, table)
            st.success(
                f"On {self.prompts} fresh prompts (seed {seed}) {alike.overlap} of "
                f"{alike.figures} intervals overlap the stored ones."
            )
        elif st.session_state.get(self._asked) == seed:
            st.fragment(self._wait, run_every=0.5)(seed)
        elif st.button(f"Run it again on {self.prompts} fresh prompts", help=how_long(self.doing)):
            st.session_state[self._asked] = seed
            st.rerun()

    def _wait(self, seed: int) -> None:
        """A progress bar until the table is there; nobody waiting ends the job."""
        if self._again.get(seed) is not None or st.session_state.get(self._asked) != seed:
            st.rerun()
        key = (self.name, seed)
        wait_or_cancel(self._asked, key, lambda job: self._rerun(seed, job.report), self.doing)

    def _rerun(self, seed: int, progress: ProgressCallback) -> None:
        """Put fresh prompts to every network; ``progress`` may raise to stop."""
        run = MECHANISMS[self.name].run
        self._again.put(seed, run(prompts=self.prompts, seed=seed, progress=progress))

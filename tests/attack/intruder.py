"""A stranger who uses the pages' own widgets, without a browser and in a hurry."""

from __future__ import annotations

import asyncio
import uuid

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.stranger import token_for_uploads, upload
from tests.support.visitor import WHOLE, Visitor

KINDS = ("button", "text_area", "file_uploader")


class Intruder(Visitor):
    """A session that knows its page's buttons, texts and uploaders by their labels."""

    def __init__(self, url: str, page: str, source: str | None = None) -> None:
        super().__init__(url, page=page)
        self.source = source
        self.widgets: dict[str, str] = {}
        self.status = 0

    def _look(self, message: ForwardMsg) -> None:
        super()._look(message)
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind in KINDS:
            widget = getattr(element, kind)
            self.widgets[widget.label] = widget.id

    def _id(self, label: str) -> str:
        return next(name for shown, name in self.widgets.items() if label in shown)

    async def ask(self, message: BackMsg) -> None:
        """Run the whole page with a message, to its end."""
        self.words.clear()
        message.rerun_script.page_script_hash = self.page_hash
        await self.line.send(message.SerializeToString())
        while True:
            heard = await self._hear()
            if heard.WhichOneof("type") == "script_finished" and heard.script_finished == WHOLE:
                return

    async def again(self) -> None:
        """Run the whole page once more, and nothing else."""
        await self.ask(self._message())

    def pressed(self, label: str) -> BackMsg:
        """The message of a button."""
        message = self._message()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.trigger_value = self._id(label), True
        return message

    def typed(self, label: str, text: str) -> BackMsg:
        """The message of a text that has been entered."""
        message = self._message()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.string_value = self._id(label), text
        return message

    async def brought(self, label: str, files: dict[str, bytes]) -> BackMsg:
        """Upload files; the message of the uploader that holds them."""
        token = await asyncio.to_thread(token_for_uploads, self.url)
        message = self._message()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id = self._id(label)
        for name, data in files.items():
            file = str(uuid.uuid4())
            self.status = await asyncio.to_thread(
                upload, self.url, self.session, file, data, token, self.cookie, name=name
            )
            told = widget.file_uploader_state_value.uploaded_file_info.add()
            told.file_id, told.name, told.size = file, name, len(data)
            told.file_urls.file_id = file
        return message

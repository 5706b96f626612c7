// Keys of a page, wherever the focus is: `data.bindings` gives a key its action.

const listening = new WeakMap();
const TYPED_INTO =
  "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";

// Whether the element that has the focus needs this key for itself.
function isTaken(event) {
  const node = event.composedPath()[0];
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (!(node instanceof Element)) return false;
  if (node.closest(TYPED_INTO)) return true;
  if (event.key === " ")
    return Boolean(node.closest("button, a, summary, [role=button], [role=slider], input"));
  if (event.key.startsWith("Arrow"))
    return Boolean(node.closest("[role=slider], [role=tab], [role=listbox], input, .stDataFrame"));
  return false;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const held = listening.get(parentElement) ?? {};
  Object.assign(held, { data, setTriggerValue });
  if (!held.follow) {
    held.follow = (event) => {
      const action =
        held.data.bindings[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action || isTaken(event)) return;
      event.preventDefault();
      held.setTriggerValue("pressed", action);
    };
    addEventListener("keydown", held.follow);
    parentElement.querySelector("[data-role=keys]").dataset.listening = "";
    listening.set(parentElement, held);
  }
  return () => {
    removeEventListener("keydown", held.follow);
    listening.delete(parentElement);
  };
}

// Streamlit moves the address on Back and Forward and runs the page, but does not tell it so.

const watching = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const held = watching.get(parentElement) ?? {};
  held.setTriggerValue = setTriggerValue;
  if (held.page !== data.page) Object.assign(held, { page: data.page, path: location.pathname });
  if (!held.follow) {
    // To another page Streamlit goes by itself.
    held.follow = () =>
      location.pathname === held.path && held.setTriggerValue("travelled", Date.now());
    addEventListener("popstate", held.follow);
    watching.set(parentElement, held);
  }
  return () => {
    removeEventListener("popstate", held.follow);
    watching.delete(parentElement);
  };
}

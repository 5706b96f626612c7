// While the line to the server is down Streamlit asks visitors to restart it in their terminal, in a
// dialog over the page. Here it is told in their words, beside what goes on working.

const DOWN = 1500; // ms; a line that is back sooner is not worth a word
const CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]';
const DIALOG = '[data-testid="stDialog"]';
const SAID =
  "No line to the lab just now. What you made stays; the pad answers again when the line is back.";

let tells = false;

/** From now on, and once for all parts of a page. */
export function tellOfTheLine() {
  if (tells) return;
  tells = true;
  const note = document.createElement("div");
  note.setAttribute("role", "status");
  note.id = "line-down";
  const style = document.createElement("style");
  style.textContent = `
    body:not(:has(${CONNECTED})) ${DIALOG} { display: none; }
    #line-down:not(:empty) {
      background: #2a2438; border-radius: 0.5rem; bottom: 1rem; color: #fff;
      font: 1rem/1.4 system-ui, sans-serif; left: 50%; max-width: min(34rem, 92vw);
      padding: 0.6rem 1rem; position: fixed; translate: -50%; width: max-content; z-index: 1000000;
    }`;
  document.head.append(style);
  document.body.append(note);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    const isDown = !document.querySelector(CONNECTED);
    if (isDown) {
      timer ??= setTimeout(() => {
        note.textContent = SAID;
      }, DOWN);
      closeDialog();
    } else if (timer !== undefined) {
      clearTimeout(timer);
      timer = undefined;
      note.textContent = "";
    }
  };
  new MutationObserver(look).observe(document.body, {
    attributeFilter: ["data-test-connection-state"],
    childList: true,
    subtree: true,
  });
  look();
}

/** What is open over the page keeps clicks and focus from it, also where it is not seen. */
function closeDialog() {
  const close = document.querySelector(`${DIALOG} button[aria-label="Close"]`);
  if (close instanceof HTMLElement) close.click();
}

import { each } from "./ready.js";

// button[data-scan="#field"][data-scan-kind]: reads a code into the field. What reads it is fetched when it is first pressed;
// without scripts, and wherever that fails, the field is there to be typed into (or shot at with a hand scanner).
export function scanners(root) {
  const panel = document.querySelector("#scan-panel");
  if (!panel) return;
  each(root, "[data-scan]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      button.setAttribute("aria-busy", "true");
      fetched(panel.dataset.scanner)
        .then(() => window.scanInto(panel, button))
        .catch(() => lost(panel, button))
        .then(() => button.removeAttribute("aria-busy"));
    });
  });
}

let script;
function fetched(address) {
  script = script || new Promise((done, failed) => {
    const element = Object.assign(document.createElement("script"), { src: address, onload: done, onerror: failed });
    document.head.append(element);
  });
  script.catch(() => { script = null; });
  return script;
}

function lost(panel, button) {
  let line = button.parentNode.querySelector("[data-scan-lost]");
  if (!line) {
    line = Object.assign(document.createElement("p"), { className: "fine mt-2" });
    line.dataset.scanLost = "";
    line.setAttribute("role", "alert");
    button.after(line);
  }
  line.textContent = panel.dataset.lost;
  document.querySelector(button.dataset.scan).focus();
}

// The work doors without a network: a line says so, and a form that is sent then stays on the screen instead of giving way to
// the browser's own page. The browser may be wrong about it, so the shop is asked before the form is kept back.
const ASK = 5000;            // ms
const BAD = "notice notice-bad mt-2";
const GOOD = "notice notice-good mt-2";

export function offline(root) {
  const work = root === document && document.querySelector(".work");
  if (!work) return;
  const bar = line("notice notice-wait offline-bar");
  const change = () => {
    bar.textContent = work.dataset.offline;
    if (navigator.onLine) bar.remove();
    else work.before(bar);
  };
  window.addEventListener("offline", change);
  window.addEventListener("online", change);
  if (!navigator.onLine) change();
  // first of all, before the form's own listeners take it for sent
  document.addEventListener("submit", (event) => keepBack(event, work), true);
}

function keepBack(event, work) {
  const form = event.target;
  const button = event.submitter;
  if (navigator.onLine || form.method !== "post" || form.dataset.reached) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  reached().then((there) => {
    if (there && form.requestSubmit) {
      form.dataset.reached = "1";
      form.requestSubmit(button);
      delete form.dataset.reached;
      return;
    }
    const said = form.querySelector("[data-kept]") || line(BAD);
    said.className = BAD;
    said.dataset.kept = "";
    said.textContent = work.dataset.kept;
    ((button && button.closest(".actions")) || button || form.lastElementChild).after(said);
    said.scrollIntoView({ block: "center" });
    window.addEventListener("online", () => {
      said.textContent = work.dataset.back;
      said.className = GOOD;
    }, { once: true });
  });
}

function reached() {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ASK);
  return fetch("/healthz", { cache: "no-store", signal: abort.signal }).then((answer) => answer.ok, () => false);
}

function line(kind) {
  const element = document.createElement("p");
  element.className = kind;
  element.setAttribute("role", "status");
  return element;
}

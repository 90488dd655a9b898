import { each } from "./ready.js";

// form[data-draft="key"]: what is typed stays on this phone until the form has been accepted.
// A page carrying [data-draft-clear="key"] (shown after success) forgets it. Secrets are never kept.
// A form that was sent and whose answer never came is found again with the keys it was sent with: sending it once more is a
// repeat, which the server answers with what it answered first.
const PREFIX = "draft:";
const SENT = "draft-sent";
const KEPT = 7 * 24 * 3600 * 1000;       // a week; goods brought then are no longer in the yard
// numbers that open something are not left on a phone that goes from hand to hand
const SECRET = /account|again|bank|card|id_|password|code|token|phone/i;
const SLIP = /\/m\/[\w.-]{20,}/;        // nor is the address of a household's slip, which opens its page
// `once` is known with the content only; the deed's own key goes again where its page says so when the content is another (goods in)
const KEYS = ["once", "request_key", "idempotency_key"];
const SKIP = new Set(["password", "hidden", "file", "submit"]);

const kept = (form) => [...form.elements].filter(
  (field) => field.name && !SKIP.has(field.type) && field.autocomplete !== "one-time-code" && !field.hasAttribute("data-no-draft") && !SECRET.test(field.name));

export function drafts(root) {
  each(root, "[data-draft-clear]", (mark) => store((s) => s.removeItem(PREFIX + mark.dataset.draftClear)));
  forgetAccepted(root);
  each(root, ".work form[method=post]:not([data-draft]):not([data-no-draft])", (form) => {
    if (kept(form).some((field) => field.matches("input, textarea"))) watch(form, `${location.pathname}|${new URL(form.action).pathname}`);
  });
  each(root, "form[data-draft]", (form) => watch(form, form.dataset.draft));
}

// A form of the work doors that was sent: the next page with a message and without an error says that it was accepted.
function forgetAccepted(root) {
  if (root !== document) return;
  store((s) => {
    const sent = window.sessionStorage.getItem(SENT);
    window.sessionStorage.removeItem(SENT);
    if (sent && document.querySelector(".toast:not(.toast-error)") && !document.querySelector(".error-summary")) s.removeItem(sent);
  });
}

function watch(form, name) {
  const key = PREFIX + name;
  const saved = store((s) => JSON.parse(s.getItem(key) || "null"));
  if (saved && Date.now() - (saved[":at"] || 0) > KEPT) store((s) => s.removeItem(key));
  else if (saved && !form.querySelector(".has-error") && restore(form, saved)) note(form, key, sentAgain(form, saved[":keys"]));
  let wait;
  form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => save(form, key), 300);
  });
  form.addEventListener("submit", () => {
    clearTimeout(wait);
    save(form, key, true);
    store(() => window.sessionStorage.setItem(SENT, key));
  });
}

function store(use) {
  try {
    return use(window.localStorage);
  } catch {
    return null;          // private windows: no drafts, no harm
  }
}

const hidden = (form, name) => form.querySelector(`input[type=hidden][name=${name}]`);

// Puts the keys of the lost sending back; returns what undoes it.
function sentAgain(form, keys) {
  const fresh = {};
  for (const name of Object.keys(keys || {})) {
    const field = hidden(form, name);
    if (!field) continue;
    fresh[name] = field.value;
    field.value = keys[name];
    form.dataset.again = "1";
  }
  return () => {
    delete form.dataset.again;
    Object.keys(fresh).forEach((name) => { hidden(form, name).value = fresh[name]; });
  };
}

function save(form, key, sent) {
  const values = { ":at": Date.now() };
  if (sent || form.dataset.again) {
    values[":keys"] = {};
    KEYS.filter((name) => hidden(form, name) && (name === "once" || form.dataset.draft)).forEach((name) => { values[":keys"][name] = hidden(form, name).value; });
  }
  for (const field of kept(form)) {
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked) (values[field.name] = values[field.name] || []).push(field.value);
    } else if (!SLIP.test(field.value)) (values[field.name] = values[field.name] || []).push(field.value);
  }
  store((s) => s.setItem(key, JSON.stringify(values)));
}

function restore(form, values) {
  let changed = false;
  const at = {};
  for (const field of kept(form)) {
    const list = values[field.name] || [];
    if (field.type === "checkbox" || field.type === "radio") {
      const on = list.includes(field.value);
      changed = changed || field.checked !== on;
      field.checked = on;
    } else {
      const index = at[field.name] || 0;
      at[field.name] = index + 1;
      const offered = !field.options || [...field.options].some((option) => option.value === list[index]);
      if (index < list.length && offered && field.value !== list[index]) {
        field.value = list[index];
        changed = true;
      }
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return changed;
}

const words = (name) => document.querySelector(".work")?.dataset[name];

function note(form, key, undo) {
  const box = document.createElement("div");
  box.className = "draft-note";
  box.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = form.dataset.draftNote || words("draftNote") || "已恢复上次没提交的内容。";
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "link-btn";
  drop.textContent = form.dataset.draftDrop || words("draftDrop") || "清空重填";
  drop.addEventListener("click", () => {
    store((s) => s.removeItem(key));
    form.reset();
    undo();
    box.remove();
  });
  box.append(text, drop);
  form.prepend(box);
}

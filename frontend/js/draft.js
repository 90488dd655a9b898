import { each } from "./ready.js";

// form[data-draft="key"]: what is typed stays on this phone until the form has been accepted.
// A page carrying [data-draft-clear="key"] (shown after success) forgets it. Secrets are never kept.
const PREFIX = "draft:";
const SKIP = new Set(["password", "hidden", "file", "submit"]);

const kept = (form) => [...form.elements].filter(
  (field) => field.name && !SKIP.has(field.type) && field.autocomplete !== "one-time-code" && !field.hasAttribute("data-no-draft"));

export function drafts(root) {
  each(root, "[data-draft-clear]", (mark) => store((s) => s.removeItem(PREFIX + mark.dataset.draftClear)));
  each(root, "form[data-draft]", (form) => {
    const key = PREFIX + form.dataset.draft;
    const saved = store((s) => JSON.parse(s.getItem(key) || "null"));
    if (saved && !form.querySelector(".has-error") && restore(form, saved)) note(form, key);
    let wait;
    form.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(() => save(form, key), 300);
    });
    form.addEventListener("submit", () => save(form, key));
  });
}

function store(use) {
  try {
    return use(window.localStorage);
  } catch {
    return null;          // private windows: no drafts, no harm
  }
}

function save(form, key) {
  const values = {};
  for (const field of kept(form)) {
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked) (values[field.name] = values[field.name] || []).push(field.value);
    } else (values[field.name] = values[field.name] || []).push(field.value);
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
      if (index < list.length && field.value !== list[index]) {
        field.value = list[index];
        changed = true;
      }
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return changed;
}

function note(form, key) {
  const box = document.createElement("div");
  box.className = "draft-note";
  box.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = form.dataset.draftNote || "已恢复上次没提交的内容。";
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "link-btn";
  drop.textContent = form.dataset.draftDrop || "清空重填";
  drop.addEventListener("click", () => {
    store((s) => s.removeItem(key));
    form.reset();
    box.remove();
  });
  box.append(text, drop);
  form.prepend(box);
}

import { each } from "./ready.js";

// One press, one request; the error summary gets the focus; filters send themselves; messages can be closed.
export function formCare(root) {
  each(root, ".error-summary", (box) => box.focus());
  each(root, "form[method=post]:not([hx-post])", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
      const button = event.submitter;
      if (button) button.setAttribute("aria-busy", "true");
      setTimeout(() => release(form), 8000);      // a lost network must not lock the form
    });
  });
  each(root, "form[data-autosubmit]", (form) => {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit ? form.requestSubmit() : form.submit();
    });
  });
  each(root, ".toast [data-close]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => button.closest(".toast").remove());
  });
  each(root, "[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

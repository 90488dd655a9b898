import { each } from "./ready.js";
import { shrinkInto } from "./shrink.js";

// Forms with pictures in the work doors: pictures shrink on the phone, the upload shows how far it is, and a lost
// network offers to send again (the form's key makes a repeat harmless). Without this script the form sends itself.

export function uploads(root) {
  each(root, ".work form[method=post][enctype='multipart/form-data']", (form) => {
    let shrinking = Promise.resolve();
    form.addEventListener("change", (event) => {
      const field = event.target;
      if (field.type === "file" && field.files.length) shrinking = shrinking.then(() => shrinkInto(field)).catch(() => {});
    });
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented || ![...form.elements].some((field) => field.type === "file" && field.files.length)) return;
      event.preventDefault();
      const button = event.submitter;
      shrinking.then(() => send(form, button));
    });
  });
}

function send(form, button) {
  const words = form.closest(".work").dataset;
  const body = new FormData(form);
  if (button && button.name) body.append(button.name, button.value);
  const line = status(form);
  const request = new XMLHttpRequest();
  request.open("POST", (button && button.hasAttribute("formaction") && button.formAction) || form.action);
  request.setRequestHeader("X-Progress", "1");
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) line.textContent = `${words.uploadWait} ${Math.floor((event.loaded * 100) / event.total)}%`;
  };
  request.onload = () => {
    const next = request.getResponseHeader("X-Leads-To");
    if (next) return location.assign(next);
    document.open();                     // the page that says what to mend, or what went wrong
    document.write(request.responseText);
    document.close();
  };
  request.onerror = request.ontimeout = () => {
    line.textContent = words.uploadFailed + " ";
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-outline-primary";
    again.textContent = words.uploadAgain;
    again.addEventListener("click", () => send(form, button));
    line.append(again);
  };
  request.timeout = 120_000;
  line.textContent = words.uploadWait;
  request.send(body);
}

function status(form) {
  let line = form.querySelector("[data-upload]");
  if (!line) {
    line = document.createElement("p");
    line.dataset.upload = "";
    line.className = "fine";
    line.setAttribute("role", "status");
    form.append(line);
  }
  return line;
}

import { each } from "./ready.js";

// button[data-copy="text"] or [data-copy-from="#id"]: copies, says so, falls back to selecting the text.
export function copyButtons(root) {
  each(root, "[data-copy], [data-copy-from]", (button) => {
    const label = button.querySelector("span") || button;
    const before = label.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
      const text = from ? (from.value || from.textContent).trim() : button.dataset.copy;
      const copied = await write(text, from || button);
      label.textContent = copied ? button.dataset.done || "已复制" : button.dataset.hand || "请长按选择复制";
      setTimeout(() => { label.textContent = before; }, 2500);
    });
  });
}

async function write(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement("textarea");
    box.value = text;
    box.setAttribute("readonly", "");
    box.className = "visually-hidden";
    near.parentNode.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    return copied;
  }
}

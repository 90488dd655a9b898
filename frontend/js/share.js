import { each } from "./ready.js";

// button[data-share]: the phone's share sheet; in WeChat, which has none for pages, a line that says where to press.
const wechat = /MicroMessenger/i.test(navigator.userAgent);

export function shareHints(root) {
  each(root, "[data-share]", (button) => {
    if (!navigator.share && !wechat) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      if (!wechat) {
        navigator.share({ title: document.title, url: button.dataset.share || location.href }).catch(() => {});
        return;
      }
      const hint = document.createElement("span");
      hint.setAttribute("role", "status");
      hint.className = "fine";
      hint.textContent = button.dataset.hint || "点右上角“…”发给朋友";
      button.after(hint);
      setTimeout(() => hint.remove(), 6000);
    });
  });
  if (wechat) each(root, "[data-wechat-hint]", (hint) => { hint.hidden = false; });
}

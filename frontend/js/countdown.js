import { each } from "./ready.js";

// time[data-countdown datetime]: the server writes the deadline; this adds the minutes that are left.
export function countdowns(root) {
  each(root, "time[data-countdown]", (time) => {
    const end = Date.parse(time.dateTime);
    if (isNaN(end)) return;
    const left = document.createElement("span");
    left.className = "countdown";
    time.after(" ", left);
    const show = () => {
      const seconds = Math.floor((end - Date.now()) / 1000);
      if (seconds <= 0) {
        left.textContent = time.dataset.over || "";
        clearInterval(timer);
        return;
      }
      const all = Math.floor(seconds / 3600);
      const days = all >= 48 ? Math.floor(all / 24) : 0;
      const hours = all - days * 24;
      const two = (n) => String(n).padStart(2, "0");
      const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
      left.textContent = `（${time.dataset.countdown || "还剩"} ${days ? days + " " + (time.dataset.days || "天") + " " : ""}${days || hours ? hours + ":" : ""}${clock}）`;
    };
    const timer = setInterval(show, 1000);
    show();
  });
}

import { each } from "./ready.js";

// .stepper: a number field that works alone; the buttons appear only here.
export function steppers(root) {
  each(root, ".stepper", (box) => {
    const input = box.querySelector("input");
    const [less, more] = box.querySelectorAll("button");
    const low = parseInt(input.min || "0", 10);
    const high = input.max ? parseInt(input.max, 10) : Infinity;
    const show = () => {
      const now = parseInt(input.value, 10);
      less.disabled = now <= low;
      more.disabled = now >= high;
    };
    const move = (by) => {
      const now = parseInt(input.value, 10);
      input.value = String(Math.min(high, Math.max(low, (isNaN(now) ? low : now) + by)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    less.addEventListener("click", () => move(-1));
    more.addEventListener("click", () => move(1));
    input.addEventListener("input", show);
    less.hidden = more.hidden = false;
    show();
  });
}

import { each } from "./ready.js";

// [data-signature]: a frame to write a name in with the finger; the picture goes with the form. Without JavaScript it stays hidden.
const INK = "#14231a";

export function signatures(root) {
  each(root, "[data-signature]", (box) => {
    const canvas = box.querySelector("canvas");
    const form = box.querySelector("form");
    const pen = canvas && canvas.getContext && canvas.getContext("2d");
    if (!pen || !form || !window.PointerEvent) return;
    box.hidden = false;
    let drawn = false;
    let last = null;

    // The frame is measured when it opens: hidden it has no size.
    const clear = () => {
      const { width, height } = canvas.getBoundingClientRect();
      canvas.width = Math.min(900, Math.round(width * 1.5));
      canvas.height = Math.min(450, Math.round(height * 1.5));
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.strokeStyle = INK;
      pen.lineWidth = 4;
      pen.lineCap = pen.lineJoin = "round";
      drawn = false;
    };
    const place = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [((event.clientX - frame.left) * canvas.width) / frame.width, ((event.clientY - frame.top) * canvas.height) / frame.height];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = place(event);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const next = place(event);
      pen.beginPath();
      pen.moveTo(...last);
      pen.lineTo(...next);
      pen.stroke();
      last = next;
      drawn = true;
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
    box.addEventListener("toggle", () => { if (box.open && !drawn) clear(); });
    box.querySelector("button[type=button]").addEventListener("click", clear);
    form.addEventListener("submit", () => {
      form.elements.signature.value = drawn ? canvas.toDataURL("image/png") : "";
    });
    if (box.open) clear();
  });
}

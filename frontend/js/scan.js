import { each } from "./ready.js";

// button[data-scan="#id"]: reads a bar code with the camera into the field; stays hidden where the browser cannot.
export function scanners(root) {
  each(root, "[data-scan]", (button) => {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return;
    button.hidden = false;
    button.addEventListener("click", () => scan(button, document.querySelector(button.dataset.scan)));
  });
}

async function scan(button, field) {
  let stream;
  button.disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    button.hidden = true; // no camera, or not allowed: the field is there to be typed into
    field.focus();
    return;
  }
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, srcObject: stream });
  video.className = "img-fluid mt-2";
  const stop = () => {
    stream.getTracks().forEach((track) => track.stop());
    video.remove();
    button.disabled = false;
    field.focus();
  };
  video.addEventListener("click", stop);
  button.after(video);
  try {
    const detector = new window.BarcodeDetector();
    await video.play();
    for (let tries = 0; video.isConnected && tries < 200; tries += 1) {
      const [code] = await detector.detect(video);
      if (code) {
        field.value = code.rawValue;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        break;
      }
      await new Promise((wait) => setTimeout(wait, 150));
    }
  } finally {
    if (video.isConnected) stop();
  }
}

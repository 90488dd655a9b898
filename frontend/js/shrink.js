import { each } from "./ready.js";

// A phone's photo of many megabytes is made small before it goes over a weak network. The original goes wherever it is no
// picture, cannot be read, or would not get smaller; the server draws every picture anew anyway.
const LONGEST = 1280;
const QUALITY = 0.82;
const SMALL = 300_000; // bytes: not worth the phone's work

// input[type=file][data-shrink]; forms of the work doors see to theirs themselves (upload.js)
export function shrinking(root) {
  each(root, "input[type=file][data-shrink]", (input) => {
    if (input.closest(".work")) return;
    input.addEventListener("change", () => shrinkInto(input).catch(() => {}));
  });
}

// Puts the small ones in the place of what was chosen; an old browser refuses, and the photos go as they are.
export async function shrinkInto(field) {
  const chosen = [...field.files];
  const small = await Promise.all(chosen.map(shrunk));
  if (small.every((file, place) => file === chosen[place])) return;
  const box = new DataTransfer();
  small.forEach((file) => box.items.add(file));
  field.files = box.files;
}

async function shrunk(file) {
  if (!/^image\/(jpeg|png|webp|hei[cf])$/.test(file.type) || file.size < SMALL) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const body = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
    if (!body || body.size >= file.size) return file;
    return new File([body], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" });
  } catch {
    return file;
  }
}

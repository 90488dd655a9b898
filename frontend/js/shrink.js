import { each } from "./ready.js";

// input[type=file][data-shrink]: a phone's photo of many megabytes is made small before it goes over a weak network.
// Whatever does not work here goes as it is; the server draws every picture anew anyway.
const LONGEST = 1600;
const SMALL = 300_000;

export function shrinking(root) {
  each(root, "input[type=file][data-shrink]", (input) => {
    input.addEventListener("change", async () => {
      const chosen = [...input.files];
      const small = await Promise.all(chosen.map(shrunk));
      if (small.every((file, place) => file === chosen[place])) return;
      try {
        const box = new DataTransfer();
        small.forEach((file) => box.items.add(file));
        input.files = box.files;
      } catch {
        // an old browser: the photo goes as it is
      }
    });
  });
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
    const body = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.8); });
    return body && body.size < file.size ? new File([body], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

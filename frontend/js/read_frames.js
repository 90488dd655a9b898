// Reads codes out of pictures: by the browser's own detector where there is one, else (and now and then all the same: some
// find nothing for ever) by our worker.
const LONGEST = 1920;
const BY_WORKER = 4;         // every so many pictures, where the browser reads too

export function reader(address, bars) {
  const worker = new Worker(address);
  const waiting = new Map();
  const canvas = document.createElement("canvas");
  let number = 0;
  let own = null;
  detector(bars).then((found) => { own = found; });
  worker.onmessage = ({ data }) => {
    waiting.get(data.id).done(data.found);
    waiting.delete(data.id);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    waiting.forEach(({ failed }) => failed(new Error("worker")));
    waiting.clear();
  };

  // { text, bars } or null; `picture` is a video or an image bitmap.
  async function read(picture, longest = LONGEST) {
    const wide = picture.videoWidth || picture.width;
    const tall = picture.videoHeight || picture.height;
    if (!wide || !tall) return null;
    number += 1;
    const found = own && await own.detect(picture).catch(() => { own = null; });
    if (found && found.length) return { text: found[0].rawValue, bars: found[0].format !== "qr_code" };
    if (own && number % BY_WORKER) return null;
    const scale = Math.min(1, longest / Math.max(wide, tall));
    const width = Math.round(wide * scale);
    const height = Math.round(tall * scale);
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(picture, 0, 0, width, height);
    const rgba = pen.getImageData(0, 0, width, height).data.buffer;
    const id = number;
    return new Promise((done, failed) => {
      waiting.set(id, { done, failed });
      worker.postMessage({ id, rgba, width, height, bars }, [rgba]);
    });
  }

  return {
    read,
    async still(file) {
      const picture = await opened(file);
      number = BY_WORKER - 1;              // a photograph is read by both
      const found = await read(picture);
      number = 2 * BY_WORKER - 1;
      return found || read(picture, LONGEST / 2);
    },
    stop() {
      worker.terminate();
      waiting.forEach(({ done }) => done(null));
    },
  };
}

async function opened(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    const picture = Object.assign(new Image(), { src: URL.createObjectURL(file) }); // old browsers
    await picture.decode();
    return picture;
  }
}

async function detector(bars) {
  const formats = bars ? ["qr_code", "code_128", "code_39"] : ["qr_code"];
  try {
    const offered = await window.BarcodeDetector.getSupportedFormats();
    return formats.every((format) => offered.includes(format)) ? new window.BarcodeDetector({ formats }) : null;
  } catch {
    return null;
  }
}

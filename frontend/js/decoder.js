import { readCode } from "./read_code.js";

// The worker that reads codes: gets { id, rgba, width, height, bars }, answers { id, found }.
self.onmessage = ({ data }) => {
  const { id, rgba, width, height, bars } = data;
  const pixels = new Uint8ClampedArray(rgba);
  const grey = new Uint8ClampedArray(width * height);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += 4) {
    grey[at] = (pixels[from] * 77 + pixels[from + 1] * 151 + pixels[from + 2] * 28) >> 8;
  }
  self.postMessage({ id, found: readCode({ grey, width, height }, bars) });
};

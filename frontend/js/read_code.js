import BinaryBitmap from "@zxing/library/esm/core/BinaryBitmap.js";
import DecodeHintType from "@zxing/library/esm/core/DecodeHintType.js";
import RGBLuminanceSource from "@zxing/library/esm/core/RGBLuminanceSource.js";
import HybridBinarizer from "@zxing/library/esm/core/common/HybridBinarizer.js";
import QRCodeReader from "@zxing/library/esm/core/qrcode/QRCodeReader.js";
import { readBars } from "./read_bars.js";

// Reads one code out of a grey picture { grey, width, height }, a byte a pixel, row by row: { text, bars }, or null where there
// is none. QR codes in any turn; bar codes only where they are asked for. Pure: knows neither page nor worker.
export function readCode(picture, bars) {
  const text = readSquare(picture) || readSquare(slanted(picture));
  if (text) return { text, bars: false };
  const number = bars && readBars(picture);
  return number ? { text: number, bars: true } : null;
}

const HINTS = new Map([[DecodeHintType.TRY_HARDER, true]]);

function readSquare({ grey, width, height }) {
  try {
    const source = new RGBLuminanceSource(grey, width, height);
    return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source)), HINTS).getText();
  } catch {
    return null;             // the library throws where it finds nothing
  }
}

// Turned by 40 degrees about its middle, the corners cut off: the library misses codes that stand on a corner.
function slanted({ grey, width, height }) {
  const cos = Math.cos(0.7);
  const sin = Math.sin(0.7);
  const out = new Uint8ClampedArray(grey.length).fill(128);
  for (let y = 0; y < height; y += 1) {
    let fromX = width / 2 - (cos * width) / 2 - sin * (y - height / 2);
    let fromY = height / 2 - (sin * width) / 2 + cos * (y - height / 2);
    for (let x = 0; x < width; x += 1, fromX += cos, fromY += sin) {
      if (fromX >= 0 && fromY >= 0 && fromX < width && fromY < height) out[y * width + x] = grey[(fromY | 0) * width + (fromX | 0)];
    }
  }
  return { grey: out, width, height };
}

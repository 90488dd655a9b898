import BitArray from "@zxing/library/esm/core/common/BitArray.js";
import Code128Reader from "@zxing/library/esm/core/oned/Code128Reader.js";
import Code39Reader from "@zxing/library/esm/core/oned/Code39Reader.js";

// Bar codes (Code 128, Code 39) of a grey picture. Lines are laid through the picture at several angles. On a line a bar begins
// and ends where the grey changes fastest, wherever the light falls and however blurred it is: no threshold of darkness.
const READERS = [new Code128Reader(), new Code39Reader()];
const ANGLES = [0, 90, 8, -8, 16, -16, 24, -24];
const LINES = 13;            // of each angle, spread over the middle of the picture
const FINE = 4;              // parts of a pixel that the edges are rounded to
const SHORTEST = 6;          // characters; less is chance

// The text, or null.
export function readBars(picture) {
  for (const angle of ANGLES) {
    for (let number = 0; number < LINES; number += 1) {
      const aside = ((number % 2 ? -1 : 1) * Math.ceil(number / 2) * Math.min(picture.width, picture.height)) / (LINES * 1.4);
      const values = line(picture, angle, aside);
      const text = readLine(edges(values, 0.2), values.length) || readLine(edges(values, 0.07), values.length);
      if (text) return text;
    }
  }
  return null;
}

// Grey along a line at an angle through the picture's middle, moved aside by so many pixels; the mean of three neighbours.
function line({ grey, width, height }, degrees, aside) {
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const length = Math.ceil(Math.abs(width * cos) + Math.abs(height * sin));
  const found = [];
  for (let step = -length / 2; step < length / 2; step += 1) {
    let sum = 0;
    for (let beside = -1.5; beside <= 1.5; beside += 1.5) {
      const x = width / 2 + step * cos - (aside + beside) * sin;
      const y = height / 2 + step * sin + (aside + beside) * cos;
      const left = Math.floor(x);
      const top = Math.floor(y);
      if (left < 0 || top < 0 || left > width - 2 || top > height - 2) { sum = -1; break; }
      const at = top * width + left;
      const right = x - left;
      const below = y - top;
      sum += (grey[at] * (1 - right) + grey[at + 1] * right) * (1 - below)
        + (grey[at + width] * (1 - right) + grey[at + width + 1] * right) * below;
    }
    if (sum >= 0) found.push(sum / 3);
  }
  return found;
}

// Where the line turns darker (dark: true) or lighter: places between pixels, turn by turn.
function edges(values, share) {
  let most = 0;
  for (let x = 1; x < values.length; x += 1) most = Math.max(most, Math.abs(values[x] - values[x - 1]));
  const least = Math.max(2, most * share);
  const found = [];
  for (let x = 1; x < values.length;) {
    const dark = values[x] < values[x - 1];
    let peak = 0;
    let place = 0;
    for (; x < values.length && values[x] !== values[x - 1] && values[x] < values[x - 1] === dark; x += 1) {
      const change = Math.abs(values[x] - values[x - 1]);
      if (change > peak) { peak = change; place = x; }
    }
    if (!peak) { x += 1; continue; }
    if (peak < least) continue;
    const last = found[found.length - 1];
    const edge = { dark, peak, at: place - 0.5 + vertex(values, place) };
    if (!last || last.dark !== dark) found.push(edge);
    else if (last.peak < peak) found[found.length - 1] = edge;
  }
  return found;
}

function readLine(found, length) {
  if (found.length < SHORTEST * 6) return null;
  const row = new BitArray(length * FINE);
  for (let place = 0; place + 1 < found.length; place += 1) {
    if (!found[place].dark) continue;
    const end = Math.round(found[place + 1].at * FINE);
    for (let bit = Math.round(found[place].at * FINE); bit < end; bit += 1) row.set(bit);
  }
  for (const turned of [false, true]) {
    if (turned) row.reverse();
    for (const reader of READERS) {
      try {
        const text = reader.decodeRow(0, row, null).getText();
        if (text.length >= SHORTEST) return text;
      } catch {
        // none on this line: the library throws
      }
    }
  }
  return null;
}

// How far from the middle between x-1 and x the change is steepest: the vertex of the parabola through three changes.
function vertex(values, x) {
  const [before, here, after] = [x - 1, x, x + 1].map((place) => Math.abs((values[place] ?? 0) - (values[place - 1] ?? 0)));
  const bend = before - 2 * here + after;
  return bend < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
}

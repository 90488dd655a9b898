import { each } from "./ready.js";

// output[data-echo]: repeats a weight in 千克 or 克, a sum of money with commas and in 万元.
// Whole numbers only: the text is cut into digits, never parsed as a fraction; all products stay below 2^53.
const GRAMS = { 斤: 500, 市斤: 500, jin: 500, 公斤: 1000, 千克: 1000, kg: 1000, 克: 1, g: 1 };

export function echoes(root) {
  each(root, "output[data-echo]", (output) => {
    const box = output.closest(".field") || output.parentNode;
    const input = box.querySelector("input");
    const unit = box.querySelector("select");
    if (!input) return;
    const show = () => {
      const name = unit ? unit.value : output.dataset.unit;
      output.textContent = output.dataset.echo === "weight" ? weight(input.value, name, unit) : money(input.value);
    };
    input.addEventListener("input", show);
    if (unit) unit.addEventListener("change", show);
    if (input.value) show();
  });
}

// "12.5" → { whole: 125, scale: 10 }, or null.
function digits(text) {
  const plain = text.replace(/[,，\s]/g, "").replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  const match = /^(\d{1,8})(?:[.。](\d{1,3}))?$/.exec(plain);
  if (!match) return null;
  const part = match[2] || "";
  return { whole: parseInt(match[1] + part, 10), scale: 10 ** part.length };
}

function weight(text, name, select) {
  const value = digits(text);
  const per = GRAMS[name];
  if (!value || !per || (value.whole * per) % value.scale !== 0) return "";
  const grams = (value.whole * per) / value.scale;
  const shown = select ? select.options[select.selectedIndex].text : name;
  return `${text.trim()}${shown} = ${grams < 1000 ? `${grams}克` : `${cut(grams, 3)}千克`}`;
}

// A whole number of 1/10^places as decimal text without trailing zeros.
function cut(value, places) {
  const text = String(value).padStart(places + 1, "0");
  const rest = text.slice(-places).replace(/0+$/, "");
  return text.slice(0, -places) + (rest ? `.${rest}` : "");
}

function money(text) {
  const value = digits(text);
  if (!value || (value.whole * 100) % value.scale !== 0) return "";
  const fen = (value.whole * 100) / value.scale;
  const yuan = String(Math.floor(fen / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
  return `¥${yuan}.${String(fen % 100).padStart(2, "0")}${fen >= 1000000 ? `，合 ${cut(fen, 6)}万元` : ""}`;
}

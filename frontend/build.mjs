// Builds shop/static/dist: one style sheet, the print sheet, one script (and what it fetches to scan codes), one icon sprite,
// our pictures.
// Every file carries a content hash; manifest.json maps plain names to hashed ones; .gz and .br lie beside them.
//   node frontend/build.mjs [--out FOLDER] [--also FOLDER]    --also: one more folder whose templates name classes and icons (the preview)
// The font that the server draws pictures with is copied to shop/fonts, which nobody is served.
// Exits 1 when an icon does not exist or a size budget (experience §2) is broken.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";
import * as sass from "sass";
import { optimize } from "svgo";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const option = (name, usual) => (process.argv.includes(name) ? resolve(process.argv[process.argv.indexOf(name) + 1]) : usual);
const DIST = option("--out", join(ROOT, "shop/static/dist"));
const ALSO = option("--also", "");
const MODULES = join(ROOT, "node_modules");
const BROWSERS = ["chrome79", "safari13", "firefox78"];
const GZIP_BUDGET = { "app.css": 15_000, "print.css": 4_000, "screen.css": 3_000, "app.js": 25_000, "scanner.js": 5_000, "decoder.js": 35_000, "icons.svg": 8_000 };
// A library whose licence wants to be named in what is passed on.
const LICENCES = { "decoder.js": "/* reads codes with @zxing/library, (c) ZXing authors, Apache License 2.0 */\n" };
const started = performance.now();

function filesUnder(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "dist" || entry.name === "__pycache__" ? [] : filesUnder(path, wanted);
    return wanted.includes(extname(path)) ? [path] : [];
  });
}

const sources = [
  ...filesUnder(join(ROOT, "shop"), [".html", ".py"]),
  ...filesUnder(join(ROOT, "frontend/js"), [".js"]),
  ...(ALSO ? filesUnder(ALSO, [".html", ".py"]) : []),
];
const texts = sources.map((path) => readFileSync(path, "utf8"));

async function styleSheet(name) {
  const compiled = sass.compile(join(ROOT, "frontend/scss", name), {
    loadPaths: [MODULES],
    quietDeps: true,
    silenceDeprecations: ["import", "global-builtin", "color-functions"],
  });
  const [purged] = await new PurgeCSS().purge({
    content: texts.map((raw) => ({ raw, extension: "html" })),
    css: [{ raw: compiled.css }],
    defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
    safelist: { standard: [/^htmx-/, /^:/], greedy: [/data-size/] },
    variables: true,
  });
  const small = await esbuild.transform(purged.css, { loader: "css", minify: true, target: BROWSERS });
  return small.code;
}

async function script(name) {
  const built = await esbuild.build({
    entryPoints: [join(ROOT, "frontend/js", name)],
    bundle: true, minify: true, write: false, format: "iife", target: ["es2018"], legalComments: "none", charset: "utf8",
    nodePaths: [MODULES],
  });
  return (LICENCES[name] ?? "") + built.outputFiles[0].text;
}

// Icons are found where they are named: icon('box-seam'), icon="truck", "icon": "clock", icon_name='inbox'.
function iconNames() {
  const names = new Set();
  const pattern = /\bicon(?:_name)?["']?\s*(?:\(|=|:)\s*["']([a-z0-9-]+)["']/g;
  for (const text of texts) for (const [, name] of text.matchAll(pattern)) names.add(name);
  return [...names].sort();
}

function sprite() {
  const missing = [];
  const symbols = iconNames().map((name) => {
    const path = join(MODULES, "bootstrap-icons/icons", `${name}.svg`);
    if (!existsSync(path)) { missing.push(name); return ""; }
    // One decimal on the 16-unit grid is 0.08 px at 24 px; svgo corrects the sum of the roundings.
    const svg = optimize(readFileSync(path, "utf8"), { multipass: true, floatPrecision: 1 }).data;
    const body = svg.replace(/^.*?<svg[^>]*>/, "").replace("</svg>", "");
    return `<symbol id="${name}" viewBox="0 0 16 16">${body}</symbol>`;
  });
  if (missing.length) throw new Error(`unknown icons: ${missing.join(", ")}`);
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

const manifest = {};
const report = [];

function emit(name, content) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.\w+)$/, `-${hash}$1`);
  const path = join(NEXT, hashed);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  if (/\.(css|js|svg|json)$/.test(name)) {
    const gz = gzipSync(bytes, { level: 9 });
    writeFileSync(`${path}.gz`, gz);
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
    report.push([name, bytes.length, gz.length]);
  }
  manifest[name] = hashed;
}

const NEXT = `${DIST}.next`;
rmSync(NEXT, { recursive: true, force: true });
mkdirSync(NEXT, { recursive: true });
const [appCss, printCss, screenCss] = await Promise.all(["app.scss", "print.scss", "screen.scss"].map(styleSheet));
emit("app.css", appCss);
emit("print.css", printCss);
emit("screen.css", screenCss);
// app.js goes with every page; scanner.js and its worker decoder.js are fetched when somebody scans
for (const name of ["app.js", "scanner.js", "decoder.js"]) emit(name, await script(name));
emit("icons.svg", sprite());
const pictures = join(ROOT, "shop/static/img");
for (const path of filesUnder(pictures, [".svg", ".png", ".webp"])) {
  const content = readFileSync(path);
  const name = `img/${relative(pictures, path).replaceAll("\\", "/")}`;
  emit(name, name.endsWith(".svg") ? content.toString("utf8").replace(/>\s+</g, "><").trim() : content);
}
writeFileSync(join(NEXT, "manifest.json"), JSON.stringify(manifest, null, 1));
rmSync(DIST, { recursive: true, force: true });
renameSync(NEXT, DIST);

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
let broken = false;
for (const [name, size, gz] of report.filter(([n]) => n in GZIP_BUDGET)) {
  const over = gz > GZIP_BUDGET[name];
  broken ||= over;
  console.log(`${name.padEnd(10)} ${kb(size).padStart(9)}  gz ${kb(gz).padStart(8)} of ${kb(GZIP_BUDGET[name])}${over ? "  OVER BUDGET" : ""}`);
}
const images = report.filter(([n]) => n.startsWith("img/"));
console.log(`${images.length} pictures, gz ${kb(images.reduce((sum, [, , gz]) => sum + gz, 0))}; built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
const FONTS = join(ROOT, "shop/fonts");
mkdirSync(FONTS, { recursive: true });
copyFileSync(join(MODULES, "@expo-google-fonts/noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf"), join(FONTS, "NotoSansSC-Medium.ttf"));
copyFileSync(join(MODULES, "@expo-google-fonts/noto-sans-sc/LICENSE_FONT"), join(FONTS, "LICENSE"));
statSync(join(DIST, "manifest.json"));
if (broken) process.exit(1);

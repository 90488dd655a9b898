import { KINDS } from "./scan_kinds.js";
import { reader } from "./read_frames.js";

// The panel that scans, over the page (templates/office/_scan_panel.html). A file of its own: scan.js fetches it.
const PAUSE = 120;           // ms between two pictures: a cheap phone stays cool
const LONG = 12_000;         // ms without a code, after which other ways are named
const NO_CAMERA = { NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "taken" };

window.scanInto = (panel, button) => {
  const part = (name) => panel.querySelector(`[data-scan-part="${name}"]`);
  const [video, line, torch, photo, close] = ["video", "line", "torch", "photo", "close"].map(part);
  const kind = KINDS[button.dataset.scanKind];
  const all = [...document.querySelectorAll(`[data-scan-kind="${button.dataset.scanKind}"]`)];
  const field = (one) => document.querySelector(one.dataset.scan);
  const say = (name, values = {}) => {
    const sentence = panel.dataset[name] || "";
    line.textContent = sentence.replace(/\{(\w+)\}/g, (_all, word) => values[word]);
  };
  const abort = new AbortController();
  const listening = [];      // by hand: old browsers do not know the signal
  const listen = (element, event, act) => {
    element.addEventListener(event, act);
    listening.push(() => element.removeEventListener(event, act));
  };
  const frames = reader(panel.dataset.decoder, kind.bars);
  let target = button;
  let stream;
  let before = "";
  let shown = "";            // what was wrong is said once, not with every picture

  function stop() {
    abort.abort();
    listening.forEach((undo) => undo());
    frames.stop();
    if (stream) stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    panel.hidden = true;
    document.documentElement.classList.remove("is-scanning");
    photo.value = "";
  }

  function cancel() {
    stop();
    target.focus();
  }

  function ask() {
    const name = target.dataset.scanName;
    part("title").textContent = name ? `${panel.dataset.aim} ${name}` : target.textContent;
  }

  // What was read goes where it belongs; true when there is nothing more to scan.
  function take(text) {
    const got = kind.take(text, all.map((one) => one.dataset.scanName));
    if (got.wrong) return wrong(got.wrong, text);
    if (got.order) {
      target = all.find((one) => one.dataset.scanName === got.order);
      ask();
      say("turned", { order: got.order });
      return false;
    }
    const holder = all.find((one) => one !== target && field(one).value.trim().toUpperCase() === got.value);
    if (holder) return wrong("again", text, holder.dataset.scanName);
    if (navigator.vibrate) navigator.vibrate(80);
    const input = field(target);
    input.value = got.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    shown = text;
    return filled(input);
  }

  function wrong(name, text, order = "") {
    if (shown !== text) say(name, { text: text.slice(0, 60), order });
    shown = text;
    return false;
  }

  function filled(input) {
    const finder = target.dataset.scanPress && input.form.querySelector(target.dataset.scanPress);
    if (finder) {
      stop();
      input.form.requestSubmit ? input.form.requestSubmit(finder) : finder.click();
      return true;
    }
    company(input);
    const rest = all.slice(all.indexOf(target) + 1).find((one) => one.offsetParent && !field(one).value);
    if (!rest) {
      stop();
      input.scrollIntoView({ block: "center" });
      input.focus();
      return true;
    }
    const done = target.dataset.scanName;
    target = rest;
    ask();
    say("next", { text: input.value, order: done, next: target.dataset.scanName });
    return false;
  }

  // The company chosen for the parcel before goes along with a number that begins alike; whoever sends sees it.
  function company(input) {
    const here = input.form.querySelector("select[name=company]");
    const like = (value) => value.replace(/[0-9].*/, "");
    if (!here || here.value) return;
    for (const one of all) {
      const other = field(one);
      const chosen = other.form.querySelector("select[name=company]");
      if (other === input || !chosen || !chosen.value || !other.value || like(other.value) !== like(input.value)) continue;
      here.value = chosen.value;
      here.dispatchEvent(new Event("input", { bubbles: true }));
      return;
    }
  }

  async function watch() {
    let since = Date.now();
    while (!abort.signal.aborted) {
      const found = video.readyState >= 2 ? await frames.read(video) : null;
      if (abort.signal.aborted) return;
      if (found) since = Date.now();
      else if (Date.now() - since > LONG) {
        say("slow");
        since = Infinity;
      }
      // bars without a check digit may be misread: they count when two pictures say the same
      if (found && (!found.bars || found.text === before) && found.text !== shown && take(found.text)) return;
      before = found && found.bars ? found.text : "";
      await new Promise((wait) => setTimeout(wait, PAUSE));
    }
  }

  async function look() {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      say(window.isSecureContext === false ? "insecure" : "none");
      return;
    }
    try {
      const got = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
      if (abort.signal.aborted) {
        got.getTracks().forEach((track) => track.stop());
        return;
      }
      stream = got;
    } catch (problem) {
      say(NO_CAMERA[problem.name] || "none");
      return;
    }
    video.hidden = false;
    video.srcObject = stream;
    say(kind.bars ? "aimBars" : "aimSquare");
    light(stream.getVideoTracks()[0]);
    await video.play().catch(() => {});
    watch().catch(() => { if (!abort.signal.aborted) say("broken"); });
  }

  function light(track) {
    if (!track.getCapabilities || !track.getCapabilities().torch) return;
    torch.hidden = false;
    torch.setAttribute("aria-pressed", "false");
    listen(torch, "click", () => {
      const on = torch.getAttribute("aria-pressed") !== "true";
      track.applyConstraints({ advanced: [{ torch: on }] })
        .then(() => torch.setAttribute("aria-pressed", String(on)))
        .catch(() => { torch.hidden = true; });
    });
  }

  async function photograph() {
    const [file] = photo.files;
    if (!file) return;
    shown = "";
    say("reading");
    const found = await frames.still(file).catch(() => null);
    photo.value = "";
    if (abort.signal.aborted) return;
    if (found) take(found.text);
    else say("unread");
  }

  listen(close, "click", cancel);
  listen(panel, "keydown", (event) => { if (event.key === "Escape") cancel(); });
  listen(photo, "change", photograph);
  listen(document, "visibilitychange", () => { if (document.hidden && stream) cancel(); });
  listen(window, "pagehide", stop);
  torch.hidden = true;
  video.hidden = true;
  say("starting");
  ask();
  panel.hidden = false;
  document.documentElement.classList.add("is-scanning");
  close.focus();
  look();
};

// Everything here improves pages that already work without it.
import htmx from "htmx.org";
import { onReady } from "./ready.js";
import { boards } from "./board.js";
import { copyButtons } from "./copy.js";
import { countdowns } from "./countdown.js";
import { drafts } from "./draft.js";
import { echoes } from "./echo.js";
import { formCare } from "./formcare.js";
import { offline } from "./offline.js";
import { scanners } from "./scan.js";
import { shareHints } from "./share.js";
import { shrinking } from "./shrink.js";
import { signatures } from "./signature.js";
import { steppers } from "./stepper.js";
import { uploads } from "./upload.js";

window.htmx = htmx;
onReady((root) => {
  offline(root);
  steppers(root);
  boards(root);
  copyButtons(root);
  countdowns(root);
  echoes(root);
  formCare(root);
  drafts(root);
  shareHints(root);
  shrinking(root);
  signatures(root);
  scanners(root);
  uploads(root);
});

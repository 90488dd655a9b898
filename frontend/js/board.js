import { each } from "./ready.js";

// [data-board]: a page on the wall that asks again by itself. When no answer comes, or one that is not this page
// (signed out, an error), the old figures stay and [data-stale] says so.
export function boards(root) {
  each(root, "[data-board]", (board) => {
    const stale = board.querySelector("[data-stale]");
    const tell = (gone) => { stale.hidden = !gone; };
    board.addEventListener("htmx:beforeSwap", (event) => {
      const good = event.detail.xhr.status === 200 && event.detail.xhr.responseText.includes('id="board"');
      event.detail.shouldSwap = good;
      tell(!good);
    });
    for (const name of ["htmx:sendError", "htmx:timeout"]) board.addEventListener(name, () => tell(true));
  });
}

// Runs a set-up function over the page and over every fragment that htmx puts in later.
export function onReady(setUp) {
  const start = () => setUp(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) setUp(event.target);
  });
}

// All matching elements in the root, the root included, each given once.
const seen = new WeakMap();
export function each(root, selector, visit) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches && root.matches(selector)) found.unshift(root);
  for (const element of found) {
    const done = seen.get(element) || new Set();
    if (done.has(selector)) continue;
    done.add(selector);
    seen.set(element, done);
    visit(element);
  }
}

// Keeps the parts marked `data-live` up to date while the page is open. Without it, loading the page again does the same.
(() => {
  "use strict";
  if (!("EventSource" in window) || !document.querySelector("[data-live]")) return;
  let waiting = null;
  let running = false;
  let again = false;

  const refresh = async () => {
    if (running) { again = true; return; }
    running = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { "x-harmony-live": "1" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live][id]")) {
        const next = fresh.getElementById(old.id);
        const busy = old.contains(document.activeElement) || old.querySelector("details[open]");
        if (next && !busy && next.innerHTML !== old.innerHTML) old.replaceWith(document.importNode(next, true));
      }
    } catch {
      // The next event tries again.
    } finally {
      running = false;
      if (again) { again = false; schedule(); }
    }
  };

  const schedule = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 400);
  };

  const source = new EventSource("/live");
  source.addEventListener("changed", schedule);
  window.addEventListener("pagehide", () => source.close());
})();

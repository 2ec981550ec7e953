// Everything works without this script. With it, what is chosen is counted, all can be chosen at once, and a page that
// shows what happens shows it as it happens.
(() => {
  const LIVE_SECONDS = 15;
  let leave = false;

  function picks() {
    const form = document.getElementById("picks");
    if (!form) return;
    const all = form.querySelector("input[data-all]");
    const boxes = [...form.querySelectorAll("input[name=pick]")];
    const buttons = [...form.querySelectorAll("button[data-action]")];
    const show = () => {
      const chosen = boxes.filter((box) => box.checked);
      for (const button of buttons) {
        const count = chosen.filter((box) => box.dataset.for.split(" ").includes(button.dataset.action)).length;
        button.textContent = count ? `${button.dataset.word} ${count} …` : `${button.dataset.word} …`;
      }
      if (all) {
        all.checked = chosen.length === boxes.length;
        all.indeterminate = chosen.length > 0 && !all.checked;
      }
    };
    if (all && boxes.length) {
      all.hidden = false;
      all.addEventListener("change", () => {
        for (const box of boxes) box.checked = all.checked;
        show();
      });
    }
    form.addEventListener("change", show);
    show();
  }

  // Whether somebody is at work here: nothing may move below their hands.
  function busy(main) {
    const here = document.activeElement;
    if (main.contains(here) && here.matches("input:not([type=checkbox]), textarea, select")) return true;
    return [...main.querySelectorAll("input, textarea, select")].some((field) => {
      if (field.matches("[type=checkbox]")) return field.checked !== field.defaultChecked && !field.hidden;
      if (field.matches("select")) {
        const usual = [...field.options].find((option) => option.defaultSelected) || field.options[0];
        return usual && field.value !== usual.value;
      }
      return field.type !== "hidden" && field.value !== field.defaultValue;
    });
  }

  const called = (summary) => summary.textContent.replace(/\d+/g, "").trim();

  function replace(main, page) {
    const open = new Set([...main.querySelectorAll("details[open] > summary")].map(called));
    const here = main.contains(document.activeElement) ? document.activeElement : null;
    const place = here && [...main.querySelectorAll("a, button, summary, input")].indexOf(here);
    main.replaceChildren(...page.querySelector("main").childNodes);
    for (const summary of main.querySelectorAll("details > summary")) {
      if (open.has(called(summary))) summary.parentElement.open = true;
    }
    if (here) {
      const found = [...main.querySelectorAll("a, button, summary, input")];
      const same = found.filter((each) => each.outerHTML === here.outerHTML);
      (same[0] || found[place])?.focus({ preventScroll: true });
    }
    document.title = page.title;
    const icon = (side) => side.querySelector("link[rel=icon]");
    icon(document).href = icon(page).getAttribute("href");
    picks();
  }

  async function look(main) {
    if (document.hidden || leave || busy(main)) return;
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) return; // signed out, or the bridge is away: the page stays as it is
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.querySelector("main[data-live]") && !leave && !busy(main)) replace(main, page);
    } catch {
      // No answer: tried again.
    }
  }

  picks();
  const main = document.querySelector("main[data-live]");
  if (main) {
    document.addEventListener("submit", () => (leave = true));
    window.addEventListener("pageshow", () => (leave = false));
    setInterval(() => look(main), LIVE_SECONDS * 1000);
    document.addEventListener("visibilitychange", () => look(main));
  }
})();

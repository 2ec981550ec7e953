// Everything works without this script; it only counts what is chosen and chooses all.
(() => {
  const form = document.getElementById("picks");
  if (!form) return;
  const picks = [...form.querySelectorAll("input[name=pick]")];
  const all = form.querySelector("input[data-all]");
  const buttons = [...form.querySelectorAll("button[data-action]")];
  const show = () => {
    const chosen = picks.filter((pick) => pick.checked);
    for (const button of buttons) {
      const count = chosen.filter((pick) => pick.dataset.for.split(" ").includes(button.dataset.action)).length;
      button.textContent = count ? `${button.dataset.word} ${count} …` : `${button.dataset.word} …`;
    }
    if (all) {
      all.checked = chosen.length === picks.length;
      all.indeterminate = chosen.length > 0 && !all.checked;
    }
  };
  if (all && picks.length) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const pick of picks) pick.checked = all.checked;
      show();
    });
  }
  form.addEventListener("change", show);
  show();
})();

"use strict";
// The page is whole without this. It filters lists, opens what a link leads to, and opens details for printing.
for (const form of document.querySelectorAll("form[data-list]")) {
  const items = [...document.getElementById(form.dataset.list).children];
  const texts = items.map((item) => item.textContent.toLowerCase());
  const selects = [...form.querySelectorAll("select")];
  const apply = () => {
    const text = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    items.forEach((item, i) => {
      const yes = selects.every((s) => !s.value || item.dataset[s.name] === s.value) && texts[i].includes(text);
      item.hidden = !yes;
      shown += yes;
    });
    form.querySelector("output").value = `${shown} of ${items.length} shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
}
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});

"use strict";
// Filters the groups on the page. Without it, all are shown.
(function () {
  const form = document.getElementById("filters");
  const groups = Array.from(document.querySelectorAll("[data-state]"));
  if (!form || !groups.length) return;
  const shown = document.getElementById("shown");
  const texts = new Map(groups.map((group) => [group, group.textContent.toLowerCase()]));

  function holds(group, name, value) {
    if (name === "text") return texts.get(group).includes(value.toLowerCase());
    return group.dataset[name].split(" | ").some((one) => one === value);
  }

  function filter() {
    const wanted = Array.from(new FormData(form)).filter(([, value]) => value.trim() !== "");
    let count = 0;
    for (const group of groups) {
      group.hidden = !wanted.every(([name, value]) => holds(group, name, value.trim()));
      count += group.hidden ? 0 : 1;
    }
    shown.textContent = count + " of " + groups.length + " shown";
  }

  function choose(name, value) {
    const field = form.elements.namedItem(name);
    const options = field && field.options ? Array.from(field.options) : [];
    const option = options.find((one) => one.text === value || one.value === value);
    if (field) field.value = option ? option.value : value;
  }

  // "#?clients=pip&aspect=header" filters, "#ID" shows a group.
  function open() {
    if (location.hash.startsWith("#?")) {
      form.reset();
      new URLSearchParams(location.hash.slice(2)).forEach((value, name) => choose(name, value));
      filter();
      return;
    }
    const group = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (group && group.hidden) { form.reset(); filter(); group.scrollIntoView(); }
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  window.addEventListener("hashchange", open);
  filter();
  open();
})();

"use strict";
// Renders one session's transcript from the page's data. Game text and model output are hostile:
// they reach the page through textContent alone.

const data = JSON.parse(document.getElementById("data").textContent);
const KINDS = data.kinds;
const END = { won: "won", lost: "lost", capped: "reached the cap", failed: "failed", void: "nothing to be done" };
const MARK = { won: "✓", lost: "✗", capped: "⊣", failed: "!", void: "–" };
const ARM = {
  chained: "after the session so far",
  fresh: "with nothing before",
  padded: "after prose as long as the session",
  expert: "after the expert’s session",
  undamaged: "with nothing before, in a world that the expert has lived in",
};
const OTHERS = data.arms.filter((arm) => arm !== "chained");

const stage = document.getElementById("session");
const map = document.getElementById("map");
const pickers = {
  entry: document.getElementById("entry"),
  block: document.getElementById("block"),
  order: document.getElementById("order"),
};
const beside = document.getElementById("arm");
const state = { entry: 0, session: 0, arm: OTHERS[0] ?? "fresh" };

function element(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name === "class") node.className = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null)); // strings become text nodes
  return node;
}

const string = (index) => (index === null ? null : data.strings[index]);
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function turnsOf(play) {
  return (data.plays[play] ?? []).map((row) => {
    const turn = Object.fromEntries(data.columns.map((name, i) => [name, row[i]]));
    for (const name of data.texts) turn[name] = string(turn[name]);
    turn.errors = KINDS.filter((_, i) => turn.errors & (1 << i));
    return turn;
  });
}

// --- a session ------------------------------------------------------------------------------

function lane(name, row) {
  const cells = element("span", { class: "cells" });
  if (row) {
    const turns = turnsOf(row.play);
    for (const turn of turns) {
      cells.append(element("i", { class: turn.errors.length ? "error" : "right", "aria-hidden": "true" }));
    }
    cells.append(
      element("span", { class: `end ${row.end}`, role: "img", title: END[row.end],
        "aria-label": `${END[row.end]}, ${turns.filter((turn) => turn.errors.length).length} of ${plural(turns.length, "turn")} in error` }, MARK[row.end]));
  } else {
    cells.append("–");
  }
  return element("span", { class: "lane" }, element("span", null, name), cells);
}

function mapItem(task) {
  const link = element(
    "a",
    { href: `#task-${task.position}` },
    element("b", null, `Task ${task.position}`),
    lane("chained", task.arms.chained),
    lane(state.arm, task.arms[state.arm]),
  );
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address keeps naming the session
    const target = document.getElementById(`task-${task.position}`);
    target.scrollIntoView();
    target.focus({ preventScroll: true });
  });
  return element("li", null, link);
}

function fill(select, labels, chosen) {
  select.replaceChildren(
    ...labels.map((label, i) => {
      const option = element("option", { value: String(i) }, label);
      option.selected = i === chosen;
      return option;
    }),
  );
  select.disabled = labels.length === 0;
}

const unique = (values) => [...new Set(values)];

function render() {
  const entry = data.entries[state.entry];
  const session = entry.sessions[state.session];
  const blocks = unique(entry.sessions.map((s) => s.block));
  fill(pickers.entry, data.entries.map((e) => e.name), state.entry);
  fill(pickers.block, blocks, session ? blocks.indexOf(session.block) : 0);
  const orders = session
    ? entry.sessions.filter((s) => s.block === session.block).map((s) => String(s.order))
    : [];
  fill(pickers.order, orders, session ? orders.indexOf(String(session.order)) : 0);
  fill(beside, OTHERS, OTHERS.indexOf(state.arm));
  document.getElementById("previous").disabled = state.session <= 0;
  document.getElementById("next").disabled = state.session >= entry.sessions.length - 1;
  if (!session) {
    map.replaceChildren();
    stage.replaceChildren(element("p", { class: "none" }, "No task of this entry has ended yet."));
    return;
  }
  map.replaceChildren(...session.tasks.map(mapItem));
  stage.replaceChildren(...session.tasks.map((task) => taskSection(task, session.count)));
}

function show(entry, session) {
  state.entry = entry;
  state.session = Math.max(0, session);
  render();
  window.location.replace(`#${address()}`);
}

function address() {
  return `session=${state.entry + 1}.${state.session + 1}`;
}

function find(entry, block, order) {
  const sessions = data.entries[entry].sessions;
  const exact = sessions.findIndex((s) => s.block === block && String(s.order) === order);
  return exact >= 0 ? exact : sessions.findIndex((s) => s.block === block);
}

function readAddress() {
  const match = /^#session=(\d+)\.(\d+)$/.exec(window.location.hash);
  if (!match) return false;
  const [entry, session] = [Number(match[1]) - 1, Number(match[2]) - 1];
  if (!data.entries[entry]?.sessions[session]) return false;
  Object.assign(state, { entry, session });
  return true;
}

for (const [name, select] of Object.entries(pickers)) {
  select.addEventListener("change", () => {
    const chosen = (of) => of.selectedOptions[0]?.textContent ?? "";
    const entry = pickers.entry.selectedIndex;
    const session = find(entry, chosen(pickers.block), name === "block" ? "" : chosen(pickers.order));
    show(entry, session);
    select.focus();
  });
}
beside.addEventListener("change", () => {
  state.arm = OTHERS[beside.selectedIndex];
  render();
  beside.focus();
});
document.getElementById("previous").addEventListener("click", () => show(state.entry, state.session - 1));
document.getElementById("next").addEventListener("click", () => show(state.entry, state.session + 1));
for (const [id, name] of [["figures", "with-figures"], ["errors", "only-errors"]]) {
  const box = document.getElementById(id);
  const apply = () => stage.classList.toggle(name, box.checked);
  box.addEventListener("change", apply);
  apply();
}
window.addEventListener("hashchange", () => {
  if (window.location.hash !== `#${address()}` && readAddress()) {
    render();
    document.getElementById("transcripts").scrollIntoView();
  }
});

function firstTurnedAway() {
  // The first session that shows what drift is: a task won fresh and not chained.
  for (const [entry, { sessions }] of data.entries.entries()) {
    const session = sessions.findIndex((s) =>
      s.tasks.some(({ arms }) => arms.fresh?.end === "won" && arms.chained && arms.chained.end !== "won"),
    );
    if (session >= 0) return { entry, session };
  }
  return { entry: 0, session: 0 };
}

if (readAddress()) document.getElementById("transcripts").scrollIntoView();
else Object.assign(state, firstTurnedAway());
if (data.entries.length) render();

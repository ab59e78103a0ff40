"use strict";
// Renders one session's transcript from the page's data. Game text and model output are hostile:
// they reach the page through textContent alone.

const data = JSON.parse(document.getElementById("data").textContent);
const KINDS = data.kinds;
const END = { won: "won", lost: "lost", capped: "reached the cap", failed: "failed" };
const MARK = { won: "✓", lost: "✗", capped: "⊣", failed: "!" };
const ARM = { chained: "after the session so far", fresh: "with nothing before" };

const stage = document.getElementById("session");
const map = document.getElementById("map");
const pickers = {
  entry: document.getElementById("entry"),
  block: document.getElementById("block"),
  order: document.getElementById("order"),
};
const state = { entry: 0, session: 0 };

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

// --- one task in two arms ------------------------------------------------------------------

function parting(chained, fresh) {
  // The first turn at which the arms decide differently.
  const length = Math.max(chained.length, fresh.length);
  for (let i = 0; i < length; i += 1) {
    if (chained[i]?.command !== fresh[i]?.command) return i + 1;
  }
  return null;
}

function figuresOf(turn) {
  const parts = [];
  if (turn.margin !== null) parts.push(`margin ${turn.margin.toFixed(3)}`);
  parts.push(`${turn.prompt_tokens.toLocaleString("en")} prompt tokens`);
  parts.push(`${turn.encoded_tokens.toLocaleString("en")} of them encoded now`);
  parts.push(`${turn.generated_tokens.toLocaleString("en")} generated`);
  if (turn.dropped_turns) parts.push(`${plural(turn.dropped_turns, "turn")} dropped from the window`);
  if (turn.steered_tokens) parts.push(`${turn.steered_tokens} steered, dose ${turn.dose.toFixed(3)}`);
  if (turn.recomputed) parts.push("near tie: decided again, alone");
  if (turn.distance_before !== null) {
    parts.push(`distance ${turn.distance_before} → ${turn.distance_after ?? "unknown"}`);
  }
  parts.push(`${turn.seconds.toFixed(2)} s`);
  return parts.join(" · ");
}

function turnItem(turn, age, opening, parts) {
  const wrong = turn.errors.length > 0;
  const command =
    turn.command === null
      ? element("em", null, "no command could be read")
      : element("span", null, turn.command);
  const violated = turn.violations ? ` (${turn.violations})` : "";
  const chips = turn.errors.map((kind) =>
    element("span", { class: `chip ${kind}` }, kind === "violation" ? kind + violated : kind),
  );
  const reads = turn.observation !== null && turn.observation !== opening;
  const said = turn.text && turn.text !== turn.command;
  const advice = wrong && turn.expert !== null && turn.expert !== turn.command;
  return element(
    "li",
    { class: wrong ? "turn error" : "turn" },
    parts ? element("p", { class: "parting" }, "The arms part here.") : null,
    element("span", { class: "number", title: `Turn ${age + turn.turn} of the history` }, `${age + turn.turn}`),
    element(
      "div",
      { class: "body" },
      reads ? element("p", { class: "text reads" }, turn.observation) : null,
      element("p", { class: "command" }, command, ...chips),
      said ? element("p", { class: "text said" }, turn.text) : null,
      advice ? element("p", { class: "expert" }, "Expert: ", element("code", null, turn.expert)) : null,
      element("p", { class: "text" }, turn.feedback),
      element("p", { class: "figures" }, figuresOf(turn)),
    ),
  );
}

function armColumn(name, title, row, opening, parts) {
  const turns = turnsOf(row.play);
  const wrong = turns.filter((turn) => turn.errors.length).length;
  const outcome = element("span", { class: row.end }, END[row.end]);
  const list = element("ol", { class: "turns" });
  for (const turn of turns) list.append(turnItem(turn, row.age, opening, turn.turn === parts));
  return element(
    "div",
    { class: `arm ${name}` },
    element(
      "h4",
      null,
      element("b", null, title),
      element("span", null, " — "),
      outcome,
      element("span", null, ` after ${plural(turns.length, "turn")}, ${wrong} in error`),
    ),
    row.reason ? element("p", { class: "none" }, `The machinery broke: ${row.reason}`) : null,
    list,
  );
}

function taskSection(task, count) {
  const { chained, fresh } = task.arms;
  const openingOf = (row) => (row ? (turnsOf(row.play)[0]?.observation ?? null) : null);
  const opening = openingOf(chained ?? fresh);
  const shared = chained && fresh && chained.play === fresh.play;
  const same = shared || !chained || !fresh || openingOf(chained) === openingOf(fresh);
  const arms = element("div", { class: shared ? "arms one" : "arms" });
  if (shared) {
    arms.append(armColumn("shared", "Both arms: equal history, so one play", chained, opening, null));
  } else {
    const parts =
      chained && fresh ? parting(turnsOf(chained.play), turnsOf(fresh.play)) : null;
    for (const [name, row] of [["chained", chained], ["fresh", fresh]]) {
      const title = `${name}, ${ARM[name]}`;
      arms.append(
        row
          ? armColumn(name, title, row, same ? opening : null, parts)
          : element("div", { class: `arm ${name}` },
              element("h4", null, element("b", null, title)),
              element("p", { class: "none" }, "Not played yet, or missing.")),
      );
    }
  }
  return element(
    "section",
    { class: "task", id: `task-${task.position}`, tabindex: "-1" },
    element("h3", null, `Task ${task.position} of ${count}`, element("span", null, task.task)),
    same && opening !== null
      ? element("div", { class: "opening" },
          element("span", { class: "none" }, "The task:"),
          element("p", { class: "text" }, string(task.goal)),
          element("span", { class: "none" }, "It begins with:"),
          element("p", { class: "text" }, opening))
      : null,
    arms,
  );
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
    lane("fresh", task.arms.fresh),
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

// One task in two arms: `chained`, and the one that stands beside it.

function parting(chained, other) {
  // The first turn at which the arms decide differently.
  const length = Math.max(chained.length, other.length);
  for (let i = 0; i < length; i += 1) {
    if (chained[i]?.command !== other[i]?.command) return i + 1;
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
  const chained = task.arms.chained;
  const other = task.arms[state.arm];
  const openingOf = (row) => (row ? (turnsOf(row.play)[0]?.observation ?? null) : null);
  const opening = openingOf(chained ?? other);
  const shared = chained && other && chained.play === other.play;
  const same = shared || !chained || !other || openingOf(chained) === openingOf(other);
  const arms = element("div", { class: shared ? "arms one" : "arms" });
  if (shared) {
    arms.append(armColumn("shared", "Both arms: equal history, so one play", chained, opening, null));
  } else {
    const parts =
      chained && other ? parting(turnsOf(chained.play), turnsOf(other.play)) : null;
    for (const [name, row] of [["chained", chained], [state.arm, other]]) {
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


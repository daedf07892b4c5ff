
// The table of targets: rows stay where they are and what they show changes, so that whoever
// selects a text or listens to it isn't disturbed. It can be filtered, and sorted by its heads.

const DASH = "–";
const RANK = { healthy: 2, unmet: 1 };
const KEYS = {
  state: (one) => RANK[one.state] ?? 0,
  target: (one) => one.target,
  version: (one) => one.engine?.version,
  api: (one) => one.engine?.api_version,
  latency: (one) => (one.engine ? one.latency_ms : null),
  running: (one) => one.containers?.running,
  stopped: (one) => one.containers?.stopped,
  unhealthy: (one) => one.containers?.unhealthy,
  days: (one) => one.tls?.days_left,
  since: (one) => one.since,
};
const NAMES = new Intl.Collator("en", { numeric: true });
const rows = new Map();
let targets = [];
let sorting = { key: "state", up: true };

// A row, and how it is filled.
function made() {
  const line = document.createElement("tr");
  const at = (name, ...inside) => {
    const cell = document.createElement("td");
    cell.className = name;
    cell.append(...inside);
    line.append(cell);
    return cell;
  };
  const state = document.createElement("strong");
  at("state", state);
  const name = document.createElement("code");
  const why = document.createElement("p");
  at("target", name, why);
  const [version, api, latency] = [at(""), at(""), at("number")];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 120 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  at("", svg);
  const counts = ["running", "stopped", "unhealthy", "days"].map((key) => [key, at("number")]);
  const since = at("");
  const show = (one) => {
    state.dataset.is = one.state;
    set(state, one.state);
    set(name, one.target);
    set(why, one.error ?? "");
    set(version, one.engine?.version || DASH);
    set(api, one.engine?.api_version || DASH);
    set(latency, one.engine ? `${one.latency_ms.toFixed(1)} ms` : DASH);
    path.setAttribute("d", strokes(one.latencies_ms));
    for (const [key, cell] of counts) {
      const count = KEYS[key](one) ?? null;
      set(cell, count === null ? DASH : String(count));
      cell.classList.toggle("bad", count !== null && isBad(key, count));
    }
    set(since, text(one.since, "time"));
  };
  return { line, show, now: "" };
}

function isBad(key, count) {
  return (key === "unhealthy" && count > 0) || (key === "days" && count < 14);
}

// A stroke a check; none for one without an answer.
function strokes(latencies) {
  const most = Math.max(...latencies, 0.1);
  const stroke = (latency, at) =>
    latency === null ? "" : `M${3 * at + 1} 24V${22 - Math.round((20 * latency) / most)}`;
  return latencies.map(stroke).join("");
}

function compare(a, b) {
  const [one, other] = [a, b].map((target) => KEYS[sorting.key](target) ?? null);
  // What isn't known comes last, whichever way it is sorted.
  if (one === null || other === null) return (one === null) - (other === null) || byName(a, b);
  const by = typeof one === "number" ? one - other : NAMES.compare(one, other);
  return (sorting.up ? by : -by) || byName(a, b);
}

function byName(a, b) {
  return NAMES.compare(a.target, b.target);
}

function arrange() {
  const wanted = document.getElementById("filter").value.trim().toLowerCase();
  let shown = 0;
  const order = targets.toSorted(compare).map((one) => {
    const { line } = rows.get(one.target);
    const told = [one.target, one.state, one.error, one.engine?.version, one.engine?.platform];
    line.hidden = !told.some((part) => part?.toLowerCase().includes(wanted));
    shown += !line.hidden;
    return line;
  });
  const body = document.getElementById("rows");
  if (order.some((line, at) => body.rows[at] !== line) || body.rows.length !== order.length) {
    body.replaceChildren(...order);
  }
  set(document.getElementById("shown"), `${shown} of ${order.length} shown`);
}

function sum(key) {
  return targets.reduce((sum, one) => sum + (KEYS[key](one) ?? 0), 0);
}

function sortBy(key) {
  sorting = { key, up: sorting.key === key ? !sorting.up : true };
  for (const head of document.querySelectorAll("th[data-key]")) {
    const isIt = head.dataset.key === key;
    if (isIt) head.setAttribute("aria-sort", sorting.up ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  }
  arrange();
}

for (const head of document.querySelectorAll("th[data-key]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(head.textContent.trim());
  button.addEventListener("click", () => sortBy(head.dataset.key));
  head.replaceChildren(button);
}
document.querySelector("th[data-key=state]").setAttribute("aria-sort", "ascending");
document.getElementById("filter").addEventListener("input", arrange);

live("The probe", (status) => {
  targets = status;
  const known = new Set(targets.map((one) => one.target));
  for (const name of rows.keys()) if (!known.has(name)) rows.delete(name);
  for (const one of targets) {
    if (!rows.has(one.target)) rows.set(one.target, made());
    const row = rows.get(one.target);
    const now = JSON.stringify(one);
    if (row.now !== now) row.show(one);
    row.now = now;
  }
  arrange();
  const healthy = targets.filter((one) => one.healthy).length;
  const failing = targets.length - healthy;
  const [running, stopped, unhealthy] = ["running", "stopped", "unhealthy"].map(sum);
  show({ targets: targets.length, healthy, failing, running, stopped, unhealthy });
  document.title = failing > 0 ? `(${failing}) Docker Engines` : "Docker Engines";
  document.getElementById("tools").hidden = false;
});

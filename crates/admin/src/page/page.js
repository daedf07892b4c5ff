"use strict";

// The page says what belongs where: data-value and data-mark a text, data-rows and data-cells a
// table, data-if whether to be there at all. The server fills it once; this goes on every second.
// Whatever is shown becomes text, never markup.

const EVERY_MS = 1000;
const PATIENCE_MS = 10_000;
const FORMATS = {
  bytes(bytes) {
    let step = 0;
    for (; bytes >= 1000 && step < 5; step++) bytes /= 1000;
    return step === 0 ? `${bytes} B` : `${bytes.toFixed(1)} ${"kMGTP"[step - 1]}B`;
  },
  span(seconds) {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
    if (hours > 0) return `${hours} h ${minutes % 60} min`;
    return minutes > 0 ? `${minutes} min` : `${seconds} s`;
  },
  time: (time) => time.replace("T", " ").replace("Z", ""),
  flag: (flag) => (flag ? "revoked" : ""),
};

function text(value, format) {
  if (value === undefined || value === null) return "";
  return FORMATS[format] ? FORMATS[format](value) : String(value);
}

function find(status, path) {
  return path.split(".").reduce((at, key) => at?.[key], status);
}

function set(element, content) {
  if (element.textContent !== content) element.textContent = content;
}

function show(status) {
  for (const element of document.querySelectorAll("[data-if]")) {
    element.hidden = (find(status, element.dataset.if) ?? null) === null;
  }
  for (const element of document.querySelectorAll("[data-value]")) {
    const [path, format] = element.dataset.value.split(":");
    set(element, text(find(status, path), format));
  }
  for (const element of document.querySelectorAll("[data-mark]")) {
    const word = text(find(status, element.dataset.mark));
    element.dataset.is = word;
    set(element, word);
  }
  for (const body of document.querySelectorAll("[data-rows]")) {
    fill(body, find(status, body.dataset.rows) ?? []);
  }
}

function fill(body, rows) {
  const now = JSON.stringify(rows);
  if (body.now === now) return;
  body.now = now;
  const focused = body.contains(document.activeElement) && document.activeElement.closest("tr").now;
  const cells = body.dataset.cells.split(" ").map((cell) => cell.split(":"));
  body.replaceChildren(...rows.map((row) => {
    const line = document.createElement("tr");
    line.now = JSON.stringify(row);
    line.classList.toggle("flag", row.revoked === true || row.days_left < 7);
    line.append(...cells.map(([key, format]) => cell(row[key], format)));
    return line;
  }));
  // Whoever was about to copy a line still is.
  if (focused) [...body.rows].find((line) => line.now === focused)?.querySelector("button")?.focus();
}

function cell(value, format) {
  const cell = document.createElement("td");
  cell.className = format ?? "";
  if (format !== "line" || !value) {
    cell.textContent = text(value, format);
    return cell;
  }
  const code = document.createElement("code");
  code.textContent = value;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${value}`);
  button.addEventListener("click", () => copy(code, button));
  cell.append(code, " ", button);
  return cell;
}

function copy(code, button) {
  // The clipboard's own interface is there over TLS and on this machine alone.
  getSelection().selectAllChildren(code);
  const copied = document.execCommand("copy");
  button.textContent = copied ? "Copied" : "Selected";
}

// Shows what `/status.json` says, again and again; a long answer is asked for less often, and one
// that doesn't come isn't waited for for ever.
async function live(who, draw) {
  const begin = performance.now();
  let status = null;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    status = await (await fetch("status.json", { signal })).json();
  } catch {
    // Told below.
  }
  if (status !== null) draw(status);
  const told = status === null ? `${who} doesn't answer: what is below may be old.` : "Live";
  set(document.getElementById("live"), told);
  const took = status === null ? 0 : performance.now() - begin;
  setTimeout(() => live(who, draw), Math.max(EVERY_MS, took));
}

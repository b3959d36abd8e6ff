"use strict";
// A terminal of the few sequences that the app writes (ECMA-48), and its keys as xterm sends them.

// The token is in the address once: not in the history, and kept for this tab alone.
const token = location.hash.slice(1) || sessionStorage.getItem("token") || "";
sessionStorage.setItem("token", token);
history.replaceState(null, "", "/");
const screen = document.getElementById("screen");
const note = document.getElementById("note");
const PLAIN = { fg: "", bg: "", bold: false, dim: false, italic: false, under: false, strike: false, turned: false };
const BASE = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
  "#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"];

let columns = 80, rows = 24, x = 0, y = 0, style = { ...PLAIN }, grid = [], lines = [], dirty = new Set(), rest = "";

function cell() { return { letter: " ", style: PLAIN }; }

function clear() {
  grid = Array.from({ length: rows }, () => Array.from({ length: columns }, cell));
  screen.replaceChildren(...grid.map(() => document.createElement("div")));
  lines = [...screen.children];
  grid.forEach((_, index) => dirty.add(index));
}

function palette(number) {
  if (number < 16) return BASE[number];
  if (number > 231) { const grey = 8 + 10 * (number - 232); return `rgb(${grey},${grey},${grey})`; }
  const level = (part) => (part ? 55 + 40 * part : 0);
  const place = number - 16;
  return `rgb(${level(Math.floor(place / 36))},${level(Math.floor(place / 6) % 6)},${level(place % 6)})`;
}

function paint(codes) {
  style = { ...style };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    if (code === 0) style = { ...PLAIN };
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.under = true;
    else if (code === 7) style.turned = true;
    else if (code === 9) style.strike = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.under = false;
    else if (code === 27) style.turned = false;
    else if (code === 29) style.strike = false;
    else if (code === 39) style.fg = "";
    else if (code === 49) style.bg = "";
    else if (code === 38 || code === 48) {
      const colour = codes[at + 1] === 2 ? `rgb(${codes.slice(at + 2, at + 5).join()})` : palette(codes[at + 2]);
      at += codes[at + 1] === 2 ? 4 : 2;
      if (code === 38) style.fg = colour; else style.bg = colour;
    }
    else if (code >= 30 && code <= 37) style.fg = BASE[code - 30];
    else if (code >= 40 && code <= 47) style.bg = BASE[code - 40];
    else if (code >= 90 && code <= 97) style.fg = BASE[code - 82];
    else if (code >= 100 && code <= 107) style.bg = BASE[code - 92];
  }
}

function put(letter) {
  if (y < rows && x < columns) { grid[y][x] = { letter, style }; dirty.add(y); }
  x++;
}

function control(parameters, final) {
  const numbers = parameters.split(";").map((part) => parseInt(part, 10) || 0);
  if (/[?<>=]/.test(parameters)) return;
  if (final === "m") paint(numbers);
  else if (final === "H" || final === "f") { y = Math.max(numbers[0], 1) - 1; x = Math.max(numbers[1] || 1, 1) - 1; }
  else if (final === "J") clear();
  else if (final === "A") y = Math.max(y - Math.max(numbers[0], 1), 0);
  else if (final === "B") y += Math.max(numbers[0], 1);
  else if (final === "C") x += Math.max(numbers[0], 1);
  else if (final === "D") x = Math.max(x - Math.max(numbers[0], 1), 0);
}

function command(text) {
  if (text.startsWith("52;c;")) {
    const bytes = Uint8Array.from(atob(text.slice(5)), (letter) => letter.charCodeAt(0));
    navigator.clipboard.writeText(new TextDecoder().decode(bytes)).catch(() => {});
  }
}

const PIECES = /\x1b\[([0-?]*)[ -\/]*([@-~])|\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)|\x1b[P_^][^\x1b]*\x1b\\|\x1b[^\[\]P_^]|[^\x1b]/guy;

function write(text) {
  text = rest + text;
  PIECES.lastIndex = 0;
  let end = 0;
  for (let piece; (piece = PIECES.exec(text)); end = PIECES.lastIndex) {
    if (piece[2]) control(piece[1], piece[2]);
    else if (piece[3] !== undefined) command(piece[3]);
    else if (piece[0] === "\n") y++;
    else if (piece[0] === "\r") x = 0;
    else if (piece[0] >= " " && piece[0][0] !== "\x1b") put(piece[0]);
  }
  rest = text.slice(end);
  requestAnimationFrame(draw);
}

function draw() {
  for (const index of dirty) {
    const spans = [];
    let run = "", look = null;
    const close = () => { if (run) spans.push(span(run, look)); run = ""; };
    for (const { letter, style: own } of grid[index] || []) {
      if (own !== look) { close(); look = own; }
      run += letter;
    }
    close();
    if (lines[index]) lines[index].replaceChildren(...spans);
  }
  dirty.clear();
}

function span(text, look) {
  const element = document.createElement("span");
  element.textContent = text;
  const [front, back] = look.turned ? [look.bg || "#000", look.fg || "#ddd"] : [look.fg, look.bg];
  if (front) element.style.color = front;
  if (back) element.style.backgroundColor = back;
  if (look.bold) element.style.fontWeight = "bold";
  if (look.dim) element.style.opacity = "0.6";
  if (look.italic) element.style.fontStyle = "italic";
  if (look.under || look.strike) element.style.textDecoration = look.under ? "underline" : "line-through";
  return element;
}

let order = Promise.resolve();

function send(path, body) {
  // One after the other: keys keep their order.
  order = order.then(() => fetch(path, { method: "POST", body, headers: { Authorization: `Bearer ${token}` } })).catch(() => {});
}

const KEYS = { Enter: "\r", Escape: "\x1b", Tab: "\t", Backspace: "\x7f", Delete: "\x1b[3~", ArrowUp: "\x1b[A", ArrowDown: "\x1b[B",
  ArrowRight: "\x1b[C", ArrowLeft: "\x1b[D", Home: "\x1b[H", End: "\x1b[F", PageUp: "\x1b[5~", PageDown: "\x1b[6~" };

function bytesOf(event) {
  if (event.key === "Tab" && event.shiftKey) return "\x1b[Z";
  if (event.metaKey || event.altKey) return "";
  if (event.ctrlKey) return /^[a-z]$/.test(event.key) && event.key !== "v" ? String.fromCharCode(event.key.charCodeAt(0) & 31) : "";
  return KEYS[event.key] || ([...event.key].length === 1 ? event.key : "");
}

document.addEventListener("keydown", (event) => {
  const bytes = event.isComposing ? "" : bytesOf(event);
  if (bytes) { event.preventDefault(); send("/keys", bytes); }
});
document.addEventListener("paste", (event) => {
  event.preventDefault();
  const text = event.clipboardData.getData("text").replaceAll("\x1b", "");
  send("/keys", `\x1b[200~${text}\x1b[201~`);
});

let size = { width: 9.6, height: 19.2 };

function mouse(button, event, final) {
  const column = Math.floor(event.clientX / size.width) + 1, row = Math.floor(event.clientY / size.height) + 1;
  if (column <= columns && row <= rows) send("/keys", `\x1b[<${button};${column};${row}${final}`);
}
document.addEventListener("mousedown", (event) => { if (event.button === 0) mouse(0, event, "M"); });
document.addEventListener("mouseup", (event) => { if (event.button === 0) mouse(0, event, "m"); });
document.addEventListener("wheel", (event) => mouse(event.deltaY < 0 ? 64 : 65, event, "M"), { passive: true });

function fit() {
  const probe = document.createElement("span");
  probe.textContent = "0".repeat(100);
  screen.append(probe);
  const box = probe.getBoundingClientRect();
  probe.remove();
  size = { width: box.width / 100, height: box.height };
  columns = Math.max(20, Math.min(400, Math.floor(innerWidth / size.width)));
  rows = Math.max(10, Math.min(200, Math.floor(innerHeight / size.height)));
  clear();
  send("/size", JSON.stringify([columns, rows]));
}

async function look() {
  const answer = await fetch("/screen", { headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) {
    note.textContent = answer.status === 409
      ? "Another window shows this wallet already. Close it, and load this page again."
      : "This address is not the one that quietkey web printed. Open that one.";
    return;
  }
  const reader = answer.body.getReader(), decoder = new TextDecoder();
  fit();
  addEventListener("resize", fit);
  for (let part; !(part = await reader.read()).done;) write(decoder.decode(part.value, { stream: true }));
  note.textContent = "Quietkey has ended. You can close this window.";
}

look().catch(() => { note.textContent = "The connection was lost. Nothing was paid by that. Load this page again."; });

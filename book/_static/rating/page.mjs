// The page of the blind rating: shows, asks, and at the end tells what was compared.

import { assembled, key, save } from "./answers.mjs";
import { ANSWERS, Session } from "./session.mjs";

const HERE = new URL(".", import.meta.url);
const root = document.getElementById("rating");
const at = (name) => root.querySelector(`[data-part="${name}"]`);
const trials = await (await fetch(new URL("trials.json", HERE))).json();
const session = new Session(trials);
let busy = false; // while pictures load, no answer counts

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A picture that is ready to be shown. */
async function picture(name, alt) {
  const image = make("img", { className: "dark-light", alt, width: trials.side, height: trials.side });
  image.src = new URL(`pictures/${name}.png`, HERE);
  await image.decode();
  return image;
}

function pictures({ pictures: names }) {
  const sides = names.length === 2 ? ["Left picture of the pair", "Right picture of the pair"] : ["Picture to be scored"];
  return Promise.all(names.map((name, i) => picture(name, sides[i])));
}

function progress() {
  const number = session.answers.length + 1;
  if (number <= session.pairs) return `Pair ${number} of ${session.pairs}.`;
  return `Picture ${number - session.pairs} of ${session.asked.length - session.pairs}.`;
}

/** Shows what is asked now; both pictures of a pair appear at once. */
async function ask() {
  at("progress").value = session.answers.length;
  at("undo").disabled = session.answers.length === 0;
  if (!session.now) {
    finish();
    return;
  }
  busy = true;
  const pair = session.now.pictures.length === 2;
  let shown;
  try {
    shown = await pictures(session.now);
  } catch {
    at("said").textContent = "A picture could not be loaded. Your answers so far are kept: load the page again.";
    return;
  }
  at("stage").replaceChildren(...shown);
  at("pair").hidden = !pair;
  at("single").hidden = pair;
  at("said").textContent = `${progress()} ${pair ? "Which looks more like a sharp photograph?" : "How good is this picture?"}`;
  busy = false;
  if (session.next) pictures(session.next).catch(() => {}); // into the browser's cache; told above if it fails
}

function answer(value) {
  if (busy || !session.now) return;
  session.answer(value);
  ask();
}

function undo() {
  if (busy || session.answers.length === 0) return;
  session.undo();
  ask();
}

function finish() {
  at("work").hidden = true;
  at("done").hidden = false;
  at("said").textContent = "That was all, thank you. Save your answers, and see what you compared.";
  at("save").focus();
}

/** Hands the file out and only then tells what the pictures were. */
async function hand() {
  let file;
  try {
    file = assembled(session, await key(new URL("key.txt", HERE)));
  } catch (error) {
    at("said").textContent = `It did not work: ${error.message}. Your answers are kept; try again.`;
    return;
  }
  save(file);
  reveal(file);
}

function reveal({ pairs, scores }) {
  const caught = pairs.filter(({ expected }) => expected);
  const right = caught.filter(({ expected, answer }) => expected === answer).length;
  const chosen = (pair) => (pair.answer === "cannot tell" ? "cannot tell" : pair[pair.answer]);
  const row = (...cells) => make("tr", {}, ...cells.map((text) => make("td", { textContent: text })));
  at("pairs").replaceChildren(
    ...pairs.map((pair) => row(pair.crop, pair.left, pair.right, chosen(pair), pair.expected ? "catch trial" : "")),
  );
  at("scores").replaceChildren(...scores.map(({ crop, method, score }) => row(crop, method, score)));
  at("said").textContent =
    `Saved as ratings-${session.rater}.json. You had ${right} of ${caught.length} catch trials right. ` +
    "HR is the photograph itself; nearest repeats pixels.";
  at("revealed").hidden = false;
}

/** Keys count while the focus is in the rating, so that they take nothing from the page around it. */
function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("work").hidden || !session.now) return;
  const pair = session.now.pictures.length === 2;
  const arrows = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "cannot tell" };
  if (event.key === "Backspace") undo();
  else if (pair && arrows[event.key]) answer(arrows[event.key]);
  else if (pair && "123".includes(event.key)) answer(ANSWERS[event.key - 1]);
  else if (!pair && "12345".includes(event.key)) answer(Number(event.key));
  else return;
  event.preventDefault();
}

/** Pictures of one pixel a pixel need a browser that does not enlarge them. */
function warn() {
  at("zoomed").hidden = Number.isInteger(devicePixelRatio);
  at("zoomed").textContent =
    `Your browser shows each pixel as ${devicePixelRatio.toFixed(2)} of the screen's, and has to smooth. ` +
    "Set its zoom so that this line disappears, often 100 %.";
}

function start() {
  at("start").hidden = true;
  at("work").hidden = false;
  if (!session.keep()) at("unkept").hidden = false;
  at("stage").focus();
  ask();
}

root.addEventListener("keydown", pressed);
root.querySelectorAll("[data-answer]").forEach((button) =>
  button.addEventListener("click", () => answer(ANSWERS[button.dataset.answer])),
);
root.querySelectorAll("[data-score]").forEach((button) =>
  button.addEventListener("click", () => answer(Number(button.dataset.score))),
);
at("begin").addEventListener("click", start);
at("undo").addEventListener("click", undo);
at("save").addEventListener("click", hand);
at("again").addEventListener("click", () => {
  session.restart();
  location.reload();
});
at("progress").max = session.asked.length;
if (session.resumed) at("begin").textContent = `Go on after ${session.answers.length} answers`;
matchMedia("(resolution: 1dppx)").addEventListener("change", warn);
warn();
root.hidden = false;
document.getElementById("rating-still").hidden = true;

// The page: takes a photograph, has it enlarged, shows and hands out the result.

import { LIMIT, megapixels, read } from "./photo.mjs";
import { png } from "./png.mjs";
import { View, bicubic, whole } from "./view.mjs";

const HERE = new URL(".", import.meta.url);
const root = document.getElementById("try");
const at = (name) => root.querySelector(`[data-part="${name}"]`);
const view = new View(at("canvas"), at("slider"));
const networks = (await (await fetch(new URL("networks.json", HERE))).json()).networks;

let photo = null; // {rgb, alpha, name}
let result = null; // {sr, lr, truth, …} as the worker made it
let worker = null; // at work

/** What happens, in one sentence that a screen reader reads out. */
function say(text, failed = false) {
  at("said").textContent = text;
  at("said").classList.toggle("failed", failed);
}

function chosen() {
  return networks[at("network").value];
}

/** Whether the photograph, so enlarged, is one that this page can hold. */
function fits() {
  const made = photo.rgb.width * photo.rgb.height * (at("measure").checked ? 1 : chosen().scale ** 2);
  if (made <= LIMIT.output) return true;
  say(
    `The result would have ${megapixels(made)}, and this page makes up to ${megapixels(LIMIT.output)}: ` +
      "choose a smaller factor, or enlarge it with `srlib upscale`, which has no limit.",
    true,
  );
  return false;
}

async function take(file, name) {
  try {
    say("Reading the photograph …");
    photo = { ...(await read(file)), name: name.replace(/\.[^.]*$/, "") };
  } catch (error) {
    say(error.message, true);
    return;
  }
  at("start").disabled = false;
  const { width, height } = photo.rgb;
  say(`${name}: ${width} × ${height} pixels. Nothing has left your machine.`);
  start();
}

function stop() {
  worker?.terminate();
  worker = null;
  at("work").hidden = true;
  at("start").disabled = !photo;
}

function start() {
  stop();
  if (!photo || !fits()) return;
  at("work").hidden = false;
  at("start").disabled = true;
  at("progress").removeAttribute("value");
  const about = chosen(); // the reader may choose another one meanwhile
  say(`Loading ${about.name} …`);
  worker = new Worker(new URL("worker.mjs", HERE), { type: "module" });
  worker.addEventListener("message", ({ data }) => heard(data, about));
  worker.addEventListener("error", (event) => heard({ error: event.message || "the worker did not start" }, about));
  worker.postMessage({ photo, about, measure: at("measure").checked });
}

function heard(data, about) {
  if (data.error) {
    stop();
    say(`It did not work: ${data.error}`, true);
  } else if (data.done) {
    at("progress").value = data.done / data.of;
    const left = Math.ceil((data.seconds / data.done) * (data.of - data.done));
    at("left").textContent = `${data.done} of ${data.of} tiles, ${left} s left`;
    if (data.done === 1) say("Enlarging …");
  } else {
    stop();
    finish({ ...data, about });
  }
}

function finish(made) {
  result = made;
  const { sr, lr, seconds, provider, about } = result;
  const place = provider === "webgpu" ? "your graphics card" : "your processor";
  at("result").hidden = false;
  at("truth").hidden = at("truth").disabled = !result.truth;
  at("right").value = "network";
  at("left-side").value = "bicubic";
  list(result.table);
  look();
  say(
    `Done: ${lr.width} × ${lr.height} became ${sr.width} × ${sr.height} pixels by ${about.name} ×${about.scale} ` +
      `in ${seconds.toFixed(1)} s on ${place}.`,
  );
}

/** Lays what is chosen for each side under the slider. */
function look() {
  const { sr, lr, truth } = result;
  const sources = { network: whole(sr), bicubic: bicubic(lr, sr.width, sr.height), truth: truth && whole(truth) };
  const names = { network: `${result.about.name} ×${result.about.scale}`, bicubic: "bicubic", truth: "the original" };
  const [left, right] = [at("left-side").value, at("right").value];
  at("canvas").setAttribute("aria-label", `Your photograph, left by ${names[left]}, right by ${names[right]}`);
  at("canvas").classList.toggle("transparent", sr.channels === 4);
  view.show(sources[left] ?? sources.bicubic, sources[right] ?? sources.network, sr);
  at("zoom").textContent = `${view.zoom} : 1`;
}

/** The table of the measures, where there is an original to measure against. */
function list(table) {
  at("measures").hidden = !table;
  const best = table && Math.max(...table.map(({ psnr }) => psnr));
  at("rows").replaceChildren(
    ...(table ?? []).map(({ method, psnr, ssim }) => {
      const row = document.createElement("tr");
      row.classList.toggle("best", psnr === best);
      const cells = [method, psnr.toFixed(2), ssim?.toFixed(4) ?? "–"];
      row.append(...cells.map((text, i) => Object.assign(document.createElement(i ? "td" : "th"), { textContent: text })));
      row.dataset.method = method;
      return row;
    }),
  );
}

async function save() {
  at("save").disabled = true;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await png(result.sr));
  link.download = `${photo.name}_x${result.about.scale}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  at("save").disabled = false;
}

function warn() {
  at("about").textContent = chosen().about;
  at("about").classList.toggle("failed", chosen().invents);
}

/** Everything that the reader can do. */
function connect() {
  at("network").replaceChildren(
    ...networks.map(({ name, scale, bytes }, i) =>
      Object.assign(document.createElement("option"), {
        value: i,
        textContent: `${name} ×${scale} (${(bytes / 1e6).toFixed(1)} MB)`,
      }),
    ),
  );
  const taken = ({ target }) => target.files[0] && take(target.files[0], target.files[0].name);
  at("file").addEventListener("change", taken);
  at("camera").addEventListener("change", taken);
  root.querySelectorAll("[data-example]").forEach((button) =>
    button.addEventListener("click", async () => {
      const answer = await fetch(new URL(button.dataset.example, HERE));
      take(await answer.blob(), button.dataset.example.split("/").pop());
    }),
  );
  addEventListener("paste", ({ clipboardData }) => {
    const file = [...clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (file) take(file, file.name);
  });
  const zone = at("drop");
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) take(file, file.name);
  });
  at("network").addEventListener("change", warn);
  at("start").addEventListener("click", start);
  at("cancel").addEventListener("click", () => {
    stop();
    say("Cancelled.");
  });
  for (const side of ["left-side", "right"]) at(side).addEventListener("change", look);
  at("closer").addEventListener("click", () => (at("zoom").textContent = `${view.step(1)} : 1`));
  at("further").addEventListener("click", () => (at("zoom").textContent = `${view.step(-1)} : 1`));
  at("lens").addEventListener("change", ({ target }) => {
    view.lens = target.checked;
    view.draw();
  });
  at("save").addEventListener("click", save);
}

if (networks.length > 0) {
  connect();
  warn();
  root.hidden = false;
  document.getElementById("try-still").hidden = true;
}

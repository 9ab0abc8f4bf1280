// What takes long, beside the page: it stays awake, and a job is cancelled by ending the worker.

import { psnr, ssim } from "./metrics.mjs";
import { enlarge, open } from "./network.mjs";
import { joined } from "./photo.mjs";
import { crop, repeat, resample } from "./resample.mjs";

const networks = new Map(); // file → network, opened once

async function opened(about) {
  if (!networks.has(about.file)) networks.set(about.file, await open(about));
  return networks.get(about.file);
}

/** The photograph shrunk as the course shrinks it, and the part of it that this is compared with. */
function shrunk(rgb, scale) {
  const [width, height] = [rgb.width, rgb.height].map((side) => side - (side % scale));
  const truth = crop(rgb, { x: 0, y: 0, width, height });
  return { truth, lr: resample(truth, width / scale, height / scale) };
}

/** Every method's PSNR and SSIM against the truth. */
function measured(truth, lr, sr, { name, scale }) {
  const { width, height } = truth;
  const enlarged = [
    ["nearest", repeat(lr, scale)],
    ["bilinear", resample(lr, width, height, "bilinear")],
    ["bicubic", resample(lr, width, height)],
    ["lanczos", resample(lr, width, height, "lanczos")],
    [name, sr],
  ];
  return enlarged.map(([method, made]) => ({
    method,
    psnr: psnr(truth, made, scale),
    ssim: ssim(truth, made, scale),
  }));
}

async function run({ photo, about, measure }) {
  const network = await opened(about);
  const { truth, lr } = measure ? shrunk(photo.rgb, about.scale) : { lr: photo.rgb };
  const alpha = measure ? null : photo.alpha;
  const begun = performance.now();
  const rounds = alpha ? 2 : 1; // colour, then transparency, by the same network
  const tell = (round) => (done, of) =>
    postMessage({ done: round * of + done, of: rounds * of, seconds: (performance.now() - begun) / 1000 });
  const colour = await enlarge(network, lr, tell(0));
  const sr = joined(colour, alpha && (await enlarge(network, alpha, tell(1))));
  const seconds = (performance.now() - begun) / 1000;
  const table = measure ? measured(truth, lr, colour, about) : null;
  const made = { sr, lr: joined(lr, alpha), truth, table, seconds, provider: network.provider };
  postMessage(made, [sr.data.buffer]);
}

addEventListener("message", ({ data }) => {
  run(data).catch((error) => postMessage({ error: error.message }));
});

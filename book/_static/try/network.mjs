// A network in ONNX Runtime: on the graphics card where there is one, else in WebAssembly.

import { crop } from "./resample.mjs";
import { windows } from "./tiles.mjs";

const HERE = new URL(".", import.meta.url);

/** The runtime, and where it computes. One thread: most servers do not allow the page more. */
async function runtime() {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  const card = adapter && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
  const ort = await import(card ? "./ort/ort.webgpu.bundle.min.mjs" : "./ort/ort.wasm.bundle.min.mjs");
  const wasm = card ? "ort-wasm-simd-threaded.asyncify.wasm" : "ort-wasm-simd-threaded.wasm";
  ort.env.wasm.wasmPaths = { wasm: new URL(`ort/${wasm}`, HERE).href };
  ort.env.wasm.numThreads = 1;
  return { ort, provider: card ? "webgpu" : "wasm" };
}

let loaded; // the runtime, once

/** A file of the site, if it is the one that was built. */
async function fetched({ file, sha256 }) {
  const answer = await fetch(new URL(file, HERE));
  if (!answer.ok) throw new Error(`the network could not be loaded (${answer.status}): reload the page`);
  const bytes = await answer.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256) throw new Error("the network arrived damaged: reload the page");
  return bytes;
}

/** A network of `networks.json`, ready to run. */
export async function open(about) {
  loaded ??= runtime();
  const [{ ort, provider }, bytes] = await Promise.all([loaded, fetched(about)]);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider] });
  return { ort, session, about, provider };
}

/** The pixels of a window, as the network takes them: float32 (1, h, w, 3) in [0, 1]. */
function cut(image, { rows, columns }) {
  const { channels, data } = image;
  const shape = [1, rows.stop - rows.start, columns.stop - columns.start, 3];
  const values = new Float32Array(shape[1] * shape[2] * 3);
  let at = 0;
  for (let y = rows.start; y < rows.stop; y++) {
    for (let x = columns.start; x < columns.stop; x++) {
      const from = (y * image.width + x) * channels;
      for (let c = 0; c < 3; c++) values[at++] = data[from + (channels < 3 ? 0 : c)] / 255;
    }
  }
  return { values, shape };
}

/** What is kept of a window, rounded to 8 bits, at its place in the result. */
function put(sr, made, { rows, columns }, scale) {
  const wide = (columns.stop - columns.start) * scale;
  const skip = { y: (rows.first - rows.start) * scale, x: (columns.first - columns.start) * scale };
  const width = (columns.last - columns.first) * scale;
  for (let y = 0; y < (rows.last - rows.first) * scale; y++) {
    const from = ((skip.y + y) * wide + skip.x) * 3;
    let at = ((rows.first * scale + y) * sr.width + columns.first * scale) * sr.channels;
    for (let i = from; i < from + width * 3; i += sr.channels === 1 ? 3 : 1) {
      sr.data[at++] = Math.min(255, Math.max(0, Math.round(made[i] * 255)));
    }
  }
}

/** Where a pixel beyond the border has its mirror image. */
function mirror(i, side) {
  const turn = ((i % (2 * side)) + 2 * side) % (2 * side);
  return turn < side ? turn : 2 * side - 1 - turn;
}

/** The image with its mirror images around it, on sides so short that every pixel sees both ends. */
function mirrored(image, margin) {
  const { channels, data } = image;
  const [padX, padY] = [image.width, image.height].map((side) => (side <= margin ? margin : 0));
  if (padX + padY === 0) return { padded: image, padX, padY };
  const [width, height] = [image.width + 2 * padX, image.height + 2 * padY];
  const padded = { width, height, channels, data: new Uint8Array(width * height * channels) };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = mirror(y - padY, image.height) * image.width + mirror(x - padX, image.width);
      for (let c = 0; c < channels; c++) padded.data[at++] = data[from * channels + c];
    }
  }
  return { padded, padX, padY };
}

/** An RGB image (or a gray one, of one channel) enlarged; `tell(done, of)` after every window. */
export async function enlarge({ ort, session, about }, image, tell) {
  const { scale, margin } = about;
  const { padded, padX, padY } = mirrored(image, margin);
  const [width, height] = [padded.width * scale, padded.height * scale];
  const { channels } = image;
  const sr = { width, height, channels, data: new Uint8Array(width * height * channels) };
  const all = windows(padded.width, padded.height, margin);
  for (const [i, window] of all.entries()) {
    const { values, shape } = cut(padded, window);
    const lr = new ort.Tensor("float32", values, shape);
    const results = await session.run({ [session.inputNames[0]]: lr });
    const made = results[session.outputNames[0]];
    put(sr, await made.getData(), window, scale);
    made.dispose();
    tell(i + 1, all.length);
  }
  if (padX + padY === 0) return sr;
  const place = { x: padX * scale, y: padY * scale };
  return crop(sr, { ...place, width: image.width * scale, height: image.height * scale });
}

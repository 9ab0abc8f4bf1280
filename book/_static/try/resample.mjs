// Pillow's resampling of 8-bit images, to the bit: fixed-point weights, rows first, then columns.
//
// An image is {width, height, channels, data}: a Uint8 array of interleaved channels.

const FILTERS = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
const BITS = 22; // of the weights, as in Pillow

/** Keys's kernel with a = −1/2. */
function cubic(x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** For outputs [first, last) of a side: where their inputs begin, and what each counts for. */
function weights(side, wanted, filter, first, last) {
  const { support, weight } = FILTERS[filter];
  const step = side / wanted;
  const spread = Math.max(step, 1);
  return Array.from({ length: last - first }, (_, i) => {
    const centre = (first + i + 0.5) * step;
    const begin = Math.max(0, Math.trunc(centre - support * spread + 0.5));
    const end = Math.min(side, Math.trunc(centre + support * spread + 0.5));
    const raw = Float64Array.from({ length: end - begin }, (_, j) =>
      weight((begin + j - centre + 0.5) / spread),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    return { begin, counts: raw.map((w) => Math.trunc((w / sum) * 2 ** BITS + Math.sign(w) / 2)) };
  });
}

/** What a pass makes of lines that lie `stride` apart, for every one of `across` places. */
function pass(source, target, all, { stride, step, across, apart, from, to }) {
  all.forEach(({ begin, counts }, i) => {
    for (let place = 0; place < across; place++) {
      let sum = 2 ** (BITS - 1);
      let at = from(place) + (begin - step) * stride;
      for (const count of counts) {
        sum += source[at] * count;
        at += stride;
      }
      target[to(place) + i * apart] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** BITS)));
    }
  });
}

/** An image of another size, or the part `{x, y, width, height}` of it. */
export function resample(image, width, height, filter = "bicubic", part = { x: 0, y: 0, width, height }) {
  const { channels, data } = image;
  const columns = weights(image.width, width, filter, part.x, part.x + part.width);
  const rows = weights(image.height, height, filter, part.y, part.y + part.height);
  // The rows of the input that the part depends on.
  const top = rows[0].begin;
  const bottom = Math.max(...rows.map(({ begin, counts }) => begin + counts.length));
  const wide = new Uint8Array(part.width * (bottom - top) * channels);
  const line = part.width * channels;
  pass(data, wide, columns, {
    stride: channels,
    step: 0,
    across: (bottom - top) * channels,
    apart: channels,
    from: (p) => (top + Math.floor(p / channels)) * image.width * channels + (p % channels),
    to: (p) => Math.floor(p / channels) * line + (p % channels),
  });
  const made = new Uint8Array(part.height * line);
  pass(wide, made, rows, { stride: line, step: top, across: line, apart: line, from: (p) => p, to: (p) => p });
  return { width: part.width, height: part.height, channels, data: made };
}

/** An image whose pixels are repeated `scale` times: nearest-neighbour enlargement. */
export function repeat(image, scale) {
  const { width, height, channels, data } = image;
  const made = new Uint8Array(data.length * scale * scale);
  let at = 0;
  for (let y = 0; y < height * scale; y++) {
    const line = Math.floor(y / scale) * width;
    for (let x = 0; x < width * scale; x++) {
      const from = (line + Math.floor(x / scale)) * channels;
      for (let c = 0; c < channels; c++) made[at++] = data[from + c];
    }
  }
  return { width: width * scale, height: height * scale, channels, data: made };
}

/** The part of an image. */
export function crop(image, { x, y, width, height }) {
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * channels;
    data.set(image.data.subarray(from, from + width * channels), row * width * channels);
  }
  return { width, height, channels, data };
}

// PSNR and SSIM under the course's protocol: BT.601 luma in studio range, `scale` pixels cropped.

/** The luma of a part of an RGB image, rows [top, bottom), columns [left, right). */
function luma({ width, channels, data }, left, top, right, bottom) {
  const plane = new Float64Array((right - left) * (bottom - top));
  let at = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left, i = (y * width + left) * channels; x < right; x++, i += channels) {
      plane[at++] = 16 + (65.481 * data[i] + 128.553 * data[i + 1] + 24.966 * data[i + 2]) / 255;
    }
  }
  return plane;
}

/** Peak signal-to-noise ratio in dB; infinite for equal images. */
export function psnr(truth, made, scale) {
  let sum = 0;
  const right = truth.width - scale;
  for (let y = scale; y < truth.height - scale; y++) {
    const a = luma(truth, scale, y, right, y + 1);
    const b = luma(made, scale, y, right, y + 1);
    for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  }
  const count = (right - scale) * (truth.height - 2 * scale);
  return 10 * Math.log10((255 ** 2 * count) / sum);
}

const RADIUS = 5;
const BELL = (() => {
  const raw = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / 4.5));
  const sum = raw.reduce((a, b) => a + b);
  return raw.map((w) => w / sum);
})();

/** A plane under an 11×11 Gaussian window of σ = 1.5, wherever that fits. */
function windowed(plane, width, height) {
  const inner = width - 2 * RADIUS;
  const wide = new Float64Array(inner * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < inner; x++) {
      let sum = 0;
      for (let k = 0; k < BELL.length; k++) sum += BELL[k] * plane[y * width + x + k];
      wide[y * inner + x] = sum;
    }
  }
  const made = new Float64Array(inner * (height - 2 * RADIUS));
  for (let i = 0; i < made.length; i++) {
    let sum = 0;
    for (let k = 0; k < BELL.length; k++) sum += BELL[k] * wide[i + k * inner];
    made[i] = sum;
  }
  return made;
}

const STRIP = 128; // rows at a time, which bounds the memory

/** Structural similarity (Wang et al. 2004), at most 1; null where the window does not fit. */
export function ssim(truth, made, scale) {
  const [left, right] = [scale, truth.width - scale];
  const [top, bottom] = [scale, truth.height - scale];
  if (Math.min(right - left, bottom - top) < BELL.length) return null;
  let sum = 0;
  let count = 0;
  for (let y = top; y < bottom - 2 * RADIUS; y += STRIP) {
    const end = Math.min(y + STRIP + 2 * RADIUS, bottom);
    const a = luma(truth, left, y, right, end);
    const b = luma(made, left, y, right, end);
    const seen = (values) => windowed(values, right - left, end - y);
    const [ma, mb, aa, bb, ab] = [a, b, a.map((v) => v * v), b.map((v) => v * v), a.map((v, i) => v * b[i])].map(seen);
    for (let i = 0; i < ma.length; i++) sum += similarity(ma[i], mb[i], aa[i], bb[i], ab[i]);
    count += ma.length;
  }
  return sum / count;
}

function similarity(ma, mb, aa, bb, ab) {
  const [first, second] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  const brightness = (2 * ma * mb + first) / (ma * ma + mb * mb + first);
  return (brightness * (2 * (ab - ma * mb) + second)) / (aa - ma * ma + bb - mb * mb + second);
}

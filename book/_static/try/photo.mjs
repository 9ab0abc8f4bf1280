// A file to pixels: turned upright, in sRGB, with its transparency apart.

export const LIMIT = { input: 16e6, output: 50e6 }; // pixels; a phone of 2 GiB bears as many

/** Pixels in millions, as one says them. */
export function megapixels(pixels) {
  return `${(pixels / 1e6).toFixed(pixels < 1e6 ? 2 : 1)} megapixels`;
}

/** The photograph in a file: {rgb, alpha}, with alpha null where nothing is transparent. */
export async function read(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Error(`${file.name || "this"} is no picture that this browser can read: take a JPEG, PNG or WebP file`);
  });
  const { width, height } = bitmap;
  if (width * height > LIMIT.input) {
    bitmap.close();
    throw new Error(
      `${file.name || "this picture"} has ${megapixels(width * height)}, and this page takes up to ` +
        `${megapixels(LIMIT.input)}: make it smaller first, or enlarge it with \`srlib upscale\``,
    );
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return split(context.getImageData(0, 0, width, height));
}

/** Colour and transparency of RGBA pixels. */
function split({ width, height, data }) {
  const rgb = { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
  const alpha = { width, height, channels: 1, data: new Uint8Array(width * height) };
  let opaque = true;
  for (let i = 0; i < alpha.data.length; i++) {
    rgb.data.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
    alpha.data[i] = data[4 * i + 3];
    opaque &&= alpha.data[i] === 255;
  }
  if (opaque) return { rgb, alpha: null };
  bleed(rgb, alpha);
  return { rgb, alpha };
}

/** Lets colour run into the transparent pixels next to it, or edges would be fringed with black. */
function bleed(rgb, alpha, reach = 16) {
  const { width, height } = rgb;
  const known = Uint8Array.from(alpha.data, (value) => Number(value > 0));
  for (let round = 0; round < reach; round++) {
    const before = known.slice();
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (before[i]) continue;
        const around = [x > 0 && i - 1, x + 1 < width && i + 1, y > 0 && i - width, y + 1 < height && i + width];
        const from = around.find((place) => place !== false && before[place]);
        if (from === undefined) continue;
        rgb.data.copyWithin(3 * i, 3 * from, 3 * from + 3);
        known[i] = 1;
      }
    }
  }
}

/** Colour and transparency in one image of four channels; only the colour where there is no alpha. */
export function joined(rgb, alpha) {
  if (!alpha) return rgb;
  const data = new Uint8Array(alpha.data.length * 4);
  for (let i = 0; i < alpha.data.length; i++) {
    data.set(rgb.data.subarray(3 * i, 3 * i + 3), 4 * i);
    data[4 * i + 3] = alpha.data[i];
  }
  return { width: rgb.width, height: rgb.height, channels: 4, data };
}

// A PNG file of an image of 8 bits, written in strips: no canvas, whose size phones limit.

const CRCS = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function chunk(type, content) {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < bytes.length - 4; i++) crc = CRCS[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  view.setUint32(bytes.length - 4, ~crc);
  return bytes;
}

/** Each line less the one above it (filter 2), which compresses photographs well. */
function* filtered({ width, height, channels, data }) {
  const line = width * channels;
  for (let y = 0; y < height; y++) {
    const made = new Uint8Array(line + 1);
    made[0] = 2;
    for (let i = 0, at = y * line; i < line; i++, at++) made[i + 1] = data[at] - (y ? data[at - line] : 0);
    yield made;
  }
}

/** A Blob of the image: RGB, or RGBA where it has four channels. */
export async function png(image) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, image.width);
  header.setUint32(4, image.height);
  header.setUint8(8, 8);
  header.setUint8(9, image.channels === 4 ? 6 : 2);
  const lines = filtered(image);
  const packed = new ReadableStream({
    pull(controller) {
      const { value, done } = lines.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }).pipeThrough(new CompressionStream("deflate"));
  const parts = [];
  for await (const part of values(packed)) parts.push(chunk("IDAT", part));
  const magic = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const head = chunk("IHDR", new Uint8Array(header.buffer));
  return new Blob([magic, head, ...parts, chunk("IEND", new Uint8Array())], { type: "image/png" });
}

/** What a stream gives; not every browser can iterate over one by itself. */
async function* values(stream) {
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

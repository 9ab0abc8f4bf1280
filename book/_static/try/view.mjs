// Two enlargements under one slider, pixel by pixel: moved by dragging and arrow keys, with a lens.

import { resample } from "./resample.mjs";

const LENS = { radius: 70, power: 4 };
const ZOOMS = [1, 2, 4, 8];

/** A part of an image as the canvas takes it. */
function pixels(image, part) {
  const made = new ImageData(part.width, part.height);
  const { channels, data } = image;
  for (let y = 0, to = 0; y < part.height; y++) {
    let from = ((part.y + y) * image.width + part.x) * channels;
    for (let x = 0; x < part.width; x++, from += channels, to += 4) {
      for (let c = 0; c < 3; c++) made.data[to + c] = data[from + c];
      made.data[to + 3] = channels === 4 ? data[from + 3] : 255;
    }
  }
  return made;
}

/** Where the parts of a result come from: an image, or a small one that bicubic enlarges when asked. */
export function whole(image) {
  return (part) => pixels(image, part);
}

export function bicubic(lr, width, height) {
  return (part) => {
    const made = resample(lr, width, height, "bicubic", part);
    return pixels(made, { ...part, x: 0, y: 0 });
  };
}

export class View {
  /** `canvas` shows what `slider` (0–100) uncovers: the left source, then the right one. */
  constructor(canvas, slider) {
    this.canvas = canvas;
    this.slider = slider;
    this.lens = false;
    this.pointer = null;
    this.zoom = 1;
    slider.addEventListener("input", () => this.draw());
    canvas.addEventListener("keydown", (event) => this.onKey(event));
    canvas.addEventListener("pointerdown", (event) => this.onGrab(event));
    canvas.addEventListener("pointermove", (event) => this.onMove(event));
    canvas.addEventListener("pointerleave", () => this.point(null));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** Show two sources of one size. */
  show(left, right, { width, height }) {
    const other = width !== this.width || height !== this.height;
    Object.assign(this, { left, right, width, height });
    if (other) {
      this.centre = { x: width / 2, y: height / 2 };
      this.zoom = this.largestZoom();
    }
    this.draw();
  }

  /** The largest zoom at which the whole result is seen; 1 where it does not fit. */
  largestZoom() {
    const dense = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    const fits = (zoom) => zoom * this.width <= clientWidth * dense && zoom * this.height <= clientHeight * dense;
    return ZOOMS.findLast(fits) ?? 1;
  }

  /** Enlarge by the next of the zooms, or the one before it. */
  step(by) {
    const next = ZOOMS[ZOOMS.indexOf(this.zoom) + by];
    if (next) this.zoom = next;
    this.draw();
    return this.zoom;
  }

  move(x, y) {
    this.centre = { x: this.centre.x + x, y: this.centre.y + y };
    this.draw();
  }

  /** The part of the result that fits on the canvas, whose size is set to whole screen pixels. */
  part() {
    const dense = window.devicePixelRatio || 1;
    const [wide, high] = [this.canvas.clientWidth, this.canvas.clientHeight].map((side) => Math.round(side * dense));
    const width = Math.min(this.width, Math.ceil(wide / this.zoom));
    const height = Math.min(this.height, Math.ceil(high / this.zoom));
    const held = (middle, side, all) => Math.round(Math.min(Math.max(middle, side / 2), all - side / 2) - side / 2);
    const [x, y] = [held(this.centre.x, width, this.width), held(this.centre.y, height, this.height)];
    this.centre = { x: x + width / 2, y: y + height / 2 };
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    return { x, y, width, height };
  }

  draw() {
    if (!this.left || !this.canvas.clientWidth) return;
    const part = this.part();
    const key = JSON.stringify(part);
    if (this.drawn?.key !== key || this.drawn.left !== this.left || this.drawn.right !== this.right) {
      const made = [this.left, this.right].map((source) => {
        const canvas = new OffscreenCanvas(part.width, part.height);
        canvas.getContext("2d").putImageData(source(part), 0, 0);
        return canvas;
      });
      this.drawn = { key, left: this.left, right: this.right, made };
    }
    this.paint(part);
  }

  paint(part) {
    const { canvas, zoom } = this;
    const context = canvas.getContext("2d");
    const [width, height] = [part.width * zoom, part.height * zoom];
    const [x, y] = [canvas.width - width, canvas.height - height].map((free) => Math.max(free >> 1, 0));
    const split = Math.round(x + (Math.min(width, canvas.width) * this.slider.value) / 100);
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.over(context, split, (made) => context.drawImage(made, x, y, width, height));
    context.fillStyle = "#fff";
    context.fillRect(split - 1, y, 2, Math.min(height, canvas.height));
    if (this.lens && this.pointer) this.magnify(context, split, { x, y });
  }

  /** Left of the split one picture, right of it the other. */
  over(context, split, drawn) {
    const { canvas } = this;
    context.imageSmoothingEnabled = false;
    [[0, split], [split, canvas.width - split]].forEach(([from, wide], i) => {
      context.save();
      context.beginPath();
      context.rect(from, 0, wide, canvas.height);
      context.clip();
      drawn(this.drawn.made[i]);
      context.restore();
    });
  }

  magnify(context, split, origin) {
    const dense = window.devicePixelRatio || 1;
    const [px, py] = [this.pointer.x * dense, this.pointer.y * dense];
    const power = this.zoom * LENS.power;
    context.save();
    context.beginPath();
    context.arc(px, py, LENS.radius * dense, 0, 2 * Math.PI);
    context.clip();
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.over(context, split, (made) => {
      const [left, top] = [px - (px - origin.x) * LENS.power, py - (py - origin.y) * LENS.power];
      context.drawImage(made, left, top, made.width * power, made.height * power);
    });
    context.restore();
    context.lineWidth = 2 * dense;
    context.strokeStyle = "#fff";
    context.beginPath();
    context.arc(px, py, LENS.radius * dense, 0, 2 * Math.PI);
    context.stroke();
  }

  point(at) {
    this.pointer = at;
    if (this.lens) this.draw();
  }

  onKey(event) {
    const far = 64 / this.zoom;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (!this.left || !moves[event.key]) return;
    event.preventDefault();
    this.move(...moves[event.key]);
  }

  onGrab(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.grabbed = { x: event.offsetX, y: event.offsetY };
  }

  onMove(event) {
    const at = { x: event.offsetX, y: event.offsetY };
    if (event.buttons && this.grabbed && this.left) {
      const each = (window.devicePixelRatio || 1) / this.zoom;
      this.move((this.grabbed.x - at.x) * each, (this.grabbed.y - at.y) * each);
      this.grabbed = at;
    }
    this.point(at);
  }
}

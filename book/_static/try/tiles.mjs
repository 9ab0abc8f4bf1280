// An image in overlapping windows of which a network makes what it makes of the whole.
//
// A network fills up with zeros beyond the border of what it is given. So each window ends at the
// image's own border, or at least as far beyond the pixels that are kept of it as the network sees.

/** The windows along one side: start ≤ first < last ≤ stop, in pixels; [first, last) is kept. */
function spans(side, most, margin) {
  const inner = Math.max(most - 2 * margin, 1);
  const count = Math.ceil(side / inner);
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor((side * i) / count);
    const last = Math.floor((side * (i + 1)) / count);
    return { start: Math.max(first - margin, 0), stop: Math.min(last + margin, side), first, last };
  });
}

/** The windows of an image, each with the span of its rows and that of its columns. */
export function windows(width, height, margin, most = 256) {
  return spans(height, most, margin).flatMap((rows) =>
    spans(width, most, margin).map((columns) => ({ rows, columns })),
  );
}

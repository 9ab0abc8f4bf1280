// Answers as a file that `srlib ratings` reads: names of pictures become crops and methods.

/** The key, which says of each picture what it is: {name: [crop, method]}. */
export async function key(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`the key of the pictures could not be loaded (${answer.status})`);
  return JSON.parse(atob(await answer.text()));
}

/** What whoever looks says of a catch trial; null of any other pair. */
function expected(left, right) {
  if (left === right) return "cannot tell";
  if (![left, right].includes("nearest")) return null;
  return left === "nearest" ? "right" : "left";
}

export function assembled(session, key) {
  const given = session.answers.map((answer, i) => ({ answer, known: session.asked[i].pictures.map((p) => key[p]) }));
  const pairs = given
    .filter(({ known }) => known.length === 2)
    .map(({ answer, known: [[crop, left], [, right]] }) => ({
      crop,
      left,
      right,
      expected: expected(left, right),
      answer,
    }));
  const scores = given
    .filter(({ known }) => known.length === 1)
    .map(({ answer, known: [[crop, method]] }) => ({ crop, method, score: answer }));
  return { format: "srlib-ratings", version: 1, rater: session.rater, simulated: false, pairs, scores };
}

export function save(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2) + "\n"], { type: "application/json" }));
  link.download = `ratings-${file.rater}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

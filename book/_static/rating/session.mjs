// One reader's rating: what is asked in which order, what was answered, and where it is kept.
// Nothing here knows what a picture is.

const KEPT = "srlib-rating";

/** What may be answered to a pair, in the order of the keys 1, 2, 3. */
export const ANSWERS = ["left", "right", "cannot tell"];

function random(below) {
  // The largest multiple that fits, so that no number is likelier than others.
  const limit = Math.floor(2 ** 32 / below) * below;
  for (;;) {
    const [value] = crypto.getRandomValues(new Uint32Array(1));
    if (value < limit) return value % below;
  }
}

function shuffled(list) {
  const mixed = [...list];
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    const j = random(i + 1);
    [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
  }
  return mixed;
}

function hex(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** A new session: sides and order drawn anew for each reader. */
function begun(trials, pack) {
  const pairs = shuffled(trials.pairs).map((pair) => ({ pictures: shuffled(pair) }));
  const singles = shuffled(trials.singles).map((picture) => ({ pictures: [picture] }));
  return { pack, rater: hex(4), asked: [...pairs, ...singles], answers: [] };
}

export class Session {
  /** Goes on where the reader was, if that was with these pictures. */
  constructor(trials) {
    this.trials = trials;
    this.pack = [...trials.pairs.flat(), ...trials.singles].join(" ");
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(KEPT));
    } catch {
      // What is there is not ours, or storage is forbidden: begin anew.
    }
    this.resumed = kept?.pack === this.pack && kept.answers.length > 0;
    this.state = this.resumed ? kept : begun(trials, this.pack);
  }

  get asked() {
    return this.state.asked;
  }

  get answers() {
    return this.state.answers;
  }

  get rater() {
    return this.state.rater;
  }

  /** What is asked now; nothing at the end. */
  get now() {
    return this.asked[this.answers.length];
  }

  /** What will be asked next, to be loaded before. */
  get next() {
    return this.asked[this.answers.length + 1];
  }

  get pairs() {
    return this.trials.pairs.length;
  }

  answer(value) {
    this.answers.push(value);
    this.keep();
  }

  undo() {
    this.answers.pop();
    this.keep();
  }

  restart() {
    this.state = begun(this.trials, this.pack);
    this.keep();
  }

  /** Returns whether the browser took it. */
  keep() {
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.state));
      return true;
    } catch {
      return false;
    }
  }
}

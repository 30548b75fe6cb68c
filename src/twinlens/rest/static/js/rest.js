/** Holds back what a query that is being typed cannot be told yet: "gir" may become "giraffe", and "year:20" "year:2023". */

const REST_MS = 700; // after the last letter

export class Rest {
  constructor() {
    this.isTyping = false;
    this.timer = 0;
    this.restsAt = 0;
  }

  /** Another query was asked; what waited for the one before is dropped. @param {boolean} isTyping */
  begin(isTyping) {
    clearTimeout(this.timer);
    this.isTyping = isTyping;
    this.restsAt = performance.now() + REST_MS;
  }

  /** Whether nothing is being typed, or not any more. */
  get isOver() {
    return !this.isTyping || performance.now() >= this.restsAt;
  }

  /** Runs something once the query rests: at once if it is not being typed. Only the last of several is run. @param {() => void} act */
  then(act) {
    clearTimeout(this.timer);
    const wait = this.isTyping ? this.restsAt - performance.now() : 0;
    if (wait > 0) this.timer = setTimeout(act, wait);
    else act();
  }
}

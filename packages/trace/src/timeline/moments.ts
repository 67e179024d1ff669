/** When each line of a recording began, for what has a time and no line. */

const FIRST_SIZE = 1 << 12;

export class Moments {
  private micros = new Float64Array(FIRST_SIZE);
  private lines = new Float64Array(FIRST_SIZE);
  private nr = 0;
  private isSorted = true;
  /** The latest of all. */
  last = 0;

  add(line: number, micros: number): void {
    if (this.nr === this.micros.length) {
      this.micros = grown(this.micros);
      this.lines = grown(this.lines);
    }
    if (micros < this.last) this.isSorted = false;
    else this.last = micros;
    this.micros[this.nr] = micros;
    this.lines[this.nr++] = line;
  }

  /** The line that had begun last at a time; 0 if none had. */
  lineAt(micros: number): number {
    this.sort();
    let low = 0;
    let high = this.nr;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.micros[middle] <= micros) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.lines[low - 1];
  }

  /** A clock that was set back. */
  private sort(): void {
    if (this.isSorted) return;
    const order = Array.from({ length: this.nr }, (_, at) => at).sort((a, b) => this.micros[a] - this.micros[b]);
    this.micros = Float64Array.from(order, (at) => this.micros[at]);
    this.lines = Float64Array.from(order, (at) => this.lines[at]);
    this.isSorted = true;
  }
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(values.length * 2);
  more.set(values);
  return more;
}

/** What reading and writing a log's lines have in common. */

export const LOG_VERSION = 1;

/**
 * 64 bits over the lines of a log. The world's hash vouches for what evolve does; this one vouches for the rest:
 * commands, results, names. It finds accidents, not forgers.
 */
export class LineSum {
  private a = 0x3c6ef372;
  private b = 0x5be0cd19;

  add(line: string): void {
    let { a, b } = this;
    for (let i = 0; i < line.length; i++) {
      const unit = line.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b + unit + 1, 0x2c1b3c6d);
      b ^= b >>> 13;
    }
    this.a = Math.imul(a ^ line.length, 0x01000193);
    this.b = Math.imul(b + line.length, 0x2c1b3c6d);
  }

  closedWith(entries: number, hash: string): string {
    this.add(`${entries} ${hash}`);
    return [this.a, this.b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

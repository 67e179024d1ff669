/** The question of a litmus test: `exists (x=1 /\ 0:X0=0)`, and what else stands there. */
import type { Condition } from './condition.ts';
import { addressOf, registerName } from './program.ts';

/** @throws RangeError where it is not understood */
export function readCondition(text: string, word: (name: string) => number): Condition {
  const asked = /(?:^|\n)\s*(~?\s*exists|forall)\b/.exec(text);
  if (asked === null) throw new RangeError('there is no exists');
  if (asked[1] === 'forall') throw new RangeError('a question about all ends (forall) has no verdict of its own');
  return new Reader(text.slice(asked.index + asked[0].length), word).whole();
}

const TOKEN = /\s*(\/\\|\\\/|~|not\b|true\b|[()]|\[?P?[\w:%]+\]?\s*={1,2}\s*-?\w+|;)/y;

class Reader {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(text: string, private readonly word: (name: string) => number) {
    TOKEN.lastIndex = 0;
    for (let at = 0; at < text.trimEnd().length; at = TOKEN.lastIndex) {
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(text);
      if (found === null) break;
      this.tokens.push(found[1]);
    }
  }

  whole(): Condition {
    const read = this.or();
    return read;
  }

  private or(): Condition {
    const of = [this.and()];
    while (this.takes('\\/')) of.push(this.and());
    return of.length === 1 ? of[0] : { kind: 'or', of };
  }

  private and(): Condition {
    const of = [this.one()];
    while (this.takes('/\\')) of.push(this.one());
    return of.length === 1 ? of[0] : { kind: 'and', of };
  }

  private one(): Condition {
    if (this.takes('~') || this.takes('not')) return { kind: 'not', of: this.one() };
    if (this.takes('true')) return { kind: 'and', of: [] };
    if (this.takes('(')) {
      const inside = this.or();
      if (!this.takes(')')) throw new RangeError('the question has a parenthesis that is not closed');
      return inside;
    }
    const token = this.tokens[this.at++] ?? 'nothing';
    const found = /^\[?(?:P?(\d+):)?([%\w]+)\]?\s*={1,2}\s*(-?\w+)$/.exec(token);
    if (found === null) throw new RangeError(`the question has ${token} where a value is asked for`);
    const [, thread, name, given] = found;
    const value = /^-?(\d+|0x[\da-f]+)$/i.test(given) ? Number(given) : addressOf(this.word(given));
    return thread === undefined
      ? { kind: 'word', word: this.word(name), value }
      : { kind: 'register', thread: Number(thread), register: registerName(name), value };
  }

  private takes(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }
}

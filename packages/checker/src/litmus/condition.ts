/** The question of a litmus test: what words and registers hold at the end. */

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'register'; readonly thread: number; readonly register: string; readonly value: number }
  | { readonly kind: 'word'; readonly word: number; readonly value: number }
  /** An end that no order of whole instructions has. */
  | { readonly kind: 'unordered' };

export interface End {
  readonly register: (thread: number, register: string) => number;
  readonly word: (word: number) => number;
}

export function holds(condition: Condition, end: End): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((each) => holds(each, end));
    case 'or':
      return condition.of.some((each) => holds(each, end));
    case 'not':
      return !holds(condition.of, end);
    case 'register':
      return end.register(condition.thread, condition.register) === condition.value;
    case 'word':
      return end.word(condition.word) === condition.value;
    case 'unordered':
      throw new RangeError('the ends of a test are compared, not looked at one by one');
  }
}

/** What has to hold in any case: the parts of a condition that are joined by "and". */
export function demands(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.of.flatMap(demands) : [condition];
}

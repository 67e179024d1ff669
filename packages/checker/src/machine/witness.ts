/**
 * Steps run again, to see whether they come to the same: the search keeps what a step came to and never asks twice.
 * Core is a
 * function of what it reads; a policy might not be.
 */
import { HOOK_NAMES, type Policy, PolicyError } from '@cowlab/core';
import type { Stepped } from './actor.ts';
import type { Access } from './words.ts';

export interface Observed {
  readonly stepped: Stepped;
  readonly access: Access;
  /** What the kernel said where it broke down. */
  readonly crash: string | null;
}

/** A step in which the policy has a say is run so often in all: the first few of each hook, and the others. */
const FIRST = 4;
const TIMES_FIRST = 8;
const TIMES = 2;
/** A step that takes so many of a sequential run, or asks so often, never ends. */
const ENDLESS = 100_000;

interface Answer {
  readonly hook: string;
  readonly verdict: unknown;
}

type Ask = (...views: readonly unknown[]) => unknown;

export class Witness {
  /** Answers as the one it is made of, and is listened to. */
  readonly policy: Policy;
  private answers: Answer[] = [];
  private taken = 0;
  /** Steps in which a hook had a say. */
  private readonly steps = new Map<string, number>();

  constructor(private readonly asked: Policy) {
    const listened: Record<string, unknown> = { ...asked };
    for (const hook of HOOK_NAMES) {
      const ask = asked[hook].bind(asked) as Ask;
      listened[hook] = (...views: readonly unknown[]) => {
        const verdict = ask(...views);
        this.answers.push({ hook, verdict });
        this.goesOn();
        return verdict;
      };
    }
    this.policy = listened as unknown as Policy;
  }

  /** One more step within the one that is run. */
  goesOn(): void {
    if (++this.taken > ENDLESS)
      throw this.fault(this.answers.at(-1)?.hook ?? HOOK_NAMES[0], 'leads to a step that never ends');
  }

  /** @throws PolicyError when the policy answers differently the next time */
  seeTwice(run: () => Observed): Observed {
    this.answers = [];
    this.taken = 0;
    const once = run();
    const said = this.answers;
    for (let time = this.timesFor(said); time > 1; time--) {
      this.answers = [];
      this.taken = 0;
      const again = run();
      const at = Array.from({ length: Math.max(said.length, this.answers.length) }, (_, i) => i).find((i) =>
        said[i]?.verdict !== this.answers[i]?.verdict
      );
      if (at !== undefined) throw this.differs(said[at] ?? this.answers[at], this.answers[at]?.verdict);
      if (!isSame(once, again)) throw this.differs(said[said.length - 1], null);
    }
    return once;
  }

  private timesFor(said: readonly Answer[]): number {
    if (said.length === 0) return 1;
    const known = said.map(({ hook }) => this.steps.get(hook) ?? 0);
    said.forEach(({ hook }, i) => this.steps.set(hook, known[i] + 1));
    return Math.min(...known) < FIRST ? TIMES_FIRST : TIMES;
  }

  private differs({ hook, verdict }: Answer, other: unknown): PolicyError {
    if (other !== null && other !== verdict) return this.fault(hook, differently(verdict, other));
    return this.fault(hook,
      'leads elsewhere when the same step is run twice; its answers may depend on nothing but what it is shown');
  }

  private fault(hook: string, problem: string): PolicyError {
    return new PolicyError(this.asked.ids.at(-1) ?? 'naive', hook, problem);
  }
}

function isSame(one: Observed, other: Observed): boolean {
  const [a, b] = [one.access, other.access];
  return one.crash === other.crash && one.stepped.name === other.stepped.name && isAlike(a.reads, b.reads)
    && isAlike(a.values, b.values)
    && isAlike([...a.writes.keys()], [...b.writes.keys()]) && isAlike([...a.writes.values()], [...b.writes.values()])
    && a.plain.size === b.plain.size
    && JSON.stringify(one.stepped.place) === JSON.stringify(other.stepped.place);
}

const isAlike = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((value, i) => value === other[i]);

/** A policy that is asked everything twice, for what runs one step after the other: its words are its only memory. */
export function askedTwice(policy: Policy): Policy {
  if (policy.memoryWords > 0) return policy;
  const twice: Record<string, unknown> = { ...policy };
  for (const hook of HOOK_NAMES) {
    const ask = policy[hook].bind(policy) as Ask;
    twice[hook] = (...views: readonly unknown[]) => {
      const verdict = ask(...views);
      const again = ask(...views);
      if (verdict === again) return verdict;
      throw new PolicyError(policy.ids.at(-1) ?? 'naive', hook, differently(verdict, again));
    };
  }
  return twice as unknown as Policy;
}

const differently = (verdict: unknown, other: unknown): string =>
  `answers ${String(verdict)} once and ${
    String(other)
  } then when the same question is asked twice; its answers may depend on nothing but what it is shown`;

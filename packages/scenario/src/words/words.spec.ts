import { describe, expect, it } from '@jest/globals';
import { type Command, done, toyGeometry } from '@cowlab/core';
import { Driver } from '../drive.ts';
import { formatStep } from '../step.ts';
import { RANGE, shape } from './word.ts';
import { factsOf, type Step, STEP_OPS, type StepOp, WORDS } from './words.ts';

const operands = (op: StepOp): readonly string[] => WORDS[op].shape.fields;

/** Any step of the word; every slot holds something. */
const stepOf = (
  op: StepOp,
): Step => ({ op, p: 0, child: 1, r: 0, slot: 0, page: 1, start: 1, nr: 2, value: 7, children: 2, kind: 'anon',
  prot: 'r', advice: 'free', to: 1, at: 0, what: 'page', times: 'once' } as unknown as Step);

function commandsOf(op: StepOp): Command['type'][] {
  const commands: Command['type'][] = [];
  const driver = new Driver((command) => {
    commands.push(command.type);
    return done(2);
  }, toyGeometry(), 0);
  for (const filled of ['pin', 'vmsplice'] as const) driver.step(stepOf(filled));
  commands.length = 0;
  driver.step(stepOf(op));
  return commands;
}

describe('the words of the language', () => {
  it('stand in the order in which error texts list them', () => {
    expect(STEP_OPS.join(' ')).toBe('mmap munmap mremap move madvise mprotect mlock munlock swapout write read fork '
      + 'thread exit exec pin rpin spin unpin devwrite devread vmsplice vdrop pvread pvwrite clearrefs uffdopen uffd '
      + 'uffdprotect uffdunprotect uffdcopy uffdend memread memwrite ksmd fail storm');
  });

  it('say whose slots they name, and nothing of slots where they name none', () => {
    for (const op of STEP_OPS)
      expect([op, factsOf(op).slots !== undefined]).toEqual([op, operands(op).includes('slot')]);
  });

  it('have the operands that their effect is about', () => {
    const about = { forks: 'child', shares: 'child', maps: 'kind', fills: 'nr', uses: 'page', storms: 'children',
      moves: 'to' };
    for (const [effect, operand] of Object.entries(about)) {
      const words = STEP_OPS.filter((op) => factsOf(op).effect === effect);
      expect(words.length).toBeGreaterThan(0);
      for (const op of words) expect([op, operands(op).includes(operand)]).toEqual([op, true]);
    }
  });

  it('are each carried out by the machine: a thread that stores in a storm, then one child', () => {
    expect(STEP_OPS.filter((op) => commandsOf(op).length === 0)).toEqual([]);
    expect(commandsOf('storm')).toEqual(['Store', 'Fork', 'Exit']);
    expect([commandsOf('pin'), commandsOf('vmsplice'), commandsOf('vdrop')]).toEqual([['Pin'], ['Pin'], ['Unpin']]);
  });

  it('are written with their operands in the order of their row', () => {
    expect([formatStep(stepOf('vmsplice')), formatStep(stepOf('madvise'))]).toEqual(['vmsplice 0 0 0 1 2',
      'madvise 0 0 1 2 free']);
  });

  it('do not compile with names for other operands than they have', () => {
    const fitting: { readonly fields: readonly string[] } = RANGE;
    // @ts-expect-error the names are of a page and a word, the operands numbers
    const odd: { readonly fields: readonly string[] } = shape<[p: number, page: string]>()('p', 'start');
    expect([fitting.fields.length, odd.fields.length]).toEqual([4, 2]);
  });
});

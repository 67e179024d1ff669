import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { actorLetter, formatSchedule, parseSchedule, ScheduleError, type ScheduleStep } from './schedule.ts';

const runs = fc.tuple(fc.record<ScheduleStep>({ actor: fc.nat(25), kind: fc.constantFrom('step', 'flush') }),
  fc.integer({ min: 1, max: 12 }));
const schedules = fc.array(runs, { maxLength: 30 }).map((list) =>
  list.flatMap(([step, count]) => Array.from({ length: count }, () => step))
);

describe('a schedule as text', () => {
  it('counts runs, and marks those that flush the store buffer', () => {
    const steps = parseSchedule('A4 B2 A!1');
    expect(steps.map(({ actor, kind }) => `${actor} ${kind}`)).toEqual([
      ...['0 step', '0 step', '0 step', '0 step'],
      ...['1 step', '1 step', '0 flush'],
    ]);
    expect(formatSchedule(steps)).toBe('A4 B2 A!1');
  });

  it('needs neither blanks nor a count of 1, and comes back in its usual form', () => {
    for (const text of ['AAAABB!', ' A3A1 B\nB!1\t', 'A4BB!'])
      expect(formatSchedule(parseSchedule(text))).toBe('A4 B1 B!1');
    expect(parseSchedule('')).toEqual([]);
  });

  it('of any steps reads back as these steps', () => {
    fc.assert(fc.property(schedules, (steps) => {
      expect(parseSchedule(formatSchedule(steps))).toEqual(steps);
    }));
  });

  it.each([
    ['A4 C1', 'schedule, character 4: no actor C; the actors are A to B'],
    ['A4 b2', 'schedule, character 4: "b" is no actor; write "B"; the actors are A to B'],
    ['4A', 'schedule, character 1: a count without an actor before it; the actors are A to B, as in A4'],
    ['A!!', 'schedule, character 3: "!" without an actor before it; the actors are A to B, as in A!1'],
    ['A, B', 'schedule, character 2: "," is no actor; the actors are A to B, as in A4 A!1'],
    ['A1 B!0', 'schedule, character 6: a count of 0; leave "B!0" out'],
    ['A\u202E', 'schedule, character 2: U+202E is no actor; the actors are A to B, as in A4 A!1'],
    ['A99999 B2', 'schedule, character 9: more than 100000 steps; shorten the schedule or mend this count'],
    ['A99999999999999999999', 'schedule, character 2: more than 100000 steps; shorten the schedule or mend this count'],
  ])('%j is refused with position and mend', (text, message) => {
    expect(() => parseSchedule(text, 2)).toThrow(ScheduleError);
    expect(() => parseSchedule(text, 2)).toThrow(message);
  });

  it('of any text parses and comes back, or is refused in one line that names a character of it', () => {
    const texts = fc.oneof(
      fc.uint16Array({ maxLength: 20 }).map((units) => String.fromCharCode(...units)),
      fc.array(fc.constantFrom('A', 'B', 'Z', 'a', '!', '0', '1', '7', ' ', '\n', '-', '\u{1F411}', '\uD800'), {
        maxLength: 20,
      }).map((parts) => parts.join('')),
    );
    let parsed = 0;
    let refused = 0;
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 26 }), (text, nrActors) => {
        let steps: ScheduleStep[];
        try {
          steps = parseSchedule(text, nrActors);
        } catch (error) {
          if (!(error instanceof ScheduleError)) throw error;
          refused++;
          const within = error.position >= 1 && error.position <= text.length + 1;
          expect(within ? error.message : `position ${error.position}`).toMatch(
            /^schedule, character \d+: [^\n\r\u2028\u2029]+; [^\n\r\u2028\u2029]+$/u,
          );
          return;
        }
        parsed++;
        expect(steps.every(({ actor }) => actor < nrActors)).toBe(true);
        // There may be very many, too many for toEqual.
        const again = parseSchedule(formatSchedule(steps), nrActors);
        const same = again.every(({ actor, kind }, index) =>
          actor === steps[index].actor && kind === steps[index].kind
        );
        expect(same && again.length === steps.length).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(parsed, refused)).toBeGreaterThan(0);
  });
});

describe('the letter of an actor', () => {
  it('ends at Z', () => {
    expect(actorLetter(25)).toBe('Z');
    expect(() => actorLetter(26)).toThrow('a schedule has letters for 26 actors, not for actor 26; use fewer actors');
  });
});

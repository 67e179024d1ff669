/** What README says is not modelled, asked of the languages themselves. */
import { describe, expect, it } from '@jest/globals';
import { parseRace } from '@cowlab/checker';
import { parseScenario } from '@cowlab/scenario';
import { LIMITS, MODELLED } from './limits.ts';

function read(line: string): void {
  if (line.startsWith('race: ')) {
    const setup = 'question x\nmmap 0 0 anon 1\nwrite 0 0 0 1\n';
    parseRace(
      `title x\n${setup}actor A\n  ${line.slice('race: '.length)}\nactor B\n  write 0 0 0 2\ncheck linux-6.1 sc safe\n`,
      'a.race',
    );
    return;
  }
  const maps = line.startsWith('mmap') ? '' : 'mmap 0 0 anon 8\n';
  parseScenario(`question x\n${maps}${line}\n`, 'a.cow');
}

describe('what is not modelled', () => {
  it.each(LIMITS.flatMap(({ what, refused }) => refused.map((line) => [line, what])))('%s is no line: %s', (line) => {
    expect(() => read(line)).toThrow(
      /unknown word|one operand too many|did you mean|use one of|no steps that could be interleaved/,
    );
  });

  it.each(MODELLED)('%s is one', (line) => {
    expect(() => read(line)).not.toThrow();
  });
});

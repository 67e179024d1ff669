import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { GoldenError } from './golden-error.ts';
import { formatRecording, parseRecording } from './golden.ts';
import { recordingHeader } from '../compare/zero-page.ts';

const HEADER = '{"kernel": "6.12.107", "machine": "x86_64", "set": "tiny"}';
const STEP = '{"i":0,"ret":0,"o":{"0":{"0":[[1,7,1,"xsAEK"],0]}},"d":{"0":[[0,7]]},"v":{"1":[7,0]}}';
const LAST = '{"i":-1,"f":{"0":{"0":[7,null]}},"o":{"0":{"0":[[1,7,1,"xsAEK"],[0,0,0,"sZ"]]}}}';
const program = (...observations: string[]): string => `{"prog":5,"obs":[${observations.join(',')}]}`;

function errorOf(text: string): string {
  try {
    parseRecording(text, 'tiny.6.12.jsonl');
  } catch (error) {
    expect(error).toBeInstanceOf(GoldenError);
    return (error as GoldenError).message;
  }
  return 'no error';
}

describe('a recording', () => {
  it('says which kernel made it and what was seen after every step', () => {
    const { kernel, set, programs } = parseRecording(`${HEADER}\n${program(STEP, LAST)}\n`, 'tiny');
    expect({ kernel, set }).toEqual({ kernel: '6.12.107', set: 'tiny' });
    expect(programs.get('5')).toMatchObject({ id: '5', line: 2,
      observations: [{ i: 0, ret: 0, d: { 0: [[0, 7]] } }, { i: -1, f: { 0: { 0: [7, null] } } }] });
  });

  it('says whether its machine maps the zero page only where it does not, as no recording of old does', () => {
    const here = { kernel: '6.18.44', machine: 'x86_64' };
    expect(recordingHeader({ ...here, zeroPage: 'mapped' }, 'tiny')).toEqual({ ...here, set: 'tiny' });
    for (const zeroPage of ['mapped', 'by-split', 'forbidden'] as const) {
      expect(parseRecording(formatRecording(recordingHeader({ ...here, zeroPage }, 'tiny'), []), 'tiny')).toMatchObject(
        { kernel: '6.18.44', set: 'tiny', zeroPage },
      );
    }
  });

  it('may say more than anybody here knows', () => {
    const more = `${HEADER.replace('}', ',"cpus":2}')}\n${
      program(STEP.replace('"ret"', '"ns":120,"ret"'), LAST).replace('"prog"', '"took":3,"prog"')
    }`;
    expect(parseRecording(more, 'tiny').programs.size).toBe(1);
  });

  it.each([['directed', '5.10'], ['directed', '6.1'], ['directed', '6.12'], ['directed', '6.18'], ['directed', '7.2'], [
    'readpin',
    '5.10',
  ], ['random', '6.12']])(
    'of the %s set on %s comes back byte for byte',
    (set, kernel) => {
      const text = gunzipSync(readFileSync(new URL(`../../fixtures/golden/${set}.${kernel}.jsonl.gz`, import.meta.url)))
        .toString('latin1');
      const back = formatRecording({}, parseRecording(text, set).programs.values());
      expect(back.slice(back.indexOf('\n')) === text.slice(text.indexOf('\n'))).toBe(true);
    },
  );
});

describe('a recording that cannot be read names the line and the mend', () => {
  it.each([
    ['nothing at all', '', 'tiny.6.12.jsonl:1: the recording is empty; copy it again'],
    ['no header', program(STEP, LAST),
      'tiny.6.12.jsonl:1: there is no header line; begin the recording with {"kernel": RELEASE, "set": SET}'],
    ['a header without a kernel', '{"set":"tiny"}',
      'tiny.6.12.jsonl:1: the header names no kernel; begin the recording with {"kernel": RELEASE, "set": SET}'],
    ['a zero page that nobody knows', HEADER.replace('}', ',"zeropage":"rare"}'),
      'tiny.6.12.jsonl:1: "zeropage" is "rare"; it is "forbidden" or "by-split", or left out'],
    ['a list for a header', '[]',
      'tiny.6.12.jsonl:1: the line is not an object; copy the recording again, or mend that line'],
  ])('%s', (_, text, message) => expect(errorOf(text)).toBe(message));

  it.each([
    ['a torn line', program(STEP, LAST).slice(0, 90),
      /^tiny\.6\.12\.jsonl:3: not JSON \(.+\); copy the recording again, or mend that line$/],
    ['a program twice', `${program(LAST)}\n${program(LAST)}`,
      /:4: program 5 was recorded at line 3 already; drop one of them$/],
    ['no id', program(LAST).replace('5', 'null'), /:3: "prog" is not an id;/],
    ['no observations', '{"prog":5,"obs":[]}', /:3: "obs" is empty;/],
    ['an end in the middle', program(LAST, LAST), /:3: obs\[0\]\.i is -1, not 0;/],
    ['no end', program(STEP), /:3: obs\[0\]\.i is 0, not -1, which ends a program;/],
    ['no result', program(STEP.replace('"ret":0', '"ret":"0"'), LAST), /obs\[0\]\.ret is not a number;/],
    ['an odd error', program(STEP.replace('"ret":0', '"ret":-1,"err":14'), LAST), /obs\[0\]\.err is not a name;/],
    ['no last loads', program(LAST.replace('"f"', '"g"')), /obs\[0\]\.f is not an object;/],
    ['a process that is no number', program(LAST.replace('"f":{"0"', '"f":{"P0"')), /obs\[0\]\.f has a process "P0";/],
    ['pages that are no list', program(LAST.replace('[7,null]', '7')), /obs\[0\]\.f\.0\.0 is not a list;/],
    ['a page without flags', program(STEP.replace(',"xsAEK"', ''), LAST),
      /obs\[0\]\.o\.0\.0\[0\] is \[1,7,1\], not 0 or \[class, value, mapcount, flags\];/],
    ['a value that is no byte', program(STEP.replace('[1,7', '[1,256'), LAST),
      /obs\[0\]\.o\.0\.0\[0\] is \[1,256,1,"xsAEK"\], not 0 or/],
    ['a class that no page has', program(STEP.replace('[1,7', '[-2,7'), LAST),
      /obs\[0\]\.o\.0\.0\[0\] is \[-2,7,1,"xsAEK"\], not 0 or/],
    ['a pinned page without a value', program(STEP.replace('[0,7]', '[0]'), LAST),
      /obs\[0\]\.d\.0\[0\] is \[0\], not \[page, value\];/],
    ['a pipe of words', program(STEP.replace('[7,0]', '["a"]'), LAST), /obs\[0\]\.v\.1\[0\] is "a", not a byte;/],
  ])('%s', (_, lines, message) => expect(errorOf(`${HEADER}\n\n${lines}\n`)).toMatch(message));
});

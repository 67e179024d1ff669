import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE,
  stackPolicies, toyGeometry, X86_64 } from '@cowlab/core';
import { Lab } from '../lab.ts';
import { LogError } from './log-error.ts';
import { readLog } from './read-log.ts';
import { formatLog, writeLog } from './write-log.ts';

const PROGRAM: readonly Command[] = [
  { type: 'Spawn', task: 0 },
  { type: 'Mmap', task: 0, addr: 4 * PAGE_SIZE, length: 8 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED },
  { type: 'Store', task: 0, vpn: 4, nr: 3, value: 7 },
  { type: 'Pin', task: 0, pin: 1, vpn: 4, nr: 2, flags: FOLL_PIN | FOLL_WRITE, device: 1, whole: true },
  { type: 'Fork', task: 0, child: 1 },
  { type: 'Load', task: 1, vpn: 1, nr: 1 },
];

function written(snapshotEvery = 0, geometry = toyGeometry()): string {
  const lab = new Lab({ policy: stackPolicies([{ id: 'naive-cow', hooks: {} }]), name: 'left', geometry,
    snapshotEvery });
  for (const command of PROGRAM) lab.execute(command);
  return formatLog(lab);
}

const TEXT = written();
const LINES = TEXT.split('\n');

/** The log with one line rewritten. Lines count from 1. */
function withLine(line: number, change: (line: string) => string): string {
  return LINES.map((text, i) => (i === line - 1 ? change(text) : text)).join('\n');
}

function refusal(text: string): LogError {
  try {
    readLog(text, 'run.jsonl');
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error('the log was read');
}

describe('a log as text', () => {
  it('is a header, a line an entry, and a closing line', () => {
    const values = LINES.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(values[0]).toEqual({ cowlab: 'log', version: 1, geometry: toyGeometry(), policies: ['naive-cow'],
      name: 'left' });
    expect(values.slice(1, -1).map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(values[3]).toMatchObject({ command: PROGRAM[2], result: { ok: true, value: 0 } });
    expect(values.at(-1)).toEqual({
      end: { entries: 6, hash: expect.stringMatching(/^[0-9a-f]+$/), sum: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  });

  it.each([['without snapshots', 0], ['with snapshots', 2], ['with one at its end', 6]])(
    'comes back as it was written, %s',
    (_name, every) => {
      const text = written(every);
      const saved = readLog(text, 'run.jsonl');
      expect(saved).toMatchObject({ file: 'run.jsonl', name: 'left', policies: ['naive-cow'],
        geometry: toyGeometry() });
      expect(saved.log.map(({ command }) => command)).toEqual(PROGRAM);
      expect(saved.snapshots.map(({ position }) => position)).toEqual(every === 0 ? [] : every === 2 ? [2, 4, 6] : [6]);
      expect(formatLog(saved)).toBe(text);
    },
  );

  it('comes back on x86-64 too', () => {
    const text = written(0, X86_64);
    expect(formatLog(readLog(text, 'x'))).toBe(text);
  });

  it('comes back when its line ends were turned into CR LF', () => {
    expect(formatLog(readLog(TEXT.replaceAll('\n', '\r\n'), 'x'))).toBe(TEXT);
  });

  it('is closed over what the lab had done when the writing began', () => {
    const lab = new Lab({ policy: stackPolicies([]), geometry: toyGeometry() });
    lab.execute(PROGRAM[0]);
    const lines = writeLog(lab);
    const first = lines.next().value as string;
    lab.execute(PROGRAM[1]);
    expect(readLog(first + [...lines].join(''), 'x').log).toHaveLength(1);
  });
});

describe('a log that cannot be believed is refused with its line and a mend', () => {
  it.each<[string, string, string]>([
    ['nothing at all', '', 'run.jsonl:1: the log is empty; give a file that a lab has written'],
    ['something else', '{"hello":1}\n', 'run.jsonl:1: this is not a cowlab log; give a file that a lab has written'],
    ['a later version', withLine(1, (line) => line.replace('"version":1', '"version":2')),
      'run.jsonl:1: unknown log version 2; read it with the cowlab that wrote it; this one reads version 1'],
    ['a torn last line', TEXT.slice(0, -9), 'run.jsonl:8: the log is torn: its last line has no line end'],
    ['a missing closing line', LINES.slice(0, 5).join('\n') + '\n',
      'run.jsonl:5: the log is truncated: it has no closing line'],
    ['a missing entry', LINES.filter((_, i) => i !== 3).join('\n'), 'run.jsonl:4: entry 3 where entry 2 belongs'],
    ['broken JSON', withLine(4, (line) => line.slice(0, -1)), 'run.jsonl:4: not JSON: '],
    ['JSON that is no object', withLine(4, () => '[1]'), 'run.jsonl:4: not a JSON object: [1]'],
    ['an unknown command', withLine(4, (line) => line.replace('"Store"', '"Storm"')),
      'run.jsonl:4: entry 2: unknown command type "Storm"'],
    ['an unknown event', withLine(4, (line) => line.replace('AnonPagesMapped', 'AnonPagesMopped')),
      'run.jsonl:4: entry 2: unknown event type "AnonPagesMopped"'],
    ['a field of another type', withLine(4, (line) => line.replace('"exclusive":false', '"exclusive":0')),
      'run.jsonl:4: entry 2: AnonPagesMapped.exclusive is 0, not a boolean'],
    ['a missing field', withLine(4, (line) => line.replace(',"exclusive":false', '')),
      'run.jsonl:4: entry 2: AnonPagesMapped.exclusive is undefined, not a boolean'],
    ['an unknown field', withLine(4, (line) => line.replace('"nr":3,"value"', '"nr":3,"volume":1,"value"')),
      'run.jsonl:4: entry 2: Store has an unknown field "volume"'],
    ['a field that objects inherit', withLine(4, (line) => line.replace('"type":"Store"', '"type":"constructor"')),
      'run.jsonl:4: entry 2: unknown command type "constructor"'],
    ['a run across two page tables',
      withLine(4, (line) => line.replace(/"vpn":4,"nr":3,"pfn"/, '"vpn":6,"nr":3,"pfn"')),
      'run.jsonl:4: entry 2: AnonPagesMapped.nr is 3, not a run of pages inside one page table'],
    ['an unknown errno', withLine(7, (line) => line.replace('SIGSEGV', 'SIGSIG')),
      'run.jsonl:7: entry 5: unknown errno "SIGSIG"'],
    ['another value in a command', withLine(4, (line) => line.replace('"value":7},"events"', '"value":8},"events"')),
      'run.jsonl:8: the log was changed after it was closed: its sum differs'],
    ['another hash', withLine(8, (line) => line.replace(/"hash":"./, '"hash":"g')),
      'run.jsonl:8: the log was changed after it was closed: its sum differs'],
    ['another count', withLine(8, (line) => line.replace('"entries":6', '"entries":7')),
      'run.jsonl:8: the closing line counts 7 entries, there are 6'],
    ['two logs in one file', TEXT + TEXT,
      'run.jsonl:9: there is more after the closing line; cut the file after its first closing line'],
  ])('%s', (_name, text, message) => {
    const error = refusal(text);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^run\.jsonl:\d+: [^\n]+; [^\n]+$/);
    expect([error.file, `${error.file}:${error.line}`]).toEqual(['run.jsonl',
      error.message.slice(0, error.message.indexOf(': '))]);
    expect(error.message.endsWith(error.mend)).toBe(true);
  });

  it.each<[string, (snapshot: Record<string, unknown>) => unknown, string]>([
    ['at another position', (snapshot) => ({ ...snapshot, position: 3 }), 'a snapshot of position 3 at position 2'],
    ['of another geometry', (snapshot) => ({ ...snapshot, geometry: X86_64 }),
      'the snapshot is not a saved world of this geometry'],
    ['with a section too few', (snapshot) => ({ ...snapshot, caps: [1, 2] }),
      'the snapshot is not a saved world of this geometry'],
    ['that is none', () => 'x', 'the snapshot is not an object'],
    ['that lacks its words', ({ words, ...rest }) => (words === undefined ? {} : rest), 'a snapshot lacks "words"'],
  ])('a snapshot %s', (_name, change, message) => {
    const lines = written(2).split('\n');
    const { snapshot } = JSON.parse(lines[3]) as { snapshot: Record<string, unknown> };
    lines[3] = JSON.stringify({ snapshot: change(snapshot) });
    expect(refusal(lines.join('\n'))).toMatchObject({ line: 4, message: expect.stringContaining(message) });
  });

  it('deeply nested nonsense', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(refusal(withLine(4, (line) => line.replace('"value":7},', `"value":${deep}},`)))).toMatchObject({ line: 4 });
  });

  it('names a file whose name would break the line in one line all the same', () => {
    expect(() => readLog('', 'a\nb')).toThrow('a?b:1: the log is empty; give a file that a lab has written');
  });
});

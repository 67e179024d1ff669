import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { answer, type LitmusVerdict } from './answer.ts';
import { generate } from './generate.ts';
import { parseNames } from './parse-names.ts';
import { readLitmus } from './read-litmus.ts';

const table = (name: string) => {
  const file = new URL(`../../../../examples/litmus/${name}.verdicts.tsv`, import.meta.url);
  return parseNames(readFileSync(file, 'utf8'), name);
};
const said = (name: string, memory: 'armv8' | 'tso' | 'sc'): LitmusVerdict | null => {
  const test = generate(name, memory === 'tso' ? 'X86' : 'AArch64');
  return test === null ? null : answer(test, memory);
};

describe('litmus tests by their names', () => {
  it.each([['armv8', 'aarch64', 0.9], ['tso', 'x86', 0.45]] as const)(
    'under %s are what the table of %s says, and nearly all are understood',
    (memory, name, share) => {
      const rows = table(name);
      const answers = rows.map((row) => ({ ...row, verdict: said(row.name, memory) }));
      const understood = answers.filter(({ verdict }) => verdict !== null);
      expect(understood.filter(({ known, verdict }) => verdict !== known)).toEqual([]);
      expect(understood.length).toBeGreaterThan(rows.length * share);
    },
  );

  it('are forbidden in one order, whatever the architecture allows', () => {
    for (const name of ['SB', 'MP', 'LB', 'R', 'S', '2+2W', 'WRC', 'IRIW', 'Z6.3'])
      expect([name, said(name, 'sc')]).toEqual([name, 'Forbidden']);
  });

  it('ask whether coherence is kept where all goes to one word', () => {
    for (const name of ['CoRR', 'CoWW', 'CoRW2', 'MP+poss', 'SB+dmb.syss'])
      expect([name, said(name, 'armv8')]).toEqual([name, 'Forbidden']);
  });

  it.each(['LB+rs', 'ARMARM01', 'SB+what', 'MP+dmb.sy', 'SB+mfences', 'SB+po+po+po', 'MP+dmb.sy+dataap-', '', '+',
    'X'])(
      'are not guessed at: %s',
      (name) => {
        expect(generate(name, 'AArch64')).toBeNull();
      },
    );
});

const test = (arch: string, init: string, rows: string, asked: string): string =>
  `${arch} of-our-own\n{ ${init} }\n${rows}\n${asked}\n`;

describe('litmus tests as files', () => {
  const two = (left: string, right: string): string =>
    ` P0 | P1 ;\n${left.split('; ').map((cell, at) => ` ${cell} | ${right.split('; ')[at] ?? ''} ;`).join('\n')}`;

  it('are answered like the generated ones: message passing and what mends it', () => {
    const of = (store: string, load: string): LitmusVerdict =>
      answer(
        readLitmus(
          test('AArch64', '0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x;',
            two(`MOV W0,#1; STR W0,[X1]; ${store} W0,[X3]`, `${load} W0,[X1]; LDR W2,[X3]; NOP`),
            'exists (1:X0=1 /\\ 1:X2=0)'),
          't',
        ),
        'armv8',
      );
    expect([of('STR', 'LDR'), of('STLR', 'LDR'), of('STR', 'LDAR'), of('STLR', 'LDAPR'), of('STLR', 'LDAR')]).toEqual([
      'Allowed',
      'Allowed',
      'Allowed',
      'Forbidden',
      'Forbidden',
    ]);
  });

  it('a release is held back by an acquire after it, and not by an acquirePC', () => {
    const of = (load: string): LitmusVerdict =>
      answer(
        readLitmus(
          test('AArch64', '0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x;',
            two(`MOV W0,#1; STLR W0,[X1]; ${load} W2,[X3]`, `MOV W0,#1; STLR W0,[X1]; ${load} W2,[X3]`),
            'exists (0:X2=0 /\\ 1:X2=0)'),
          't',
        ),
        'armv8',
      );
    expect([of('LDAR'), of('LDAPR')]).toEqual(['Forbidden', 'Allowed']);
  });

  it('one instruction that acquires and releases orders all before it with all after it, and half of one does not',
    () => {
      const of = (atomic: string): LitmusVerdict =>
        answer(
          readLitmus(
            test('AArch64', '0:X1=x; 0:X3=y; 0:X5=z; 1:X1=y; 1:X3=x; 1:X5=a;',
              two(`MOV W0,#1; STR W0,[X1]; ${atomic} W0,W4,[X5]; LDR W2,[X3]`,
                `MOV W0,#1; STR W0,[X1]; ${atomic} W0,W4,[X5]; LDR W2,[X3]`), 'exists (0:X2=0 /\\ 1:X2=0)'),
            't',
          ),
          'armv8',
        );
      expect(['LDADD', 'LDADDA', 'LDADDL', 'LDADDAL'].map(of)).toEqual(['Allowed', 'Allowed', 'Allowed', 'Forbidden']);
    });

  it('two increments of one word never lose one, by one instruction or by an exclusive pair', () => {
    const by = (cells: string): LitmusVerdict =>
      answer(
        readLitmus(test('AArch64', '0:X1=x; 1:X1=x;', two(cells, cells), 'exists (x=1 /\\ ~(0:X3=1 \\/ 1:X3=1))'), 't'),
        'armv8',
      );
    expect(by('MOV W0,#1; LDADD W0,W2,[X1]')).toBe('Forbidden');
    expect(by('LDXR W2,[X1]; ADD W2,W2,#1; STXR W3,W2,[X1]')).toBe('Forbidden');
    expect(by('LDR W2,[X1]; ADD W2,W2,#1; STR W2,[X1]')).toBe('Allowed');
  });

  it('of x86 see store buffers, which locked instructions and MFENCE empty', () => {
    const by = (middle: string): LitmusVerdict =>
      answer(
        readLitmus(
          test('X86', '', two(`MOV [x],$1; ${middle}; MOV EAX,[y]`, `MOV [y],$1; ${middle}; MOV EAX,[x]`),
            'exists (0:EAX=0 /\\ 1:EAX=0)'),
          't',
        ),
        'tso',
      );
    expect([by('MOV EBX,$1'), by('MFENCE'), by('XCHG [z],EBX')]).toEqual(['Allowed', 'Forbidden', 'Forbidden']);
  });

  it('that are not understood say where, and what to write', () => {
    const refused = (text: string): string => {
      try {
        readLitmus(text, 'a.litmus');
      } catch (error) {
        return (error as Error).message;
      }
      return 'understood';
    };
    expect(refused('PPC SB\n{ }\n')).toBe('a.litmus:1: the architecture PPC is not known; AArch64 and X86 are');
    expect(refused('AArch64 SB\nexists (x=1)\n')).toBe(
      'a.litmus:1: there is no initial state; write { } below the head',
    );
    expect(refused('AArch64 SB\n{ }\n P0 ;\n FROB X1 ;\nexists (x=1)\n')).toMatch(
      /^a\.litmus:4: the instruction FROB X1 is not known; /,
    );
    expect(refused('AArch64 SB\n{ }\n P0 | P1 ;\n NOP ;\nexists (x=1)\n')).toMatch(/^a\.litmus:4: .*numbers of cells/);
    expect(refused('AArch64 SB\n{ }\n P0 ;\n NOP ;\nforall (x=1)\n')).toMatch(
      /^a\.litmus:5: a question about all ends/,
    );
    expect(refused('X86 SB\n{ 0:EAX }\n P0 ;\n MOV EAX,[x] ;\nexists (0:EAX=0)\n')).toBe('understood');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-litmus-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function litmus(args: string) {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(['litmus', ...args.split(' ').filter((word) => word !== '')], { stdout: to('out'),
    stderr: to('err'), cwd, env: {} });
  return { code, ...text };
}

function file(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

describe('cowlab litmus', () => {
  it('prints one line a name, also where it does not understand it', async () => {
    const names = file('names', 'MP\nMP+dmb.sys\nLB+rs\n');
    expect(await litmus(`--names ${names}`)).toEqual({ code: 0, err: '',
      out: 'MP\tAllowed\nMP+dmb.sys\tForbidden\nLB+rs\tnot understood\n' });
    expect((await litmus(`--names ${names} --memory tso`)).out).toMatch(
      /^MP\tForbidden\nMP\+dmb\.sys\tnot understood\n/,
    );
  });

  it('tells which verdicts are not those of the list, with exit code 1', async () => {
    const names = file('known', '# of our own\nSB\tForbidden\nSB+dmb.sys\tForbidden\n');
    expect(await litmus(`--names ${names}`)).toEqual({ code: 1, out: 'SB\tAllowed\nSB+dmb.sys\tForbidden\n',
      err: 'cowlab: SB is Allowed, and Forbidden is what the list says\n' });
    const { figures } = JSON.parse((await litmus(`--names ${names} --json`)).out) as { figures: object };
    expect(figures).toMatchObject({ tests: 2, understood: 2, known: 2, agree: 1 });
  });

  it('answers a file in the model of its architecture, and says why it does not', async () => {
    const sb = 'X86 sb\n{ }\n P0 | P1 ;\n MOV [x],$1 | MOV [y],$1 ;\n MOV EAX,[y] | MOV EAX,[x] ;\n';
    const asked = 'exists (0:EAX=0 /\\ 1:EAX=0)\n';
    expect((await litmus(file('sb.litmus', sb + asked))).out).toBe('sb\tAllowed\n');
    expect((await litmus(`sb.litmus --memory sc`)).out).toBe('sb\tForbidden\n');
    expect(await litmus(file('odd.litmus', sb))).toMatchObject({ code: 0, out: 'odd.litmus\tnot understood\n',
      err: expect.stringMatching(/^cowlab: odd\.litmus is not understood: odd\.litmus:6: there is no question; /) });
  });

  it.each([['', /^cowlab: which tests\? /], ['--names none', /^cowlab: none: cannot be read /], [
    '--names names --memory power',
    /^cowlab: --memory power is not known; use sc, tso, armv8\n/,
  ]])(
    'refuses %s in one line',
    async (args, message) => {
      const { code, out, err } = await litmus(args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
    },
  );
});

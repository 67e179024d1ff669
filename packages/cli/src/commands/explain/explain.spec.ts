import { BUILT_IN, catalogueOf, PROFILES } from '@cowlab/composition';
import { ERRNOS } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';
import { entriesFor, entriesOf, type Entry } from './entries.ts';
import { WORDS } from './glossary.ts';

async function explain(...args: readonly string[]) {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(['explain', ...args], { stdout: to('out'), stderr: to('err'), cwd: '/', env: {} });
  return { code, ...text };
}

describe('explain', () => {
  it.each([
    ['H1', /^H1 \(hazard\)\n {2}A device and its owner look at different pages\./],
    ['early-copy', /^early copy \(word; also early cow, early-copy\)\n {2}fork\(\) copies a page at once/],
    ['early-cow', /\nearly-cow \(policy\)\n[^]*\n {2}hazards +\S/],
    ['linux-5.18', /^linux-5\.18 \(kernel\)\n[^]*swap-aware-reuse[^]*before +linux-5\.\d+[^]*after +linux-5\.19/],
    ['coherent', /^coherent \(word\)\n {2}Of a pin: device and owner work on the same frames/],
    ['EFAULT', /^EFAULT \(error\)\n/],
    ['sigsegv', /^SIGSEGV \(error\)\n/],
    ['MADV_DONTFORK', /^dontfork \(word; also MADV_DONTFORK/],
    ['pagesCopiedAtFork', /^pagesCopiedAtFork \(measure\)\n/],
  ])('%s', async (word, text) => {
    const { code, out, err } = await explain(word);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(text);
    for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  });

  it('takes a word of several words, and names the nearest where there is none', async () => {
    expect((await explain('page', 'count')).out).toMatch(/^page count \(word/);
    expect(await explain('coherant')).toEqual({ code: 2, out: '',
      err: "cowlab: nothing is known of 'coherant'; did you mean 'coherent'?\n" });
    expect((await explain('xyzzy')).err).toContain('cowlab explain without a word lists what there is');
  });

  it('without a word lists all of them', async () => {
    const { out } = await explain();
    for (const [title, name] of [['Words', 'lane'], ['Hazards', 'H9'], ['Policies', 'naive-cow'], ['Kernels',
      'linux-7.2']])
      expect(out).toMatch(new RegExp(`^${title}[^]*\\b${name}\\b`, 'm'));
  });
});

describe('the entries', () => {
  const entries = async (): Promise<readonly Entry[]> => entriesOf(await catalogueOf());

  it('leave out no policy, kernel or errno', async () => {
    const names = new Set((await entries()).map(({ name }) => name));
    const wanted = [...BUILT_IN.map(({ id }) => id), ...Object.keys(PROFILES), ...ERRNOS];
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('lead on to entries that are there, and say nothing twice', async () => {
    const all = await entries();
    expect(WORDS.flatMap(({ see = [] }) => see).filter((word) => entriesFor(word, all).length === 0)).toEqual([]);
    const typed = WORDS.flatMap(({ word, also = [] }) => [word, ...also]).map((word) => word.toLowerCase());
    expect(typed.filter((word, at) => typed.indexOf(word) < at)).toEqual([]);
  });
});

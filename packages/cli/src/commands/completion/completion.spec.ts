import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_IN, PROFILES } from '@cowlab/composition';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-completion-'));
  writeFileSync(join(cwd, 'cowlab.config.json'), '{ "profiles": { "my-kernel": ["naive-cow"] } }');
  for (const name of ['buffer.cow', 'notes.txt', 'my.race']) writeFileSync(join(cwd, name), '');
  mkdirSync(join(cwd, 'burst'));
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(cwd, shell), (await cowlab('completion', shell)).out);
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(...args: readonly string[]) {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(args, { stdout: to('out'), stderr: to('err'), cwd, env: {} });
  return { code, ...text };
}

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).error === undefined;

/** What bash offers for the last word, which may be empty. */
function inBash(line: string): string[] {
  const words = line.split(' ').map((word) => `'${word}'`);
  const run = `source ./bash; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _cowlab 2>&1; `
    + 'printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', run], { cwd, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '').sort();
}

describe('completion in a real bash', () => {
  it.each([
    ['cowlab comp', ['compare', 'completion']],
    ['cowlab compare --pol', ['--policies']],
    ['cowlab compare --policies linux-5.9', ['linux-5.9', 'linux-5.9-rc5']],
    ['cowlab compare --policies linux-5.9,ear', ['linux-5.9,early-cow']],
    ['cowlab compare --policies naive-cow,linux-5.7+ear', ['naive-cow,linux-5.7+early-cow']],
    ['cowlab compare --policies linux-5.7+madv-dontfork+thp-s', ['linux-5.7+madv-dontfork+thp-split']],
    // A whole kernel is not laid over another.
    ['cowlab compare --policies linux-5.7+linux', []],
    ['cowlab run --policy my', ['my-kernel']],
    ['cowlab conform --profile posted', ['posted-v2']],
    ['cowlab compare --fail-on H1,H', ['H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9'].map((id) => `H1,${id}`)],
    ['cowlab check --memory ', ['both', 'sc', 'tso']],
    ['cowlab check my', ['my.race']],
    ['cowlab check merged', ['merged-5.9', 'merged-5.9-2-pages']],
    ['cowlab compare bu', ['buffer.cow', 'burst/']],
    ['cowlab compare n', []],
    ['cowlab run --log n', ['notes.txt']],
    ['cowlab sweep --measure hazards,pagesC', ['hazards,pagesCopiedAtFork', 'hazards,pagesCopiedOnWrite']],
    ['cowlab init p', ['policy']],
    ['cowlab kernels f', ['fetch']],
    ['cowlab explain coh', ['coherent']],
  ])('%s', (line, offers) => {
    expect(inBash(line)).toEqual(offers);
  });

  it('an empty lane offers every kernel and every policy', () => {
    expect(inBash('cowlab compare --policies ')).toEqual(
      [...Object.keys(PROFILES), 'my-kernel', ...BUILT_IN.map(({ id }) => id)].sort(),
    );
  });

  it('asks bash itself, not only the function', () => {
    const { stdout } = spawnSync('bash', ['--norc', '-c', 'source ./bash; complete -p cowlab'], { cwd,
      encoding: 'utf8' });
    expect(stdout).toBe('complete -F _cowlab cowlab\n');
  });
});

describe('completion in other shells', () => {
  (has('fish') ? it : it.skip)('fish offers lanes after commas and plus signs', () => {
    const offers = (line: string): string[] =>
      spawnSync('fish', ['--no-config', '-c', `source ./fish; complete -C '${line}'`], { cwd, encoding: 'utf8' }).stdout
        .split('\n').map((offer) => offer.split('\t')[0]).filter((offer) => offer !== '').sort();
    expect(offers('cowlab comp')).toEqual(['compare', 'completion']);
    expect(offers('cowlab compare --policies linux-5.9,earl')).toEqual(['linux-5.9,early-cow']);
    expect(offers('cowlab compare --policies linux-5.7+earl')).toEqual(['linux-5.7+early-cow']);
    expect(offers('cowlab compare buf')).toEqual(['buffer.cow']);
  });

  (has('zsh') ? it : it.skip)('zsh reads its script and knows the command', () => {
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', 'source ./zsh && print $_comps[cowlab]'], { cwd,
      encoding: 'utf8', env: { ...process.env, HOME: cwd } });
    expect({ stdout, stderr }).toEqual({ stdout: '_bash_complete -F _cowlab\n', stderr: '' });
  });

  it('there is none for a shell that it does not know', async () => {
    expect(await cowlab('completion', 'bsh')).toEqual({ code: 2, out: '',
      err: "cowlab: there is no completion for 'bsh'; did you mean 'bash'?\n" });
  });
});

describe('long commands', () => {
  it('say nothing of their progress under --quiet', async () => {
    const said = async (...more: readonly string[]) => {
      let err = '';
      await main(['compare', join(cwd, 'two.cow'), ...more], { stdout: { write: () => undefined },
        stderr: { write: (piece: string) => void (err += piece), isTTY: true }, cwd, env: {} });
      return err;
    };
    writeFileSync(join(cwd, 'two.cow'), 'question x\nmmap 0 0 anon 1\n');
    expect(await said()).toContain('running linux-5.7 ...');
    expect(await said('--quiet')).toBe('');
  });
});

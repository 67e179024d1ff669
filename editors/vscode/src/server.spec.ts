/** The server as an editor starts it: its own process, the protocol over its pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CompletionItem, CompletionRequest, createProtocolConnection, type Diagnostic,
  DidChangeTextDocumentNotification, DidOpenTextDocumentNotification, ExitNotification, type Hover, HoverRequest,
  InitializedNotification, InitializeRequest, type InitializeResult, type ProtocolConnection,
  PublishDiagnosticsNotification, ShutdownRequest, StreamMessageReader,
  StreamMessageWriter } from 'vscode-languageserver-protocol/node';

/** Of a machine that does much else. */
const PATIENCE_MS = 60_000;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SCENARIO = `question Does it hold?
mmap 0 0 anon 4
pin 0 0 0 0 1
fork 0 1
madvise 0 0 0 1 dontfork
expect linux-5.9,linux-5.9-rc5 pin 0 coherent
`;
const RACE = `title A race
mmap 0 0 anon 1
actor A
  fork 0 1
actor B
  gupfast 0 0 0 0 1
check linux-5.9+what-if:gupSeqChecks=first sc,tso broken
`;

let folder = '';
let child: ChildProcess;
let server: ProtocolConnection;
let told: InitializeResult;
const waiting = new Map<string, (diagnostics: readonly Diagnostic[]) => void>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-server-'));
  const { bundle } = await import(pathToFileURL(join(ROOT, 'tools/editor.mjs')).href) as {
    bundle: (out: string) => Promise<void>;
  };
  await bundle(folder);
  child = spawn(process.execPath, [join(folder, 'server.cjs'), '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  server = createProtocolConnection(new StreamMessageReader(child.stdout!), new StreamMessageWriter(child.stdin!));
  server.onNotification(PublishDiagnosticsNotification.type, ({ uri, version, diagnostics }) => {
    waiting.get(`${uri} ${version}`)?.(diagnostics);
  });
  server.listen();
  told = await server.sendRequest(InitializeRequest.type, { processId: process.pid, rootUri: null, capabilities: {} });
  await server.sendNotification(InitializedNotification.type, {});
}, PATIENCE_MS);
afterAll(() => {
  server.dispose();
  child.kill();
  rmSync(folder, { recursive: true });
});

let opened = 0;
async function open(
  languageId: 'cow' | 'race',
  text: string,
): Promise<{ uri: string; diagnostics: readonly Diagnostic[] }> {
  const uri = `file:///${opened++}.${languageId}`;
  const diagnostics = new Promise<readonly Diagnostic[]>((resolve) => waiting.set(`${uri} 1`, resolve));
  await server.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId, version: 1, text },
  });
  return { uri, diagnostics: await diagnostics };
}

/** Where, how grave, and what to do: `3:6-8 error ...`, lines and columns from 1. */
const lines = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ range: { start, end }, severity, message }) =>
    `${start.line + 1}:${start.character + 1}-${end.character} ${
      severity === 1 ? 'error' : 'warning'
    } ${message as string}`
  );

/** Of the first place at which the text stands, `within` columns into it. */
function positionOf(text: string, what: string, within = 0): { line: number; character: number } {
  const before = text.slice(0, text.indexOf(what) + within).split('\n');
  return { line: before.length - 1, character: (before.at(-1) as string).length };
}

async function hover(languageId: 'cow' | 'race', text: string, what: string, within = 0): Promise<string | null> {
  const { uri } = await open(languageId, text);
  const answer: Hover | null = await server.sendRequest(HoverRequest.type, { textDocument: { uri },
    position: positionOf(text, what, within) });
  return answer === null ? null : (answer.contents as { value: string }).value;
}

/** At the end of the text. */
async function offered(languageId: 'cow' | 'race', text: string): Promise<readonly CompletionItem[]> {
  const { uri } = await open(languageId, text);
  return await server.sendRequest(CompletionRequest.type, { textDocument: { uri },
    position: positionOf(text, '', text.length) }) as CompletionItem[];
}

it('says what it can do', () => {
  expect(told.capabilities).toMatchObject({ hoverProvider: true, completionProvider: {} });
});

describe('a broken file', () => {
  it('has its faults at the words that are wrong, all lines of it', async () => {
    const { diagnostics } = await open('cow', SCENARIO.replace('anon', 'anno').replace('fork 0 1', 'fork 0').replace(
      'coherent',
      'coherant',
    ));
    expect(lines(diagnostics)).toEqual(['2:10-13 error KIND is "anno"; did you mean "anon"?',
      '4:6-6 error CHILD is missing; write it as: fork P CHILD',
      '6:38-45 error STATE is "coherant"; did you mean "coherent"?']);
  });

  it('is read again as it is mended', async () => {
    const { uri, diagnostics } = await open('race', RACE.replace('gupfast', 'gupfats'));
    expect(lines(diagnostics)).toEqual(['6:3-9 error unknown word "gupfats"; did you mean "gupfast"?']);
    const now = new Promise<readonly Diagnostic[]>((resolve) => waiting.set(`${uri} 2`, resolve));
    const start = { line: 5, character: 7 };
    await server.sendNotification(DidChangeTextDocumentNotification.type, { textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start, end: { line: 5, character: 9 } }, text: 'st' }] });
    expect(await now).toEqual([]);
  });

  it('may be in any state', async () => {
    expect(lines((await open('cow', '')).diagnostics)).toEqual([
      '1:1-0 error no question is asked; begin with: question TEXT',
    ]);
    expect((await open('race', '\0\uD800 \r\nactor\r\n')).diagnostics.length).toBe(2);
  });
});

describe('a template of a sweep', () => {
  const text = SCENARIO.replace('anon 4', 'anon ${pages}');

  it('is judged but for the lines whose values are not known', async () => {
    expect((await open('cow', text)).diagnostics).toEqual([]);
    expect(lines((await open('cow', text.replace('dontfork', 'dontfrok'))).diagnostics)).toEqual([
      '5:17-24 error ADVICE is "dontfrok"; did you mean "dontfork"?',
    ]);
  });
});

describe('a lane that nobody knows', () => {
  it('is a warning at its place among the others', async () => {
    const { diagnostics } = await open('cow', SCENARIO.replace('linux-5.9-rc5', 'naive-cwo'));
    expect(lines(diagnostics)).toEqual([expect.stringMatching(
      /^6:18-26 warning there is no .*'naive-cwo'; did you mean 'naive-cow'\?/,
    )]);
    expect(lines((await open('race', RACE.replace('gupSeqChecks', 'gupSeqCheck'))).diagnostics)).toEqual([
      expect.stringMatching(/^7:7-41 warning .*gupSeqCheck.*gupSeqChecks/),
    ]);
  });

  it('is none where it is a file, which nobody runs to find out', async () => {
    expect((await open('race', RACE.replace('what-if:gupSeqChecks=first', './mine.mjs'))).diagnostics).toEqual([]);
  });
});

describe('under the pointer', () => {
  it('stands what a word means, as the table of words has it', async () => {
    expect(await hover('cow', SCENARIO, 'madvise')).toBe(
      '`madvise P R A N ADVICE`\n\nadvice about N pages from page A on',
    );
    expect(await hover('cow', SCENARIO, 'dontfork')).toContain('fork() leaves the range out');
    expect(await hover('cow', SCENARIO, 'coherent')).toContain('device and owner see the same page');
    expect(await hover('cow', SCENARIO, '0 0 0 0 1')).toBe('P of `pin P SLOT R A N`');
    expect(await hover('race', RACE, 'gupfast')).toContain('a fast GUP');
    expect(await hover('race', RACE, 'sc,tso')).toMatch(/sequential consistency[^]*store may wait/);
    expect(await hover('cow', SCENARIO, 'Does it')).toBeNull();
  });

  it('stands what a lane is made of', async () => {
    expect(await hover('cow', SCENARIO, 'linux-5.9-rc5', 3)).toContain('page-count-reuse');
    expect(await hover('race', RACE, 'what-if', 2)).toMatch(/^`what-if`[^]*gupSeqChecks=/);
    expect(await hover('cow', SCENARIO.replace('linux-5.9-rc5', 'early-cow'), 'early-cow')).toContain('Hazards: ');
  });
});

describe('what may be typed', () => {
  const names = async (languageId: 'cow' | 'race', text: string): Promise<string[]> =>
    (await offered(languageId, text)).map(({ label }) => label);

  it('is a step, an operand or an assertion where each may stand', async () => {
    expect(await names('cow', 'm')).toEqual(expect.arrayContaining(['mmap', 'madvise', 'expect', 'question']));
    expect(await names('cow', 'mmap 0 0 ')).toEqual(expect.arrayContaining(['anon', 'thp', 'huge']));
    expect(await names('cow', 'madvise 0 0 0 1 d')).toEqual(expect.arrayContaining(['dontfork', 'dontneed']));
    expect(await names('cow', 'expect * ')).toEqual(expect.arrayContaining(['pin', 'no-leak', 'value']));
    expect(await names('cow', 'expect * pin 0 ')).toEqual(['coherent', 'diverged']);
    expect(await names('race', 'check linux-5.9 sc ')).toEqual(['safe', 'broken']);
    expect(await names('race', 'weaken ')).toEqual(['wrprotect', 'lock']);
    expect(await names('race', 's')).not.toContain('storm');
    expect(await names('cow', '# m')).toEqual([]);
  });

  it('is a kernel or policy in lanes, after a plus a policy alone, after a colon its options', async () => {
    const lanes = await offered('cow', 'expect linux-5.9,lin');
    const one = lanes.find(({ label }) => label === 'linux-6.18');
    expect(one?.textEdit).toEqual({ newText: 'linux-6.18',
      range: { start: { line: 0, character: 17 }, end: { line: 0, character: 20 } } });
    expect(lanes.map(({ label }) => label)).toContain('early-cow');
    const over = await names('race', 'check linux-5.9+');
    expect(over).toContain('early-cow');
    expect(over).not.toContain('linux-6.18');
    expect(await names('race', 'check linux-5.9+early-cow:')).toContain('series=');
  });
});

describe('every scenario and race of the repository', () => {
  const filesIn = (dir: string): string[] =>
    readdirSync(join(ROOT, dir), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? (['node_modules', 'dist'].includes(entry.name) ? [] : filesIn(join(dir, entry.name)))
        : /\.(cow|race)$/.test(entry.name)
        ? [join(dir, entry.name)]
        : []
    );
  const files = ['examples', 'packages'].flatMap(filesIn);
  it('has nothing wrong with it', async () => {
    expect(files.length).toBeGreaterThan(200);
    const wrong: string[] = [];
    for (const file of files) {
      const { diagnostics } = await open(file.endsWith('.race') ? 'race' : 'cow',
        readFileSync(join(ROOT, file), 'utf8'));
      wrong.push(...lines(diagnostics).map((line) => `${file}:${line}`));
    }
    expect(wrong).toEqual([]);
  }, PATIENCE_MS);
});

it('ends when it is told to', async () => {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await server.sendRequest(ShutdownRequest.type);
  await server.sendNotification(ExitNotification.type);
  expect(await ended).toBe(0);
});

// `node tools/schemas.mjs` writes packages/cli/schemas: the shape of what each command prints under --json, as JSON
// Schema. One shape for one thing: what several commands print is defined once here. A spec holds real outputs to them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { root } from './workspace.mjs';

const text = z.string();
const nr = z.int();
const list = z.array;
const object = z.strictObject;
/** What is open: its inner shape follows the model and may grow. */
const open = z.looseObject;

const hazard = z.string().regex(/^H[1-9]$/).describe('id of a hazard; cowlab explain H1');
const policies = list(text).describe('ids, bottom first');
const finding = open({ hazard, position: nr.describe('of the command in the log'), text });
const costs = object({
  ptesVisited: nr,
  pagesShared: nr,
  pagesCopiedAtFork: nr,
  pagesCopiedOnWrite: nr,
  pagesReused: nr,
  hugePagesCopied: nr,
  pmdsSplit: nr,
  pageTablesAllocated: nr,
  pagesPinned: nr,
  bytesCopied: nr,
  syscalls: nr,
  faults: object({ anon: nr, zero: nr, file: nr, cow: nr, reuse: nr, swapIn: nr, thp: nr, hugetlb: nr }),
  forks: object({ count: nr, failed: nr }),
});
const step = object({ text, line: nr, result: text.describe('ok, an errno or a signal'), value: nr.nullable(),
  events: list(text) });
const pinnedPage = object({ page: nr, state: z.enum(['coherent', 'diverged', 'unmapped', 'owner-gone']), pfn: nr,
  ownerPfn: nr, value: nr });
const pin = object({ slot: nr, held: z.boolean(), p: nr, r: nr, pages: list(pinnedPage) });
const sees = object({ p: nr, r: nr, pages: list(object({ page: nr, seen: z.union([nr, text]) })) });
const expectation = object({ lane: text, line: nr, text, holds: z.boolean(), actual: text });
const parting = open({ lane: text, from: text, step: nr, here: list(text), there: list(text) });
const lane = { lane: text, policies, steps: list(step), pins: list(pin), sees: list(sees), hazards: list(hazard),
  findings: list(finding), pagesCopiedAtFork: nr, costs, expectations: list(expectation) };
const race = { name: text, title: text, question: text.nullish(), notes: list(text) };
const memory = z.enum(['sc', 'tso', 'armv8']);
const broken = list(object({ spec: text, what: text }));
const trail = object({ scenario: text, title: text, lane: text, memory,
  actors: list(object({ name: text, what: text })), steps: list(
    open({ actor: nr, op: text, step: text, kind: z.enum(['step', 'flush']), buffered: z.boolean(),
      critical: z.boolean() }),
  ), broken, end: list(text), schedule: text, command: text });
const report = open({ race: text, lane: text, memory, claim: z.enum(['safe', 'broken']).nullable(), holds: z.boolean(),
  verdict: z.enum(['safe', 'broken', 'bounded']), states: nr, broken, trail: trail.nullable() });
const value = z.union([z.number(), text, z.boolean()]);
const estimate = object({ mean: z.number(), low: z.number(), high: z.number(), nr });
const completed = z.discriminatedUnion('kind', [object({ kind: z.enum(['lanes', 'files', 'none']) }),
  object({ kind: z.enum(['words', 'list']), words: list(text) })]);

/** By what `kind` says; the commands are those that print it. */
export const SHAPES = {
  scenario: ['cowlab compare of a scenario', { name: text, title: text.nullable(), question: text,
    lanes: list(object(lane)), partings: list(parting.nullable()), unasked: list(text) }],
  trace: ['cowlab compare of a recording, cowlab demo', { sentence: z.json().optional(), notShown: z.json().optional(),
    name: text, commands: nr, tasks: list(open({ task: nr })),
    registrations: list(open({ pin: nr, pid: nr, lengthBytes: nr, nrPages: nr })), stated: z.boolean(),
    notes: list(z.json()), lanes: list(
      object({ lane: text, policies, registered: open({}), hazards: list(hazard), findings: list(finding), costs }),
    ), partings: list(parting.nullable()) }],
  run: ['cowlab run', { name: text, question: text, ...lane, hash: text }],
  replay: ['cowlab replay', { name: text, policies, geometry: open({}), partial: z.boolean(),
    verified: object({ entries: nr, hash: text }), position: nr,
    world: open({ tasks: list(object({ task: nr, mm: nr })), mms: list(open({})), pins: list(open({})), pagesUsed: nr,
      hash: text }) }],
  policies: ['cowlab policies', {
    policies: list(
      object({ id: text, summary: text, kernel: text.nullable(), over: text.nullable(), hazards: list(hazard),
        options: z.record(text, value) }),
    ),
    profiles: list(open({ name: text, stack: list(object({ policy: text, options: z.record(text, value) })) })),
    facts: list(open({ id: text, text, since: text.nullable() })),
    hazards: z.record(text, text),
  }],
  check: ['cowlab check', { races: list(object({ ...race, reports: list(report) })) }],
  races: ['cowlab check --list', { races: list(object(race)) }],
  'check-replay': ['cowlab check --replay', { trail }],
  litmus: ['cowlab litmus', { memory: z.enum(['sc', 'tso', 'armv8', 'own']), tests: list(
    object({ name: text, verdict: z.enum(['Allowed', 'Forbidden', 'not understood']),
      known: z.enum(['Allowed', 'Forbidden']).nullable(), why: text.nullable(), ms: z.number() }),
  ), figures: object({ tests: nr, understood: nr, known: nr, agree: nr, medianMs: z.number() }) }],
  matrix: ['cowlab matrix', { situations: list(object({ id: text, row: nr, file: text, text })),
    kernels: list(object({ name: text, generation: text.nullable() })), cells: list(
      open({ id: text, file: text, profile: text, generation: text.nullable(), letters: text, outcome: open({}),
        document: text.nullable(), agrees: z.boolean().nullable(), differences: list(open({})), race: z.boolean(),
        findings: list(finding) }),
    ), nrRuns: nr, figures: open({ agree: nr, differ: nr, undocumented: nr }) }],
  sweep: ['cowlab sweep', { question: text, lanes: list(text), parameters: list(text), measures: list(text),
    repeats: nr, seed: nr,
    rows: list(object({ lane: text, parameters: z.record(text, value), measures: z.record(text, estimate) })) }],
  explain: ['cowlab explain', {
    entries: list(
      object({ kind: z.enum(['hazard', 'word', 'policy', 'kernel', 'error', 'measure']), name: text, also: list(text),
        text, facts: z.record(text, text), see: list(text), command: text.nullable() }),
    ),
  }],
  init: ['cowlab init', { what: z.enum(['policy', 'experiment', 'scenario', 'race']), name: text, folder: text,
    files: list(text), install: z.boolean() }],
  completion: ['cowlab completion', {
    commands: list(
      object({ name: text, summary: text, options: list(object({ flag: text, text, value: completed.nullable() })),
        words: list(text), files: list(text).nullable() }),
    ),
    profiles: list(text),
    policies: list(text),
  }],
  conform: ['cowlab conform', { results: list(open({})) }],
  'conform-live': ['cowlab conform --live', { name: text, facts: open({}), results: list(open({})),
    verdicts: list(open({})) }],
  suite: ['cowlab conform --suite', { suite: text, lanes: list(text),
    scenarios: list(object({ id: text, title: text, question: text })),
    cells: list(open({ id: text, title: text, lane: text, outcome: text })) }],
  fuzz: ['cowlab fuzz',
    open({ seed: nr, kinds: text, nrPrograms: nr, seconds: z.number(), findings: list(open({})) }).shape],
  kernels: ['cowlab kernels list, cowlab kernels fetch', { fetched: list(open({ release: text, version: text })),
    available: open({}).nullable() }],
  doctor: ['cowlab doctor', open({ complaints: list(z.json()), mended: z.json() }).shape],
  recorded: ['cowlab record, cowlab kernels record', {
    recorded: list(open({ file: text, kernel: text, nrPrograms: nr })),
  }],
};

/** What follows the machine rather than the model. */
const OPEN = new Set(['fuzz', 'doctor']);

/** Text of every schema, by file name. */
export function schemaFiles() {
  return Object.fromEntries(Object.entries(SHAPES).map(([kind, [commands, shape]]) => {
    const fields = { kind: z.literal(kind), ...shape };
    const schema = z.toJSONSchema((OPEN.has(kind) ? open : object)(fields));
    const { $schema, ...rest } = schema;
    return [`${kind}.schema.json`,
      `${JSON.stringify({ $schema, title: `${kind}: ${commands} --json`, ...rest }, null, 2)}\n`];
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = join(root, 'packages/cli/schemas');
  mkdirSync(folder, { recursive: true });
  const files = schemaFiles();
  const textOf = (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : null);
  const odd = [...Object.keys(files).filter((name) => textOf(name) !== files[name]),
    ...readdirSync(folder).filter((name) => !Object.hasOwn(files, name))];
  if (process.argv.includes('--check')) {
    for (const name of odd)
      console.log(`packages/cli/schemas/${name}: not as tools/schemas.mjs writes it; run node tools/schemas.mjs`);
    process.exitCode = odd.length > 0 ? 1 : 0;
  } else {
    for (const name of odd) {
      if (Object.hasOwn(files, name)) writeFileSync(join(folder, name), files[name]);
      else rmSync(join(folder, name));
    }
  }
}

// `node tools/schemas.mjs` writes packages/cli/schemas: the shape of what each command prints under --json, as JSON
// Schema. One shape for one thing: what several commands print is defined once here. A spec holds real outputs to them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { entry, event, refusal } from './event-schema.mjs';
import { root } from './workspace.mjs';

const text = z.string();
const nr = z.int();
const list = z.array;
const object = z.strictObject;
/** What follows the machine or a recording, and may grow: the fields that are named are there. */
const open = z.looseObject;

const hazard = z.string().regex(/^H[1-9]$/).describe('id of a hazard; cowlab explain H1');
const policies = list(text).describe('ids, bottom first');
const about = { hazard, position: nr.describe('of the command in the log'), text, task: nr.optional(),
  pin: nr.optional(), page: nr.optional() };
const finding = object({ ...about, line: nr.optional(), step: nr.optional() });
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
  events: list(event) });
const pinnedPage = object({ page: nr, state: z.enum(['coherent', 'diverged', 'unmapped', 'owner-gone']), pfn: nr,
  ownerPfn: nr, value: nr });
const pin = object({ slot: nr, held: z.boolean(), p: nr, r: nr, pages: list(pinnedPage) });
const sees = object({ p: nr, r: nr, pages: list(object({ page: nr, seen: z.union([nr, text]) })) });
const expectation = object({ lane: text, line: nr, text, holds: z.boolean(), actual: text });
const source = object({ file: text, line: nr });
const happening = z.union([event, refusal]);
const parting = object({ lane: text, from: text, step: nr, here: list(happening), there: list(happening),
  source: source.optional() });
const lane = { lane: text, policies, steps: list(step), pins: list(pin), sees: list(sees), hazards: list(hazard),
  findings: list(finding), pagesCopiedAtFork: nr, costs, expectations: list(expectation) };
const race = { name: text, title: text, question: text.nullish(), notes: list(text) };
const memory = z.enum(['sc', 'tso', 'armv8']);
const word = object({ word: text, value: text, old: text.optional() });
const broken = list(object({ spec: text, what: text }));
const trail = object({ scenario: text, title: text, lane: text, memory,
  actors: list(object({ name: text, what: text })), steps: list(
    object({ actor: nr, op: text, step: text, kind: z.enum(['step', 'flush']), reads: list(word), writes: list(word),
      buffered: z.boolean(), critical: z.boolean(), way: nr.optional() }),
  ), broken, end: list(text), schedule: text, command: text });
const report = object({ race: text, lane: text, memory, claim: z.enum(['safe', 'broken']).nullable(),
  holds: z.boolean(), ms: z.number(), states: nr, transitions: nr, depth: nr, finals: nr, passes: nr, bytes: nr,
  verdict: z.enum(['safe', 'broken', 'bounded']), exhaustive: z.boolean(), broken, coarse: list(
    open({ actor: text, between: list(text) }),
  ), trail: trail.nullable() });
const mend = object({ strengthen: list(text), restore: list(text) });
const mends = object({ race: text, lane: text, memory, ms: z.number(), verdict: z.enum(['safe', 'broken', 'bounded']),
  answer: z.enum(['needless', 'mended', 'none', 'bounded']), sets: list(mend), undecided: list(mend), tried: mend,
  searches: nr, states: nr });
const registration = object({ pin: nr, kind: z.enum(['io_uring', 'vmsplice']), fd: nr, slot: nr, pid: nr, task: nr,
  base: z.number(), lengthBytes: nr, vpn: nr, nrPages: nr, item: nr });
const atFork = z.enum(['shared', 'copied', 'hole', 'empty']);
const registeredPage = object({ vpn: nr, fate: z.enum(['keeps', 'loses', 'depends']), why: text,
  lost: object({ item: nr, pid: nr, cause: z.enum(['cow', 'unmapped', 'moved', 'reclaimed']) }).nullable(),
  forks: list(object({ item: nr, child: nr, fate: atFork })), missing: text.nullable() });
const registered = object({
  run: object({ commands: nr, faults: object({ here: nr, notHere: nr }), mismatches: list(
    object({ kind: z.enum(['result', 'signal', 'no-fault', 'fault']), item: nr, what: text }),
  ) }),
  buffers: list(
    object({ registration, granted: z.boolean(), released: nr.nullable(), pages: list(registeredPage),
      lint: list(object({ vpn: nr, foreignBytes: nr })) }),
  ),
  forks: list(object({ item: nr, parent: nr, child: nr, shared: nr, copied: nr, hole: nr, empty: nr })),
  holeAccesses: list(object({ item: nr, pid: nr, addr: z.number(), pin: nr, foreign: z.boolean() })),
});
const geometry = object({ name: text, bits: nr, levels: nr });
const mm = object({ mm: nr, users: nr, hasPinned: z.boolean(), rss: object({ anon: nr, file: nr, shmem: nr, swap: nr }),
  pageTables: nr, lockedPages: nr, vmas: list(
    object({ start: nr, end: nr, perms: text, file: nr, vmFlags: list(text), hasAnonVma: z.boolean() }),
  ) });
const heldPin = object({ pin: nr, device: nr, mm: nr, ownerGone: z.boolean(), vpn: nr, nr, flags: nr, loads: nr,
  stores: nr, pages: list(object({ pfn: nr, ownerPfn: nr, value: nr })) });
/** What was seen of a page, a device or a call, as it was written down. */
const seen = z.json();
const divergence = object({ set: text, program: text, step: nr, stepText: text, op: text, kind: text,
  process: nr.nullable(), region: nr.nullable(), page: nr.nullable(), slot: nr.nullable(), memory: text.nullable(),
  kernel: text, model: text, kernelSaw: seen, modelSaw: seen });
const outcome = z.enum(['pass', 'fail', 'skip', 'xfail']);
const testResult = object({ name: text, outcome, why: text.optional(), notes: list(text).optional(), get tests() {
  return list(testResult).optional();
} });
const meeting = z.discriminatedUnion('met', [object({ met: z.literal('same') }),
  object({ met: z.literal('missing'), missing: text }),
  object({ met: z.literal('failure'), failure: text, step: nr.nullable() }),
  object({ met: z.literal('differs'), divergence, values: divergence.nullable(), again: z.boolean() })]);
const commit = object({ id: text.nullable(), subject: text });
const ports = z.record(text, text);
const verdictWord = z.enum(['SAFE', 'UNNEEDED', 'DEPENDS', 'UNSAFE']);
const faultCounts = z.record(text, nr);
const recordingVerdict = { name: text, sentence: text, verdict: verdictWord, notShown: list(text),
  kernels: list(object({ kernel: text, verdict: verdictWord, why: list(text) })), ranges: list(
    open({ id: nr, kind: text, pid: nr, line: nr, bytes: nr, pages: nr, verdicts: z.record(text, verdictWord) }),
  ), forks: list(open({ line: nr, parent: nr, held: list(nr), cost: open({}), verdicts: z.record(text, verdictWord) })),
  hazards: list(
    open({ hazard: hazard.nullable(), verdict: verdictWord.nullable(), what: text, lines: list(nr),
      kernels: list(text) }),
  ), ledger: list(
    object({ pid: nr, limit: nr, mappings: nr, peak: object({ mappings: nr, line: nr }),
      unpaired: object({ left: nr, made: nr }), perMinute: z.number().nullable(), secondsLeft: z.number().nullable(),
      hitAtLine: nr.nullable(), points: list(object({ line: nr, seconds: z.number().nullable(), mappings: nr })) }),
  ),
  replay: object({ kernel: text, assumed: z.boolean(), refused: text.nullable(),
    differences: list(open({ kind: text, pid: nr, what: text })),
    audit: object({ faults: nr, explained: faultCounts, unexplained: faultCounts, nrUnexplained: nr,
      first: open({ file: text, line: nr, pid: nr, address: text }).nullable(), withCode: nr, ofFiles: nr,
      notJudged: nr }).nullable() }).nullable() };
const value = z.union([z.number(), text, z.boolean()]);
const holds = z.enum(['log', 'results', 'other']).describe('what a stream of a journal holds');
const state = z.enum(['whole', 'partial', 'open']);
const estimate = object({ mean: z.number(), low: z.number(), high: z.number(), nr });
const interval = object({ low: z.number(), middle: z.number(), high: z.number() });
const costProfile = { name: text, source: text, forkCall: interval,
  perPage: object({ share: interval, earlyCopy: interval.nullable(), thp: interval.nullable(),
    dontfork: interval.nullable(), copy: interval, reuse: interval.nullable(), touch: interval.nullable() }),
  spawnCall: interval.nullable() };
const completed = z.discriminatedUnion('kind', [object({ kind: z.enum(['lanes', 'files', 'none']) }),
  object({ kind: z.enum(['words', 'list']), words: list(text) })]);

const remaining = object({ seconds: z.number(), low: z.number(), high: z.number() });
/** Settings of a machine, as the head of a program says them. */
const settings = object({ thp: text.optional(), mthp: z.record(text, text).optional() });

const campaignState = z.enum(['running', 'paused', 'cancelled', 'done']);
const campaign = object({ name: text, kind: z.enum(['fuzz', 'sweep', 'check', 'conform']), state: campaignState,
  asked: text, build: text, priority: nr, begun: text, ended: text.nullable(),
  units: object({ all: nr, done: nr, active: nr, dead: nr }), counted: text, size: object({ all: nr, done: nr }),
  again: object({ agreed: nr, alone: nr, open: nr, disputed: nr, settled: nr }), seconds: z.number(),
  rate: z.number().nullable(), remaining: remaining.nullable(), findings: nr, hash: text,
  dead: list(object({ unit: text, why: text })), workers: list(
    object({ name: text, host: text, kernels: list(text), doing: text.nullable(), living: z.boolean(),
      distrusted: z.boolean(), units: nr }),
  ) });
const campaignFindings = list(
  object({ cause: object({ id: text, lane: text, against: text, kind: text, shape: text }), unit: text,
    program: nr.nullable(), steps: nr.nullable(), text: text.nullable(), policies: list(text), what: list(text),
    times: nr }),
);
const growth = object({ cells: nr, diverging: nr, unjudged: nr, points: list(
  object({ programs: nr, cells: nr, decisions: nr, stepPairs: nr, findings: nr }),
) });

/** By what `kind` says; the commands are those that print it. */
export const SHAPES = {
  scenario: ['cowlab compare of a scenario', { name: text, title: text.nullable(), question: text,
    lanes: list(object(lane)), partings: list(parting.nullable()), unasked: list(text) }],
  trace: ['cowlab compare of a recording, cowlab demo', { sentence: text.optional(), notShown: list(text).optional(),
    name: text, commands: nr, tasks: list(object({ task: nr, pid: nr, parent: nr.nullable(), sharesMm: z.boolean() })),
    registrations: list(registration), stated: z.boolean(), notes: list(object({ source, what: text })), lanes: list(
      object({ lane: text, policies, registered, hazards: list(hazard), findings: list(finding), costs }),
    ), partings: list(parting.nullable()) }],
  run: ['cowlab run', { name: text, question: text, ...lane, hash: text }],
  replay: ['cowlab replay', { name: text, policies, geometry, partial: z.boolean(),
    verified: object({ entries: nr, hash: text }).nullable(), position: nr,
    last: entry.nullable().describe('the entry that led to this position'),
    world: object({ tasks: list(object({ task: nr, mm: nr })), mms: list(mm), pins: list(heldPin), pagesUsed: nr,
      hash: text }) }],
  studio: ['cowlab studio', { shows: z.enum(['scenario', 'race', 'log', 'recording']).nullable(), out: text.nullable(),
    url: text.nullable(), bytes: nr }],
  policies: ['cowlab policies', {
    policies: list(
      object({ id: text, summary: text, kernel: text.nullable(), over: text.nullable(), hazards: list(hazard),
        options: z.record(text, value) }),
    ),
    profiles: list(
      object({ name: text, stack: list(object({ policy: text, options: z.record(text, value) })), begins: list(text) }),
    ),
    facts: list(
      object({ id: text, text, since: text.nullable(), ports: ports.optional(),
        change: object({ policy: text, options: z.record(text, value) }).nullable(), commit, evidence: list(text),
        note: text.optional(), until: object({ since: text.nullable(), ports: ports.optional(), commit }).optional(),
        warns: text.optional() }),
    ),
    hazards: z.record(text, text),
  }],
  check: ['cowlab check', { races: list(object({ ...race, reports: list(report) })) }],
  'check-mend': ['cowlab check --mend', { races: list(object({ ...race, mends: list(mends) })) }],
  races: ['cowlab check --list', { races: list(object(race)) }],
  'check-replay': ['cowlab check --replay', { trail }],
  litmus: ['cowlab litmus', { memory: z.enum(['sc', 'tso', 'armv8', 'own']), tests: list(
    object({ name: text, verdict: z.enum(['Allowed', 'Forbidden', 'not understood']),
      known: z.enum(['Allowed', 'Forbidden']).nullable(), why: text.nullable(), ms: z.number() }),
  ), figures: object({ tests: nr, understood: nr, known: nr, agree: nr, medianMs: z.number() }) }],
  matrix: ['cowlab matrix', { situations: list(object({ id: text, row: nr, file: text, text })),
    kernels: list(object({ name: text, generation: text.nullable() })), cells: list(
      object({ id: text, file: text, profile: text, generation: text.nullable(), letters: text,
        outcome: object({ holds: z.enum(['C', 'D', 'CD']).nullable(), leak: z.boolean(), copied: nr, split: z.boolean(),
          forkFailed: text.nullable(), child: list(text) }), document: text.nullable(), agrees: z.boolean().nullable(),
        differences: list(object({ aspect: text, documented: text, found: text })), recorded: text.nullable(),
        race: z.boolean(), findings: list(finding) }),
    ), nrRuns: nr, figures: object({ agree: nr, differ: nr, undocumented: nr, changed: nr }) }],
  sweep: ['cowlab sweep', { question: text, lanes: list(text), parameters: list(text), measures: list(text),
    repeats: nr, seed: nr,
    rows: list(object({ lane: text, parameters: z.record(text, value), measures: z.record(text, estimate) })) }],
  explain: ['cowlab explain', {
    entries: list(
      object({ kind: z.enum(['hazard', 'word', 'policy', 'kernel', 'error', 'measure']), name: text, also: list(text),
        text, facts: z.record(text, text), see: list(text), command: text.nullable() }),
    ),
  }],
  'journal-ls': ['cowlab journal ls', { journal: text, streams: list(
    object({ stream: text, version: nr.describe('events'), writer: nr.describe('a process').optional(), holds, state }),
  ) }],
  'journal-show': ['cowlab journal show', { journal: text, stream: text, events: nr, holds, state,
    log: object({ name: text, policies, geometry: open({}), commands: nr, facts: nr, hash: text.nullable() })
      .nullable(), asked: object({ what: text, asked: text, begun: text }).nullable(),
    results: list(z.json()).nullable(), costs: costs.nullable(), hazards: list(finding).nullable(),
    history: list(object({ position: nr, command: open({}), event: open({}) })).nullable() }],
  'journal-verify': ['cowlab journal verify', { journal: text, damages: nr, streams: list(
    object({ stream: text, version: nr, chunks: nr, snapshots: nr, bytes: nr,
      damages: list(object({ version: nr, where: text, what: text, mend: text })) }),
  ) }],
  'journal-export': ['cowlab journal export', { journal: text, stream: text, file: text, holds, state, events: nr }],
  'journal-prune': ['cowlab journal prune', { journal: text, dropped: list(text), kept: nr, dryRun: z.boolean() }],
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
  conform: ['cowlab conform', {
    results: list(
      object({ set: text, kernel: text, profile: text, nrPrograms: nr, nrRecorded: nr, nrSame: nr,
        divergences: list(divergence), reporting: list(divergence), zeroPage: text, settings, machine: text.nullable(),
        unsaid: text.nullable() }),
    ),
  }],
  'conform-live': ['cowlab conform --live', { name: text, facts: z.record(text, text), results: list(testResult),
    verdicts: list(object({ name: text, meeting, expectations: list(expectation), defect: text.nullable() })) }],
  suite: ['cowlab conform --suite', { suite: text, lanes: list(text),
    scenarios: list(object({ id: text, title: text, question: text })), cells: list(
      object({ id: text, title: text, lane: text, outcome: z.enum(['pass', 'fail', 'xfail', 'xpass']),
        why: text.nullable(), failed: list(expectation) }),
    ) }],
  fuzz: ['cowlab fuzz', { seed: nr, kinds: text, settings: list(text), kernel: text, guest: z.boolean(), profile: text,
    machine: text.nullable(), nrPrograms: nr, seconds: z.number(), workers: nr, diverging: list(nr),
    unjudged: list(object({ number: nr, why: text })), nrReporting: nr, findings: list(
      object({ program: nr, file: text, divergence,
        shrunk: object({ program: open({ steps: list(open({ op: text })) }), divergence, nrTried: nr,
          minimal: z.boolean() }).nullable(), repeat: text }),
    ), coverage: object({ nrCells: nr, nrReached: nr, never: list(text), reached: z.record(text, nr) }) }],
  'campaign-status': [
    'cowlab campaign status, cowlab campaign list, cowlab campaign pause, cowlab campaign cancel, cowlab campaign retry',
    { campaigns: list(campaign) },
  ],
  'campaign-report': [
    'cowlab campaign report, cowlab campaign fuzz, cowlab campaign sweep, cowlab campaign check, cowlab campaign conform, cowlab campaign resume',
    { status: campaign, findings: campaignFindings, growth: growth.nullable(),
      table: open({}).nullable().describe('of a sweep that is done: as cowlab sweep has it'),
      races: list(open({ race: text, lane: text, memory, verdict: text, states: nr })).nullable(),
      results: list(open({ set: text, kernel: text, nrSame: nr })).nullable() },
  ],
  'campaign-findings': ['cowlab campaign findings', { campaign: text, findings: campaignFindings }],
  worker: ['cowlab worker', { name: text, kernels: list(text), units: nr, failed: nr, seconds: z.number(),
    engineSeconds: z.number() }],
  kernels: ['cowlab kernels list, cowlab kernels fetch', {
    fetched: list(
      object({ release: text, version: text, distribution: text, package: text, packageVersion: text, image: text }),
    ),
    available: object({ kernels: list(open({ release: text, version: text })), complaints: list(text) }).nullable(),
  }],
  kernel: ['cowlab kernels --resolve', { asked: text, profile: text, release: text.nullable(), exact: z.boolean(),
    warnings: list(text), facts: list(
      object({ id: text, text, since: text, commit: text.nullable(), subject: text, source: list(text),
        note: text.nullable(), modelled: z.boolean() }),
    ) }],
  doctor: ['cowlab doctor', { settings: z.record(text, text.nullable()),
    changed: object({ file: text, pid: nr, isOwned: z.boolean(), before: z.record(text, text) }).nullable(),
    cache: z.union([object({ folder: text, programs: list(object({ name: text, bytes: nr, spoiled: z.boolean() })) }),
      object({ problem: text })]), kernels: list(text),
    lacks: object({ values: text.nullable(), frames: text.nullable(), guests: text.nullable() }),
    complaints: list(text), mended: list(text) }],
  inspect: ['cowlab inspect', { sentence: text, mappings: nr, mappingsMax: nr, threads: nr, pinned: nr, copied: nr,
    dontfork: nr, dontforkRanges: nr, wiped: nr, hugetlb: nr, anonHuge: nr, swapped: nr, forkMicros: list(z.number()),
    forkMicrosPinned: list(z.number()), notes: list(text) }],
  verdict: ['cowlab verdict', { ...recordingVerdict, recordings: list(object(recordingVerdict)).optional()
    .describe('several recordings: each of them; the fields above are those of the worst') }],
  traced: ['cowlab trace', { file: text, packedBy: z.enum(['zstd', 'gzip']), lines: nr, faults: nr.nullable(),
    quality: list(text), next: text }],
  calibrate: ['cowlab calibrate', { ...costProfile, measured: list(
    object({ what: text, unit: z.enum(['call', 'page']), pages: nr, mean: estimate.nullable(),
      spread: interval.nullable(), missing: text.nullable() }),
  ) }],
  'calibrate-verify': ['cowlab calibrate --verify', { costs: text, forksWithin: nr, copiesWithin: nr,
    runs: list(open({ pages: nr, forkNanos: nr, forkSaid: interval, pagesCopied: nr, pagesSaid: open({}) })) }],
  project: ['cowlab project', { pages: nr, thp: z.number(), seconds: z.number(), pinned: nr, skew: z.number(),
    writesPerSecond: z.number(), model: text, forkNanos: interval,
    pagesCopied: object({ ...interval.shape, p5: z.number(), p95: z.number(), p99: z.number() }), bytesCopied: interval,
    copyNanos: interval, peakBytes: interval, commitBytes: nr, source: text,
    room: object({ availableBytes: nr.nullable(), commitLeftBytes: nr.nullable(), strict: z.boolean() }),
    lacking: list(text), notes: list(text) }],
  recorded: ['cowlab record, cowlab kernels record', {
    recorded: list(
      object({ file: text, set: text.optional(), kernel: text, nrPrograms: nr, accelerator: text.optional(),
        machine: text.nullable().optional() }),
    ),
  }],
};

/** That a whole number is one that JavaScript has goes without saying. */
function withoutNoise(schema) {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** Text of every schema, by file name. */
export function schemaFiles() {
  return Object.fromEntries(Object.entries(SHAPES).map(([kind, [commands, shape]]) => {
    const fields = { kind: z.literal(kind), ...shape };
    const schema = z.toJSONSchema(object(fields), { override: ({ jsonSchema }) => withoutNoise(jsonSchema) });
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

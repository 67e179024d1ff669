/** A recording for the studio: its verdict, how it went, and what each kernel made of its pages. */
import { chooseLanes, compose, type Lane } from '@cowlab/composition';
import { readRecordingText, type RecordingFiles } from '@cowlab/composition/node';
import { formatLog, type Lab } from '@cowlab/runtime';
import type { StudioDocument, Timeline } from '@cowlab/studio/server';
import { type PlanItem, runPlan, type TracePlan } from '@cowlab/trace';
import { documentOf, verdictOn } from '@cowlab/verdict';
import { type Io, UsageError } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';
import type { StudioFlags } from './studio-flags.ts';

const LANES_MAX = 4;
/** Of all logs together: what a browser still opens in a few seconds. */
const BYTES_MAX = 256 << 20;
/** Points of a curve: more than a screen has pixels are not seen. */
const POINTS_MAX = 1500;

export async function recordingDocument(
  files: RecordingFiles,
  plan: TracePlan,
  { policies }: StudioFlags,
  io: Io,
): Promise<StudioDocument> {
  const lanes = await chooseLanes(policies, null, await openHere(io));
  if (lanes.length > LANES_MAX) throw new UsageError(`${lanes.length} lanes are too many; give up to ${LANES_MAX}`);
  const text = (path: string | null): string | undefined => (path === null ? undefined : readRecordingText(path));
  const strace = readRecordingText(files.strace);
  const verdict = verdictOn({ name: `${files.name}.strace`, strace, faults: text(files.faults),
    accesses: text(files.accesses) }, lanes);
  const labs = compose(lanes);
  const timeline = labs.map((lab) => follow(plan, lab))[0];
  const lines = strace.split('\n');
  return { kind: 'recording', name: files.name, verdict: documentOf(verdict),
    timeline: { ...timeline, moments: momentsOf(plan, lines) },
    steps: plan.items.map((item) => ({ line: lineOf(item, files), text: stepText(item, lines, files),
      commands: item.commands.length })
    ), logs: logsOf(lanes, labs) };
}

function logsOf(lanes: readonly Lane[], labs: readonly Lab[]): { readonly name: string; readonly text: string }[] {
  let bytes = 0;
  return labs.map((lab, i) => {
    const text = formatLog(lab);
    bytes += text.length;
    if (bytes > BYTES_MAX) {
      throw new UsageError(`the logs of ${lanes.length} lanes are more than ${BYTES_MAX >> 20} MiB; `
        + `give one lane with --policies, or record less`);
    }
    return { name: lanes[i].name, text };
  });
}

/** The strace line that an item comes from; 0 for one of another file. */
const lineOf = ({ source }: PlanItem, { strace }: RecordingFiles): number =>
  source.file.includes('.strace') || source.file === strace ? source.line : 0;

function stepText(item: PlanItem, lines: readonly string[], files: RecordingFiles): string {
  if (item.kind === 'setup') return 'what was there before the first line';
  if (item.kind === 'access')
    return `${item.access} ${item.nrPages} pages at 0x${item.addr.toString(16)} (${item.certainty})`;
  return lines[lineOf(item, files) - 1]?.replace(/^\d+ +[\d.]+ +/, '') ?? item.call;
}

/** Runs the plan; what the machine looked like at each of its items, in seconds from the first. */
function follow(plan: TracePlan, lab: Lab): Omit<Timeline, 'moments'> {
  const ends = new Map<number, PlanItem>();
  let commands = 0;
  for (const item of plan.items) ends.set((commands += item.commands.length) - 1, item);
  const every = Math.ceil(plan.items.length / POINTS_MAX);
  const start = plan.items.find(({ kind }) => kind !== 'setup')?.at.micros ?? 0;
  const seconds: number[] = [];
  const values: Record<string, number[]> = { mappings: [], pages: [], copied: [] };
  let [copied, seen] = [0, 0];
  const beat = lab.commits$.subscribe(({ position, events }) => {
    for (const event of events)
      if (event.type === 'CowBroken' || event.type === 'PagesCopied') copied += event.nr;
    const item = ends.get(position);
    if (item === undefined || item.kind === 'setup' || seen++ % every !== 0) return;
    seconds.push((item.at.micros - start) / 1e6);
    const mm = lab.world.mmOf(item.task);
    values.mappings.push(mm < 0 ? 0 : lab.world.mm(mm).vmas.length);
    values.pages.push(lab.world.pagesUsed);
    values.copied.push(copied);
  });
  runPlan(plan, lab);
  beat.unsubscribe();
  return { seconds,
    counts: [{ name: 'mappings of the running process', values: values.mappings }, { name: 'pages in use',
      values: values.pages }, { name: 'pages copied so far', values: values.copied }] };
}

const TOLD: ReadonlySet<string> = new Set(['Fork', 'Pin', 'Unpin', 'Execve', 'Exit']);
const MOMENTS_MAX = 400;

function momentsOf(plan: TracePlan, lines: readonly string[]): Timeline['moments'] {
  const start = plan.items.find(({ kind }) => kind !== 'setup')?.at.micros ?? 0;
  return plan.items.filter(({ commands, kind }) => kind === 'call' && commands.some(({ type }) => TOLD.has(type)))
    .slice(0, MOMENTS_MAX).map(({ at, source, commands }) => ({ at: (at.micros - start) / 1e6,
      what: commands.find(({ type }) => TOLD.has(type))?.type ?? '', line: source.line,
      text: lines[source.line - 1] ?? '' })
    );
}

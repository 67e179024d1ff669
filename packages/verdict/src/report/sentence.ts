/** The first line: one sentence to act on. */
import { count } from '@cowlab/prose';
import type { SampleCheck } from '../coverage/samples.ts';
import type { Claim, KernelVerdict, Lint } from '../hazards/claims.ts';
import { type Evidence, isHeldAt } from '../hazards/evidence.ts';
import type { KernelFacts } from '../hazards/kernel-facts.ts';
import type { Replay } from '../replay/replay.ts';

export interface SentenceInput {
  readonly kernels: readonly KernelVerdict[];
  readonly evidence: Evidence;
  readonly lints: readonly Lint[];
  readonly samples: SampleCheck | null;
  readonly facts: readonly KernelFacts[];
  readonly replay: Replay | null;
}

/** Kernels of which the same is said are named together, the worst first. */
export function sentenceOf(input: SentenceInput): string {
  const said = new Map<string, KernelVerdict[]>();
  for (const one of input.kernels) {
    const clause = clauseOf(one, input);
    said.set(clause, [...(said.get(clause) ?? []), one]);
  }
  const order = ['UNSAFE', 'DEPENDS', 'UNNEEDED', 'SAFE'];
  const groups = [...said].sort((a, b) => order.indexOf(a[1][0].verdict) - order.indexOf(b[1][0].verdict));
  const clauses = groups.map(([clause, kernels]) =>
    `${kernels[0].verdict} ${
      kernels.length === input.kernels.length && input.kernels.length > 1
        ? 'on all'
        : `on ${kernels.map(({ kernel }) => kernel).join(', ')}`
    }: ${clause}`
  );
  return [...clauses, ...footnotes(input)].join('; ').concat('.');
}

function clauseOf(verdict: KernelVerdict, input: SentenceInput): string {
  if (verdict.verdict === 'SAFE') return safe(verdict, input);
  const worst = verdict.claims.filter(({ word }) => word === verdict.verdict);
  const [first] = worst;
  const hazard = first.hazard === null ? '' : `${first.hazard}: `;
  const others = new Set(worst.flatMap(({ hold }) => (hold === null || hold === first.hold ? [] : [hold.id]))).size;
  const more = others === 0 || first.kernel === null ? '' : ` (and ${count(others, 'more range')})`;
  return `${hazard}${first.why}${more}${beside(verdict, first, input)}${whatToDo(first)}`;
}

function whatToDo({ word, command, remedy }: Claim): string {
  if (word === 'DEPENDS') return command === null ? '' : `; to know: ${command}`;
  return remedy === null ? '' : `; remedy: ${remedy}`;
}

/** Buffers that the same kernel spares, where processes differ. */
function beside({ claims, kernel }: KernelVerdict, first: Claim, { evidence }: SentenceInput): string {
  const { story } = evidence;
  if (first.hold === null) return '';
  const spared = story.holds.filter(({ pid, id }) =>
    pid !== first.hold?.pid && claims.every((one) => one.hold?.id !== id || one.word === 'SAFE')
  );
  const pids = [...new Set(spared.map(({ pid }) => pid))];
  if (pids.length === 0 || pids.length > 4) return '';
  const forked = spared.some((hold) =>
    story.forks.some((fork) => fork.parent === hold.mm && isHeldAt(hold, fork.line))
  );
  return `; pid ${pids.join(', ')} is safe on ${kernel}${forked ? '' : ': it did not fork after it registered'}`;
}

/** Why nothing is lost, from what was there. */
function safe({ claims }: KernelVerdict, { evidence, lints }: SentenceInput): string {
  const { story } = evidence;
  const forks = story.forks.filter(({ failed }) => failed === null);
  const [best] = claims.filter(({ word }) => word === 'SAFE');
  const h5 = lints.find(({ hazard }) => hazard === 'H5');
  if (best !== undefined) {
    const others = new Set(claims.flatMap(({ hold }) => (hold === null || hold === best.hold ? [] : [hold.id]))).size;
    return `${best.why}${others === 0 ? '' : ` (so with ${count(others, 'more range')})`}${
      h5 === undefined ? '' : `; but ${h5.what}`
    }`;
  }
  if (story.holds.length === 0 && story.unseen.length === 0) {
    return `no call that holds memory is among the recorded ones, ${
      forks.length === 0 ? 'and no fork()' : count(forks.length, 'fork')
    }${excluded(evidence)}`;
  }
  const holders = new Set([...story.holds.map(({ mm }) => mm), ...story.unseen.map(({ mm }) => mm)]);
  const spawns = story.shared.filter(({ thread, parent }) => !thread && holders.has(parent));
  const held = story.holds.length > 0 ? `${count(story.holds.length, 'registered range')}` : 'what drivers may hold';
  if (spawns.length > 0) {
    const lines = spawns.map(({ line }) => line).slice(0, 6).join(', ');
    const which = spawns.length === 1
      ? `the spawn at line ${lines} is`
      : `the ${spawns.length} spawns (lines ${lines}) are`;
    return `no fork() copied the address space with ${held}: ${which} ${flagsOf(spawns[0])}, which shares it`;
  }
  const released = story.holds.map((hold) => ({ hold, fork: story.forks.find((fork) =>
    fork.parent === hold.mm
    && hold.endLine !== null && fork.line > hold.endLine
  ) })).find(({ fork }) => fork !== undefined);
  if (released !== undefined && story.holds.length === 1) {
    return `${
      evidence.name(released.hold)
    } was released at line ${released.hold.endLine} (${released.hold.endBy}), before the fork() at line ${released.fork?.line}`;
  }
  const pids = [...new Set(story.holds.map(({ pid }) => pid))];
  return `nobody forked while ${held}${pids.length > 1 && pids.length < 5 ? ` (pids ${pids.join(', ')})` : ''} ${
    story.holds.length === 1 ? 'was' : 'were'
  } held${
    forks.length === 0
      ? ': no fork() is in the recording'
      : ` (${count(forks.length, 'fork')} before, after or elsewhere)`
  }`;
}

const flagsOf = ({ flags, syscall }: { readonly flags: readonly string[]; readonly syscall: string }): string =>
  syscall === 'vfork' ? 'vfork()' : flags.filter((flag) => flag === 'CLONE_VM' || flag === 'CLONE_VFORK').join('|');

function excluded({ recorded }: Evidence): string {
  const missing = [recorded.opens ? '' : 'opens', recorded.reads ? '' : 'reads'].filter((one) => one !== '').join(
    ' and ',
  );
  return missing === '' ? '' : `; ${missing} are not in the recorded set, so direct I/O is not excluded`;
}

function footnotes({ samples, kernels, replay }: SentenceInput): string[] {
  const refused = samples?.refused ?? null;
  const foreign = samples !== null && samples.foreign > 0 && refused === null
    ? [`samples of ${count(samples.foreign, 'foreign process', 'foreign processes')} are left out`]
    : [];
  const ours = replay?.differences ?? [];
  return [...(refused === null ? [] : [`the fault samples are refused: ${refused}`]),
    ...(ours.length === 0 ? [] : [`the model of ${replay?.kernel} is at fault at ${count(ours.length, 'place')}`]),
    ...(kernels.length === 0 ? [] : foreign)];
}

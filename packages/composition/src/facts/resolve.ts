/** From whatever a kernel calls itself to the profile that stands for it, and what is uncertain about that. */
import { readKernelName } from './distribution.ts';
import type { Evidence, Fact, Profile } from './fact.ts';
import { asRun, isNewerThanAll, isOlderThanAll, pointOf, SERIES } from './points.ts';
import { compareSeries, parseRelease, type Release, releaseText } from './release.ts';
import { factsOf, stackOf } from './stack.ts';

/** A dated fact as an answer tells it. */
export interface StatedFact {
  readonly id: string;
  readonly text: string;
  /** The release from which on kernels of this line have it. */
  readonly since: string;
  /** Twelve digits, or null where it was not looked up. */
  readonly commit: string | null;
  readonly subject: string;
  readonly source: readonly Evidence[];
  /** What is not certain about it, or is taken for granted; null: nothing. */
  readonly note: string | null;
  /** False: the model has no word for it. */
  readonly modelled: boolean;
}

export interface KernelResolution {
  /** As it was asked. */
  readonly asked: string;
  readonly profile: string;
  /** What could be read of the upstream release; null: a profile that is no release. */
  readonly release: string | null;
  /** The profile is that release, and not a neighbour. */
  readonly exact: boolean;
  readonly warnings: readonly string[];
  readonly facts: readonly StatedFact[];
  /**
   * Whether there are profiles of its time: of what is older or newer than all, nothing is known
   * here; and some numbers between were never released.
   */
  readonly range: 'within' | 'older' | 'newer' | 'never';
  readonly stack: Profile;
}

/** Null: nothing here is a kernel's name. `text`: a profile, a release, `uname -r`, a line of /proc/version. */
export function resolveKernel(text: string): KernelResolution | null {
  const asked = text.trim();
  const named = readKernelName(asked.replace(/^(?:linux-|v)(?=\d)/, ''));
  const release = named === null ? null : parseRelease(named.release);
  if (named === null || release === null) return null;
  const at = asRun({ ...release, stable: named.tells === 'series' ? null : release.stable });
  const whose = named.caution === null ? [] : [`of ${named.vendor}: ${named.caution}`];
  if (isOlderThanAll(at.series)) return neighbour(asked, at, whose, 'older');
  if (isNewerThanAll(at.series)) return neighbour(asked, at, whose, 'newer');
  if (!SERIES.includes(at.series)) return neighbour(asked, at, whose, 'never');
  const point = pointOf(at);
  const warnings = [
    ...whose,
    ...seriesDiffers(at, named.tells),
    ...candidateWarnings(at),
    ...defectWarnings(at),
  ];
  const exact = named.caution === null && named.tells === 'name' && at.rc === null;
  return { asked, profile: point.name, release: releaseText(at), exact, warnings, facts: stated(at), range: 'within',
    stack: stackOf(factsOf(at)) };
}

function neighbour(
  asked: string,
  at: Release,
  whose: readonly string[],
  how: 'older' | 'newer' | 'never',
): KernelResolution {
  const nearest = nearestTo(at, how);
  const point = pointOf(nearest);
  return { asked, profile: point.name, release: releaseText(at), exact: false,
    warnings: [...whose, ...aboutNeighbour(at.series, point.name, how)], facts: stated(nearest), range: how,
    stack: point.stack };
}

function nearestTo({ series }: Release, how: 'older' | 'newer' | 'never'): Release {
  if (how === 'older') return { series: SERIES[0], stable: 0, rc: null };
  const before = SERIES.findLast((known) => compareSeries(known, series) < 0) ?? SERIES[0];
  return { series: before, stable: null, rc: null };
}

function aboutNeighbour(series: string, profile: string, how: 'older' | 'newer' | 'never'): string[] {
  if (how === 'never') return [`there is no release ${series}; ${profile} is the last one before it`];
  const unknown = `${series} is ${how} than every profile; ${profile} is the nearest one, and what changed ${
    how === 'older' ? 'before' : 'after'
  } it is not known here`;
  const advice =
    'distributions back-port a lot into such kernels: take the answers for a hint, and run the program there';
  return how === 'older' ? [unknown, advice] : [unknown];
}

/** Where the stable point is not told and would make a difference: which points there are. */
function seriesDiffers(at: Release, tells: 'name' | 'series'): string[] {
  if (tells === 'name') return [];
  const first = pointOf({ ...at, stable: 0 });
  const last = pointOf(at);
  return JSON.stringify(first.stack) === JSON.stringify(last.stack)
    ? []
    : [
      `kernels of ${at.series}.y differ among themselves: it is taken for the last of them (${last.name}), and a build of `
      + `the first ones would be ${first.name}; /proc/version or the package's version tells which it is`,
    ];
}

function candidateWarnings(at: Release): string[] {
  if (at.rc === null) return [];
  return [`with which release candidate a change came is known of few: those of ${at.series} are taken to be in rc1 `
    + 'where nothing else is known'];
}

function defectWarnings(at: Release): string[] {
  return factsOf(at).flatMap(({ text, until, warns }) =>
    warns === undefined ? [] : [
      `a fault ${warns === 'modelled' ? 'of this release' : 'that the model does not look for'}: ${
        text.replace(/\.$/, '')
      }${until === undefined ? '' : `; mended by ${until.commit.id ?? until.commit.subject}`}`,
    ]
  );
}

function stated(at: Release): StatedFact[] {
  return factsOf(at).map((fact) => ({ id: fact.id, text: fact.text, since: sinceOf(fact, at), commit: fact.commit.id,
    subject: fact.commit.subject, source: fact.evidence, note: fact.note ?? null, modelled: fact.change !== null })
  );
}

function sinceOf({ since, ports = {} }: Fact, { series }: Release): string {
  return Object.hasOwn(ports, series) ? ports[series] : since ?? series;
}

/**
 * What a page of the studio shows: plain data, in the page itself or in the link that leads to it. Wherever it comes
 * from, it is text to be parsed and never code.
 */

export type StudioDocument =
  | { readonly kind: 'scenario'; readonly name: string; readonly text: string;
    /** As `--policies` takes them; null for those that the text names. */
    readonly lanes: string | null }
  | { readonly kind: 'log'; readonly logs: readonly { readonly name: string; readonly text: string }[] }
  | { readonly kind: 'race'; readonly name: string; readonly text: string; readonly lanes: string | null;
    /** The order to show; null: the one that the search finds. */
    readonly schedule: string | null;
    /** Under which of the lanes and which memory model it is asked; the first, and `sc`. */
    readonly lane?: string; readonly memory?: string }
  | { readonly kind: 'recording'; readonly name: string; /** What `cowlab verdict --json` prints. */
    readonly verdict: unknown; readonly timeline: Timeline;
    /** Lines of the recording, and how many commands of each log they came to. */
    readonly steps: readonly RecordedStep[]; /** A log for each kernel that it was replayed on. */
    readonly logs: readonly { readonly name: string; readonly text: string }[] };

export interface RecordedStep {
  readonly line: number;
  readonly text: string;
  readonly commands: number;
}

/** How a recorded program went, at moments in seconds from its first line. */
export interface Timeline {
  readonly seconds: readonly number[];
  /** Each as long as `seconds`. */
  readonly counts: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly moments: readonly { readonly at: number; readonly what: string; readonly line: number;
    readonly text: string }[];
}

/** Null where it is one; else what is wrong with it, for people. */
export function documentProblem(value: unknown): string | null {
  if (!isRecord(value)) return 'it is no object';
  const { kind } = value;
  switch (kind) {
    case 'scenario':
    case 'race': {
      const texts = [value.name, value.text, value.lanes ?? '', value.schedule ?? '', value.lane ?? '',
        value.memory ?? 'sc'];
      return texts.every((text) => typeof text === 'string') ? null : `a ${kind} has a name, a text and lanes`;
    }
    case 'log':
      return logsProblem(value.logs);
    case 'recording':
      return typeof value.name !== 'string' || !isRecord(value.verdict) || !isTimeline(value.timeline)
          || !isSteps(value.steps)
        ? 'a recording has a name, a verdict, a timeline and steps'
        : logsProblem(value.logs);
    default:
      return 'it is neither scenario, race, log nor recording';
  }
}

function logsProblem(logs: unknown): string | null {
  const isLog = (log: unknown): boolean =>
    isRecord(log) && typeof log.name === 'string' && typeof log.text === 'string';
  return Array.isArray(logs) && logs.length > 0 && logs.length <= 4 && logs.every(isLog)
    ? null
    : 'one to four logs, each with a name and a text, belong to it';
}

function isTimeline(value: unknown): boolean {
  return isRecord(value) && isNumbers(value.seconds) && Array.isArray(value.moments)
    && value.moments.every((moment: unknown) =>
      isRecord(moment) && typeof moment.at === 'number' && typeof moment.what === 'string'
      && typeof moment.text === 'string' && typeof moment.line === 'number'
    ) && Array.isArray(value.counts)
    && value.counts.every((count: unknown) =>
      isRecord(count) && typeof count.name === 'string' && isNumbers(count.values)
    );
}

function isSteps(value: unknown): boolean {
  return Array.isArray(value)
    && value.every((step: unknown) =>
      isRecord(step) && typeof step.line === 'number' && typeof step.text === 'string'
      && Number.isSafeInteger(step.commands) && Number(step.commands) >= 0
    );
}

const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'number');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The machine as the laboratory leaves and finds it: settings, what is kept on disk, and what it can be asked. */
import { fetchedKernels, placeOf, whyNoGuest } from '@cowlab/oracle/kernels';
import { keptPrograms, type KeptPrograms, LiveError, readUndoRecord, removeSpoiled, type SettingName, SETTINGS,
  settingOf, undo, type UndoRecord, whyNoAgent, whyNotLive } from '@cowlab/oracle/live';

type Env = Readonly<Record<string, string | undefined>>;

export interface MachineHealth {
  /** As they are now; null: the kernel has no such setting. */
  readonly settings: Readonly<Record<SettingName, string | null>>;
  /** Of a live run that changed settings: it goes on, or it was killed and they wait to be put back. */
  readonly changed: UndoRecord | null;
  readonly cache: KeptPrograms | { readonly problem: string };
  /** Releases of kernels that are fetched. */
  readonly kernels: readonly string[];
  /** What this machine can judge: null, or what it lacks. */
  readonly lacks: { readonly values: string | null; readonly frames: string | null; readonly guests: string | null };
  /** What is to be mended, a line each. */
  readonly complaints: readonly string[];
}

export function machineHealth(env: Env = process.env): MachineHealth {
  const settings = Object.fromEntries(
    (Object.keys(SETTINGS) as SettingName[]).map((name) => [name, settingOf(name)]),
  ) as MachineHealth['settings'];
  const changed = readUndoRecord();
  const cache = said(() => keptPrograms(env));
  const kernels = said(() => fetchedKernels(placeOf(env)).map(({ release }) => release));
  const complaints = [
    ...(changed !== null && !changed.isOwned
      ? [`a live run was killed (pid ${changed.pid}) and its settings stayed: ${beforeText(changed)} before it`]
      : []),
    ...('problem' in cache
      ? [cache.problem]
      : cache.programs.filter(({ spoiled }) => spoiled).map(({ name }) => `${name} is not as it was compiled`)),
    ...('problem' in kernels && !('problem' in cache) ? [kernels.problem] : []),
  ];
  return { settings, changed, cache, kernels: 'problem' in kernels ? [] : kernels,
    lacks: { values: whyNoAgent(), frames: whyNotLive(), guests: whyNoGuest(env) }, complaints };
}

/** Mends what can be mended. @returns what was done, a line each */
export function mendMachine({ changed, cache }: MachineHealth): string[] {
  const done: string[] = [];
  if (changed !== null && !changed.isOwned) {
    undo(changed);
    done.push(`settings put back: ${beforeText(changed)}`);
  }
  const removed = 'problem' in cache ? 0 : removeSpoiled(cache);
  if (removed > 0) done.push(`${removed} spoiled programs removed; they are compiled again when they are needed`);
  return done;
}

const beforeText = ({ before }: UndoRecord): string =>
  Object.entries(before).map(([name, value]) => `${name} ${value}`).join(', ');

function said<Value>(look: () => Value): Value | { readonly problem: string } {
  try {
    return look();
  } catch (cause) {
    if (!(cause instanceof LiveError)) throw cause;
    return { problem: cause.message };
  }
}

/** Everything that `cowlab explain` can say something about, in one list of one shape. */
import type { Catalogue } from '@cowlab/composition';
import { measureNames } from '@cowlab/experiments/sweep';
import { HAZARDS } from '@cowlab/plugin-api';
import { ERRNO_TEXTS, HAZARD_TEXTS, WORDS } from './glossary.ts';

export type EntryKind = 'hazard' | 'word' | 'policy' | 'kernel' | 'error' | 'measure';

export interface Entry {
  readonly kind: EntryKind;
  readonly name: string;
  /** What else people type for it. */
  readonly also: readonly string[];
  readonly text: string;
  /** What can be said in a list: options, hazards, layers. */
  readonly facts: Readonly<Record<string, string>>;
  readonly see: readonly string[];
  /** A command that shows it at work; null where there is none. */
  readonly command: string | null;
}

export function entriesOf({ shelf, profiles }: Catalogue): readonly Entry[] {
  return [...hazards(), ...words(), ...policies(shelf), ...kernels(profiles), ...errors(), ...measures()];
}

const none = { also: [], facts: {}, see: [], command: null } as const;

function hazards(): Entry[] {
  return Object.entries(HAZARDS).map(([name, text]) => ({ ...none, kind: 'hazard', name,
    text: `${text[0].toUpperCase()}${text.slice(1)}. ${HAZARD_TEXTS[name as keyof typeof HAZARDS]}`,
    command: name === 'H1' ? 'cowlab compare examples/rdma.cow --fail-on H1' : null })
  );
}

function words(): Entry[] {
  return WORDS.map(({ word, also = [], text, see = [] }) => ({ ...none, kind: 'word', name: word, also, text, see }));
}

function policies(shelf: Catalogue['shelf']): Entry[] {
  return [...shelf.plugins.values()].map(({ id, summary, kernel, over, hazards: known = [], defaults }) => ({ ...none,
    kind: 'policy', name: id, text: summary, facts: {
      ...(kernel !== undefined && { kernel }),
      ...(id !== 'naive-cow' && { over: over ?? 'naive-cow' }),
      hazards: known.join(' ') || 'none known',
      options: Object.entries(defaults).map(([key, value]) => `${key}=${value}`).join('  ') || 'none',
    }, command: `cowlab compare examples/rdma.cow --policies ${id}` })
  );
}

function kernels(profiles: Catalogue['profiles']): Entry[] {
  const names = Object.keys(profiles);
  return Object.entries(profiles).map(([name, stack], at) => ({ ...none, kind: 'kernel', name,
    text: 'A kernel as a stack of policies, bottom first.', facts: {
      policies: stack.map(({ policy, options }) =>
        [policy, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)].join(':')
      ).join(', '),
      ...(at > 0 && { before: names[at - 1] }),
      ...(at + 1 < names.length && { after: names[at + 1] }),
    }, command: `cowlab matrix --kernels ${at === 0 ? name : `${names[at - 1]},${name}`}` })
  );
}

function errors(): Entry[] {
  return Object.entries(ERRNO_TEXTS).map(([name, text]) => ({ ...none, kind: 'error', name, text }));
}

function measures(): Entry[] {
  return measureNames().filter(([name]) => !Object.hasOwn(HAZARDS, name)).map(([name, text]) => ({ ...none,
    kind: 'measure', name, text: `A measure of cowlab sweep: ${text}.` })
  );
}

/** All that go by the word: a policy and the thing it is named after may share it. */
export function entriesFor(typed: string, entries: readonly Entry[]): readonly Entry[] {
  const wanted = alike(typed);
  return entries.filter(({ name, also }) => [name, ...also].some((known) => alike(known) === wanted));
}

/** Capitals, dashes, blanks and brackets do not count. */
const alike = (word: string): string => word.toLowerCase().replace(/[\s_()-]+/g, ' ').trim();

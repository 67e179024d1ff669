/** What can be completed, read off the commands themselves: they cannot drift apart. */
import { HAZARDS } from '@cowlab/plugin-api';
import type { Catalogue } from '@cowlab/composition';
import { measureNames } from '@cowlab/experiments/sweep';
import { galleryNames } from '@cowlab/experiments/node';
import type { Command, Option } from 'commander';
import { entriesOf } from '../explain/entries.ts';
import { KINDS, LANGUAGES, RUNNERS } from '../init/wanted.ts';
import { SHELLS } from './shells.ts';

/** What may follow: lanes (joined by commas and plus signs), words of a list joined by commas, files, or nothing known. */
export type Values = { readonly kind: 'lanes' | 'files' | 'none' } | { readonly kind: 'words' | 'list';
  readonly words: readonly string[] };

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly text: string; readonly value: Values | null }[];
  /** What its arguments may be, besides files. */
  readonly words: readonly string[];
  /** Endings of the files that it reads; null: it reads none. */
  readonly files: readonly string[] | null;
}

export interface CompletionWords {
  readonly commands: readonly CommandWords[];
  readonly profiles: readonly string[];
  readonly policies: readonly string[];
}

const FILES: Readonly<Record<string, readonly string[]>> = { compare: ['.cow', '.strace', '.strace.gz', '.cowtrace'],
  verdict: ['.cowtrace', '.strace', '.strace.gz', '.strace.zst'], sweep: ['.cow', '.ts', '.js', '.mjs'],
  check: ['.race'], litmus: ['.litmus'], run: ['.cow'], replay: [''], conform: [''], journal: [''] };

export function wordsOf(program: Command, catalogue: Catalogue): CompletionWords {
  const argumentWords: Readonly<Record<string, () => readonly string[]>> = {
    check: galleryNames,
    init: () => KINDS,
    completion: () => SHELLS,
    explain: () => entriesOf(catalogue).map(({ name }) => name).filter((name) => !name.includes(' ')),
  };
  return {
    commands: program.commands.filter((command) => command.name() !== 'help').map((command) => {
      const name = command.name();
      return { name, summary: command.summary(), options: optionsOf(command).map((option) => optionWords(name, option)),
        words: [...(argumentWords[name]?.() ?? []), ...command.commands.map((inner) => inner.name())],
        files: FILES[name] ?? null };
    }),
    profiles: Object.keys(catalogue.profiles),
    policies: [...catalogue.shelf.plugins.keys()],
  };
}

/** Its own, and those of the commands below it. */
function optionsOf(command: Command): Option[] {
  const all = [...command.options, ...command.commands.flatMap((inner) => inner.options)];
  return all.filter(({ long }, at) => all.findIndex((other) => other.long === long) === at);
}

const WORDS: Readonly<Record<string, readonly string[]>> = { '--memory': ['sc', 'tso', 'both'],
  '--explorer': ['bfs', 'dfs', 'random', 'pct'], '--export': ['promela'], '--suite': ['cow'], '--lang': LANGUAGES,
  '--runner': RUNNERS };

/** Where a command takes other words than the rest. */
const OWN_WORDS: Readonly<Record<string, readonly string[]>> = { 'litmus --memory': ['armv8', 'tso', 'sc'] };

function optionWords(command: string, { long, short, flags, description }: Option): CommandWords['options'][number] {
  const flag = long ?? short ?? flags;
  const own = OWN_WORDS[`${command} ${flag}`];
  if (own !== undefined) return { flag, text: description, value: { kind: 'words', words: own } };
  return { flag, text: description, value: /[<[]/.test(flags) ? valuesOf(flag, flags) : null };
}

/** By what stands between the brackets of the help. */
function valuesOf(flag: string, flags: string): Values {
  if (Object.hasOwn(WORDS, flag)) return { kind: 'words', words: WORDS[flag] };
  if (/<lanes?>/.test(flags)) return { kind: 'lanes' };
  if (/<hazards>/.test(flags)) return { kind: 'list', words: Object.keys(HAZARDS) };
  if (/<(names|measure)>/.test(flags))
    return { kind: 'list', words: measureNames().map(([name]) => name).filter((name) => name !== 'events.TYPE') };
  return { kind: /<(file|dir)/.test(flags) ? 'files' : 'none' };
}

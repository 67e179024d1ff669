/** What is asked of `cowlab init`, and what a folder is. */

export const KINDS = ['policy', 'experiment', 'scenario', 'race'] as const;
export type Kind = (typeof KINDS)[number];
export const LANGUAGES = ['ts', 'js'] as const;
export type Language = (typeof LANGUAGES)[number];
export const RUNNERS = ['node', 'vitest', 'jest'] as const;
export type Runner = (typeof RUNNERS)[number];

/** Kinds whose files hold code, so that a language and a test runner are to be chosen. */
export const hasCode = (kind: Kind): boolean => kind === 'policy' || kind === 'experiment';

export interface Wanted {
  readonly kind: Kind;
  /** Lower case with dashes: of the folder, and what it is about. */
  readonly name: string;
  readonly lang: Language;
  readonly runner: Runner;
  /** Of cowlab. */
  readonly version: string;
}

export type Files = Readonly<Record<string, string>>;

/** Ends of file names, and the first line of a test: all that runners and languages differ in. */
export const testImport: Readonly<Record<Runner, string>> = {
  node: "import { describe, it } from 'node:test';",
  vitest: "import { describe, it } from 'vitest';",
  jest: "import { describe, it } from '@jest/globals';",
};

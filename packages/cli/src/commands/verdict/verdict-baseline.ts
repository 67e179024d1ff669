/**
 * What was known before: findings of an earlier `cowlab verdict --json`. Addresses, pids and lines change from run to
 * run, so a finding is known again by its recording's name, hazard, word and the sentence without its numbers.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { inputPath } from '@cowlab/composition/node';
import { documentOf, type Verdict } from '@cowlab/verdict';
import { UsageError } from '../../terminal/io.ts';

interface Finding {
  readonly hazard: string | null;
  readonly verdict: string | null;
  readonly what: string;
}

interface Document {
  readonly name: string;
  readonly hazards: readonly Finding[];
}

export interface News {
  readonly recording: string;
  readonly hazard: string | null;
  readonly verdict: string;
  readonly what: string;
}

export class Baseline {
  private readonly known: ReadonlySet<string>;

  /** @throws UsageError where the file is none */
  constructor(file: string, cwd: string) {
    this.known = new Set(
      documentsIn(file, cwd).flatMap((document) => findingsOf(document).map((one) => keyOf(document.name, one))),
    );
  }

  /** Findings that are not in it, of these hazards; an empty list of hazards means all. */
  news(verdicts: readonly Verdict[], hazards: readonly string[]): News[] {
    return verdicts.flatMap((verdict) => newsIn(verdict, hazards, this.known));
  }
}

/** Findings of these hazards; an empty list of hazards means all. */
export function newsIn(verdict: Verdict, hazards: readonly string[], known: ReadonlySet<string> = new Set()): News[] {
  const document = documentOf(verdict) as unknown as Document;
  return findingsOf(document)
    .filter((one) =>
      (hazards.length === 0 || hazards.includes(one.hazard ?? '')) && !known.has(keyOf(document.name, one))
    )
    .map(({ hazard, verdict: word, what }) => ({ recording: document.name, hazard, verdict: word ?? '', what }));
}

/** Notes change no verdict, and UNNEEDED only costs. */
const findingsOf = ({ hazards }: Document): readonly Finding[] =>
  hazards.filter(({ verdict }) => verdict === 'UNSAFE' || verdict === 'DEPENDS');

export const keyOf = (recording: string, { hazard, verdict, what }: Finding): string =>
  [stem(recording), hazard ?? '', verdict ?? '', what.replace(/0x[0-9a-f]+|\d[\d,.]*/g, '#')].join('|');

const stem = (recording: string): string => basename(recording).replace(/\.(?:gz|zst)$/, '');

function documentsIn(file: string, cwd: string): readonly Document[] {
  const refuse = (what: string): never => {
    throw new UsageError(`--baseline ${file} ${what}; write one by cowlab verdict ... --json > ${file}`);
  };
  let text: string;
  try {
    text = readFileSync(inputPath(file, cwd), 'utf8');
  } catch (cause) {
    return refuse(`cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  try {
    const data = JSON.parse(text) as Partial<Document> & { readonly recordings?: readonly Document[] };
    if (Array.isArray(data.hazards) && typeof data.name === 'string')
      return data.recordings ?? [data as Document];
  } catch {
    return refuse('is no JSON');
  }
  return refuse('is not what cowlab verdict prints');
}

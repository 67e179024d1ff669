/** Tables of the pages that are made from code, so that they cannot say anything else. */
import { readdirSync, readFileSync } from 'node:fs';
import { galleryNames, readRace } from '@cowlab/experiments/node';
import { HAZARDS } from '@cowlab/plugin-api';
import { PROFILES } from '@cowlab/composition';
import { ERRNO_TEXTS, HAZARD_TEXTS, WORDS } from '@cowlab/cli/glossary';
import { RACE_TERMS, RACE_VALUES } from '@cowlab/checker';
import { wrap } from '@cowlab/prose';
import { ADVICES, ASSERTION_TERMS, HEAD_TERMS, KINDS, PROTS, STEP_TERMS, type Term } from '@cowlab/scenario';
import { ROOT } from './commands.ts';
import { LIMITS } from './limits.ts';

export const TABLES: Readonly<Record<string, () => string[]>> = { profiles, hazards, packages, gallery, limits, words,
  'hazard-texts': hazardTexts, errors, heads: () => terms('line', HEAD_TERMS), steps: () => terms('step', STEP_TERMS),
  assertions: () => terms('assertion', ASSERTION_TERMS, 'holds when'), 'step-words': stepWords,
  'race-lines': () => terms('line', RACE_TERMS), 'race-words': raceWords };

type Layer = (typeof PROFILES)[string][number];

/** What every kernel changes in the one above it; kernels that are alike share a line. */
function profiles(): string[] {
  const rows: [names: string, changes: string][] = [];
  let before: readonly Layer[] = [];
  for (const [name, stack] of Object.entries(PROFILES)) {
    const said = changes(before, stack);
    const row = rows[rows.length - 1];
    if (said === '') row[0] += `, \`${name}\``;
    else rows.push([`\`${name}\``, said]);
    before = stack;
  }
  return table(['profile', 'against the line above'], rows);
}

function changes(before: readonly Layer[], after: readonly Layer[]): string {
  const policiesOf = (stack: readonly Layer[]): string[] => stack.map(({ policy }) => policy);
  const gone = policiesOf(before).filter((policy) => !policiesOf(after).includes(policy));
  const said = after.flatMap((layer) => {
    const old = before.find(({ policy }) => policy === layer.policy);
    if (old === undefined) return [layerText(layer)];
    return layerText(old) === layerText(layer) ? [] : [`${layerText(layer)} instead of ${layerText(old)}`];
  });
  return [...said, ...gone.map((policy) => `no ${policy}`)].join(', ');
}

function layerText({ policy, options }: Layer): string {
  return [policy, ...Object.entries(options).map(([key, value]) => `${key}=${String(value)}`)].join(':');
}

function hazards(): string[] {
  return table(['id', 'what went wrong'], Object.entries(HAZARDS));
}

function packages(): string[] {
  const rows = readdirSync(`${ROOT}packages`).sort().map((name) => {
    const { description } = JSON.parse(readFileSync(`${ROOT}packages/${name}/package.json`, 'utf8')) as {
      description: string;
    };
    return [`\`packages/${name}\``, description];
  });
  return table(['folder', 'what is in it'], rows);
}

/** What the files of the gallery claim: their specs hold them to it. */
function gallery(): string[] {
  return table(['race', 'asks about', 'SC', 'x86-TSO'], galleryNames().map((name) => {
    const { title, verdicts } = readRace(name, ROOT);
    const claimed = (memory: 'sc' | 'tso'): string =>
      ['safe', 'broken'].flatMap((verdict) => {
        const lanes = verdicts.flatMap((
          claim,
        ) => (claim.memory.includes(memory) && claim.safe === (verdict === 'safe') ? claim.lanes : []));
        return lanes.length === 0 ? [] : [`${verdict}: ${lanes.map((lane) => lane.replace(/^linux-/, '')).join(', ')}`];
      }).join('; ');
    return [`[${name}](../examples/races/${name}.race)`, title, claimed('sc'), claimed('tso')];
  }));
}

function words(): string[] {
  return table(['word', 'meaning', 'see also'], WORDS.map(({ word, also = [], text, see = [] }) => [
    `**${word}**${also.length === 0 ? '' : ` (${also.join(', ')})`}`,
    cell(text),
    see.join(', '),
  ]));
}

function hazardTexts(): string[] {
  return table(['id', 'what went wrong', 'what it means'],
    Object.entries(HAZARD_TEXTS).map(([id, text]) => [id, HAZARDS[id as keyof typeof HAZARDS], cell(text)]));
}

function errors(): string[] {
  return table(['name', 'meaning'], Object.entries(ERRNO_TEXTS).map(([name, text]) => [name, cell(text)]));
}

/** A line for each word of the language, as its row in the table of words has it. */
function terms(head: string, all: readonly Term[], means = 'meaning'): string[] {
  return table([head, means], all.map(({ shape, says }) => [`\`${shape.replaceAll('|', '\\|')}\``, cell(says)]));
}

function wordsOf(groups: readonly (readonly [name: string, words: Readonly<Record<string, string>>])[]): string[][] {
  return groups.flatMap(([name, all]) => Object.entries(all).map(([word, says]) => [name, `\`${word}\``, cell(says)]));
}

/** Operands that are words. */
function stepWords(): string[] {
  return table(['operand', 'word', 'meaning'], wordsOf([['KIND', KINDS], ['ADVICE', ADVICES], ['PROT', PROTS]]));
}

function raceWords(): string[] {
  const { spec, weaken, strengthen, memory, verdict } = RACE_VALUES;
  return table(['after', 'word', 'meaning'],
    wordsOf([['`spec`', spec], ['`weaken`', weaken], ['`strengthen`', strengthen], ['`check`, MEMORY', memory], [
      '`check`, VERDICT',
      verdict,
    ]]));
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('_', '\\_').replaceAll('*', '\\*');

/** Columns as wide as the formatter makes them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

/** A list, each line as wide as the page. */
function limits(): string[] {
  return LIMITS.flatMap(({ what }) => wrap(what, WIDTH, '  ').map((line, at) => (at === 0 ? `- ${line}` : line)));
}

const WIDTH = 118;

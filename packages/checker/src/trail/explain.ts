/** A trail in words: for each step which shared word it read or changed, and from what to what. */
import { COLUMNS, wrapAscii } from '@cowlab/prose';
import { cpu, MEMORY } from './diagram.ts';
import { readText, stepName, writeText } from './step-text.ts';
import type { Trail, TrailStep } from './trail.ts';
import { actorLetter } from './schedule.ts';

/** Plain ASCII, at most 75 columns; every step, folded nowhere. */
export function explain(trail: Trail): string[] {
  const digits = String(trail.steps.length).length;
  const indent = ' '.repeat(digits + 2);
  const paragraph = (text: string, hanging = '  ') => wrapAscii(text, COLUMNS, hanging);
  return [
    ...paragraph(`${trail.scenario}: ${trail.title} (${trail.lane}, ${MEMORY[trail.memory]})`),
    ...trail.actors.flatMap(({ what }, actor) => paragraph(`${actorLetter(actor)} is ${cpu(trail, actor)}: ${what}`)),
    ...paragraph(`Schedule: ${trail.schedule}`),
    '',
    ...trail.steps.flatMap((step, index) => [
      ...hang(`${String(index + 1).padStart(digits)}. `,
        `CPU${step.actor} ${step.op}: ${stepName(step)}${step.critical ? ' (*)' : ''}`),
      ...accessLines(step).flatMap(([label, text]) => hang(`${indent}  ${label.padEnd(LABEL_WIDTH)}`, text)),
    ]),
    '',
    ...(trail.steps.some(({ critical }) => critical) ? ['(*) the order of this step against another CPU matters'] : []),
    ...trail.end.flatMap((sentence) => paragraph(sentence)),
    ...trail.broken.flatMap(({ spec, what }) => paragraph(`Broken: ${spec}: ${what}`)),
  ];
}

/** `text` wrapped to the right of `label`. */
function hang(label: string, text: string): string[] {
  const indent = ' '.repeat(label.length);
  return wrapAscii(text, COLUMNS - label.length).map((line, row) => ((row === 0 ? label : indent) + line).trimEnd());
}

const LABEL_WIDTH = 9;

function accessLines(step: TrailStep): [label: string, text: string][] {
  const label = step.buffered ? 'buffers' : 'changes';
  const found: [string, string][] = [
    ...step.reads.map((read): [string, string] => ['reads', readText(read)]),
    ...step.writes.map((write): [string, string] => [write.old === write.value ? 'rewrites' : label, writeText(write)]),
  ];
  if (found.length === 0) return [['touches', 'no shared word']];
  if (step.buffered) found.push(['', `only CPU${step.actor} sees this until its store buffer is flushed`]);
  if (step.kind === 'flush') found.push(['', 'now every CPU sees this']);
  return found;
}

/** A trail as a Mermaid sequence diagram: the CPUs and, to their right, the memory they share. */
import { cpu, MEMORY } from './diagram.ts';
import { beginnings } from './operations.ts';
import { plainReads, readText, stepName, writeText } from './step-text.ts';
import type { Trail, TrailStep } from './trail.ts';

export function mermaid(trail: Trail): string {
  const begins = beginnings(trail);
  const lines = [
    'sequenceDiagram',
    `  title ${escaped(`${trail.title} (${trail.lane}, ${MEMORY[trail.memory]})`)}`,
    ...trail.actors.map(({ what }, actor) => `  participant ${id(actor)} as ${labelOf([cpu(trail, actor), what])}`),
    '  participant Memory as memory',
  ];
  let highlighted = false;
  const highlight = (on: boolean) => {
    if (on !== highlighted) lines.push(on ? '  rect rgb(255, 228, 196)' : '  end');
    highlighted = on;
  };
  trail.steps.forEach((step, index) => {
    const op = begins.get(index);
    if (op !== undefined) {
      highlight(false);
      lines.push(`  Note over ${id(step.actor)}: ${escaped(op)}`);
    }
    highlight(step.critical);
    lines.push(...messages(step).map((message) => `  ${message}`));
  });
  highlight(false);
  for (const { spec, what } of trail.broken)
    lines.push(`  Note over ${everybody(trail)}: ${escaped(`Broken: ${spec}: ${what}`)}`);
  return `${lines.join('\n')}\n`;
}

/** A read is an answer of memory, a store a message to it; one that is buffered stays with its CPU until its flush. */
function messages(step: TrailStep): string[] {
  const me = id(step.actor);
  const name = stepName(step);
  const reads = plainReads(step).map(readText);
  const writes = step.writes.map(writeText);
  if (step.kind === 'flush') return [`${me}-)Memory: ${labelOf([name, ...writes])}`];
  if (reads.length + writes.length === 0) return [`Note over ${me}: ${escaped(name)}`];
  const store = step.buffered
    ? `${me}->>${me}: ${labelOf([name, 'in the store buffer', ...writes])}`
    : `${me}->>Memory: ${labelOf([name, ...writes])}`;
  const answer = `Memory-->>${me}: ${labelOf([...(writes.length === 0 ? [name] : []), ...reads])}`;
  return [...(reads.length > 0 ? [answer] : []), ...(writes.length > 0 ? [store] : [])];
}

function id(actor: number): string {
  return `CPU${actor}`;
}

function everybody({ actors }: Trail): string {
  return actors.length > 0 ? `${id(0)},Memory` : 'Memory';
}

function labelOf(parts: readonly string[]): string {
  return parts.map(escaped).join('<br/>');
}

/**
 * Mermaid ends a statement at ';', reads '#' as the start of a character code and '%%' as a comment, hands markup and
 * formulas ($$) on to the page, takes "wrap:" at the beginning for an instruction, and trips over the word "end". All
 * of these are written as character codes, and so is whatever is not ASCII.
 */
function escaped(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Z}]+/gu, ' ').trim();
  // A statement without text is none; a blank that does not break will do.
  if (line === '') return code('\u00a0');
  return line
    .replace(/[^ !'()*+,\-./0-9:=?@A-Z[\]^_a-z|~]/gu, (sign) => code(sign))
    .replace(/^((?:no)?wrap):/i, (_, word: string) => `${word}${code(':')}`)
    .replace(/\b(e)(nd)\b/gi, (_, first: string, rest: string) => code(first) + rest);
}

function code(sign: string): string {
  const point = sign.codePointAt(0) ?? 0;
  // Half of a surrogate pair is no character and has no code.
  return `#${point >= 0xd800 && point <= 0xdfff ? 0xfffd : point};`;
}

/**
 * A Markdown page as far as it can be checked: its fenced blocks, and the regions between `<!-- table: NAME -->` and
 * `<!-- end -->` that are made from code. Both can be rewritten in place.
 */

export interface Fence {
  /** First word after the backticks. */
  readonly language: string;
  /** `rows=9` and `file=my-policy.ts` after it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly body: readonly string[];
  /** Of its first line, from 1. */
  readonly line: number;
}

const OPENS = /^```(\S+)(.*)$/;
const CLOSES = '```';
const TABLE = /^<!-- table: ([\w-]+) -->$/;
const END = '<!-- end -->';

export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  walk(text, (fence) => {
    fences.push(fence);
    return fence.body;
  }, (_, body) => body);
  return fences;
}

/** The page with other bodies in its blocks and regions. */
export async function rewritten(
  text: string,
  ofFence: (fence: Fence) => Promise<readonly string[]>,
  ofTable: (name: string) => readonly string[],
): Promise<string> {
  const bodies = new Map<number, readonly string[]>();
  for (const fence of fencesOf(text)) bodies.set(fence.line, await ofFence(fence));
  // With an empty line before and after it, which is how the formatter keeps a list or table apart from a comment.
  return walk(text, ({ line, body }) => bodies.get(line) ?? body, (name) => ['', ...ofTable(name), '']);
}

function walk(
  text: string,
  ofFence: (fence: Fence) => readonly string[],
  ofTable: (name: string, body: readonly string[]) => readonly string[],
): string {
  const lines = text.split('\n');
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    out.push(lines[at]);
    const fence = OPENS.exec(lines[at]);
    const region = TABLE.exec(lines[at]);
    if (fence === null && region === null) continue;
    const end = lines.indexOf(fence === null ? END : CLOSES, at + 1);
    if (end < 0)
      throw new Error(`line ${at + 1}: nothing closes this block; end it with ${fence === null ? END : CLOSES}`);
    const body = lines.slice(at + 1, end);
    out.push(...(region === null ? ofFence({ ...headOf(fence), body, line: at + 2 }) : ofTable(region[1], body)),
      lines[end]);
    at = end;
  }
  return out.join('\n');
}

function headOf(found: RegExpExecArray | null): Pick<Fence, 'language' | 'settings'> {
  const [, language = '', rest = ''] = found ?? [];
  return { language, settings: Object.fromEntries(
    rest.trim().split(/\s+/).filter(Boolean).map((word) => word.split('=') as [string, string]),
  ) };
}

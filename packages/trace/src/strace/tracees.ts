/**
 * Whose line it is where strace does not say. On a terminal it names the process only while several live, so a line
 * without a pid is the only survivor's; and which number the first process had shows when a second one lives.
 */
import type { StraceLine } from './strace-line.ts';

const MADE = /^(?:(?:clone3?|v?fork)\(|<\.\.\. (?:clone3?|v?fork) resumed>).*\) += (\d+)/s;

/** Calls that make a process. */
export const MAKES: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork']);

/** Calls that are begun and not ended, by whose they are. */
type Open = ReadonlyMap<number, { readonly name: string }>;

export class Tracees {
  private readonly live = new Set<number>();
  /** Processes that some clone() or fork() of the recording made. */
  private readonly born = new Set<number>();
  /** The number of the process that the first lines do not name. */
  main = 0;
  private nameless = false;

  of({ pid, rest }: StraceLine): number {
    const whose = this.whose(pid, rest);
    this.live.add(whose);
    if (rest.startsWith('+++ ') && !rest.startsWith('+++ superseded')) this.live.delete(whose);
    const made = MADE.exec(rest)?.[1];
    if (made !== undefined) this.born.add(Number(made));
    return whose;
  }

  /** The first process by its number, once that is known. */
  rename<Item extends { readonly pid: number }>(items: readonly Item[]): Item[] {
    return this.main === 0 ? [...items] : items.map((item) => (item.pid === 0 ? { ...item, pid: this.main } : item));
  }

  constructor(private readonly open: Open) {}

  /** Of a line that names its process, and tells of neither birth nor death; `resumes`: it ends a call. */
  numbered(pid: number, resumes: boolean): number {
    if (this.nameless && this.main === 0 && !this.born.has(pid)) {
      // A child may run before the vfork() of the first process returns.
      if (!resumes && MAKES.has(this.open.get(0)?.name ?? '')) this.born.add(pid);
      // The first of several that nobody made is the one whose lines had no number.
      else this.main = pid;
    }
    const whose = pid === this.main ? 0 : pid;
    this.live.add(whose);
    return whose;
  }

  /** Of a line that names none, and begins a call. */
  unnumbered(): number {
    this.nameless = true;
    return this.live.size === 1 ? [...this.live][0] : 0;
  }

  /** A call that was read elsewhere made this process. */
  made(pid: number | null): void {
    if (pid !== null) this.born.add(pid);
  }

  private whose(pid: number, rest: string): number {
    if (pid !== 0) return this.numbered(pid, rest.startsWith('<... '));
    this.nameless = true;
    const resumed = /^<\.\.\. (\w+) resumed>/.exec(rest)?.[1];
    const waiting = resumed === undefined ? [] : [...this.open].filter(([, { name }]) => name === resumed);
    if (waiting.length === 1) return waiting[0][0];
    return this.unnumbered();
  }
}

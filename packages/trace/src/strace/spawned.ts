/** Processes that some clone() or fork() of the recording made, told from the text of its lines. */

const MADE = /^(?:(?:clone3?|v?fork)\(|<\.\.\. (?:clone3?|v?fork) resumed>).*\) += (\d+)/s;

export class Spawned {
  private readonly pids = new Set<number>();

  see(rest: string): void {
    const pid = MADE.exec(rest)?.[1];
    if (pid !== undefined) this.pids.add(Number(pid));
  }

  has(pid: number): boolean {
    return this.pids.has(pid);
  }
}

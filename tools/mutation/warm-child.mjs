// The parent's side of warm.mjs: one process for many mutants, started again when a mutant took it along.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { root } from '../workspace.mjs';
import { cpuMs, humble } from './child.mjs';
import { cache } from './layout.mjs';

const WARM = fileURLToPath(new URL('warm.mjs', import.meta.url));
let nr = 0;

export class WarmChild {
  #task;
  #child = null;

  /** @param task what warm.mjs reads: specs, layout, and every module that may be mutated, replaced by itself */
  constructor(task) {
    mkdirSync(cache, { recursive: true });
    this.#task = join(cache, `warm-${process.pid}-${nr++}.json`);
    writeFileSync(this.#task, JSON.stringify(task));
  }

  /**
   * @param mutant { url, original, mutant, specs }
   * @returns null when it cannot be put in place so, else { failed, spec, what }
   */
  async tried(mutant, limitMs) {
    this.#child ??= await this.#started();
    const child = this.#child;
    const { specs: [first] } = mutant;
    return new Promise((resolve) => {
      let now = first;
      let since = cpuMs(child.pid);
      const finish = (said) => {
        clearInterval(timer);
        child.off('message', hear);
        child.off('exit', gone);
        resolve(said);
      };
      const hear = (said) => {
        if (said.begins === undefined) return finish(said.changed ? said : null);
        now = said.begins;
        since = cpuMs(child.pid);
      };
      const gone = () => {
        this.#child = null;
        finish({ failed: true, spec: now, what: 'took the process along' });
      };
      const timer = setInterval(() => {
        if (cpuMs(child.pid) - since > limitMs(now)) child.kill('SIGKILL');
      }, 500);
      child.on('message', hear);
      child.on('exit', gone);
      child.send(mutant);
    });
  }

  stop() {
    this.#child?.kill('SIGKILL');
  }

  #started() {
    const child = fork(WARM, [this.#task], { cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--max-old-space-size=3000', '--disable-warning=ExperimentalWarning'] });
    humble(child);
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-2000);
    });
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error(`the specs cannot be loaded: ${complaint}`));
      child.once('exit', died);
      child.once('message', () => {
        child.off('exit', died);
        resolve(child);
      });
    });
  }
}

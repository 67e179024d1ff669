/** Workers of this machine, each a process of its own: what one of them breaks the others do not notice. */
import { spawn } from 'node:child_process';
import { type Campaign, campaignNamed, campaignStatus, type CampaignStatus, type Engine } from '@cowlab/campaign';
import { setTimeout as sleep } from 'node:timers/promises';
import { durationText } from './campaign-text.ts';
import { type Io, UsageError } from '../../terminal/io.ts';

export interface Carrying {
  readonly address: string;
  readonly workers: number;
  readonly io: Io;
  readonly say: (text: string) => void;
}

const LOOK_MS = 1000;
/** One that dies is started again; when they die at once, something is wrong with all of them. */
const DEATHS_MAX = 20;

/** Until the campaign is done, or what is left waits for something that no worker here has. */
export async function carryHere(
  { database }: Engine,
  { name }: Campaign,
  { address, workers, io, say }: Carrying,
): Promise<CampaignStatus> {
  const crew = new Crew(address, name, io);
  for (let nr = 0; nr < workers; nr++) crew.start();
  try {
    for (;;) {
      const campaign = await campaignNamed(database, name);
      const status = await campaignStatus(database, campaign);
      say(progressText(status));
      if (status.state !== 'running' || isStuck(status)) return status;
      crew.check();
      await sleep(LOOK_MS);
    }
  } finally {
    await crew.end();
  }
}

/** All that could be done is done; what is dead waits for somebody to look at it. */
function isStuck({ units, again }: CampaignStatus): boolean {
  return units.dead > 0 && units.done + units.dead === units.all && again.open === 0;
}

class Crew {
  private readonly children = new Set<ReturnType<typeof spawn>>();
  private deaths = 0;
  private last = '';
  private isEnding = false;

  constructor(private readonly address: string, private readonly campaign: string, private readonly io: Io) {}

  start(): void {
    const { cwd, env, asked } = this.io;
    const flags = ['worker', '--engine', this.address, '--campaign', this.campaign, '--until-done', '--quiet',
      ...(asked?.config === undefined ? [] : ['--config', asked.config]),
      ...(asked?.plugins ?? []).flatMap((plugin) => ['--plugin', plugin])];
    const child = spawn(process.execPath, [process.argv[1], ...flags], { cwd, env: { ...env },
      stdio: ['ignore', 'ignore', 'pipe'] });
    this.children.add(child);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.last = text.trim() || this.last));
    child.on('exit', (code) => {
      this.children.delete(child);
      if (code === 0 || this.isEnding) return;
      this.deaths++;
      this.start();
    });
  }

  /** @throws UsageError when they die faster than they work */
  check(): void {
    if (this.deaths > DEATHS_MAX)
      throw new UsageError(`workers end as soon as they begin (${this.last}); try cowlab worker by itself`);
  }

  async end(): Promise<void> {
    this.isEnding = true;
    const ended = [...this.children].map((child) => new Promise((done) => child.once('exit', done)));
    for (const child of this.children) child.kill('SIGTERM');
    await Promise.all(ended);
  }
}

export function progressText({ size, counted, rate, remaining, findings }: CampaignStatus): string {
  const left = remaining === null
    ? ''
    : `, ${durationText(remaining.seconds)} left (${durationText(remaining.low)} to ${durationText(remaining.high)})`;
  return `${size.done} of ${size.all} ${counted}${
    rate === null ? '' : `, ${rate.toFixed(rate < 10 ? 1 : 0)}/s`
  }${left}, ${findings} found ...`;
}

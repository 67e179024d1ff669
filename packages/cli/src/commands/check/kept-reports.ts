/** What came of each race, lane and memory model, in a journal: each when it is known. */
import type { Race, RaceMemory } from '@cowlab/checker';
import type { CheckReport, RaceLane } from '@cowlab/experiments/check';
import { KeptResults } from '../../journal/kept-results.ts';
import { laneQuestion } from '../../journal/lane-question.ts';
import type { Io } from '../../terminal/io.ts';

interface Kept {
  readonly key: string;
  readonly report: CheckReport;
}

const keyOf = (race: string, lane: string, memory: RaceMemory): string => JSON.stringify([race, lane, memory]);

export class KeptReports {
  private readonly reports: ReadonlyMap<string, CheckReport>;

  private constructor(private readonly kept: KeptResults) {
    this.reports = new Map((kept.found as readonly Kept[]).map(({ key, report }) => [key, report]));
  }

  static async open(
    address: string | undefined,
    asked: readonly { readonly race: Race; readonly lanes: readonly RaceLane[] }[],
    settings: object,
    io: Io,
  ): Promise<KeptReports | null> {
    const lanes = [...new Set(asked.flatMap((one) => one.lanes.map(({ written }) => written)))];
    const kept = await KeptResults.open(address, { command: 'check',
      experiment: asked.length === 1 ? asked[0].race.name : 'races', lane: lanes.length === 1 ? lanes[0] : 'lanes',
      asked: `check of ${asked.map(({ race }) => race.name).join(' ')} under ${lanes.join(', ')}`,
      question: { races: asked.map(({ race }) => race), lanes: laneQuestion(lanes.join(','), io), settings } }, io);
    return kept === null ? null : new KeptReports(kept);
  }

  known(race: Race, { written }: RaceLane, memory: RaceMemory): CheckReport | undefined {
    return this.reports.get(keyOf(race.name, written, memory));
  }

  /** On the disk when it resolves: a search takes longer than that. */
  async add({ written }: RaceLane, report: CheckReport): Promise<void> {
    this.kept.add({ key: keyOf(report.race, written, report.memory), report });
    await this.kept.flush();
  }

  finish(): Promise<void> {
    return this.kept.finish();
  }

  close(): Promise<void> {
    return this.kept.close();
  }

  get text(): string {
    return this.kept.text;
  }
}

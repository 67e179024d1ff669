/** What planning keeps in mind between one entry of the timeline and the next. */
import { type Command, hugePages, X86_64 } from '@cowlab/core';
import { KnownPages } from './access-kind.ts';
import { imageCommands } from './call-commands.ts';
import { inferRegions } from '../space/images.ts';
import type { PlannedTask, PlanNote, PlanSource, Registration, TracePlan } from './plan.ts';
import { PlanFiles } from './plan-files.ts';
import { Rings } from './rings.ts';
import { PAGE, type Process, regionOf, Shadow, type ShadowMm } from '../space/shadow.ts';
import { imageId, type Unseen } from '../space/unseen.ts';

/** What a call becomes. */
export interface PlannedCall {
  readonly commands: readonly Command[];
  /** What the first command must return; null if any success will do. */
  readonly returns: number | null;
}

export class PlanState {
  readonly shadow = new Shadow();
  readonly files = new PlanFiles();
  readonly rings = new Rings();
  readonly tasks: PlannedTask[] = [];
  readonly registrations: Registration[] = [];
  readonly notes: PlanNote[] = [];
  readonly inferred: TracePlan['inferred'][number][] = [];
  /** Number of the item that is being planned. */
  item = 0;
  /** hugetlb memory mapped at some time: the pool must have it. */
  hugetlbBytes = 0;
  private readonly pages = new Map<ShadowMm, KnownPages>();

  constructor(
    readonly name: string,
    readonly unseen: Unseen,
  ) {}

  spawn(pid: number): Command[] {
    const process = this.shadow.spawn(pid);
    this.tasks.push({ task: process.task, pid, parent: null, sharesMm: false });
    return [{ type: 'Spawn', task: process.task }, ...this.mapImage(process)];
  }

  knownPages(mm: ShadowMm): KnownPages {
    const known = this.pages.get(mm) ?? new KnownPages();
    this.pages.set(mm, known);
    return known;
  }

  /** fork(): what is known of the pages goes with them. */
  forkPages(parent: ShadowMm, child: ShadowMm): void {
    this.pages.set(child, this.knownPages(parent).fork(parent.regions.all));
  }

  /** The mappings of a new image that no call made. */
  mapImage({ task, mm }: Process): Command[] {
    const evidence = this.unseen.images.get(imageId(mm.image));
    if (evidence === undefined) return [];
    const { path, line, pid } = mm.image;
    const regions = inferRegions(evidence);
    const fileOf = (group: number): number => {
      const last = regions.reduce((end, region) => (region.group === group ? Math.max(end, region.end) : end), group);
      return this.files.ofImage(`image ${path} ${line} ${pid} ${group}`, last - group);
    };
    for (const region of regions) {
      const { start, end, prot, group, populated } = region;
      const file = group === null ? null : fileOf(group);
      mm.regions.map(
        regionOf({ start, end, prot, file, pgoff: group === null ? start : start - group,
          hasAnon: populated !== null }),
      );
      if (populated !== null) this.touch(mm, populated.start, populated.end - populated.start, true);
      this.inferred.push({ ...region, path, line });
    }
    return imageCommands(regions, task, fileOf);
  }

  /** Pages that become present without a sample. */
  touch(mm: ShadowMm, vpn: number, nr: number, write: boolean): void {
    const known = this.knownPages(mm);
    for (let i = 0; i < nr; i++) {
      known.touched(vpn + i, write);
      const region = mm.regions.find(vpn + i);
      if (write && region !== undefined && !region.shared) region.hasAnon = true;
    }
  }

  note(source: PlanSource, what: string): void {
    this.notes.push({ source, what });
  }

  straceLine(line: number): PlanSource {
    return { file: `${this.name}.strace`, line };
  }

  /** Files and the hugetlb pool, as large as what succeeded needs them: each fork() that did may have copied it all. */
  resources(): Command[] {
    const forks = this.tasks.filter(({ parent, sharesMm }) => parent !== null && !sharesMm).length;
    const mapped = Math.ceil(this.hugetlbBytes / HUGE_PAGE);
    const pool: Command[] = mapped > 0
      ? [{ type: 'SetPool', hugetlb: mapped + Math.min(mapped * forks, POOL_COPIES_MAX) }]
      : [];
    return [...pool, ...this.files.commands()];
  }
}

const HUGE_PAGE = hugePages(X86_64) * PAGE;
const POOL_COPIES_MAX = 4096;

/** A trail as files for other programs. */
import { mermaid, perfetto, type Trail } from '@cowlab/checker';
import { OutputFile } from '../../output/output-file.ts';
import { keepApart, placesIn } from '../../output/same-file.ts';
import type { Io } from '../../terminal/io.ts';

interface FileFlags {
  readonly mermaid?: string;
  readonly perfetto?: string;
  readonly force?: boolean;
}

/** What `--mermaid` and `--perfetto` ask for. */
export class TrailFiles {
  private readonly files: readonly (readonly [flag: '--mermaid' | '--perfetto', file: OutputFile])[];

  /** `races`: as they were named. @throws UsageError when it is known already that a file cannot be written */
  constructor(flags: FileFlags, races: readonly string[], private readonly io: Io) {
    const inputs = placesIn(io.cwd, races);
    this.files = ([['--mermaid', flags.mermaid], ['--perfetto', flags.perfetto]] as const).flatMap(([flag, file]) =>
      file === undefined ? [] : [[flag, OutputFile.at(io, file, { force: flags.force, inputs })] as const]
    );
    keepApart([], this.files.map(([, { place }]) => place));
  }

  /** `trail` null: nothing is broken, so there is nothing to draw, and that is said. */
  write(trail: Trail | null): void {
    for (const [flag, file] of this.files) {
      if (trail === null) this.io.stderr.write(`cowlab: nothing is broken, so ${file.place.name} is not written\n`);
      else file.write(flag === '--mermaid' ? mermaid(trail) : `${JSON.stringify(perfetto(trail))}\n`);
    }
  }
}

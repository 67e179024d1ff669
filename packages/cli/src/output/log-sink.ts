/** The log of a lab in a file that grows with it: what `cowlab run --log` binds for an event sink. */
import { ContainerModule, Services } from '@cowlab/composition';
import { type EventSink, type LogSource, LogWriter } from '@cowlab/runtime';
import type { GrowingFile } from './growing-file.ts';
import type { OutputFile } from './output-file.ts';

export class LogSink implements EventSink {
  private file: GrowingFile | null = null;
  private writer: LogWriter | null = null;
  private isWhole = false;

  constructor(private readonly place: OutputFile) {}

  /** The lab was closed, and all of its log has its name. */
  get isKept(): boolean {
    return this.isWhole;
  }

  /** For the container of one lab. */
  get module(): ContainerModule {
    return new ContainerModule(({ bind }) => void bind(Services.EventSink).toConstantValue(this));
  }

  open(source: LogSource): void {
    this.file = this.place.grow();
    this.writer = new LogWriter(source);
    this.write();
  }

  write(): void {
    if (this.writer !== null) this.file?.append(this.writer.more());
  }

  close(): void {
    this.isWhole = this.writer !== null && this.file?.finish(this.writer.end()) === true;
  }
}

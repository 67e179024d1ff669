/**
 * Tracepoints: listeners that run in the middle of a command, once per atomic step and once per fact. The kernel is
 * only told of them while there are any, because a kernel that is watched step by step leaves its bulk paths.
 */

import type { Event, Frame, Kernel } from '@cowlab/core';
import { EventEmitter } from 'eventemitter3';
import { throwError } from 'rxjs';

/** Listeners see; they must not execute commands or change what they are given. */
export type TracepointListeners = {
  /** Before each atomic step: the path, the step and the registers of the path. */
  step: (path: string, step: string, frame: Readonly<Frame>) => void;
  /** Each fact or part of a fact, when it has just changed the world. The log joins them into runs, this does not. */
  fact: (event: Event) => void;
};

type Name = keyof TracepointListeners;
type Listener<T extends Name> = EventEmitter.EventListener<TracepointListeners, T>;

export class Tracepoints extends EventEmitter<TracepointListeners> {
  constructor(private readonly kernel: Kernel) {
    super();
  }

  override on<T extends Name>(event: T, listener: Listener<T>, context?: unknown): this {
    super.on(event, listener, context);
    return this.connect();
  }

  override addListener<T extends Name>(event: T, listener: Listener<T>, context?: unknown): this {
    return this.on(event, listener, context);
  }

  override once<T extends Name>(event: T, listener: Listener<T>, context?: unknown): this {
    super.once(event, listener, context);
    return this.connect();
  }

  override off<T extends Name>(event: T, listener?: Listener<T>, context?: unknown, once?: boolean): this {
    return this.removeListener(event, listener, context, once);
  }

  /** The emitter itself comes through here when a `once` listener has been called. */
  override removeListener<T extends Name>(event: T, listener?: Listener<T>, context?: unknown, once?: boolean): this {
    super.removeListener(event, listener, context, once);
    return this.connect();
  }

  override removeAllListeners(event?: Name): this {
    super.removeAllListeners(event);
    return this.connect();
  }

  private connect(): this {
    this.kernel.onStep = this.listenerCount('step') > 0 ? this.step : null;
    this.kernel.onEvent = this.listenerCount('fact') > 0 ? this.fact : null;
    return this;
  }

  private readonly step = (path: string, step: string, frame: Readonly<Frame>): void => {
    try {
      this.emit('step', path, step, frame);
    } catch (error) {
      report(error);
    }
  };

  private readonly fact = (event: Event): void => {
    try {
      this.emit('fact', event);
    } catch (error) {
      report(error);
    }
  };
}

/**
 * A listener that throws must not tear the command apart that it watches. Its error goes where RxJS takes those of its
 * subscribers: to `config.onUnhandledError`, or to the host as an uncaught error.
 */
function report(error: unknown): void {
  throwError(() => error).subscribe();
}

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
type Listener<T extends Name> = TracepointListeners[T];

export class Tracepoints {
  readonly #kernel: Kernel;
  readonly #listeners = new EventEmitter<TracepointListeners>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    Object.freeze(this);
  }

  on<T extends Name>(event: T, listener: Listener<T>): this {
    this.#listeners.on(event, listener as EventEmitter.EventListener<TracepointListeners, T>);
    return this.#connect();
  }

  once<T extends Name>(event: T, listener: Listener<T>): this {
    this.#listeners.once(event, listener as EventEmitter.EventListener<TracepointListeners, T>);
    return this.#connect();
  }

  off<T extends Name>(event: T, listener: Listener<T>): this {
    this.#listeners.off(event, listener as EventEmitter.EventListener<TracepointListeners, T>);
    return this.#connect();
  }

  removeAllListeners(event?: Name): this {
    this.#listeners.removeAllListeners(event);
    return this.#connect();
  }

  listenerCount(event: Name): number {
    return this.#listeners.listenerCount(event);
  }

  #connect(): this {
    this.#kernel.onStep = this.listenerCount('step') > 0 ? this.#step : null;
    this.#kernel.onEvent = this.listenerCount('fact') > 0 ? this.#fact : null;
    return this;
  }

  /** Listeners get a copy: the path goes by the registers themselves. */
  readonly #step = (path: string, step: string, frame: Readonly<Frame>): void => {
    const result = Object.freeze({ ...frame.result });
    this.#tell(() => this.#listeners.emit('step', path, step, Object.freeze({ ...frame, result })));
  };

  readonly #fact = (event: Event): void => {
    Object.freeze(event);
    this.#tell(() => this.#listeners.emit('fact', event));
  };

  #tell(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      report(error);
    }
    // A `once` listener may have been the last one.
    this.#connect();
  }
}

Object.freeze(Tracepoints.prototype);

/**
 * A listener that throws must not tear the command apart that it watches. Its error goes where RxJS takes those of its
 * subscribers: to `config.onUnhandledError`, or to the host as an uncaught error.
 */
function report(error: unknown): void {
  throwError(() => error).subscribe();
}

/**
 * The services of a lab that somebody may put others in the place of. A module that binds one is loaded into the
 * container of each lab that it is given to, over what is bound by default; commands of cowlab use the same container
 * with nothing else in it.
 */
import { type FrameAllocator, LOWEST_FREE } from '@cowlab/core';
import { nearestWord } from '@cowlab/prose';
import { type CostClock, COUNTS, type EventSink, type LabOptions, NO_SINK,
  type TracepointListeners } from '@cowlab/runtime';
import { type Container, ContainerModule } from 'inversify';
import { CompositionError, reasonOf } from './composition-error.ts';
import { token } from './token.ts';

/** What a TracepointListener hears: each atomic step, each fact, or both. */
export type TracepointListener = Partial<TracepointListeners>;

export const Services = {
  /** Where the log goes while it grows. May be bound several times: each is told. Default: nowhere. */
  EventSink: token<EventSink>('EventSink'),
  /** Which free frame is taken. Default: the lowest. */
  FrameAllocator: token<FrameAllocator>('FrameAllocator'),
  /** Told in the middle of commands. May be bound several times. Default: nobody is. */
  TracepointListener: token<TracepointListener>('TracepointListener'),
  /** What commands cost. Default: the counts of `CostCounters`. */
  CostClock: token<CostClock>('CostClock'),
} as const;

/** The defaults; whoever binds nothing has these. */
export const servicesModule = (): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(Services.EventSink).toConstantValue(NO_SINK);
    bind(Services.FrameAllocator).toConstantValue(LOWEST_FREE);
    bind(Services.TracepointListener).toConstantValue({});
    bind(Services.CostClock).toConstantValue(COUNTS);
  });

/** As a lab takes them. */
export type LabServices = Required<Pick<LabOptions, 'sinks' | 'frames' | 'listeners' | 'clock'>>;

type ServiceName = keyof typeof Services;

/** What a service must have, and how it is written. */
interface Shape {
  readonly functions: readonly string[];
  readonly optional: readonly string[];
  readonly texts: readonly string[];
  readonly written: string;
  readonly isMany: boolean;
}

const SHAPES: Readonly<Record<ServiceName, Shape>> = {
  EventSink: { functions: ['write'], optional: ['open', 'close'], texts: [], isMany: true,
    written: '{ write(entry) { ... } }' },
  FrameAllocator: { functions: ['frame', 'hugeFrame'], optional: [], texts: ['name'], isMany: false,
    written: "{ name: '...', frame(memory) { ... }, hugeFrame(memory, nr) { ... } }" },
  TracepointListener: { functions: [], optional: ['step', 'fact'], texts: [], isMany: true,
    written: '{ step(path, step, frame) { ... } }' },
  CostClock: { functions: ['add'], optional: [], texts: ['name'], isMany: false,
    written: "{ name: '...', start: NO_COSTS, add(costs, entry, geometry) { ... } }" },
};

/** What the modules bind goes over what is bound by default. @throws CompositionError */
export function loadModules(container: Container, modules: readonly ContainerModule[]): void {
  for (const [at, module] of modules.entries()) {
    if (typeof (module as { load?: unknown } | null)?.load !== 'function')
      throw new CompositionError(`modules[${at}]`, 'is no module', 'write new ContainerModule(({ bind }) => { ... })');
    try {
      container.load(module);
    } catch (cause) {
      throw new CompositionError(`modules[${at}]`, `cannot be loaded: ${reasonOf(cause)}`, 'mend it', { cause });
    }
  }
}

/** The services of one lab, each held to its shape. @throws CompositionError */
export function servicesOf(container: Container): LabServices {
  return { sinks: bound(container, 'EventSink'), frames: bound<FrameAllocator>(container, 'FrameAllocator')[0],
    listeners: bound(container, 'TracepointListener'), clock: bound<CostClock>(container, 'CostClock')[0] };
}

function bound<T>(container: Container, name: ServiceName): readonly T[] {
  let services: readonly unknown[];
  try {
    services = container.getAll<unknown>(Services[name]);
  } catch (cause) {
    throw new CompositionError(`binding of ${name}`, `gives nothing: ${reasonOf(cause)}`, 'mend what it makes', {
      cause,
    });
  }
  if (services.length > 1 && !SHAPES[name].isMany)
    throw new CompositionError(`binding of ${name}`, `there are ${services.length} of it`, 'bind one');
  for (const service of services) hold(service, name);
  return services as readonly T[];
}

function hold(service: unknown, name: ServiceName): void {
  const { functions, optional, texts, written } = SHAPES[name];
  const where = `binding of ${name}`;
  if (typeof service !== 'object' || service === null)
    throw new CompositionError(where, `is ${service === null ? 'null' : `a ${typeof service}`}`, `bind ${written}`);
  const given = service as Readonly<Record<string, unknown>>;
  const odd = functions.find((method) => typeof given[method] !== 'function');
  if (odd !== undefined) throw new CompositionError(where, `has no function '${odd}'`, `bind ${written}`);
  const text = texts.find((field) => typeof given[field] !== 'string' || given[field] === '');
  if (text !== undefined) throw new CompositionError(where, `has no ${text}`, `bind ${written}`);
  const strange = optional.find((method) => given[method] !== undefined && typeof given[method] !== 'function');
  if (strange !== undefined) throw new CompositionError(where, `'${strange}' is no function`, `bind ${written}`);
  // Where everything is optional a slip would be silence.
  if (functions.length > 0 || optional.some((method) => given[method] !== undefined)) return;
  const [first] = Object.keys(given);
  if (first === undefined) return;
  const near = nearestWord(first, optional);
  throw new CompositionError(where, `has neither ${optional.join(' nor ')}, but '${first}'`,
    near === null ? `bind ${written}` : `did you mean '${near}'?`);
}

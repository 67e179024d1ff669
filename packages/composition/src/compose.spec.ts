import { describe, expect, it } from '@jest/globals';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE, toyGeometry, X86_64 } from '@cowlab/core';
import { definePolicy, type PolicyPlugin } from '@cowlab/plugin-api';
import type { Lab } from '@cowlab/runtime';
import { Container } from 'inversify';
import { openCatalogue } from './node/open-catalogue.ts';
import { compose } from './compose.ts';
import { type Lane, resolveLanes } from './lanes.ts';
import { laneModule, sharedModule } from './modules.ts';
import { PROFILES } from './profiles.ts';
import { servicesModule, servicesOf } from './services.ts';
import type { Token } from './token.ts';
import { Tokens } from './tokens.ts';

const lanes = async (text: string, plugins: readonly unknown[] = []): Promise<readonly Lane[]> =>
  resolveLanes(text, await openCatalogue({ cwd: '/', plugins }));
const laneOf = (...plugins: readonly PolicyPlugin[]): Lane => ({ name: 'test',
  stack: plugins.map((plugin) => ({ plugin, options: plugin.defaults })) });

/** One anonymous page of task 0, written, and forked. */
function forkOnePage(lab: Lab): void {
  lab.execute({ type: 'Spawn', task: 0 });
  lab.execute({ type: 'Mmap', task: 0, addr: 0x10000, length: 4096, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS });
  lab.execute({ type: 'Store', task: 0, vpn: 0x10, nr: 1, value: 7 });
  lab.execute({ type: 'Fork', task: 0, child: 1 });
}

describe('a lane becomes a lab', () => {
  it('every token resolves', async () => {
    const [lane] = await lanes('linux-5.12');
    const container = new Container();
    container.load(sharedModule(lane.stack.map(({ plugin }) => plugin), { geometry: X86_64 }), servicesModule(),
      laneModule(lane));
    container.bind(Tokens.Services).toConstantValue(servicesOf(container));
    const { Plugin, Overlay, ...plain } = Tokens;
    for (const token of Object.values<Token<unknown>>(plain)) expect(container.get(token)).toBeDefined();
    for (const { plugin: { id } } of lane.stack)
      for (const token of [Plugin, Overlay]) expect(container.get<{ id: string }>(token, { name: id }).id).toBe(id);
  });

  it.each(Object.keys(PROFILES))('%s composes to the policies it lists, bottom first', async (name) => {
    const [lab] = compose(await lanes(name));
    expect(lab.policies).toEqual(PROFILES[name].map(({ policy }) => policy));
    expect(lab.name).toBe(name);
  });

  it('options reach `create`, and traits reach the policy', async () => {
    const [merged, v2] = compose(await lanes('early-cow,early-cow:series=v2'));
    expect([merged, v2].map(({ policy }) => policy.traits.forkOrder)).toEqual(['test-first', 'wrprotect-first']);
  });

  it('the machine has the geometry that was asked for', async () => {
    const [lab] = compose(await lanes('naive-cow'), { geometry: toyGeometry() });
    expect(lab.geometry).toEqual(toyGeometry());
  });

  it('labs share no state: what one does, the other does not see', async () => {
    const [one, other] = compose(await lanes('a=linux-5.9,b=linux-5.9'));
    const before = other.world.hash();
    forkOnePage(one);
    expect(one.world.hash()).not.toBe(before);
    expect(other.world.hash()).toBe(before);
    expect(one.policy).not.toBe(other.policy);
  });

  it('a policy with memory remembers in its own lab', async () => {
    const counts = definePolicy({
      id: 'counts',
      summary: 'Copies every second page.',
      memoryWords: 1,
      onForkPage: (page) => {
        page.remember(0, page.memory(0) + 1);
        return 'copy';
      },
    });
    const [one, other] = compose(await lanes('a=naive-cow+counts,b=naive-cow+counts', [counts]));
    forkOnePage(one);
    expect([one, other].map(({ world }) => world.clone().policyWords[0] ?? 0)).toEqual([1, 0]);
  });
});

describe('a composition that cannot be is refused and names the plugin', () => {
  it('two plugins with one id', () => {
    const twin = (): PolicyPlugin => definePolicy({ id: 'twin', summary: 'x.' });
    expect(() => compose([laneOf(twin()), laneOf(twin())])).toThrow(
      'plugin twin: is the id of two policies; give one of them another `id`',
    );
  });

  it('a `create` that throws', () => {
    const broken = definePolicy({
      id: 'broken',
      summary: 'x.',
      defaults: { mode: 'a' },
      create: () => {
        throw new Error('mode a\nis not built');
      },
    });
    expect(() => compose([laneOf(broken)])).toThrow(
      new RegExp('^plugin broken: `create` threw: mode a; its options are {"mode":"a"}$'),
    );
  });

  it('a `create` that returns no hooks', () => {
    const empty = definePolicy({ id: 'empty', summary: 'x.', create: () => undefined as never });
    expect(() => compose([laneOf(empty)])).toThrow(
      'plugin empty: `create` returns undefined; return the hooks: `{ onForkPage: ... }`',
    );
  });

  it('a `create` that returns a hook that is no function', () => {
    const odd = definePolicy({ id: 'odd', summary: 'x.', create: () => ({ onForkPage: 'copy' as never }) });
    expect(() => compose([laneOf(odd)])).toThrow("plugin odd: 'onForkPage' is not a function");
  });
});

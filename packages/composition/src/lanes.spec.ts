import { describe, expect, it } from '@jest/globals';
import type { Catalogue } from './catalogue.ts';
import { openCatalogue } from './node/open-catalogue.ts';
import { type Lane, resolveLanes } from './lanes.ts';
import { PROFILES } from './profiles.ts';

const open = (settings = {}): Promise<Catalogue> => openCatalogue({ cwd: '/', ...settings });
const lanes = async (text: string, settings = {}): Promise<readonly Lane[]> => resolveLanes(text, await open(settings));
const lane = async (text: string, settings = {}): Promise<Lane> => (await lanes(text, settings))[0];
const ids = ({ stack }: Lane): string[] => stack.map(({ plugin }) => plugin.id);
const options = (of: Lane, id: string): unknown => of.stack.find(({ plugin }) => plugin.id === id)?.options;
const problem = (text: string, settings = {}): Promise<string> =>
  lanes(text, settings).then(() => 'resolved', (error: Error) => error.message);

describe('a lane is a stack of policies, bottom first', () => {
  it('a profile is the stack of that kernel', async () => {
    expect(ids(await lane('linux-5.7'))).toEqual(['naive-cow', 'madv-dontfork']);
    for (const [name, parts] of Object.entries(PROFILES))
      expect(ids(await lane(name))).toEqual(parts.map(({ policy }) => policy));
  });

  it.each([
    ['linux-5.10.8', 'linux-5.10.4', undefined],
    ['6.12.107+deb13-amd64', 'linux-6.12', undefined],
    ['5.15.0-91-generic', 'linux-5.15', /Ubuntu/],
  ])('%s is the stack of %s, under the name that was given', async (name, profile, told) => {
    const { warnings, ...kernel } = await lane(name);
    expect(kernel).toEqual({ ...(await lane(profile)), name });
    if (told === undefined) expect(warnings).toBeUndefined();
    else expect(warnings?.join()).toMatch(told);
    expect(ids(await lane(`${name}+no-zero-page`))).toEqual([...ids(kernel), 'no-zero-page']);
  });

  it.each(['linux-9.9', '8.0', '4.19', '4.18.0-553.el8.x86_64'])('%s, of which nothing is known, is none',
    async (name) => {
      expect(await problem(name)).toContain(`there is no policy or profile '${name}'`);
    });

  it('a kernel named by its release takes no option and lies over nothing', async () => {
    expect(await problem('5.10.223:anonOnly=true')).toContain("'5.10.223' is a profile and has no option 'anonOnly'");
    expect(await problem('early-cow+5.10.223')).toContain(
      "'5.10.223' is a whole kernel and cannot be laid over another",
    );
  });

  it('a policy alone lies over everything it says it lies over', async () => {
    expect(ids(await lane('naive-cow'))).toEqual(['naive-cow']);
    const chain = ['early-cow', 'page-count-reuse', 'thp-cow-split', 'pmd-split-locked', 'madv-dontfork', 'naive-cow'];
    expect(ids(await lane('early-cow'))).toEqual(chain.reverse());
  });

  it('a policy after a plus sign comes on top, without what it would lie over by itself', async () => {
    expect(ids(await lane('naive-cow+early-cow'))).toEqual(['naive-cow', 'early-cow']);
  });

  it('a policy that is in the stack already keeps its place and takes the options', async () => {
    const pinned = await lane('linux-5.9+madv-dontfork:pins=true');
    expect(ids(pinned)).toEqual(ids(await lane('linux-5.9')));
    expect(options(pinned, 'madv-dontfork')).toEqual({ pins: true });
    expect(pinned.name).toBe('linux-5.9+madv-dontfork:pins=true');
  });

  it('commas part lanes, colons part options', async () => {
    const [v2, plain] = await lanes('early-cow:series=v2:pretendAllPinned=1, naive-cow');
    expect(options(v2, 'early-cow')).toEqual({ series: 'v2', pretendAllPinned: true, anonOnly: false });
    expect(plain.name).toBe('naive-cow');
  });

  it('a label names a lane', async () => {
    expect((await lanes('ibv=linux-5.7+madv-dontfork:pins=true,linux-5.7')).map(({ name }) => name)).toEqual(['ibv',
      'linux-5.7']);
  });

  it('options of the config hold in every lane, those of the lane win', async () => {
    const settings = { options: { 'early-cow': { series: 'v2', pretendAllPinned: true } } };
    expect(options(await lane('linux-5.9', settings), 'early-cow')).toEqual({ series: 'v2', pretendAllPinned: true,
      anonOnly: false });
    expect(options(await lane('early-cow:series=merged', settings), 'early-cow')).toEqual({ series: 'merged',
      pretendAllPinned: true, anonOnly: false });
  });

  it('a profile of the config may use a policy of the config', async () => {
    const mine = { id: 'mine', summary: 'x.' };
    const settings = { plugins: [mine],
      profiles: { 'my-kernel': ['naive-cow', { policy: 'madv-dontfork', options: { pins: true } }, 'mine'] } };
    const resolved = await lane('my-kernel', settings);
    expect(ids(resolved)).toEqual(['naive-cow', 'madv-dontfork', 'mine']);
    expect(options(resolved, 'madv-dontfork')).toEqual({ pins: true });
  });
});

describe('a lane that cannot be read is refused with its column', () => {
  it.each([
    ['naive-cow,ealry-cow',
      "lanes 'naive-cow,ealry-cow', column 11: there is no policy or profile 'ealry-cow'; did you mean 'early-cow'?"],
    ['naive-cow,,early-cow', 'column 11: a lane is empty; write it as'],
    ['', "lanes '', column 1: a lane is empty"],
    ['early-cow:series', "column 11: option 'series' of early-cow is not KEY=VALUE"],
    ['early-cow:series=v2,pretendAllPinned=true', "column 38: there is no policy or profile 'true'"],
    ['early-cow:series=v2:series=v2', 'column 21: option series of early-cow is given twice'],
    ['linux-5.9+linux-5.7', "column 11: 'linux-5.7' is a whole kernel"],
    ['linux-5.9:pins=true',
      "'linux-5.9' is a profile and has no option 'pins'; give it to a policy: linux-5.9+POLICY:pins=..."],
    ['naive-cow++early-cow', 'column 11: a policy has no name'],
    ['naive-cow,naive-cow', "column 11: there are two lanes 'naive-cow'"],
  ])('%s', async (text, message) => {
    expect(await problem(text)).toContain(message);
  });

  it.each([
    ['early-cow:seres=v2', "plugin early-cow: has no option 'seres'; did you mean 'series'?"],
    ['early-cow:__proto__=1', "plugin early-cow: has no option '__proto__'; known: series, pretendAllPinned"],
    ['naive-cow:series=v2', "plugin naive-cow: has no option 'series'; it takes no options"],
    ['madv-dontfork:pins=maybe', 'plugin madv-dontfork: option pins cannot be "maybe"; write pins=true or pins=false'],
  ])('%s names the policy', async (text, message) => {
    expect(await problem(text)).toContain(message);
  });

  it('a number is a number', async () => {
    const settings = { plugins: [{ id: 'every', summary: 'x.', defaults: { nth: 8 }, create: () => ({}) }] };
    expect(options(await lane('every:nth=3', settings), 'every')).toEqual({ nth: 3 });
    expect(await problem('every:nth=many', settings)).toContain(
      'option nth cannot be "many"; write a number, such as nth=8',
    );
  });

  it('`over` may not go in a circle', async () => {
    const settings = {
      plugins: [{ id: 'hen', summary: 'x.', over: 'egg' }, { id: 'egg', summary: 'x.', over: 'hen' }],
    };
    expect(await problem('hen', settings)).toBe(
      'plugin hen: `over` goes in a circle (hen over egg over hen); let one of them lie over naive-cow',
    );
  });

  it('`over` may not name a policy that is not loaded', async () => {
    const settings = { plugins: [{ id: 'lonely', summary: 'x.', over: 'erly-cow' }] };
    expect(await problem('lonely', settings)).toContain(
      "plugin lonely: lies over 'erly-cow', which is not loaded; load that policy too; did you mean 'early-cow'",
    );
  });

  it.each([
    [{ profiles: { 'naive-cow': ['naive-cow'] } }, "settings: profile 'naive-cow': a policy has that name"],
    [{ profiles: { mine: ['nive-cow'] } },
      "settings: profile 'mine': there is no policy 'nive-cow'; did you mean 'naive-cow'?"],
    [{ options: { 'nive-cow': {} } }, "settings: options: there is no policy 'nive-cow'"],
    [{ plugins: [3] },
      'plugin settings: gives a number for a policy; write `export default { id, summary, ...hooks }`'],
  ])('settings %j are refused', async (settings, message) => {
    await expect(open(settings)).rejects.toThrow(message);
  });
});

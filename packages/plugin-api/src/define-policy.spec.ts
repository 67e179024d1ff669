import { describe, expect, it } from '@jest/globals';
import { NAIVE_TRAITS } from '@cowlab/core';
import { asPlugin, bodyOf, definePolicy, type PolicyBody } from './define-policy.ts';

function problem(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (cause) {
    return (cause as Error).message;
  }
}

const about = { id: 'mine', summary: 'x.' };
const loaded = (value: unknown): string => problem(() => asPlugin(value, './mine.mjs'));
/** What comes of a plugin whose `create` returns `body`: the answer comes when a lane is made of it, before it runs. */
const created = (body: unknown): string =>
  problem(() => bodyOf(asPlugin({ ...about, create: () => body }, './mine.mjs').create({}), 'mine'));

describe('a policy that nobody would ask as it was meant is refused with the nearest right name', () => {
  it.each<[string, unknown, string]>([
    ['a hook one letter too long', { ...about, onForkPages: () => 'copy' },
      "plugin mine: has a field 'onForkPages'; did you mean 'onForkPage'?"],
    ['a hook that is like none', { ...about, whenForked: () => 'copy' },
      "plugin mine: has a field 'whenForked'; hooks are forkLooksAtPages, onForkVma, onForkPage, onForkHugePmd, "
      + 'onForkHugePud, onForkHugetlb, onWriteFault, onWriteFaultHugePmd, onWriteFaultHugetlb, onGup, onRegister, '
      + 'onReclaim'],
    ['a field', { ...about, hazard: ['H1'] }, "plugin mine: has a field 'hazard'; did you mean 'hazards'?"],
    ['a trait', { ...about, traits: { hasPined: 'target' } },
      "plugin mine: has a trait 'hasPined'; did you mean 'hasPinned'?"],
    ['hooks beside `create`', { ...about, create: () => ({}), onForkPage: () => 'copy' },
      "plugin mine: has 'onForkPage' beside `create`; let `create` return it with the others"],
    ['traits beside `create`', { ...about, create: () => ({}), traits: { hasPinned: 'target' } },
      "plugin mine: has 'traits' beside `create`; let `create` return it with the others"],
    ['options that nobody takes', { ...about, defaults: { nth: 3 }, onForkPage: () => 'copy' },
      'plugin mine: has `defaults` without `create`; let `create` take the options and return the hooks'],
    ['a hook that promises', { ...about, onForkPage: async () => Promise.resolve('copy') },
      "plugin mine: 'onForkPage' is async; a verdict is returned, not promised"],
    ['a hook that is a verdict', { ...about, onForkPage: 'copy' },
      "plugin mine: 'onForkPage' is not a function; hooks are functions that return a verdict"],
    ['options that are a list', { ...about, defaults: [1], create: () => ({}) },
      'plugin mine: `defaults` are no options; write `defaults: { name: value }` with words, numbers or true and false'],
    ['words that are a word', { ...about, memoryWords: '1' },
      'plugin mine: `memoryWords` is no count; write how many 32-bit words it remembers'],
    ['a kernel that is a number', { ...about, kernel: 5.9 }, "plugin mine: `kernel` is no text; write `kernel: '5.9'`"],
    ['no id', { summary: 'x.', onForkPage: () => 'copy' },
      'plugin ./mine.mjs: has no usable id; give it an `id` of lower-case letters, digits and dashes'],
  ])('%s', (_what, value, message) => {
    expect(loaded(value)).toBe(message);
  });

  it.each<[string, unknown, string]>([
    ['a hook', { onForkPge: () => 'copy' },
      "plugin mine: `create` returns a field 'onForkPge'; did you mean 'onForkPage'?"],
    ['a trait beside the hooks', { hasPinned: 'target' },
      "plugin mine: `create` returns a field 'hasPinned'; hooks are "],
    ['a promise', Promise.resolve({ onForkPage: () => 'copy' }),
      'plugin mine: `create` returns a promise; make it a plain function: options in, hooks out'],
    ['nothing', undefined, 'plugin mine: `create` returns undefined; return the hooks: `{ onForkPage: ... }`'],
    ['a hook alone', () => 'copy', 'plugin mine: `create` returns a function; return the hooks:'],
  ])('returned by `create`: %s', (_what, body, message) => {
    expect(created(body).slice(0, message.length)).toBe(message);
  });

  it.each<[string, unknown, string]>([
    ['a function', () => about, 'a function'],
    ['a class', class Mine {}, 'a class'],
    ['a list of policies', [about], 'a list'],
    ['a promise', Promise.resolve(about), 'a promise'],
    ['a word', 'mine', 'a string'],
  ])('a default export that is %s', (_what, value, kind) => {
    expect(loaded(value)).toBe(
      `plugin ./mine.mjs: gives ${kind} for a policy; write \`export default { id, summary, ...hooks }\``,
    );
  });
});

describe('types refuse what nobody would ask, and the loader refuses it again', () => {
  const onForkPage = (): 'copy' => 'copy';
  const traits = { hasPinned: 'target' } as const;

  it.each<[string, () => unknown]>([
    // @ts-expect-error: a hook beside `create`
    ['a hook beside `create`', () => definePolicy({ ...about, create: () => ({}), onForkPage })],
    // @ts-expect-error: traits beside `create`
    ['traits beside `create`', () => definePolicy({ ...about, create: () => ({}), traits })],
    // @ts-expect-error: options that no `create` takes
    ['`defaults` without `create`', () => definePolicy({ ...about, defaults: { nth: 3 }, onForkPage })],
    // @ts-expect-error: an unknown hook
    ['an unknown hook', () => definePolicy({ ...about, onForkPages: onForkPage })],
    ['an async `create`', () => {
      // @ts-expect-error: a promise for hooks
      const create: () => PolicyBody = async () => Promise.resolve({ onForkPage });
      return bodyOf(definePolicy({ ...about, create }).create({}), 'mine');
    }],
  ])('%s', (_what, define) => {
    expect(problem(define)).not.toBe('none');
  });
});

it('an option has the type of its default, and no other name', () => {
  const policy = definePolicy({ ...about, defaults: { nth: 3 }, // @ts-expect-error: there is no option of that name
    create: ({ nth, mth }) => ({ onForkPage: () => (nth > (mth ?? 2) ? 'copy' : undefined) }) });
  expect(Object.keys(bodyOf(policy.create({ nth: 3 }), 'mine'))).toEqual(['onForkPage']);
});

describe('a policy', () => {
  it('is the same whether its hooks stand beside its id or come from `create`', () => {
    const onForkPage = (): 'copy' => 'copy';
    const beside = definePolicy({ ...about, onForkPage, traits: { hasPinned: 'target' } });
    const made = definePolicy({ ...about, create: () => ({ onForkPage, traits: { hasPinned: 'target' } }) });
    for (const plugin of [beside, made])
      expect(bodyOf(plugin.create({}), 'mine')).toEqual({ onForkPage, traits: { hasPinned: 'target' } });
  });

  it('that is one already stays one', () => {
    const plugin = definePolicy({ ...about, kernel: '5.9', over: 'naive-cow', hazards: ['H1'], memoryWords: 2,
      defaults: { nth: 3 }, create: ({ nth }) => ({ onForkPage: () => (nth > 2 ? 'copy' : undefined) }) });
    expect(asPlugin(plugin, 'again')).toEqual(plugin);
  });

  it('may leave out what it does not set', () => {
    expect(loaded({ ...about, kernel: undefined, onForkPage: undefined, traits: { ...NAIVE_TRAITS } })).toBe('none');
    expect(created({ onForkPage: undefined, traits: undefined })).toBe('none');
  });
});

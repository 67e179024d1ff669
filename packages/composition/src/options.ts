/** Options of a policy: names are checked against its defaults, and text becomes the type that the default has. */
import { type Options, type OptionValue, PluginError, type PolicyPlugin } from '@cowlab/plugin-api';
import { didYouMean } from '@cowlab/prose';

/**
 * `given` as the plugin takes it. Which words an option of type string allows is known to nobody but `create`.
 * @throws PluginError for an option that the policy does not have or a value of the wrong type
 */
export function readOptions(plugin: PolicyPlugin, given: Readonly<Record<string, unknown>>): Options {
  const names = Object.keys(plugin.defaults);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => {
    if (!Object.hasOwn(plugin.defaults, name)) {
      throw new PluginError(plugin.id, `has no option '${name}'`,
        names.length === 0 ? 'it takes no options' : didYouMean(name, names));
    }
    return [name, valueOf(plugin, name, value)];
  }));
}

const WORDS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

function valueOf(plugin: PolicyPlugin, name: string, value: unknown): OptionValue {
  const wanted = plugin.defaults[name];
  if (typeof value === typeof wanted && !Number.isNaN(value)) return value as OptionValue;
  if (typeof wanted === 'boolean' && typeof value === 'string' && Object.hasOwn(WORDS, value)) return WORDS[value];
  if (typeof wanted === 'number' && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  const mend = {
    boolean: `write ${name}=true or ${name}=false`,
    number: `write a number, such as ${name}=${String(wanted)}`,
    string: `write a word, such as ${name}=${String(wanted)}`,
  }[typeof wanted as 'boolean' | 'number' | 'string'];
  throw new PluginError(plugin.id, `option ${name} cannot be ${JSON.stringify(value) ?? String(value)}`, mend);
}

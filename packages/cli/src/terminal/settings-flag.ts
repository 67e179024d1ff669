/** `--settings`: settings of the machine under which programs run, as the head of a program says them. */
import { type MachineSettings, parseSettings, ScenarioError, settingLines } from '@cowlab/scenario';
import { shellWord } from '@cowlab/prose';
import { UsageError } from './io.ts';

export const SETTINGS_FLAG = '--settings <lines>';
export const SETTINGS_TEXT = "settings of the machine: 'thp always; mthp 64k always'";

/** @throws UsageError */
export function settingsOf(text: string | undefined): MachineSettings {
  if (text === undefined) return {};
  try {
    return parseSettings(text, '--settings');
  } catch (cause) {
    if (cause instanceof ScenarioError) throw new UsageError(cause.message);
    throw cause;
  }
}

/** The flag again, with a space in front; nothing where there is nothing to be set. */
export function settingsAgain(settings: MachineSettings): string {
  const lines = settingLines(settings);
  return lines.length === 0 ? '' : ` --settings ${shellWord(lines.join('; '))}`;
}

/** Every key. */
import { KEYS } from '../keys.ts';
import { Dialog } from './dialog.tsx';

const SIGNS: Readonly<Record<string, string>> = { ArrowRight: '→', ArrowLeft: '←', Escape: 'Esc' };
const shownKey = (key: string): string => key.replace(/Arrow\w+|Escape/, (name) => SIGNS[name] ?? name);

export function Help() {
  return (
    <Dialog name='Keys'>
      <table>
        <tbody>
          {KEYS.map(({ keys, what }) => (
            <tr key={what}>
              <th scope='row'>{keys.map((key) => <kbd key={key}>{shownKey(key)}</kbd>)}</th>
              <td>{what}</td>
            </tr>
          ))}
          <tr>
            <th scope='row'>
              <kbd>arrows</kbd>
              <kbd>+</kbd>
              <kbd>-</kbd>
              <kbd>0</kbd>
            </th>
            <td>in the grid: from page to page, zoom, all of it</td>
          </tr>
        </tbody>
      </table>
    </Dialog>
  );
}

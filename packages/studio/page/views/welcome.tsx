/** The first screen of a first visit. */
import { guided, panel } from '../state.ts';

export function Welcome() {
  return (
    <section class='welcome'>
      <h2>See the pages</h2>
      <p>
        What copy-on-write, fork() and pinned pages do to memory, page by page, on any kernel from 5.7 to 7.2. The model
        runs in this page; nothing is sent anywhere.
      </p>
      <div class='buttons'>
        <button type='button' class='first' onClick={() => {
          guided.value = 0;
        }}>
          The breakage of 2020, in nine steps
        </button>
        <button type='button' onClick={() => {
          panel.value = 'palette';
        }}>
          Open a situation or a race <kbd>/</kbd>
        </button>
      </div>
    </section>
  );
}

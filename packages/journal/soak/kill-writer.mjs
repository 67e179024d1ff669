// Appends to a stream until it is killed, and tells each acknowledgement on its output before it goes on. Run by the
// contract suite: node kill-writer.mjs ADDRESS STREAM
import { writeSync } from 'node:fs';
import process from 'node:process';
import { openJournal } from '../dist/open.js';
import { chunkOf } from '../dist/contract/told-chunks.js';

/** Whoever listens may be slower than this writes. */
function tell(text) {
  for (let done = 0; done < text.length;) {
    try {
      done += writeSync(1, text.slice(done));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const [address, stream] = process.argv.slice(2);
const journal = await openJournal(address);
let version = 0;
for await (const { version: at, nr = 0 } of journal.read(stream)) version = at + nr;
tell(`ready ${version}\n`);
// Some at once, so that one sync carries several and a kill meets a group.
const answers = [];
for (;;) {
  const chunks = [chunkOf(stream, version)];
  if (version % 5 === 0) chunks.push(chunkOf(stream, version + chunks[0].nr));
  const end = version + chunks.reduce((sum, { nr }) => sum + nr, 0);
  answers.push(
    journal.append(stream, chunks, version).then((result) => {
      if (!result.ok) throw new Error(result.hint);
      tell(`ack ${result.version}\n`);
    }),
  );
  version = end;
  if (answers.length >= 3) await answers.shift();
}

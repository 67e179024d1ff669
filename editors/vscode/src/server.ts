/**
 * The language server: what is wrong, what a word means, what may be typed. It knows no grammar of its own; the parsers of
 * cowlab and their tables of words do.
 */
import { createConnection, ProposedFeatures, TextDocuments, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { completionsAt } from './complete.ts';
import { faultsOf } from './faults.ts';
import { hoverAt } from './hover.ts';
import { LaneBook } from './lanes.ts';
import { isLanguage } from './languages.ts';

const connection = createConnection(ProposedFeatures.all);
const documents = new TextDocuments(TextDocument);
const book = LaneBook.open();

connection.onInitialize(() => ({
  serverInfo: { name: 'cowlab' },
  capabilities: {
    textDocumentSync: TextDocumentSyncKind.Incremental,
    hoverProvider: true,
    completionProvider: { triggerCharacters: [' ', ',', '+', ':'] },
  },
}));

documents.onDidChangeContent(({ document }) => {
  judge(document).catch((cause: unknown) => {
    // A fault of the server's own: the editor goes on, and says so where it logs.
    connection.console.error(cause instanceof Error ? cause.stack ?? cause.message : String(cause));
  });
});

async function judge({ uri, languageId, version }: TextDocument): Promise<void> {
  const text = documents.get(uri)?.getText();
  if (text === undefined || !isLanguage(languageId)) return;
  const diagnostics = await faultsOf(languageId, text, await book);
  // Typed on meanwhile: those of the newer text follow.
  if (documents.get(uri)?.version === version)
    await connection.sendDiagnostics({ uri, version, diagnostics: [...diagnostics] });
}

documents.onDidClose(({ document: { uri } }) => void connection.sendDiagnostics({ uri, diagnostics: [] }));

connection.onHover(async ({ textDocument: { uri }, position }) => {
  const document = documents.get(uri);
  return document === undefined || !isLanguage(document.languageId)
    ? null
    : hoverAt(document.languageId, document.getText(), position, await book);
});

connection.onCompletion(async ({ textDocument: { uri }, position }) => {
  const document = documents.get(uri);
  return document === undefined || !isLanguage(document.languageId)
    ? []
    : [...completionsAt(document.languageId, document.getText(), position, await book)];
});

documents.listen(connection);
connection.listen();

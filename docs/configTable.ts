import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";
import { keys } from "../src/config/keys.ts";
import type { Key } from "../src/config/valueKinds.ts";

/** Returns the table of configuration keys as Markdown. */
export function configTable(): string {
  const meanings = commentsOfKeys();
  const rows = Object.entries(keys).map(([name, key]: [string, Key<unknown>]) => {
    const type = key.secret ? `${key.type}, secret` : key.type;
    const value = [undefined, "", "[object Object]"].includes(key.default?.toString()) ? "" : `\`${key.default}\``;
    return `| \`${name}\` | ${type} | ${value} | ${meanings.get(name)} |`;
  });
  return ["| Key | Type | Default | Meaning |", "|---|---|---|---|", ...rows].join("\n");
}

/** Returns the comments of the keys in src/config/keys.ts, each on one line. Escapes bars, which would end a table cell. */
function commentsOfKeys(): Map<string, string> {
  const file = new URL("../src/config/keys.ts", import.meta.url);
  const source = ts.createSourceFile("keys.ts", readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    const [comment] = ts.isPropertyAssignment(node) ? ts.getJSDocCommentsAndTags(node) : [];
    const text = ts.getTextOfJSDocComment(comment?.comment);
    if (text !== undefined && ts.isPropertyAssignment(node))
      found.set(node.name.getText(), text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|"));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const start = "<!-- The table is made by `npm run docs` from src/config/keys.ts. -->\n";
const end = "<!-- End of the table. -->";

/**
 * Returns docs/configuration.md with its table replaced.
 * @throws if the comments around the table are missing or in the wrong order.
 */
export function withConfigTable(page: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error("docs/configuration.md lacks the comments around the table of keys");
  return `${page.slice(0, from + start.length)}${configTable()}\n${page.slice(to)}`;
}

// `npm run docs` rewrites the table.
if (import.meta.main) {
  const page = new URL("configuration.md", import.meta.url);
  writeFileSync(page, withConfigTable(readFileSync(page, "utf8")));
}

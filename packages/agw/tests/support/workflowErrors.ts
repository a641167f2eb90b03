/**
 * Prints, as JSON, the errors that GitHub's published workflow schema finds in each given file. This is a separate program,
 * because GitHub's parser imports JSON without the attribute that Node requires, and only a loader hook can add it.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

const found: Record<string, string[]> = {};
for (const name of process.argv.slice(2)) {
  const { context, value } = parseWorkflow({ name, content: readFileSync(name, "utf8") }, new NoOperationTraceWriter());
  const template = value === undefined ? undefined : await convertWorkflowTemplate(context, value);
  const errors = [...context.errors.getErrors(), ...(template?.errors ?? [])];
  found[name] = [...new Set(errors.map(({ message }: { message?: string; Message?: string }) => message ?? ""))];
}
process.stdout.write(JSON.stringify(found));

/** One table of a benchmark: subjects measured side by side in one run, so that their ratios mean something. */
export interface BenchTable {
  readonly title: string;
  /** Column -> unit, for example `{ "requests/s": "", "CPU a request": "us" }`; the order is the table's. */
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: readonly BenchRow[];
  /** The subject that the others' values are divided by. */
  readonly baseline: string;
  /** Sentences on what was compared, and on what could not be. */
  readonly notes: readonly string[];
  /** What the table is held to; one that does not hold ends the whole run with exit code 1. */
  readonly claims?: readonly Claim[];
}

export interface Claim {
  readonly holds: boolean;
  /** What is claimed, with the value that was measured. */
  readonly text: string;
}

export interface BenchRow {
  readonly subject: string;
  /** Values by column; a column may be left out. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a file `bench/NAME.bench.ts` exports as `bench`. */
export interface Bench {
  /** Measures; `progress` gets a line at each step. */
  run(progress: (line: string) => void): Promise<readonly BenchTable[]>;
}

/** The table as Markdown, each value followed by its ratio to the baseline's. */
export function renderTable(table: BenchTable): string {
  const columns = Object.keys(table.columns);
  const base = table.rows.find(({ subject }) => subject === table.baseline);
  const cells = table.rows.map(({ subject, values }) => [
    subject,
    ...columns.map((column) => cell(values[column], base?.values[column], table.columns[column] ?? "")),
  ]);
  const lines = [["", ...columns], ["---", ...columns.map(() => "---:")], ...cells].map(
    (row) => `| ${row.join(" | ")} |`,
  );
  const claims = (table.claims ?? []).map(({ holds, text }) => `- ${holds ? "ok" : "NOT OK"}: ${text}`);
  return [`## ${table.title}`, "", ...lines, "", ...table.notes.map((note) => `- ${note}`), ...claims].join("\n");
}

function cell(value: number | undefined, base: number | undefined, unit: string): string {
  if (value === undefined) return "";
  const shown = `${short(value)}${unit === "" ? "" : ` ${unit}`}`;
  return base === undefined || base === 0 ? shown : `${shown} (${(value / base).toFixed(2)}x)`;
}

const short = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));

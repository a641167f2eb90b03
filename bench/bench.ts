/** One table of a benchmark. All subjects are measured in the same run, so that their ratios are meaningful. */
export interface BenchTable {
  readonly title: string;
  /** Units by column, in the order of the table, for example `{ "requests/s": "", "CPU per request": "us" }`. */
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: readonly BenchRow[];
  /** The subject that all ratios refer to. */
  readonly baseline: string;
  /** Sentences about what was compared, and what could not be. */
  readonly notes: readonly string[];
  /** Requirements on the results. If one is not met, the whole run ends with exit code 1. */
  readonly claims?: readonly Claim[];
}

export interface Claim {
  readonly holds: boolean;
  /** The requirement, with the measured value. */
  readonly text: string;
}

export interface BenchRow {
  readonly subject: string;
  /** Values by column; columns can be missing. */
  readonly values: Readonly<Record<string, number>>;
}

/** The export `bench` of a file `bench/NAME.bench.ts`. */
export interface Bench {
  /** Runs the benchmark and calls `progress` with a line at each step. */
  run(progress: (line: string) => void): Promise<readonly BenchTable[]>;
}

/** Renders the table as Markdown. Each value is followed by its ratio to the baseline. */
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

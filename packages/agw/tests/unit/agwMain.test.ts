import { expect, test } from "vitest";
import { agwHere } from "../../../../tests/support/agwHere.ts";
import manifest from "../../package.json" with { type: "json" };

const names = ["comment", "demo", "azure", "up", "preview", "destroy", "doctor", "probe"];

test.each(names)("agw help %s prints the same as its --help, to stdout", async (name) => {
  const [help, option] = await Promise.all([agwHere(["help", name]), agwHere([name, "--help"])]);
  expect(help).toEqual(option);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toMatch(new RegExp(`^Usage: agw ${name}`));
  expect(help.stdout).toContain("Exit codes: ");
});

test("agw --help lists every command on stdout; without arguments the list goes to stderr, exit code 2", async () => {
  const [asked, bare] = await Promise.all([agwHere(["--help"]), agwHere([])]);
  for (const name of names) expect(asked.stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  expect(bare).toEqual({ code: 2, stdout: "", stderr: asked.stdout });
});

test("agw --version prints the version of package.json", async () => {
  expect(await agwHere(["--version"])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.each([
  [["upp"], "agw: unknown command 'upp'. Did you mean up? Try: npx agw --help\n"],
  [["help", "frobnicate"], `Commands: help, ${names.join(", ")}. Try: npx agw --help\n`],
  [["constructor"], "agw: unknown command 'constructor'"],
  [["up", "--stak", "prod"], "agw up: Unknown option '--stak'. Did you mean --stack?\nTry: npx agw up --help\n"],
  [["probe", "--sesions=3"], "Unknown option '--sesions'. Did you mean --sessions?"],
  [["up", "-x"], "Unknown option '-x'\n"],
  [["up", "--json=yes"], "Option '--json' does not take an argument"],
  [["up", "--stack"], "'--stack <value>' argument missing"],
])("an error in %j is named, with the closest valid name if there is one", async (args, message) => {
  const { code, stdout, stderr } = await agwHere(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

import { expect, test } from "vitest";
import {
  configurationMessage,
  listIssues,
  remove,
  removeMember,
  setMember,
  shown,
  shownSecret,
} from "../../../src/messages/issues.ts";

const issues = [
  { key: "cpu", rule: "must be a number", got: '"one"', wayOut: "pulumi config set cpu 1" },
  { key: "tags.owner", rule: "must be a string", got: "nothing", wayOut: "pulumi config rm --path 'tags.owner'" },
];

test("lists each issue as a paragraph with what was given and what to do", () => {
  expect(listIssues(issues)).toBe(
    [
      "  cpu: must be a number",
      '    got: "one"',
      "    try: pulumi config set cpu 1",
      "  tags.owner: must be a string",
      "    got: nothing",
      "    try: pulumi config rm --path 'tags.owner'",
    ].join("\n"),
  );
});

test("the configuration message counts the problems and says that nothing was changed", () => {
  const one = issues.slice(0, 1);
  expect(configurationMessage("prod", one)).toBe(
    `The configuration of stack 'prod' has 1 problem; nothing was changed.\n${listIssues(one)}`,
  );
  expect(configurationMessage("dev", issues)).toBe(
    `The configuration of stack 'dev' has 2 problems; nothing was changed.\n${listIssues(issues)}\n` +
      "  If you set a map or list as one JSON text, set the whole text again: --path would drop its other members or do nothing.",
  );
});

test("lists at most 10 issues of one key and 50 in all, and says how many more there are", () => {
  const many = (key: string) => Array.from({ length: 30 }, (_, index) => ({ ...issues[0], key: `${key}.${index}` }));
  const ofOne = listIssues([...many("tags"), { ...issues[0], key: "cpu" }] as typeof issues).split("\n");
  expect(ofOne.filter((line) => line.startsWith("  tags."))).toHaveLength(10);
  expect(ofOne).toContain("  cpu: must be a number");
  expect(ofOne.at(-1)).toBe("  ... and 20 more");
  const ofAll = listIssues([..."abcdefgh"].flatMap(many) as typeof issues).split("\n");
  expect(ofAll).toHaveLength(50 * 3 + 1);
  expect(ofAll.at(-1)).toBe("  ... and 190 more");
});

test("escapes characters that a terminal interprets or doesn't show, and cuts long keys", () => {
  const odd = { key: `tags.\u001b[31m\u202e${"k".repeat(5000)}`, rule: "r\u0007", got: "g\n\u00a0", wayOut: "w\u2028" };
  const text = listIssues([odd]);
  expect(text).toMatch(
    /^ {2}tags\.\\u\{1b\}\[31m\\u\{202e\}k+…: r\\u\{7\}\n {4}got: g\\u\{a\}\\u\{a0\}\n {4}try: w\\u\{2028\}$/,
  );
  expect(text.length).toBeLessThan(250);
});

test.each([
  [undefined, "nothing"],
  ["a\nb", '"a\\nb"'],
  ["\u202e\u200b", '"\\u{202e}\\u{200b}"'],
  [Number.NaN, "NaN"],
  ["x".repeat(300), `"${"x".repeat(98)}… (300 characters)`],
  [{ a: [1] }, '{"a":[1]}'],
])("shows %j", (value, text) => expect(shown(value)).toBe(text));

test("shows only the length of a secret", () => {
  expect([shownSecret("x"), shownSecret("xy"), shownSecret({ a: "xy" })]).toEqual([
    "a string of 1 character",
    "a string of 2 characters",
    "a value that is not a string",
  ]);
});

test.each([
  [setMember("tags", "owner", "me"), "pulumi config set --path 'tags.owner' me"],
  [setMember("ipAllow", 2, "10.0.0.0/8"), "pulumi config set --path 'ipAllow[2]' 10.0.0.0/8"],
  [setMember("secretEnv", "A"), "pulumi config set --secret --path 'secretEnv.A'"],
  [removeMember("tags", "it's $(mine)"), `pulumi config rm --path 'tags["it'\\''s $(mine)"]'`],
  [remove("-x"), "pulumi config rm -- -x"],
  [remove("a;b"), "pulumi config rm 'a;b'"],
  [remove("k".repeat(101)), "remove it in Pulumi.STACK.yaml"],
  [removeMember("tags", "a\u001b[2Jb"), "remove it in Pulumi.STACK.yaml"],
  [setMember("tags", "a\nb", "me"), "set it in Pulumi.STACK.yaml"],
])("names a command that a shell takes as it is, or none: %s", (wayOut, expected) => expect(wayOut).toBe(expected));

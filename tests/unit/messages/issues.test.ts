import { expect, test } from "vitest";
import { configurationMessage, listIssues } from "../../../src/messages/issues.ts";

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
    `The configuration of stack 'dev' has 2 problems; nothing was changed.\n${listIssues(issues)}`,
  );
});

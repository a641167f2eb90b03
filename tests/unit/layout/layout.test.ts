import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { circles, edgesBetween, root, sources } from "./sources.ts";

/** Which part can import which others; each can also import itself and packages from npm. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  program: ["src"],
  src: ["affinity-step"],
  "affinity-step": [],
  "packages/probe": [],
  "packages/local-azure": [],
  "packages/agw": ["packages/local-azure", "packages/probe", "src"],
  policy: ["src"],
};

const partOf = (file: string): string =>
  file === "index.ts" ? "program" : (/^(packages\/[^/]+|src|affinity-step|policy)\//.exec(file)?.[1] ?? file);

describe("imports run one way", () => {
  test("between the parts of the project", () => {
    const wrong = sources.flatMap(({ file, imports }) =>
      imports.flatMap(({ file: target }) => {
        const [from, to] = [partOf(file), target && partOf(target)];
        return to === undefined || to === from || arrows[from]?.includes(to) ? [] : [`${file} -> ${target}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("into a package only through its exports", () => {
    const past = sources.flatMap(({ file, imports }) =>
      imports.flatMap(({ specifier, file: target }) => {
        const to = target && partOf(target);
        const inside = to?.startsWith("packages/") && to !== partOf(file) && specifier.startsWith(".");
        return inside ? [`${file} -> ${specifier}`] : [];
      }),
    );
    expect(past).toEqual([]);
  });

  test("from the policies only to the rules", () => {
    const others = sources
      .filter(({ file }) => partOf(file) === "policy")
      .flatMap(({ imports }) => imports.flatMap(({ file }) => file ?? []))
      .filter((file) => !file.startsWith("policy/") && !file.startsWith("src/rules/"));
    expect(others).toEqual([]);
  });

  test("without cycles between files, including types", () => {
    expect(circles(edgesBetween((file) => file))).toEqual([]);
  });

  test("without cycles between folders", () => {
    expect(circles(edgesBetween(dirname))).toEqual([]);
  });
});

describe("each part depends on exactly the packages that it imports", () => {
  const imported = (part: string): string[] => {
    const names = sources
      .filter(({ file }) => partOf(file) === part)
      .flatMap(({ imports }) => imports.map(({ specifier }) => specifier))
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"));
    return [...new Set(names)].sort();
  };

  test.each([
    { part: "src", manifest: "package.json" },
    { part: "packages/probe", manifest: "packages/probe/package.json" },
    { part: "packages/local-azure", manifest: "packages/local-azure/package.json" },
    { part: "packages/agw", manifest: "packages/agw/package.json" },
    { part: "policy", manifest: "policy/package.json" },
  ])("$part", ({ part, manifest }) => {
    const { dependencies } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
    expect(Object.keys(dependencies).sort()).toEqual(imported(part));
  });
});

test("finds a cycle", () => {
  const edges = new Map([
    ["a", new Set(["b"])],
    ["b", new Set(["c", "d"])],
    ["c", new Set(["a"])],
    ["d", new Set<string>()],
  ]);
  expect(circles(edges)).toEqual([["a", "b", "c"]]);
});

describe("the project stays small", () => {
  test("no folder holds more than 15 files", () => {
    const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root });
    const sizes = new Map<string, number>();
    for (const file of files.toString().split("\n").slice(0, -1)) {
      sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
    }
    // Tools require their files in the root folder.
    sizes.delete(".");
    expect([...sizes].filter(([, size]) => size > 15)).toEqual([]);
  });

  test.each([
    ["src", 3500],
    ["affinity-step", 700],
  ])("%s has fewer than %i lines", (part, limit) => {
    const files = sources.filter(({ file }) => partOf(file) === part);
    expect(files.length).toBeGreaterThan(0);
    expect(files.reduce((sum, { lines }) => sum + lines, 0)).toBeLessThan(limit);
  });
});

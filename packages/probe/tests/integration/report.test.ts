import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReplica } from "../../../../tests/support/mcp/mcpReplicas.ts";
import { startTestIngress } from "../../../../tests/support/mcp/testIngress.ts";
import { temporaryDirectory } from "../../../../tests/support/temporaryDirectory.ts";
import { type ProbeReport, renderHtml, renderJunit, runProbe } from "../../src/index.ts";
import { contrasts, drawnTexts } from "../support/inPage.ts";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
const withoutBrowser = browserPath === undefined ? " (skipped: no chromium is installed)" : "";
/** A replica name from a hostile gateway. */
const hostile = `<img src=http://127.0.0.1:9/x onerror="alert(1)">&'"`;

let lost: ProbeReport;

beforeAll(async () => {
  await using a = await startReplica("replica-a");
  await using b = await startReplica(hostile);
  await using ingress = await startTestIngress([a, b], "none");
  lost = await runProbe({ url: ingress.url, sessions: 30, calls: 4, controlSessions: 6, client: "lean" });
});

describe.skipIf(browserPath === undefined)(`the HTML report in a real browser${withoutBrowser}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    // Chromium's sandbox doesn't work as root, as which tests may run. No host name resolves, so nothing is contacted.
    const args = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"];
    browser = await chromium.launch({ executablePath: browserPath as string, args });
  });
  afterAll(() => browser?.close());

  async function open(report: ProbeReport, colorScheme: "light" | "dark") {
    const folder = await temporaryDirectory();
    const file = join(folder.path, "report.html");
    await writeFile(file, renderHtml(report));
    const page = await browser.newPage({ colorScheme, viewport: { width: 1100, height: 800 } });
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => problems.push(message.text()));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    const dispose = async () => {
      await page.close();
      await folder[Symbol.asyncDispose]();
    };
    return { page, requests, problems, url, [Symbol.asyncDispose]: dispose };
  }

  test("opens from disk, loads nothing else, and shows the counts of the JSON", async () => {
    await using shown = await open(lost, "light");
    const text = (id: string) => shown.page.locator(`#${id}`).innerText();
    expect((await text("verdict")).toLowerCase()).toBe("lost");
    for (const key of ["held", "lost", "moved", "failed", "calls"] as const) {
      expect(await text(key)).toBe(lost.counts[key].toLocaleString("en"));
    }
    expect(await text("replicas")).toBe(String(lost.replicas.length));
    expect(await shown.page.locator("table tr:has(.kind)").count()).toBe(lost.incidents.length);
    expect(await shown.page.locator("svg:visible").count()).toBe(2);
    expect(shown.requests).toEqual([shown.url]);
    expect(shown.problems).toEqual([]);
  });

  test("text from the gateway never becomes markup", async () => {
    await using shown = await open(lost, "light");
    expect(await shown.page.locator("img").count()).toBe(0);
    expect(await shown.page.locator("body").innerText()).toContain(hostile);
  });

  test("text has a contrast of 4.5 or more in light and dark", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await using shown = await open(lost, scheme);
      const ratios = await shown.page.evaluate(contrasts);
      expect(ratios.length).toBeGreaterThan(20);
      for (const { text, ratio } of ratios) expect(ratio, `${scheme}: ${text}`).toBeGreaterThanOrEqual(4.5);
      const ground = await shown.page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(ground).toBe(scheme === "light" ? "rgb(246, 247, 249)" : "rgb(16, 19, 23)");
    }
  });

  test("the JUnit report is well-formed XML even with hostile names", async () => {
    await using shown = await open(lost, "light");
    const read = `(xml) => {
      const document = new DOMParser().parseFromString(xml, "application/xml");
      const all = (name) => [...document.getElementsByTagName(name)];
      return { errors: all("parsererror").length, failures: all("failure").map((e) => e.getAttribute("message")) };
    }`;
    const parsed = await shown.page.evaluate(`(${read})(${JSON.stringify(renderJunit(lost))})`);
    const { errors, failures } = parsed as { errors: number; failures: string[] };
    expect(errors).toBe(0);
    expect(failures).toHaveLength(1 + lost.incidents.length);
    expect(failures.some((message) => message.includes(hostile))).toBe(true);
  });

  test("at a phone's width of 360, nothing overflows, and text in drawings is neither small nor cut", async () => {
    await using shown = await open(manySessions(lost, 10_000), "dark");
    await shown.page.setViewportSize({ width: 360, height: 800 });
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await shown.page.evaluate(overflow)).toBe(0);
    const texts = await shown.page.evaluate(drawnTexts);
    expect(texts.length).toBeGreaterThan(20);
    expect(Math.min(...texts.map(({ height }) => height))).toBeGreaterThanOrEqual(10);
    // A label that starts left of its drawing is cut.
    expect(Math.min(...texts.map(({ left }) => left))).toBeGreaterThanOrEqual(0);
  });

  test("replica names only break after hyphens", async () => {
    const name = "agw-prod-app--0000001-6c6f61e049-4f7d2";
    const named = { ...lost, replicas: lost.replicas.map((replica, i) => ({ ...replica, name: `${name}${i}` })) };
    await using shown = await open(named, "light");
    for (const width of [360, 1100]) {
      await shown.page.setViewportSize({ width, height: 800 });
      const heights = await shown.page
        .locator(".replicas td.name")
        .evaluateAll((cells) => cells.map((cell) => (cell as { clientHeight: number }).clientHeight));
      // At most two lines with padding.
      for (const height of heights) expect(height).toBeLessThanOrEqual(56);
    }
    expect(await shown.page.locator(".replicas td.name").first().innerText()).toBe(`${name}0`);
  });

  test("legends explain only what is drawn", async () => {
    const legends = async (report: ProbeReport) => {
      await using shown = await open(report, "light");
      return (await shown.page.locator("section:has(svg) .legend").allInnerTexts()).join(" ");
    };
    const text = await legends(lost);
    for (const { name } of lost.replicas) expect(text).toContain(name);
    expect(text).toContain("lost so far");
    expect(text).toContain("✕ marks when a session was lost");
    const nameless = { ...lost, replicas: [], sessions: lost.sessions.map((one) => ({ ...one, way: [] })) };
    expect(await legends(nameless)).toContain("unknown replica");
    const held = { ...lost, counts: { ...lost.counts, held: lost.counts.sessions, lost: 0 } };
    expect(await legends(held)).not.toMatch(/lost|✕/);
  });

  test("says that lost sessions come first only if some were lost", async () => {
    const titles = async (report: ProbeReport) => {
      await using shown = await open(report, "light");
      return await shown.page.locator("h2").allInnerTexts();
    };
    const many = manySessions(lost, 1_000);
    expect(await titles(many)).toContain("50 of 1,000 sessions, starting with those that didn't hold");
    const held = { ...many, verdict: "held", counts: { ...many.counts, held: 1_000, lost: 0 } } as const;
    expect(await titles(held)).toContain("The first 50 of 1,000 sessions");
  });

  test("draws up to 200 sessions: the first 50, and the others folded away", async () => {
    await using shown = await open(manySessions(lost, 200), "light");
    expect(await shown.page.locator("h2").allInnerTexts()).toContain("Every session");
    const lanes = () => shown.page.locator("svg.lanes.wide text[text-anchor=end]:visible").allTextContents();
    const before = await lanes();
    expect(before).toHaveLength(50);
    await shown.page.getByText("The other 150 sessions").click();
    const numbers = (await lanes()).map((text) => Number.parseInt(text, 10));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });

  test("10,000 sessions, one lost: it is named, the file stays small, nothing overflows", async () => {
    const many = manySessions(lost, 10_000);
    expect(renderHtml(many).length).toBeLessThan(200_000);
    await using shown = await open(many, "light");
    expect(await shown.page.locator("#held").innerText()).toBe("9,999");
    expect(await shown.page.locator("#incidents").innerText()).toContain("4711");
    expect(await shown.page.locator("svg.lanes text.bad:visible").textContent()).toContain("4711");
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await shown.page.evaluate(overflow)).toBe(0);
    await shown.page.setViewportSize({ width: 400, height: 800 });
    expect(await shown.page.evaluate(overflow)).toBe(0);
  });
});

/** A report with the shape of a large run. The bench makes such runs for real. */
function manySessions(report: ProbeReport, count: number): ProbeReport {
  const replicas = Array.from({ length: 10 }, (_, i) => ({
    name: `app--0000001-${i}`,
    sessions: count / 10,
    calls: count / 2,
  }));
  const sessions = Array.from({ length: count }, (_, i): ProbeReport["sessions"][number] => {
    const openedAt = (i / count) * 8;
    const way = Array.from({ length: 5 }, (_, k) => [8 + k * 2 + (i / count) * 2, i % 10] as const);
    const bad = i + 1 === 4_711;
    return {
      session: i + 1,
      id: "0a1b2c3d…",
      fate: bad ? "lost" : "held",
      openedAt,
      endedAt: bad ? 12 : null,
      way: bad ? way.slice(0, 2) : way,
    };
  });
  const incidents = [{ session: 4_711, id: "0a1b2c3d…", at: 12, kind: "lost" as const, detail: "HTTP 404" }];
  const counts = { ...report.counts, sessions: count, held: count - 1, lost: 1, calls: count * 5 };
  return { ...report, counts, replicas, sessions, incidents };
}

describe("the JUnit report", () => {
  test("a lost session is a failure, an inconclusive verdict an error, and a good one neither", () => {
    const head = (report: ProbeReport) => /<testsuites [^>]*>/.exec(renderJunit(report))?.[0];
    const cases = 1 + lost.incidents.length;
    expect(head(lost)).toBe(`<testsuites tests="${cases}" failures="${cases}" errors="0">`);
    const unsure = { ...lost, verdict: "inconclusive", cause: "one-replica" } as const;
    expect(head(unsure)).toBe('<testsuites tests="1" failures="0" errors="1">');
    const good = { ...lost, verdict: "held", cause: "affinity-holds", incidents: [] } as const;
    expect(head(good)).toBe('<testsuites tests="1" failures="0" errors="0">');
  });

  test("a session's case takes as long as it lived; there is a host name, and a timestamp without a time zone", () => {
    const xml = renderJunit(lost);
    expect(xml).toMatch(
      /<testsuite name="agw probe" .* timestamp="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" hostname="localhost">/,
    );
    const [{ session, at } = { session: 0, at: 0 }] = lost.incidents;
    const openedAt = lost.sessions.find((one) => one.session === session)?.openedAt ?? 0;
    const [, time] = new RegExp(`name="session ${session}(?: [^"]*)?" time="([^"]*)"`).exec(xml) ?? [];
    expect(Number(time)).toBeCloseTo(at - openedAt, 3);
    expect(openedAt).toBeGreaterThan(0);
  });
});

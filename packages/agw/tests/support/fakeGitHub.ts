import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface Written {
  readonly id: number;
  readonly number: number;
  body: string;
  title?: string;
  state?: string;
  readonly user: { readonly login: string };
  readonly pull_request?: object;
  /** For a comment: the number of its issue or pull request. */
  readonly under?: number;
}

/** An in-memory fake of the GitHub REST API calls that the workflows make. Everything else returns 404. */
export interface FakeGitHub extends AsyncDisposable {
  readonly url: string;
  readonly comments: Written[];
  readonly issues: Written[];
  /** The method and path of each call. */
  readonly calls: string[];
}

/** The token that every call must have. */
export const fakeToken = "ghs_planted_token_0123456789";
export const repository = "example/agentgateway";
const bot = { login: "github-actions[bot]" };

export async function startFakeGitHub(): Promise<FakeGitHub> {
  const comments: Written[] = [];
  const issues: Written[] = [];
  const calls: string[] = [];
  let next = 1;
  const add = (list: Written[], more: Partial<Written>): Written => {
    const number = next++;
    const written = { id: number, number, body: "", state: "open", user: bot, ...more };
    list.push(written);
    return written;
  };
  const routes: [
    string,
    RegExp,
    (match: RegExpExecArray, body: Partial<Written>, query: URLSearchParams) => unknown,
  ][] = [
    [
      "GET",
      /^\/issues\/(\d+)\/comments$/,
      ([, under], _, query) =>
        page(
          comments.filter((one) => one.under === Number(under)),
          query,
        ),
    ],
    ["POST", /^\/issues\/(\d+)\/comments$/, ([, under], body) => add(comments, { ...body, under: Number(under) })],
    ["PATCH", /^\/issues\/comments\/(\d+)$/, ([, id], body) => change(comments, Number(id), body)],
    [
      "GET",
      /^\/issues$/,
      (_match, _body, query) =>
        page(
          issues.filter((one) => one.state === query.get("state")),
          query,
        ),
    ],
    ["POST", /^\/issues$/, (_match, body) => add(issues, body)],
    ["PATCH", /^\/issues\/(\d+)$/, ([, number], body) => change(issues, Number(number), body)],
  ];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const path = url.pathname.replace(`/repos/${repository}`, "");
    const body = await bodyOf(request);
    calls.push(`${request.method} ${path}`);
    const send = (status: number, value: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (request.headers.authorization !== `Bearer ${fakeToken}`) return send(401, { message: "Bad credentials" });
    for (const [method, pattern, answer] of routes) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (match !== null) return send(200, answer(match, body, url.searchParams));
    }
    send(404, { message: "Not Found" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    comments,
    issues,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function page(all: Written[], query: URLSearchParams): Written[] {
  const size = Number(query.get("per_page") ?? 30);
  const from = (Number(query.get("page") ?? 1) - 1) * size;
  return all.slice(from, from + size);
}

function change(list: Written[], id: number, body: Partial<Written>): unknown {
  return Object.assign(list.find((one) => one.id === id) ?? {}, body);
}

async function bodyOf(request: IncomingMessage): Promise<Partial<Written>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : (JSON.parse(text) as Partial<Written>);
}

/** Access to GitHub from a workflow run, from GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN. */
export interface GitHub {
  readonly api: string;
  readonly repository: string;
  readonly token: string;
}

/** GitHub refused a call or could not be reached. Shown without a stack trace; the message never contains the token. */
class GitHubError extends Error {
  readonly exitCode = 1;
}

/** The author of everything written with a workflow's own token. */
const botLogin = "github-actions[bot]";
const pageSize = 100;
const mostPages = 30;

interface Written {
  readonly number?: number;
  readonly id?: number;
  readonly body?: string | null;
  readonly user?: { readonly login?: string } | null;
  readonly pull_request?: unknown;
}

/** Edits the pull request's comment that starts with the marker, or writes it if there is none. */
export async function upsertComment(
  github: GitHub,
  pull: number,
  marker: string,
  body: string,
): Promise<"edited" | "written"> {
  const own = (await ownComments(github, pull)).find((comment) => comment.body.startsWith(marker));
  if (own !== undefined) {
    await editComment(github, own.id, body);
    return "edited";
  }
  await call(github, "POST", `/issues/${pull}/comments`, { body });
  return "written";
}

/** Returns the comments written by a workflow. Only these are edited, because anyone can paste a marker. */
export async function ownComments(github: GitHub, pull: number): Promise<{ id: number; body: string }[]> {
  const comments = await list(github, `/issues/${pull}/comments`);
  return comments.filter(isOwn).flatMap(({ id, body }) => (id === undefined ? [] : [{ id, body: body ?? "" }]));
}

export const editComment = (github: GitHub, id: number, body: string) =>
  call(github, "PATCH", `/issues/comments/${id}`, { body });

/** Finds the open issue that a workflow wrote and that starts with the marker. */
export async function findIssue(github: GitHub, marker: string): Promise<{ number: number; body: string } | undefined> {
  const issues = await list(github, `/issues?state=open&creator=${encodeURIComponent(botLogin)}`);
  const own = issues.find((issue) => isOwn(issue) && !issue.pull_request && issue.body?.startsWith(marker));
  return own?.number === undefined ? undefined : { number: own.number, body: own.body ?? "" };
}

export const openIssue = (github: GitHub, title: string, body: string) =>
  call(github, "POST", "/issues", { title, body });

export const updateIssue = (github: GitHub, issue: number, title: string, body: string) =>
  call(github, "PATCH", `/issues/${issue}`, { title, body });

/** Comments on the issue, then closes it as completed. */
export async function closeIssue(github: GitHub, issue: number, comment: string): Promise<void> {
  await call(github, "POST", `/issues/${issue}/comments`, { body: comment });
  await call(github, "PATCH", `/issues/${issue}`, { state: "closed", state_reason: "completed" });
}

const isOwn = (written: Written): boolean => written.user?.login === botLogin;

async function list(github: GitHub, path: string): Promise<Written[]> {
  const all: Written[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const separator = path.includes("?") ? "&" : "?";
    const items = await call(github, "GET", `${path}${separator}per_page=${pageSize}&page=${page}`);
    if (!Array.isArray(items)) throw new GitHubError(`GET ${path}: GitHub did not return a list`);
    all.push(...(items as Written[]));
    if (items.length < pageSize) break;
  }
  return all;
}

async function call(github: GitHub, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${github.api}/repos/${github.repository}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${github.token}`,
      "content-type": "application/json",
      "user-agent": "agw-delivery",
      "x-github-api-version": "2022-11-28",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw new GitHubError(`${method} ${path}: GitHub could not be reached (${(error as Error).message})`);
  });
  if (!response.ok)
    throw new GitHubError(`${method} ${path}: GitHub returned ${response.status} ${await messageOf(response)}`);
  return response.status === 204 ? undefined : response.json();
}

async function messageOf(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => undefined)) as { message?: unknown } | undefined;
  return typeof answer?.message === "string" ? answer.message.slice(0, 200) : response.statusText;
}
